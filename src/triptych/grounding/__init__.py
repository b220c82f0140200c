"""How a model's answer is grounded: evidence packed for it, its words checked against the pages."""

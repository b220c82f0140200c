"""What is asked: the line that people type, filters, where a search may look, a picture to ask with."""

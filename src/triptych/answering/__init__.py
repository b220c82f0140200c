"""How the extractive answerer reads: what a question asks, where a page says it, and the proof."""

"""Words: text into tokens, slips of OCR, languages, the terms of a question, the lines that show them."""

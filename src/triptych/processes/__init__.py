"""Reading processes: foreign files are decoded there, with limits, so that a bad one hurts nothing."""

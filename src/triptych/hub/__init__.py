"""Real models: where their files lie, which are here, and fetching them when told to."""

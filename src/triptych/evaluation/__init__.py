"""How `triptych eval` measures: asking, metrics, bootstrap, ablations, and what it writes for people and programs."""

"""Fitting models to one's own material: `triptych train`."""

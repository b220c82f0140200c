"""Projections of the catalog: the keyword index, the panels of vectors, and what differs between them and the truth."""

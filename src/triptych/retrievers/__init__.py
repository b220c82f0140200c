"""Retrievers for other frameworks, each a thin layer over `Library.search`; imported by those who use them."""

"""The catalog's SQL: its database and tables, statements inside a transaction, bulk reading for projections."""

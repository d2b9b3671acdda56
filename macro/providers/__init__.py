"""Where macro, sentiment and derivative series come from."""

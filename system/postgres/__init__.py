"""Django's backend for PostgreSQL; every statement says for whom it is."""

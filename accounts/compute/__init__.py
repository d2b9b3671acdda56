"""Pure functions about people."""

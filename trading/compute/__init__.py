"""Pure functions of layer 4."""

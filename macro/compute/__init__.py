"""Pure functions of layer 1."""

"""Pure functions of layer 2."""

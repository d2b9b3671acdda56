"""Pure functions of layer 3."""

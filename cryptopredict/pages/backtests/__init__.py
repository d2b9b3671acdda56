"""Strategies tried on the past: asked for by a form, followed, told, and compared."""

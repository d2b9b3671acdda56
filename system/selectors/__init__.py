"""Reads of the lowest app."""

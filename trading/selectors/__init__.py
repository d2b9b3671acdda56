"""Reads of layer 4."""

"""Reads of layer 2."""

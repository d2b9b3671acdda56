"""Reads of layer 1."""

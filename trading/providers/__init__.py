"""Accounts at exchanges, read through keys that may only read."""

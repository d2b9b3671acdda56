"""Writes of the lowest app: runs, settings, audit, events, database roles."""

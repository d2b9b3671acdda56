"""Backups of an installation: made while it runs, checked before they are trusted, restored beside what is there.

A backup is a directory: ``database.dump`` (PostgreSQL's custom format), the files of models and media,
``configuration.json``, with a passphrase ``secrets.json`` too, and ``manifest.json``, which says what all must be.
"""

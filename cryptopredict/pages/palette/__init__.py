"""The palette of commands: one field that finds assets, pages, words and actions."""

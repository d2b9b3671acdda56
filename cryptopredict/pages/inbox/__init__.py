"""The page of the reader's messages, and of what became of them outside the app."""

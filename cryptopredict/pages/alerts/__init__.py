"""The page of the reader's own alerts."""

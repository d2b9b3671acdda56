"""The page of what the installation keeps about the reader: to take away, and to leave."""

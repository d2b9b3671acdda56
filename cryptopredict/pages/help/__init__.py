"""What the words and figures of the pages mean, and how the pages are used."""

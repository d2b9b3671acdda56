"""What came of the suggestions that were made for the default lists."""

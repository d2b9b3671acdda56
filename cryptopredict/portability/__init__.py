"""Everything of a person in one file, to take away and to bring into another installation."""

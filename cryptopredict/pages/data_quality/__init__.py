"""What is missing, late or refused, and what to do about each."""

"""Services that bring messages to people outside the app."""

"""Own portfolios: what they are worth and how they did, what they hold, and the entries that all of it follows from."""

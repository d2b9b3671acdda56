"""The trade journal: entries with what was planned and what came of them, by day, and in figures."""

"""Layer 4 in the admin: all of it to look at. A status is about the market or a person, never edited by hand."""

from trading.admin import advice, alerts, executions, imports, journal, signals, trials

__all__ = ["advice", "alerts", "executions", "imports", "journal", "signals", "trials"]

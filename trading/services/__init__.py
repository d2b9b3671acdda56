"""Writes of layer 4."""

from trading.services.journal import (
    NewEntry,
    Recorded,
    RefusedEntries,
    RowError,
    change_keeping,
    correct_entry,
    rebuild_portfolio,
    record_trade,
    record_trades,
    reverse_entry,
    state_price,
    us_dollar,
)
from trading.services.positions import analyse_positions
from trading.services.recommendations import recommend, tell_people
from trading.services.signals import Generated, expire_signals, generate_signals

__all__ = [
    "Generated",
    "NewEntry",
    "Recorded",
    "RefusedEntries",
    "RowError",
    "analyse_positions",
    "change_keeping",
    "correct_entry",
    "expire_signals",
    "generate_signals",
    "rebuild_portfolio",
    "recommend",
    "record_trade",
    "record_trades",
    "reverse_entry",
    "state_price",
    "tell_people",
    "us_dollar",
]

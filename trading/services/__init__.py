"""Writes of layer 4."""

from trading.services.journal import record_trade
from trading.services.positions import analyse_positions
from trading.services.recommendations import recommend, tell_people
from trading.services.signals import Generated, expire_signals, generate_signals

__all__ = [
    "Generated",
    "analyse_positions",
    "expire_signals",
    "generate_signals",
    "recommend",
    "record_trade",
    "tell_people",
]

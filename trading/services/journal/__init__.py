"""The trade journal: what was traded, written once; positions follow from it."""

from trading.services.journal.booking import Recorded, RefusedEntries, RowError
from trading.services.journal.corrections import correct_entry, reverse_entry
from trading.services.journal.entries import NewEntry
from trading.services.journal.keeping import change_keeping, rebuild_portfolio, state_price, us_dollar
from trading.services.journal.recording import record_trade, record_trades
from trading.services.journal.transfers import join_transfer

__all__ = [
    "NewEntry",
    "Recorded",
    "RefusedEntries",
    "RowError",
    "change_keeping",
    "correct_entry",
    "join_transfer",
    "rebuild_portfolio",
    "record_trade",
    "record_trades",
    "reverse_entry",
    "state_price",
    "us_dollar",
]

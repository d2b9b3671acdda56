"""Signals like one, and what came of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from assets.choices import DEMO_SOURCE, Market
from trading.models import AITradingSignal
from trading.selectors.signal_record import Chosen, SignalRecord, signal_record

YEARS = timedelta(days=3 * 365)
"""How far back others are looked for."""
ENOUGH = 30
"""Ended ones from which on no wider circle is looked at."""


@dataclass(frozen=True)
class Alike:
    """Ended signals like one.

    Attributes:
        record: what came of them; None: none has ended.
        regime: they share the state of the market too; None: only direction and horizon.
    """

    record: SignalRecord | None
    regime: str | None


def alike(signal: AITradingSignal, as_of: datetime) -> Alike:
    """What came of signals with the same direction and horizon, planned in the same state of the market; of those in
    any state, where fewer than ``ENOUGH`` have ended in the same one."""
    for regime in _circles(signal):
        chosen = Chosen(
            since=as_of - YEARS,
            direction=signal.signal_type,
            hours=signal.time_horizon_hours,
            regime=regime,
            market=Market.DEMO if signal.asset.data_source == DEMO_SOURCE else Market.REAL,
        )
        record = signal_record(as_of, chosen=chosen, is_calibrated=False).get("")
        if regime is None or (record is not None and record.n >= ENOUGH):
            return Alike(record, regime)
    raise AssertionError("the last circle has no state")


def _circles(signal: AITradingSignal) -> Iterator[str | None]:
    regime = (signal.market_context or {}).get("regime")
    if regime:
        yield regime
    yield None

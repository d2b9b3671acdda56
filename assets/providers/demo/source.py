"""The demo market asked like any exchange, so that its gaps are looked into like anybody's."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from assets.compute import periods
from assets.providers.base import COLUMNS, Capabilities, Fetched, Kind, Limits, complete, raw_frame
from assets.providers.demo.candles import DemoCandles, aggregate, hourly_candles
from assets.providers.demo.coins import PLACES
from assets.providers.demo.frames import candle_frame
from assets.providers.demo.simulation import START, simulate
from system.exceptions import InvalidInput

TIMEFRAMES = ("1h", "1d")


class DemoSource:
    """The demo market as a ``CandleSource``; a pair is the symbol of a coin."""

    name = "demo"
    capabilities = Capabilities(frozenset({Kind.CANDLES, Kind.LISTINGS}), TIMEFRAMES, START, has_open_candle=False)
    limits = Limits(rows_per_call=100_000, weight=0, pages=1)

    def fetch_candles(self, pair: str, timeframe: str, first: datetime, end: datetime, *, now: datetime) -> Fetched:
        """Candles of a coin that start in ``[first, end)`` and are closed.

        Raises:
            InvalidInput: a coin or a timeframe that the demo market does not have.
        """
        if timeframe not in TIMEFRAMES:
            raise InvalidInput(f"The demo market has no {timeframe} candles.", field="timeframe")
        if pair not in PLACES:
            raise InvalidInput(f"The demo market does not trade {pair}.", field="pair")
        begin, until = max(first, START), min(end, periods.start(now, timeframe))
        if begin >= until:
            return complete(raw_frame(()), pages=1)
        hourly = _hourly(until, periods.start(begin, "1d"))
        market = aggregate(hourly, periods.LENGTHS[timeframe])
        return complete(
            raw_frame(list(_rows(candle_frame(market, PLACES[pair], begin).iter_rows(named=True)))), pages=1
        )


@lru_cache(maxsize=2)
def _hourly(until: datetime, first: datetime) -> DemoCandles:
    """Kept for a moment: who asks for one coin asks for the others too."""
    return hourly_candles(simulate(until), first)


def _rows(candles: Iterable[dict[str, object]]) -> Iterable[list[object]]:
    """Values in the order that ``raw_frame`` wants; the demo market does not say what takers bought."""
    for candle in candles:
        time = candle["candle_time"]
        yield [time.isoformat() if isinstance(time, datetime) else time, *(candle.get(name) for name in COLUMNS[1:])]

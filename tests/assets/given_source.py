"""A source of candles that has what a test gives it, page by page, and fails where the test says."""

from dataclasses import dataclass, field
from datetime import datetime

from assets.providers.base import Capabilities, Fetched, Kind, Limits, broken_off, complete, raw_frame
from system.exceptions import UnavailableError

Row = tuple[str, str, str, str, str]


@dataclass
class GivenSource:
    """Candles by their start.

    Attributes:
        candles: open, high, low, close and volume as text.
        timeframes: candle lengths that it has.
        fails_after: rows after which it breaks off; None: never.
        asked: spans that it was asked for.
    """

    candles: dict[datetime, Row]
    name: str = "binance"
    timeframes: tuple[str, ...] = ("1h", "1d")
    rows_per_call: int = 1000
    fails_after: int | None = None
    asked: list[tuple[datetime, datetime]] = field(default_factory=list)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(frozenset({Kind.CANDLES}), self.timeframes)

    @property
    def limits(self) -> Limits:
        return Limits(self.rows_per_call)

    def fetch_candles(
        self,
        pair: str,  # noqa: ARG002
        timeframe: str,  # noqa: ARG002
        first: datetime,
        end: datetime,
        *,
        now: datetime,
    ) -> Fetched:
        self.asked.append((first, end))
        times = sorted(time for time in self.candles if first <= time < min(end, now))
        rows = [(time.isoformat(), *self.candles[time]) for time in times]
        if self.fails_after is not None and len(rows) > self.fails_after:
            return broken_off(raw_frame(rows[: self.fails_after]), 1, UnavailableError("the source did not answer"))
        return complete(raw_frame(rows), 1)


def hours(count: int, *, first: datetime, step: int = 3600) -> dict[datetime, Row]:
    """Sound candles, one after the other, that close higher and higher."""
    start = int(first.timestamp())
    return {
        datetime.fromtimestamp(start + place * step, first.tzinfo): (
            f"{100 + place}",
            f"{102 + place}",
            f"{99 + place}",
            f"{101 + place}",
            "10",
        )
        for place in range(count)
    }

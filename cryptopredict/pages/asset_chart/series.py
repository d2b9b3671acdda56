"""The series beside the candles: indicators of the asset, closes of those that it is compared with.

Each may fail by itself: the candles and the others are shown all the same.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from math import isfinite

from assets.compute import periods
from assets.models import Asset
from assets.selectors.candles import candles
from assets.selectors.indicators import indicator_frame
from cryptopredict.pages.asset_chart.shown import ShownOnChart
from system.history import History, read_history

MOST = 5000
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Series:
    """One series: a value for each moment that has one, seconds since 1970 UTC."""

    name: str
    values: dict[int, float]


@dataclass(frozen=True)
class Beside:
    """What stands beside the candles.

    Attributes:
        series: all that were wanted; one that could not be had is without values.
        failed: keys of the indicators and symbols of the assets of those.
    """

    series: list[Series]
    failed: list[str]


def series_beside(
    asset: Asset, shown: ShownOnChart, timeframe: str, first: datetime, end: datetime, now: datetime
) -> Beside:
    """The series of a stretch of candles; none of months, which have no grid.

    Args:
        asset: whose chart it is.
        shown: what is wanted.
        timeframe, first, end: which candles; the second excluded.
        now: the present; only closed candles count.
    """
    if timeframe not in periods.LENGTHS or end <= first:
        return Beside([], [])
    until = min(end, now)
    stretch = (timeframe, first, until, now)
    all_at_once = Source("all indicators", shown.outputs, partial(_indicators, asset, shown.outputs, *stretch))
    indicators = all_at_once.had()
    each = [Source(one.key, one.outputs, partial(_indicators, asset, one.outputs, *stretch)) for one in shown.studies]
    others = [Source(one.symbol, [_name(one)], partial(_closes, one, *stretch)) for one in shown.compared]
    sources = [*(each if indicators is None else []), *others]
    found = [(source, source.had()) for source in sources]
    return Beside(
        [*(indicators or []), *(one for source, had in found for one in (source.empty() if had is None else had))],
        [source.key for source, had in found if had is None],
    )


@dataclass(frozen=True)
class Source:
    """Where series come from.

    Attributes:
        key: of the indicator or of the other asset.
        names: of its series.
        make: them.
    """

    key: str
    names: Sequence[str]
    make: Callable[[], list[Series]]

    def had(self) -> list[Series] | None:
        """The series; None when they could not be made, which is logged."""
        try:
            return read_history(History.INDICATORS, self.make)
        except Exception:
            logger.exception("beside the candles: %s failed", self.key)
            return None

    def empty(self) -> list[Series]:
        """In their place."""
        return [Series(name, {}) for name in self.names]


def _name(asset: Asset) -> str:
    """Name of the series of an asset's closes."""
    return f"{asset.symbol}_close"


def _indicators(
    asset: Asset, outputs: Sequence[str], timeframe: str, first: datetime, until: datetime, now: datetime
) -> list[Series]:
    bars = min(MOST, periods.count(first, until, timeframe))
    if not outputs or bars < 1:
        return []
    frame = indicator_frame([asset.pk], timeframe, now, bars, outputs, until=until)
    times = [int(time.timestamp()) for time in frame["candle_time"].to_list()]
    return [
        Series(name, {time: value for time, value in zip(times, frame[name].to_list(), strict=True) if isfinite(value)})
        for name in outputs
    ]


def _closes(other: Asset, timeframe: str, first: datetime, until: datetime, now: datetime) -> list[Series]:
    found = candles(other.pk, timeframe, first, until, now)
    return [Series(_name(other), dict(zip(found.times.tolist(), found.close.tolist(), strict=True)))]

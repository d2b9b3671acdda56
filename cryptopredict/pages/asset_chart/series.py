"""The series beside the candles: indicators of the asset, closes of those that it is compared with."""

from dataclasses import dataclass
from datetime import datetime
from math import isfinite

from assets.compute import periods
from assets.models import Asset
from assets.selectors.candles import candles
from assets.selectors.indicators import indicator_frame
from cryptopredict.pages.asset_chart.shown import ShownOnChart

MOST = 5000


@dataclass(frozen=True)
class Series:
    """One series: a value for each moment that has one, seconds since 1970 UTC."""

    name: str
    values: dict[int, float]


def series_beside(
    asset: Asset, shown: ShownOnChart, timeframe: str, first: datetime, end: datetime, now: datetime
) -> list[Series]:
    """The series of a stretch of candles; none of months, which have no grid.

    Args:
        asset: whose chart it is.
        shown: what is wanted.
        timeframe, first, end: which candles; the second excluded.
        now: the present; only closed candles count.
    """
    if timeframe not in periods.LENGTHS or end <= first:
        return []
    until = min(end, now)
    return [
        *_indicators(asset, shown.outputs, timeframe, first, until, now),
        *_closes(shown, timeframe, first, until, now),
    ]


def _indicators(
    asset: Asset, outputs: list[str], timeframe: str, first: datetime, until: datetime, now: datetime
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


def _closes(shown: ShownOnChart, timeframe: str, first: datetime, until: datetime, now: datetime) -> list[Series]:
    found = [(one.symbol, candles(one.pk, timeframe, first, until, now)) for one in shown.compared]
    return [
        Series(f"{symbol}_close", dict(zip(one.times.tolist(), one.close.tolist(), strict=True)))
        for symbol, one in found
    ]

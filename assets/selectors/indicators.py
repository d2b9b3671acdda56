"""Indicators of many assets, computed when they are read."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import numpy as np
import polars as pl

from assets.compute.indicators import with_indicators
from assets.compute.outputs import known, warm_up
from assets.selectors.panel import CandlePanel, candle_panel, moment

TIME = pl.Datetime("us", "UTC")
PRICES = ("open", "high", "low", "close", "volume")
ASSETS_AT_ONCE = 200
"""The long history that the slowest indicators need is read for so many assets together, which bounds the memory."""


def indicator_frame(
    asset_ids: Sequence[int],
    timeframe: str,
    as_of: datetime,
    bars: int,
    outputs: Iterable[str] | None = None,
    *,
    until: datetime | None = None,
) -> pl.DataFrame:
    """Closed candles and their indicators over the last ``bars`` periods, from the table and its archive.

    What lies before them is read too, as far as the outputs need it to be settled (``assets.compute.outputs``); where
    less is stored they are computed from what there is. A missing candle is passed over: its neighbours count as
    neighbours, and it has no row. Values that a source corrected after ``as_of`` enter as they stood then.

    Args:
        asset_ids: whose; one without candles has no row.
        timeframe: length of the candles; not ``1M``.
        as_of: nothing that ended later is read.
        bars: how many periods back, at least 1.
        outputs: names of indicators; all by default.
        until: back from there; from ``as_of`` without it. The values are those known at ``as_of`` all the same.
    Returns:
        ``asset_id``, ``candle_time`` (UTC), ``open``, ``high``, ``low``, ``close``, ``volume`` and the outputs; assets
        in the order given, each oldest first. NaN: not defined there, or not yet.
    Raises:
        ValueError: an output that there is none of.
    """
    chosen = known(outputs)
    frames = [
        _computed(panel, bars, chosen)
        for panel in panels(asset_ids, timeframe, as_of, bars + warm_up(chosen) - 1, until=until)
    ]
    return pl.concat(frames) if frames else pl.DataFrame(schema=_schema(chosen))


def panels(
    asset_ids: Sequence[int], timeframe: str, as_of: datetime, bars: int, *, until: datetime | None = None
) -> Iterator[CandlePanel]:
    """The panel of all these assets in parts that fit into memory."""
    for first in range(0, len(asset_ids), ASSETS_AT_ONCE):
        yield candle_panel(asset_ids[first : first + ASSETS_AT_ONCE], timeframe, as_of, bars, until=until)


def flat_candles(panel: CandlePanel) -> pl.DataFrame:
    """The candles of a panel as rows, asset after asset, oldest first. One of which a figure is unknown is none."""
    series = {name: getattr(panel, name).T for name in PRICES}
    present = np.logical_and.reduce([np.isfinite(values) for values in series.values()])
    asset, period = np.nonzero(present)
    times = pl.Series("candle_time", 1_000_000 * panel.times[period]).cast(TIME)
    columns = {"asset_id": panel.asset_ids[asset], "candle_time": times}
    return pl.DataFrame(columns | {name: values[present] for name, values in series.items()})


def _computed(panel: CandlePanel, bars: int, outputs: Sequence[str]) -> pl.DataFrame:
    """Rows of the last ``bars`` periods; an asset that is silent in some of them has older ones among its newest."""
    since = moment(panel.times[-bars])
    return with_indicators(flat_candles(panel), outputs, bars=bars).filter(pl.col("candle_time") >= since)


def _schema(outputs: Sequence[str]) -> dict[str, pl.DataType]:
    return {"asset_id": pl.Int64(), "candle_time": TIME, **dict.fromkeys((*PRICES, *outputs), pl.Float64())}

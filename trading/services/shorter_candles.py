"""The shorter candles inside longer ones, which tell what came first."""

from collections.abc import Iterator
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from assets.compute.periods import LENGTHS
from assets.selectors import candle_panel, moment

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
APART = 2_000
"""Shorter candles between two longer ones from which on reading all of them costs more than asking a second time."""
LINES = ("open", "high", "low")


def candles_inside(
    asset_ids: Integers, starts: Integers, timeframe: str, shorter: str, known_at: datetime
) -> tuple[Floats, Floats, Floats]:
    """Opens, highs and lows of the shorter candles inside some candles, in their order, NaN where one is missing; one
    read for each asset and stretch of time.

    Args:
        asset_ids, starts: of each candle, the start in seconds since 1970, shape (b,).
        timeframe: of these candles. ``shorter``: of those inside, f in each.
        known_at: the values are those known then.
    Returns:
        Shape (b, f) each.
    """
    step = int(LENGTHS[shorter].total_seconds())
    parts = LENGTHS[timeframe] // LENGTHS[shorter]
    found = np.full((len(LINES), len(starts), parts), np.nan)
    for asset_id in np.unique(asset_ids).tolist():
        for places in _stretches(starts, np.flatnonzero(asset_ids == asset_id), APART * step):
            first, end = int(starts[places[0]]), int(starts[places[-1]]) + parts * step
            panel = candle_panel([asset_id], shorter, known_at, (end - first) // step, until=moment(end))
            within = (starts[places, None] - int(panel.times[0])) // step + np.arange(parts)
            for line, name in zip(found, LINES, strict=True):
                line[places] = getattr(panel, name)[within, 0]
    return found[0], found[1], found[2]


def _stretches(starts: Integers, places: Integers, apart: int) -> Iterator[Integers]:
    """The places in the order of time, cut where nothing is asked for long."""
    ordered = places[np.argsort(starts[places], kind="stable")]
    yield from np.split(ordered, np.flatnonzero(np.diff(starts[ordered]) > apart) + 1)

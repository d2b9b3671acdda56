"""Charts of a report as points of SVG lines."""

from dataclasses import dataclass

import numpy as np

from trading.compute.backtest.bars import Floats

WIDTH, HEIGHT = 960, 240
MOST = 480
"""Stretches that a line is drawn in: of each the lowest and the highest value."""


@dataclass(frozen=True)
class Chart:
    """A line, and what its edges are. ``points``: as a polyline of SVG takes them."""

    points: str
    low: float
    high: float


def line_chart(values: Floats) -> Chart:
    """A line through all values; where there are too many, every stretch keeps its extremes, so that no fall is lost.

    Args:
        values: shape (t,), t >= 1, finite.
    """
    places = _extremes(values)
    low, high = float(values.min()), float(values.max())
    span = high - low or 1.0
    last = max(len(values) - 1, 1)
    points = [f"{WIDTH * place / last:.1f},{HEIGHT * (1 - (values[place] - low) / span):.1f}" for place in places]
    return Chart(" ".join(points), low, high)


def _extremes(values: Floats) -> list[int]:
    if len(values) <= 2 * MOST:
        return list(range(len(values)))
    bounds = np.linspace(0, len(values), MOST + 1).round().astype(np.int64)
    found = {0, len(values) - 1}
    for first, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        found |= {first + int(values[first:end].argmin()), first + int(values[first:end].argmax())}
    return sorted(found)


def falls(values: Floats, start: float) -> Floats:
    """How far below its high the account stood, percent, 0 and less, shape (t,)."""
    return np.asarray(-100 * (1 - values / np.maximum.accumulate(np.maximum(values, start))))

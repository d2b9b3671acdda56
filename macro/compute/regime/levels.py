"""Key levels: prices at which the market has turned before, lines through its turns, and round numbers."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from macro.compute.regime.structure import Pivot, pivots

Floats = NDArray[np.float64]
WIDTH_IN_ATR = 0.5
"""Turns that lie this close to their neighbour belong to one level,"""
HEIGHT_IN_ATR = 1.0
"""as long as the whole level stays this narrow."""
FADES_IN = 90
"""Candles after which a turn weighs half: a level is remembered by those who traded there."""
LINE_THROUGH = 3
"""Turns that a trend line is drawn through."""


@dataclass(frozen=True)
class Level:
    """A cluster of pivots.

    Attributes:
        price: mean of its turns, USD.
        is_support: it lies below the last close.
        strength: its share of the weight of all turns, 0-1; a turn weighs half after every ``FADES_IN`` candles.
        tests: how often the market turned there.
        last_test: candle of the newest turn.
        volume: what was traded inside the band of the level, USD; NaN when no volume was given.
    """

    price: float
    is_support: bool
    strength: float
    tests: int
    last_test: int
    volume: float = float("nan")


@dataclass(frozen=True)
class Trendline:
    """A straight line through the newest turns of one kind.

    Attributes:
        turns: the pivots, oldest first.
        slope: USD per candle.
        value: USD at the last candle.
        held: share of the closes since the first turn that lie on the line's own side, 0-1.
        is_support: it runs through lows.
    """

    turns: tuple[Pivot, ...]
    slope: float
    value: float
    held: float
    is_support: bool


def key_levels(
    high: Floats, low: Floats, close: Floats, atr: float, *, volume: Floats | None = None, count: int = 6
) -> list[Level]:
    """The strongest levels, from low to high: half of them below the last close and half above, as far as there are.

    Distances are relative to the price: a width of one average true range at the last close is the same share of any
    other price.

    Args:
        high, low, close: USD, shape (t,), finite.
        atr: average true range of the last candle, USD, above 0.
        volume: USD per candle, shape (t,); without it the levels have no volume.
        count: how many levels at most.
    """
    if not atr > 0:
        raise ValueError("atr must be above 0")
    turns = sorted(pivots(high, low), key=lambda pivot: pivot.price)
    relative = float(atr / close[-1])
    weights = {pivot: 0.5 ** ((len(close) - 1 - pivot.place) / FADES_IN) for pivot in turns}
    total = sum(weights[pivot] for pivot in turns)
    found = [_level(cluster, weights, total, close) for cluster in _clusters(turns, relative)]
    strongest = _balanced(sorted(found, key=lambda level: (-level.strength, -level.last_test)), count)
    if volume is not None:
        half = WIDTH_IN_ATR * relative
        strongest = [
            replace(one, volume=traded_between(high, low, volume, one.price * (1 - half), one.price * (1 + half)))
            for one in strongest
        ]
    return sorted(strongest, key=lambda level: level.price)


def _balanced(found: list[Level], count: int) -> list[Level]:
    """The strongest of each side; where one side has too few, the other fills up."""
    sides = [[level for level in found if level.is_support == side] for side in (True, False)]
    half = (count + 1) // 2
    room = [max(half, count - min(len(other), half)) for other in reversed(sides)]
    return [level for levels, most in zip(sides, room, strict=True) for level in levels[:most]][:count]


def _clusters(turns: list[Pivot], relative: float) -> list[list[Pivot]]:
    """Turns from low to high, parted where the next one lies too far from its neighbour or from the lowest."""
    clusters: list[list[Pivot]] = []
    for pivot in turns:
        last = clusters[-1] if clusters else None
        if (
            last is not None
            and pivot.price / last[-1].price - 1 <= WIDTH_IN_ATR * relative
            and pivot.price / last[0].price - 1 <= HEIGHT_IN_ATR * relative
        ):
            last.append(pivot)
        else:
            clusters.append([pivot])
    return clusters


def _level(cluster: list[Pivot], weights: dict[Pivot, float], total: float, close: Floats) -> Level:
    price = float(np.mean([pivot.price for pivot in cluster]))
    return Level(
        price=price,
        is_support=bool(price < close[-1]),
        strength=sum(weights[pivot] for pivot in cluster) / total,
        tests=len(cluster),
        last_test=max(pivot.place for pivot in cluster),
    )


def traded_between(high: Floats, low: Floats, volume: Floats, bottom: float, top: float) -> float:
    """Volume inside a band of prices, each candle's taken as spread evenly from its low to its high.

    Args:
        high, low: USD, shape (t,), finite.
        volume: any unit, shape (t,), finite.
        bottom, top: band, USD.
    """
    reach = high - low
    overlap = np.clip(np.minimum(high, top) - np.maximum(low, bottom), 0, None)
    inside = (low >= bottom) & (high <= top)
    share = np.where(reach > 0, overlap / np.where(reach > 0, reach, 1), inside)
    return float(np.sum(share * volume))


def trendlines(high: Floats, low: Floats, close: Floats) -> list[Trendline]:
    """The line through the newest lows, and that through the newest highs: least squares over three turns each.

    Args:
        high, low, close: USD, shape (t,), finite.
    Returns:
        Support first; one is left out as long as it has fewer than three turns.
    """
    found = []
    for is_support in (True, False):
        turns = [pivot for pivot in pivots(high, low) if pivot.is_high != is_support][-LINE_THROUGH:]
        if len(turns) < LINE_THROUGH:
            continue
        places = np.array([pivot.place for pivot in turns], dtype=np.float64)
        prices = np.array([pivot.price for pivot in turns])
        away = places - places.mean()
        slope = float((away * (prices - prices.mean())).sum() / (away**2).sum())
        since = np.arange(turns[0].place, len(close))
        line = prices.mean() + slope * (since - places.mean())
        beyond = close[since] >= line if is_support else close[since] <= line
        found.append(Trendline(tuple(turns), slope, float(line[-1]), float(beyond.mean()), is_support))
    return found


def crossed(line: Trendline, close: Floats) -> int | None:
    """The candle at which the price went to the far side of a line and stayed there; None while it keeps to its side.

    Only candles since the newest turn of the line was confirmed count: before, nobody could draw it.

    Args:
        line: through turns of these candles.
        close: USD, shape (t,), finite.
    """
    first = line.turns[-1].confirmed
    values = line.value + line.slope * np.arange(first - len(close) + 1, 1)
    sign = 1 if line.is_support else -1
    kept = np.flatnonzero(sign * (close[first:] - values) >= 0)
    at = first + (int(kept[-1]) + 1 if len(kept) else 0)
    return at if at < len(close) else None


def nearest_round(price: float) -> float:
    """The round number that lies nearest: a multiple of half a power of ten of the price's own size.

    67,234 → 65,000; 0.0812 → 0.08; 9,700 → 9,500 or 10,000, whichever is nearer.

    Raises:
        ValueError: a price that is not above 0.
    """
    if not price > 0:
        raise ValueError("a price must be above 0")
    step = 10.0 ** np.floor(np.log10(price)) / 2
    return float(max(1, np.round(price / step)) * step)


def roundness(price: float, atr: float) -> float:
    """Nearness to a round number: ``exp(-distance / atr)``, 1 on it, 0.37 one average true range away.

    Args:
        price: USD, above 0.
        atr: average true range, USD, above 0.
    """
    if not atr > 0:
        raise ValueError("atr must be above 0")
    return float(np.exp(-abs(price - nearest_round(price)) / atr))

"""What sector models see of each index at each moment. t candles, oldest first, k sectors, n assets; the last index is
that of the total market, so there are k + 1 of them.

Causal, and finite: what a row says depends on the rows up to it alone, ``Spans.look_back`` of them. Moves are in units
of their volatility, so that what is learned from one index holds for another.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from aimodels.compute.baseline import Memory, volatility
from aimodels.compute.panels import Features
from aimodels.compute.windows import shifted, window_extreme, window_mean
from assets.compute.series import log_returns
from macro.compute.known_values import OUTSIDE
from sectors.compute.index import MOST_MISSED, carried, chain_linked, changes

Floats = NDArray[np.float64]
GENERATION = "1"
"""Changes whenever a feature means something else."""
BREADTH_PERIOD = 50
LEAST = 0.8
"""Part of a window that must be known."""


@dataclass(frozen=True)
class Spans:
    """Windows of a timeframe, in candles.

    Attributes:
        short, week, month: rising.
        memory: of the volatility.
    """

    short: int
    week: int
    month: int
    memory: Memory

    @property
    def look_back(self) -> int:
        """Rows that the features of a moment depend on, itself among them."""
        return max(2**self.memory.doublings, self.month + self.week, BREADTH_PERIOD, 2 * self.week) + MOST_MISSED + 2


@dataclass(frozen=True)
class Lines:
    """What features are made from.

    Attributes:
        close, volume, cap: of the assets, USD, shape (t, n); NaN is unknown.
        share: part of each asset that counts in each sector in each period, 0-1, shape (t, k, n).
        free: assets that follow no other price: they make the total market, shape (n,).
        bitcoin: its column; None where it is not among them.
        outside: columns as in ``OUTSIDE``, as known at each moment, shape (t, 5).
    """

    close: Floats
    volume: Floats
    cap: Floats
    share: Floats
    free: NDArray[np.bool_]
    bitcoin: int | None
    outside: Floats

    @property
    def weights(self) -> Floats:
        """Shares with the total market as the last group, shape (t, k + 1, n)."""
        whole = np.broadcast_to(self.free.astype(np.float64), (len(self.close), 1, len(self.free)))
        return np.concatenate([self.share, whole], axis=1)


def levels(lines: Lines) -> Floats:
    """The indexes, 100 where each begins in these candles, shape (t, k + 1); NaN before."""
    moved, weights = changes(lines.close), lines.weights
    found = []
    for group in range(weights.shape[1]):
        columns = np.flatnonzero((weights[:, group] > 0).any(axis=0))
        found.append(chain_linked(moved[:, columns], lines.cap[:, columns], weights[:, group, columns]).level)
    return np.column_stack(found)


def features(lines: Lines, spans: Spans) -> Features:
    """The features of every moment: the same function for training and for a run."""
    level = levels(lines)
    spread = volatility(level, spans.memory)
    own = _own(level, spread, spans)
    inside = _inside(lines, spans)
    compared = _compared(level, own, spans)
    shared = _shared(lines, level, own, inside, spans)
    groups = {"index": own, "inside": inside, "comparison": compared, "market": shared}
    named = {name: np.broadcast_to(values, level.shape) for part in groups.values() for name, values in part.items()}
    return Features(
        tuple(named), np.stack(list(named.values()), axis=2), {group: list(part) for group, part in groups.items()}
    )


@cache
def feature_names(spans: Spans) -> tuple[str, ...]:
    """Names of the features: those of an index of which nothing is known are those of any."""
    unknown = np.full((spans.look_back, 1), np.nan)
    outside = np.full((spans.look_back, len(OUTSIDE)), np.nan)
    share, free = np.ones((spans.look_back, 1, 1)), np.ones(1, dtype=np.bool_)
    return features(Lines(unknown, unknown, unknown, share, free, None, outside), spans).names


def flow_points(before: Floats, after: Floats, growth: Floats, share: Floats) -> Floats:
    """``rotation.net_changes`` of every row at once: change of each sector's share in all of them, net of prices.

    Args:
        before, after, growth: as there, shape (t, n).
        share: shape (t, k, n).
    Returns:
        Percentage points, shape (t, k); NaN where the sizes of fewer than two sectors are known.
    """
    known = np.isfinite(before) & np.isfinite(after) & np.isfinite(growth) & (before >= 0) & (after >= 0) & (growth > 0)
    drifted = np.einsum("tkn,tn->tk", share, np.where(known, before * np.where(known, growth, 1.0), 0.0))
    arrived = np.einsum("tkn,tn->tk", share, np.where(known, after, 0.0))
    sums = arrived.sum(axis=1), drifted.sum(axis=1)
    enough = (((drifted > 0) | (arrived > 0)).sum(axis=1) >= 2) & (sums[0] > 0) & (sums[1] > 0)
    shares = [
        part / np.where(enough, total, 1.0)[:, None] for part, total in zip((arrived, drifted), sums, strict=True)
    ]
    return np.where(enough[:, None], 100 * (shares[0] - shares[1]), np.nan)


def _own(level: Floats, spread: Floats, spans: Spans) -> dict[str, Floats]:
    """Of each index by itself."""
    price, squares = np.log(level), log_returns(level) ** 2
    rows = {"short": spans.short, "week": spans.week, "month": spans.month}
    found = {
        f"momentum_{name}": (price - shifted(price, count)) / (spread * np.sqrt(count)) for name, count in rows.items()
    }
    found["trend"] = (price - _mean(price, spans.month)) / (spread * np.sqrt(spans.month))
    found["volatility"] = np.log(spread)
    found["volatility_change"] = _ratio(_mean(squares, spans.week), _mean(squares, spans.month)) / 2
    high = window_extreme(price, spans.month, highest=True)
    found["drawdown"] = (price - high) / (spread * np.sqrt(spans.month))
    return found


def _inside(lines: Lines, spans: Spans) -> dict[str, Floats]:
    """Of the members of each index."""
    weights, held = lines.weights, carried(lines.close, MOST_MISSED)
    price = np.log(held)
    average = window_mean(held, BREADTH_PERIOD, least=BREADTH_PERIOD)
    sizes = [_grouped(weights, _mean(lines.volume, count)) for count in (spans.week, spans.month)]
    part = _ratio(sizes[0], sizes[0][:, -1:]) - _ratio(sizes[1], sizes[1][:, -1:])
    caps = _ratio(_grouped(weights, lines.cap), _grouped(weights, lines.cap)[:, -1:])
    return {
        "breadth": _part(weights, held, average),
        "advancing": _part(weights, price, shifted(price, spans.week)),
        "volume_surge": _ratio(sizes[0], sizes[1]),
        "volume_share_change": _without_total(part),
        "dominance_change": _without_total(caps - shifted(caps, spans.week)),
        "net_inflow": _net_inflow(lines, held, spans),
    }


def _net_inflow(lines: Lines, held: Floats, spans: Spans) -> Floats:
    """Of a week by market caps; where those of the week are not known by the change of what is traded."""
    week = spans.week
    growth = held / shifted(held, week)
    by_cap = flow_points(shifted(lines.cap, week), lines.cap, growth, lines.share)
    traded, price = _mean(lines.volume, week), _mean(held, week)
    by_turnover = flow_points(shifted(traded, week), traded, price / shifted(price, week), lines.share)
    found = np.where(np.isfinite(by_cap), by_cap, by_turnover)
    return np.column_stack([found, np.full(len(found), np.nan)])


def _compared(level: Floats, own: dict[str, Floats], spans: Spans) -> dict[str, Floats]:
    """Of each index beside the others; the total market is compared with nobody."""
    ratio = np.log(level) - np.log(level[:, -1:])
    moved = np.full(ratio.shape, np.nan)
    moved[1:] = np.diff(ratio, axis=0)
    apart = np.sqrt(_mean(moved**2, spans.month))
    found = {}
    for name, count in (("week", spans.week), ("month", spans.month)):
        strength = np.divide(
            ratio - shifted(ratio, count), apart * np.sqrt(count), out=np.full_like(ratio, np.nan), where=apart > 0
        )
        found[f"strength_{name}"] = _without_total(strength)
    for name in ("momentum_week", "momentum_month", "volatility"):
        found[f"rank_{name}"] = np.column_stack([_ranks(own[name][:, :-1]), np.full(len(level), np.nan)])
    found["correlation"] = _without_total(_correlation(log_returns(level), spans.month))
    return found


def _shared(
    lines: Lines, level: Floats, own: dict[str, Floats], inside: dict[str, Floats], spans: Spans
) -> dict[str, Floats]:
    """Of the market, the same for all indexes; shape (t, 1) each."""
    names = ("momentum_short", "momentum_week", "momentum_month", "volatility", "volatility_change")
    found = {f"market_{name}": own[name][:, -1] for name in names} | {"market_breadth": inside["breadth"][:, -1]}
    week = np.log(level[:, :-1]) - shifted(np.log(level[:, :-1]), spans.week)
    known = np.isfinite(week).sum(axis=1)
    mean = np.where(np.isfinite(week), week, 0.0).sum(axis=1) / np.maximum(known, 1)
    squares = np.where(np.isfinite(week), (week - mean[:, None]) ** 2, 0.0).sum(axis=1)
    found["dispersion"] = np.where(known >= 2, np.sqrt(squares / np.maximum(known, 1)), np.nan)
    found["bitcoin_momentum_week"] = np.full(len(level), np.nan)
    if lines.bitcoin is not None:
        coin = lines.close[:, [lines.bitcoin]]
        spread = volatility(coin, spans.memory)[:, 0] * np.sqrt(spans.week)
        found["bitcoin_momentum_week"] = (np.log(coin) - shifted(np.log(coin), spans.week))[:, 0] / spread
    found |= dict(zip(OUTSIDE, lines.outside.T, strict=True))
    return {name: values[:, None] for name, values in found.items()}


def _correlation(returns: Floats, rows: int) -> Floats:
    """Of each index with the last one over the last rows; NaN with too few, or where one does not move."""
    both = np.isfinite(returns) & np.isfinite(returns[:, -1:])
    one, other = (np.where(both, line, np.nan) for line in (returns, np.broadcast_to(returns[:, -1:], returns.shape)))
    means = _mean(one, rows), _mean(other, rows)
    spreads = [_mean(line**2, rows) - mean**2 for line, mean in zip((one, other), means, strict=True)]
    shared = _mean(one * other, rows) - means[0] * means[1]
    moving = (spreads[0] > 1e-12) & (spreads[1] > 1e-12)
    size = np.sqrt(np.where(moving, spreads[0] * spreads[1], 1.0))
    return np.where(moving, np.clip(shared / size, -1.0, 1.0), np.nan)


def _ranks(values: Floats) -> Floats:
    """``percentile_rank`` of each row, all rows at once."""
    one, other = values[:, :, None], values[:, None, :]
    places = (other < one).sum(axis=2) + ((other == one).sum(axis=2) - 1) / 2
    others = np.isfinite(values).sum(axis=1, keepdims=True) - 1
    shares = np.divide(places, others, out=np.full(values.shape, 0.5), where=others > 0)
    return np.where(np.isfinite(values), shares, np.nan)


def _mean(values: Floats, rows: int) -> Floats:
    return window_mean(values, rows, least=max(1, round(LEAST * rows)))


def _ratio(above: Floats, below: Floats) -> Floats:
    """Logarithm of a ratio; NaN where one of the two is not above 0."""
    both = (above > 0) & (below > 0)
    shape = np.broadcast_shapes(above.shape, below.shape)
    return np.log(np.divide(above, below, out=np.full(shape, np.nan), where=both))


def _grouped(weights: Floats, values: Floats) -> Floats:
    """Sum over the members of each index of what is known, shape (t, k + 1)."""
    return np.einsum("tkn,tn->tk", weights, np.where(np.isfinite(values), values, 0.0))


def _part(weights: Floats, values: Floats, limit: Floats) -> Floats:
    """Share of the members whose value lies above a limit, among those of which both are known, shape (t, k + 1)."""
    known = np.isfinite(values) & np.isfinite(limit)
    member = (weights > 0).astype(np.float64)
    count = np.einsum("tkn,tn->tk", member, known.astype(np.float64))
    above = np.einsum("tkn,tn->tk", member, (known & (values > limit)).astype(np.float64))
    return np.divide(above, count, out=np.full(count.shape, np.nan), where=count > 0)


def _without_total(values: Floats) -> Floats:
    """What says nothing of the total market is unknown there."""
    return np.column_stack([values[:, :-1], np.full(len(values), np.nan)])

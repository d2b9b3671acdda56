"""What the factors were worth: how well each ordered the assets of past moments by their next week, and the weights
that follow. A weight rests on weeks that had ended before the moment that it is used at.

Tables have shape (m, k, n): m past moments, oldest first, k factors, n assets; NaN is unknown.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.compute.series import percentile_rank
from selection.compute.ranking import NAMES, Candles, Span, combined, factors, percentiles

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
LEAST_MOMENTS = 26
"""Half a year of weeks; with fewer the weights stay equal."""
LEAST_MEASURED = 3
"""Factors that must have been measured before they can be told apart."""
LEAST_ASSETS = 8
"""A rank correlation over fewer says nothing."""
LONGEST_LAG = 8
STEADY = 0.5


@dataclass(frozen=True)
class Past:
    """Factors of past moments and what came after them.

    Attributes:
        percentiles: shape (m, k, n).
        ahead: simple return of each asset over the horizon that follows the moment, a fraction, shape (m, n).
    """

    percentiles: Floats
    ahead: Floats


@dataclass(frozen=True)
class Weights:
    """Weights of the factors, summing to 1, and what they rest on.

    Attributes:
        names: of the factors, k of them.
        values: shape (k,).
        moments: past moments whose outcome was known.
        is_estimated: whether they were estimated; else all are equal.
        trust: how far they follow what was measured, 0-1; the rest is equal weights.
        measured, errors: mean rank correlation of each factor with the next week and its standard error, shape (k,);
            NaN where too little is known.
    """

    names: tuple[str, ...]
    values: Floats
    moments: int
    is_estimated: bool
    trust: float
    measured: Floats
    errors: Floats


@dataclass(frozen=True)
class WalkForward:
    """The weighted score at past moments, each with weights from what had ended before it.

    Attributes:
        correlations: with the return that followed, shape (m,); NaN where there were no weights or too few assets.
        places: of the assets, 0-1, shape (m, n).
        above: 1 where the asset did better than the median of the moment, 0 where not, NaN unknown, shape (m, n).
    """

    correlations: Floats
    places: Floats
    above: Floats


def past_moments(candles: Candles, sector: Integers, span: Span, rows: Integers, horizon: int) -> Past:
    """Factors at some rows, each from the candles up to it, and the returns of the ``horizon`` periods after it.

    Args:
        candles: of the market.
        sector: number of each asset's sector at each period, -1 for none, shape (t, n).
        span: lengths.
        rows: places of the moments; ``rows + horizon`` lies inside the panel.
        horizon: periods ahead.
    """
    shape = (len(rows), len(NAMES), candles.close.shape[1])
    table, ahead = np.full(shape, np.nan), np.full((shape[0], shape[2]), np.nan)
    for place, row in enumerate(rows.tolist()):
        found = percentiles(factors(candles.until(row), sector[row], span))
        table[place] = np.stack(list(found.values()))
        ahead[place] = candles.close[row + horizon] / candles.close[row] - 1
    return Past(table, ahead)


def rank_correlation(left: Floats, right: Floats) -> float:
    """Spearman's rank correlation over the assets that both know; NaN with fewer than ``LEAST_ASSETS``, or where one of
    the two tells none from another."""
    both = np.isfinite(left) & np.isfinite(right)
    if both.sum() < LEAST_ASSETS:
        return float("nan")
    one, other = (percentile_rank(values[both]) - 0.5 for values in (left, right))
    size = np.sqrt((one**2).sum() * (other**2).sum())
    return float((one * other).sum() / size) if size > 0 else float("nan")


def factor_correlations(past: Past) -> Floats:
    """Rank correlation of each factor with the return that followed, shape (m, k)."""
    return np.array(
        [
            [rank_correlation(line, ahead) for line in lines]
            for lines, ahead in zip(past.percentiles, past.ahead, strict=True)
        ]
    ).reshape(past.percentiles.shape[:2])


def breadths(past: Past) -> Floats:
    """Assets beyond the first of which an outcome is known at each moment: how much a moment weighs, shape (m,)."""
    return np.maximum(np.isfinite(past.ahead).sum(axis=1) - 1.0, 0.0)


def estimated(correlations: Floats, breadth: Floats, names: tuple[str, ...] = NAMES) -> Weights:
    """Weights between equal ones and those in proportion to what each factor was worth, where one that ordered the
    assets the wrong way round gets none. How far they leave the equal ones: as far as the factors differ by more than
    chance makes them differ. A factor without a past weighs what the average weighs.

    Source of the shrinkage: the positive-part estimator of James and Stein (1961), with a common target.

    Args:
        correlations: shape (m, k); one column for each name, NaN columns for factors without a past.
        breadth: how much each moment weighs, shape (m,).
    """
    measured, errors = _means(correlations, breadth)
    moments = int(np.isfinite(correlations).any(axis=1).sum())
    equal, known = np.full(len(names), 1 / len(names)), np.isfinite(measured)
    kept = np.where(known, np.maximum(measured, 0.0), 0.0)
    if known.sum() < LEAST_MEASURED or kept.sum() <= 0:
        return Weights(names, equal, moments, False, 0.0, measured, errors)
    trust = _trust(measured[known], errors[known])
    worth = np.where(known, kept / kept.sum() * known.mean(), equal)
    return Weights(names, (1 - trust) * equal + trust * worth, moments, True, trust, measured, errors)


def _trust(measured: Floats, errors: Floats) -> float:
    """Part of the differences between the factors that chance does not explain, 0-1."""
    spread = measured.var(ddof=1)
    return float(np.clip(1 - (errors**2).mean() / spread, 0.0, 1.0)) if spread > 0 else 0.0


def _means(correlations: Floats, breadth: Floats) -> tuple[Floats, Floats]:
    """Weighted mean of each column and its standard error; NaN below ``LEAST_MOMENTS``."""
    known = np.isfinite(correlations)
    held = np.where(known, breadth[:, None], 0.0)
    values, total = np.where(known, correlations, 0.0), held.sum(axis=0)
    enough = (known.sum(axis=0) >= LEAST_MOMENTS) & (total > 0)
    unknown = np.full(correlations.shape[1], np.nan)
    means = np.divide((held * values).sum(axis=0), total, out=unknown.copy(), where=enough)
    off = np.where(known, values - np.where(enough, means, 0.0), 0.0)
    errors = np.divide(np.sqrt(((held * off) ** 2).sum(axis=0)), total, out=unknown.copy(), where=enough)
    return means, errors


def walk_forward(past: Past, correlations: Floats, breadth: Floats, purge: int) -> WalkForward:
    """The score at each past moment with the weights of that time.

    Args:
        purge: moments before the tested one that are left out, because their outcome was not known yet; at least 1.
    Raises:
        ValueError: a purge below 1, which would learn from the outcome that is tested.
    """
    if purge < 1:
        raise ValueError("purge must be at least 1")
    count, _factors, assets = past.percentiles.shape
    found, places = np.full(count, np.nan), np.full((count, assets), np.nan)
    for moment in range(count):
        known = max(0, moment + 1 - purge)
        weights = estimated(correlations[:known], breadth[:known])
        if weights.is_estimated:
            total = combined(past.percentiles[moment], weights.values)
            places[moment], found[moment] = percentile_rank(total), rank_correlation(total, past.ahead[moment])
    return WalkForward(found, places, _above_median(past.ahead))


def _above_median(ahead: Floats) -> Floats:
    result = np.full(ahead.shape, np.nan)
    for line, out in zip(ahead, result, strict=True):
        known = np.isfinite(line)
        if known.sum() >= LEAST_ASSETS:
            out[known] = line[known] > np.median(line[known])
    return result


def share_right(found: WalkForward, place: float, *, rises: bool) -> tuple[float, int]:
    """How often assets that stood at least so high did better than the median afterwards, or worse where they stood at
    most so low.

    Args:
        place: percentile, 0-1.
        rises: whether the asset is said to do better.
    Returns:
        Share, NaN without any; and of how many.
    """
    with np.errstate(invalid="ignore"):
        chosen = found.places >= place if rises else found.places <= place
    outcomes = found.above[chosen & np.isfinite(found.above)]
    if not len(outcomes):
        return float("nan"), 0
    share = float(outcomes.mean())
    return (share if rises else 1 - share), len(outcomes)


def steady_moments(places: Floats) -> int | None:
    """After how many moments the order has half gone: the first lag at which the mean rank correlation of the places
    with those of before falls to ``STEADY``; ``LONGEST_LAG`` if it stays above; None with too few moments."""
    for lag in range(1, LONGEST_LAG + 1):
        pairs = [rank_correlation(one, later) for one, later in zip(places, places[lag:], strict=False)]
        known = [pair for pair in pairs if np.isfinite(pair)]
        if len(known) < LEAST_MOMENTS:
            return None
        if np.mean(known) <= STEADY:
            return lag
    return LONGEST_LAG

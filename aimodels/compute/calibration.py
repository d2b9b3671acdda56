"""Probabilities that mean what they say: maps fitted on forecasts that were made without knowing their outcomes, and
how far forecasts are from what was seen."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aimodels.compute.bootstrap import TAILS, drawn_counts, enough_blocks
from aimodels.compute.metrics import SURE, log_losses
from aimodels.compute.validation import equal_edges, walk_forward

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
KINDS = ("none", "platt", "beta", "isotonic")
"""From the simplest to the freest: of equal ones, the first is taken."""
BINS = 15
LEAST_FOLD = 100
"""Forecasts that a map is fitted on, at least."""


@dataclass(frozen=True)
class Calibration:
    """A rising map of probabilities.

    Attributes:
        kind: one of ``KINDS``.
        points: platt: slope and shift of the log odds; beta: weights of ``ln p`` and ``-ln(1 - p)``, and shift;
            isotonic: probabilities at which the map is known; none: empty.
        values: isotonic: what the map gives at its points, straight lines between; else empty.
    """

    kind: str
    points: Floats
    values: Floats


def calibrated(calibration: Calibration, chances: Floats) -> Floats:
    """Probabilities after the map, 0-1, shape as given.

    Raises:
        ValueError: a kind that does not exist.
    """
    from scipy.special import expit

    if calibration.kind == "none":
        return chances
    if calibration.kind == "isotonic":
        return np.asarray(np.interp(chances, calibration.points, calibration.values))
    design = _design(calibration.kind, chances)
    return np.asarray(expit(design @ calibration.points))


def fit_calibration(kind: str, chances: Floats, outcomes: Integers) -> Calibration:
    """A map from forecasts and what happened.

    Args:
        kind: one of ``KINDS``.
        chances: 0-1, made without knowing the outcomes, shape (n,).
        outcomes: 0 or 1, both among them, shape (n,).
    Raises:
        ValueError: outcomes of one class, or a kind that does not exist.
    Source: Platt (1999), Probabilistic outputs for support vector machines; Kull, Silva Filho and Flach (2017), Beta
        calibration; Zadrozny and Elkan (2002), Transforming classifier scores into accurate probability estimates.
    """
    if len(np.unique(outcomes)) != 2:
        raise ValueError("outcomes of one class cannot calibrate")
    nothing = np.empty(0)
    if kind == "none":
        return Calibration(kind, nothing, nothing)
    if kind == "isotonic":
        return _isotonic(chances, outcomes)
    return Calibration(kind, _rising_logistic(_design(kind, chances), outcomes), nothing)


def choose_calibration(
    chances: Floats, outcomes: Integers, times: Integers, *, horizon: int, folds: int = 3
) -> Calibration:
    """The map that did best on moments after those it was fitted on, then fitted on all of them.

    Args:
        chances: 0-1, out of fold, from the training part alone, shape (n,).
        outcomes: 0 or 1, shape (n,).
        times: moment of each, shape (n,).
        horizon: how long after its moment an outcome is known, same unit.
        folds: stretches of time that are judged.
    Returns:
        ``none`` where the samples do not suffice for a choice.
    """
    judged: dict[str, list[Floats]] = {kind: [] for kind in KINDS}
    span = int(np.ptp(times)) + 1 if len(times) else 0
    if span <= folds + 1:
        return Calibration("none", np.empty(0), np.empty(0))
    edges = equal_edges(times, folds)
    for split in walk_forward(times, edges=edges, horizon=horizon, purge=horizon, least=LEAST_FOLD):
        if len(np.unique(outcomes[split.train])) < 2:
            continue
        for kind, losses in judged.items():
            fitted = fit_calibration(kind, chances[split.train], outcomes[split.train])
            losses.append(log_losses(calibrated(fitted, chances[split.test]), outcomes[split.test]))
    if not judged["none"]:
        return Calibration("none", np.empty(0), np.empty(0))
    means = {kind: float(np.concatenate(losses).mean()) for kind, losses in judged.items()}
    return fit_calibration(min(means, key=means.__getitem__), chances, outcomes)


@dataclass(frozen=True)
class CalibrationError:
    """Mean distance between forecast and observed share, over bins of equally many forecasts.

    Attributes:
        n: forecasts.
        raw: as it is seen: a perfect forecast shows chance as error.
        corrected: the distance that would show what is seen, chance taken off.
        low, high: 95 % interval of ``corrected`` by blocks of moments; NaN with too few.
    """

    n: int
    raw: float
    corrected: float
    low: float
    high: float


def calibration_error(
    chances: Floats, outcomes: Integers, times: Integers, *, block: int, draws: int = 500, seed: int = 0
) -> CalibrationError:
    """Expected calibration error (ECE) with what chance adds to it taken off.

    Chance of a bin: its deviation is normal around the true one, with the variance of sums over blocks of moments, as
    outcomes of one moment hang together. All deviations are scaled down by one factor until the error that they would
    show on average is the one seen; if chance alone shows as much, the corrected error is 0.

    Args:
        chances: 0-1, shape (n,), n >= ``BINS``.
        outcomes: 0 or 1, shape (n,).
        times: moment of each, shape (n,).
        block: moments per block, at least 1.
    Raises:
        ValueError: fewer forecasts than bins.
    Source: Broecker and Smith (2007), Increasing the reliability of reliability diagrams, for chance in the bins; the
        variance is that of clusters, Liang and Zeger (1986).
    """
    if len(chances) < BINS:
        raise ValueError(f"at least {BINS} forecasts are needed")
    places = _bins(chances)
    counts = np.bincount(places).astype(np.float64)
    gaps = outcomes - chances
    deviation = np.bincount(places, weights=gaps) / counts
    sums, sizes = _by_moment_and_bin(times, places, gaps, len(counts))
    noise = _noise(sums - deviation * sizes, sizes, block)
    weights = counts / counts.sum()
    raw = float(weights @ np.abs(deviation))
    corrected = _true_error(np.abs(deviation), noise, weights, raw)
    low = high = float("nan")
    if enough_blocks(len(sums), block):
        drawn = drawn_counts(len(sums), block=block, draws=draws, seed=seed)
        shown = np.abs(drawn @ sums).sum(axis=1) / (drawn @ sizes).sum(axis=1)
        spread = np.quantile(shown, TAILS) - shown.mean()
        low, high = (_true_error(np.abs(deviation), noise, weights, raw + float(step)) for step in spread)
    return CalibrationError(len(chances), raw, corrected, low, high)


def _design(kind: str, chances: Floats) -> Floats:
    from scipy.special import logit

    held = np.clip(chances, SURE, 1 - SURE)
    one = np.ones(len(held))
    if kind == "platt":
        return np.stack([logit(held), one], axis=1)
    if kind == "beta":
        return np.stack([np.log(held), -np.log1p(-held), one], axis=1)
    raise ValueError(f"there is no calibration {kind!r}")


def _rising_logistic(design: Floats, outcomes: Integers) -> Floats:
    """Logistic regression whose slopes are not below 0; the last column is the shift."""
    from scipy.optimize import minimize  # takes a second, and few processes need it
    from scipy.special import expit

    def loss(weights: Floats) -> tuple[float, Floats]:
        margin = design @ weights
        slope = design.T @ (expit(margin) - outcomes) / len(outcomes)
        return float((np.logaddexp(0, margin) - outcomes * margin).mean()), slope

    start = np.append(np.ones(design.shape[1] - 1), 0.0)
    bounds = [(0.0, None)] * (design.shape[1] - 1) + [(None, None)]
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x)


def _isotonic(chances: Floats, outcomes: Integers) -> Calibration:
    """Rising steps through the shares of each forecast; their ends stay off 0 and 1, which no count can show."""
    from scipy.optimize import isotonic_regression  # takes a second, and few processes need it

    points, places = np.unique(chances, return_inverse=True)
    counts = np.bincount(places).astype(np.float64)
    shares = np.bincount(places, weights=outcomes.astype(np.float64)) / counts
    rising = isotonic_regression(shares, weights=counts).x
    steps = np.diff(rising) != 0
    ends = np.append(True, steps) | np.append(steps, True)  # inside a step the line between its ends says the same
    edge = 1 / (len(outcomes) + 2)
    return Calibration("isotonic", points[ends], np.clip(rising[ends], edge, 1 - edge))


def _bins(chances: Floats) -> Integers:
    """Bins of about equally many forecasts; equal forecasts share one."""
    edges = np.unique(np.quantile(chances, np.arange(1, BINS) / BINS))
    return np.asarray(np.unique(np.searchsorted(edges, chances, side="left"), return_inverse=True)[1])


def _by_moment_and_bin(times: Integers, places: Integers, gaps: Floats, bins: int) -> tuple[Floats, Floats]:
    moments, rows = np.unique(times, return_inverse=True)
    shape, cells = (len(moments), bins), rows * bins + places
    size = shape[0] * shape[1]
    sums = np.bincount(cells, weights=gaps, minlength=size).reshape(shape)
    return sums.astype(np.float64), np.bincount(cells, minlength=size).reshape(shape).astype(np.float64)


def _noise(centred: Floats, sizes: Floats, block: int) -> Floats:
    """Standard error of the deviation of each bin, from sums over blocks of moments."""
    starts = np.arange(0, len(centred), block)
    sums = np.add.reduceat(centred, starts, axis=0)
    filled = (np.add.reduceat(sizes, starts, axis=0) > 0).sum(axis=0)
    many = filled / np.maximum(1, filled - 1)
    return np.asarray(np.sqrt(many * (sums**2).sum(axis=0)) / sizes.sum(axis=0))


def _true_error(deviation: Floats, noise: Floats, weights: Floats, seen: float) -> float:
    """Error of deviations that are scaled so that with their noise they would show ``seen`` on average."""
    from scipy.special import ndtr

    spread = np.maximum(noise, 1e-12)

    def shown(factor: float) -> float:
        mean = factor * deviation
        ratio = mean / spread
        folded = spread * np.sqrt(2 / np.pi) * np.exp(-(ratio**2) / 2) + mean * (1 - 2 * ndtr(-ratio))
        return float(weights @ folded)

    low, high = 0.0, 1.0
    if shown(low) >= seen or not deviation.any():
        return 0.0
    while shown(high) < seen:
        high *= 2
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if shown(middle) < seen else (low, middle)
    return float(weights @ deviation) * low

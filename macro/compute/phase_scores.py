"""How well phases that were judged as the market went agree with those that were dated afterwards, and naive rules to
compare with. Phases are 1 bull, 0 bear, -1 unknown; all series are by day, oldest first."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.compute.series import rolling_mean

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
AHEAD = 30
"""Days ahead of which the next phase is asked."""
NAIVE = ("sma_50", "sma_100", "sma_200", "cross_20_100", "drawdown_20")


@dataclass(frozen=True)
class PhaseScore:
    """Figures of one judge on one asset; NaN where the days do not allow one.

    Attributes:
        days: scored days.
        balanced_accuracy: mean of the shares of bull and bear days that were judged right, 0-1.
        delay_days: mean days from a turning point until the judged phase followed; a turn that it missed counts with
            the whole length of the dated phase.
        mean_length_days: mean length of a judged phase.
        switches, false_switches: changes of the judged phase; those false that found no day of their phase before the
            next change.
    """

    days: int
    balanced_accuracy: float
    delay_days: float
    mean_length_days: float
    switches: int
    false_switches: int


def naive_phases(close: Floats) -> dict[str, Labels]:
    """Phases by rules that anybody would try first: the close above its average of 50, 100 and 200 days, the 20-day
    average above the 100-day one, and a turn at 20 % from the last extreme.

    Args:
        close: USD, shape (t,), finite.
    """
    averages = {span: rolling_mean(close, span) for span in (20, 50, 100, 200)}
    found = {f"sma_{span}": _above(close, averages[span]) for span in (50, 100, 200)}
    found["cross_20_100"] = _above(averages[20], averages[100])
    found["drawdown_20"] = _turns(close, 0.20)
    return found


def score(judged: Labels, dated: Labels) -> PhaseScore:
    """Score the days on which both phases are known."""
    both = (judged >= 0) & (dated >= 0)
    judged, dated = judged[both], dated[both]
    if not len(dated):
        nothing = float("nan")
        return PhaseScore(0, nothing, nothing, nothing, 0, 0)
    changes = np.flatnonzero(np.diff(judged)) + 1
    spells = np.split(np.arange(len(judged)), changes)
    false = sum(1 for spell in spells[1:] if not (dated[spell] == judged[spell]).any())
    return PhaseScore(
        days=len(dated),
        balanced_accuracy=balanced_accuracy(judged, dated),
        delay_days=_delay(judged, dated),
        mean_length_days=len(judged) / len(spells),
        switches=len(changes),
        false_switches=false,
    )


def balanced_accuracy(judged: Labels, dated: Labels) -> float:
    """Mean of the shares of dated bull and bear days that were judged so; NaN with only one phase."""
    bull, bear = dated == 1, dated == 0
    if not bull.any() or not bear.any():
        return float("nan")
    return float(((judged[bull] == 1).mean() + (judged[bear] == 0).mean()) / 2)


def brier_ahead(chances: Floats, judged: Labels, dated: Labels, ahead: int = AHEAD) -> tuple[float, float]:
    """Brier score of a probability taken for the phase ``ahead`` days later, and of persistence: the judged phase goes
    on for sure. NaN without a day that has all three."""
    after = np.full(len(dated), -1, dtype=np.int64)
    after[:-ahead] = dated[ahead:]
    known = np.isfinite(chances) & (judged >= 0) & (after >= 0)
    if not known.any():
        return float("nan"), float("nan")
    outcome = after[known]
    return float(((chances[known] - outcome) ** 2).mean()), float(((judged[known] - outcome) ** 2).mean())


def bootstrap_difference(
    ours: Labels, theirs: Labels, dated: Labels, *, block: int = 90, draws: int = 1000, seed: int = 0
) -> tuple[float, float, float]:
    """Difference of the mean balanced accuracy over assets, ours less theirs, with a 95 % interval.

    Whole blocks of days are drawn for all assets at once, so that neither days nor coins count as independent.

    Args:
        ours, theirs, dated: phases, shape (t, n).
        block: days per block.
    Returns:
        Difference, lower and upper bound.
    Source: Politis and Romano (1992), A circular block-resampling procedure for stationary data.
    """
    known = (ours >= 0) & (theirs >= 0) & (dated >= 0)
    hits = [
        np.stack([known & (dated == phase), known & (dated == phase) & (judge == phase)])
        for judge in (ours, theirs)
        for phase in (1, 0)
    ]
    counts = np.stack(hits).astype(np.float64)  # (judge x phase, days and hits, t, n)
    length = len(dated)
    generator = np.random.default_rng(seed)
    starts = generator.integers(0, length, size=(draws, -(-length // block)))
    drawn = []
    for row in starts:
        places = ((row[:, None] + np.arange(block)) % length).ravel()[:length]
        times = np.bincount(places, minlength=length).astype(np.float64)
        drawn.append(_difference(np.einsum("jhtn,t->jhn", counts, times)))
    low, high = np.nanquantile(drawn, (0.025, 0.975))
    return _difference(counts.sum(axis=2)), float(low), float(high)


def _difference(sums: Floats) -> float:
    """Difference of the mean balanced accuracies from counted days and hits, over assets with both phases."""
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = sums[:, 1] / sums[:, 0]
    accuracy = np.stack([(shares[0] + shares[1]) / 2, (shares[2] + shares[3]) / 2])
    whole = np.isfinite(accuracy).all(axis=0)
    return float(np.mean(accuracy[0, whole] - accuracy[1, whole])) if whole.any() else float("nan")


def _above(line: Floats, other: Floats) -> Labels:
    return np.where(np.isfinite(other) & np.isfinite(line), (line > other).astype(np.int64), -1)


def _turns(close: Floats, share: float) -> Labels:
    """The phase by a turn of ``share`` from the highest close of a bull phase, the lowest of a bear phase."""
    found = np.full(len(close), -1, dtype=np.int64)
    high = low = close[0]
    phase = -1
    for i, value in enumerate(close):
        high, low = max(high, value), min(low, value)
        if phase != 0 and value < high * (1 - share):
            phase, low = 0, value
        elif phase != 1 and value > low * (1 + share):
            phase, high = 1, value
        found[i] = phase
    return found


def _delay(judged: Labels, dated: Labels) -> float:
    turns = np.flatnonzero(np.diff(dated)) + 1
    spells = np.split(np.arange(len(dated)), turns)[1:]
    waits = [int((judged[spell] == dated[spell]).argmax()) if (judged[spell] == dated[spell]).any() else len(spell)
             for spell in spells]  # fmt: skip
    return float(np.mean(waits)) if waits else float("nan")

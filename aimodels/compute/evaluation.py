"""How forecasts are judged: a plan of what is learned from and what is tested, folds inside the training part, and
figures with their intervals."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aimodels.compute.bootstrap import Interval, auc_interval, skill_interval
from aimodels.compute.calibration import CalibrationError, calibration_error
from aimodels.compute.learners import Boosting, Kind, Learned, base_rate, probabilities, train
from aimodels.compute.metrics import brier_scores, log_losses
from aimodels.compute.samples import LEAST_ROWS, Samples
from aimodels.compute.scores import SkillInterval
from aimodels.compute.validation import Split, equal_edges, hold_out, walk_forward

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


MOST_ROWS = 150_000
"""Rows that one model learns from, at most: neighbouring moments share most of their outcomes, so more tell little."""


@dataclass(frozen=True)
class Plan:
    """How a trial is made.

    Attributes:
        share: of the time that is the untouched block.
        folds: of the walk-forward before it.
        purge, embargo: as for ``walk_forward``, in the unit of the samples' times.
        block: moments per block of the bootstrap: twice as many as hang together, so twice a horizon's at least.
        seed: of the model and of the draws.
        most_rows: learned from by one model; of more, evenly spaced ones.
    """

    purge: int
    block: int
    embargo: int = 0
    share: float = 0.25
    folds: int = 4
    seed: int = 0
    most_rows: int = MOST_ROWS


def plan_for(samples: Samples, *, seed: int = 0) -> Plan:
    """The plan that follows from the horizon: it is the purge, once more the embargo, and twice that is a block.

    Raises:
        ValueError: there are no samples, or the horizon is below 1.
    """
    if not len(samples.times) or samples.horizon < 1:
        raise ValueError("a plan needs samples, and a horizon of at least 1")
    block = -(-2 * samples.horizon // step_of(samples.times))
    return Plan(purge=samples.horizon, embargo=samples.horizon, block=block, seed=seed)


def step_of(times: Integers) -> int:
    """Usual distance between moments, at least 1."""
    moments = np.unique(times)
    return max(1, int(np.median(np.diff(moments)))) if len(moments) > 1 else 1


def split_final(samples: Samples, plan: Plan, *, since: int | None = None) -> Split:
    """Places of the training part and of the final block.

    Args:
        since: what came before was looked at or chosen by already: the block begins no earlier, unless there is nothing
            from then on.
    """
    return hold_out(
        samples.times, share=plan.share, horizon=samples.horizon, purge=plan.purge, embargo=plan.embargo, since=since
    )


def stretches(times: Integers, plan: Plan) -> int:
    """Separate stretches of time that moments make."""
    return len(np.unique(times)) // plan.block


def learning_folds(samples: Samples, plan: Plan) -> Iterator[Split]:
    """Folds of the walk-forward over samples, oldest first, each with the rows that its model learns from. A stretch
    before which some feature was never known, or only one class was seen, is left out."""
    distance = {"horizon": samples.horizon, "purge": plan.purge, "embargo": plan.embargo}
    edges = equal_edges(samples.times, plan.folds)
    for split in walk_forward(samples.times, edges=edges, least=LEAST_ROWS, **distance):
        learned = split.train[thinned(samples.times[split.train], plan.most_rows)]
        if _can_learn(samples.rows(learned)):
            yield Split(learned, split.test)


def thinned(times: Integers, most: int) -> Integers:
    """Places of rows, all if they are no more than ``most``, else evenly spaced ones in the order of time."""
    if len(times) <= most:
        return np.arange(len(times))
    order = np.argsort(times, kind="stable")
    return np.asarray(np.sort(order[np.linspace(0, len(times) - 1, most).astype(np.int64)]))


@dataclass(frozen=True)
class FoldForecasts:
    """Forecasts of samples by models that were learned from the past of each alone.

    Attributes:
        places: of the samples that were forecast.
        folds: number of the fold of each, from 0, same shape.
        chances, baseline: 0-1, of the models and of the baseline, same shape.
        models: of the folds.
    """

    places: Integers
    folds: Integers
    chances: Floats
    baseline: Floats
    models: tuple[Learned, ...]


@dataclass(frozen=True)
class Figures:
    """How good probabilities were on the same samples; an interval is None with too few blocks.

    Attributes:
        n: samples.
        blocks: separate stretches of time.
        brier_skill, log_skill: over the baseline.
        champion_skill: Brier skill over what serves, on the samples that it was asked about; None if on none.
    """

    n: int
    blocks: int
    auc: Interval | None
    brier_skill: SkillInterval | None
    log_skill: SkillInterval | None
    champion_skill: SkillInterval | None
    calibration: CalibrationError


def fold_forecasts(
    kind: Kind,
    samples: Samples,
    plan: Plan,
    *,
    baseline: Floats | None = None,
    settings: Boosting | None = None,
    stop: Callable[[], bool] = bool,
) -> FoldForecasts:
    """Walk forward over samples: learn from the past, forecast the next stretch.

    Args:
        baseline: chances of the naive forecast, shape (n,); without them the base rate of each fold's past.
    Raises:
        ValueError: no fold had enough to learn from, or as ``train`` and ``walk_forward``.
        Stopped: ``stop`` said so.
    """
    found: list[tuple[Integers, Integers, Floats, Floats]] = []
    models: list[Learned] = []
    for split in learning_folds(samples, plan):
        past, ahead = samples.rows(split.train), samples.rows(split.test)
        model = train(kind, past.features, past.names, past.outcomes, settings=settings, seed=plan.seed, stop=stop)
        naive = _naive(baseline, split.test, past.outcomes)
        number = np.full(len(split.test), len(models))
        found.append((split.test, number, probabilities(model, ahead.features), naive))
        models.append(model)
    if not found:
        raise ValueError("no fold has enough samples to learn from")
    places, folds, chances, naive = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return FoldForecasts(places, folds, chances, naive, tuple(models))


def figures_of(
    chances: Floats, baseline: Floats, samples: Samples, plan: Plan, *, champion: Floats | None = None
) -> Figures:
    """Figures of probabilities on samples, with intervals by blocks of moments.

    Args:
        chances, baseline: 0-1, one for each sample.
        champion: the same; NaN where what serves could not be asked.
    """
    outcomes, times = samples.outcomes, samples.times
    draw = {"block": plan.block, "seed": plan.seed}
    brier = brier_scores(chances, outcomes)
    log_naive = log_losses(baseline, outcomes)
    return Figures(
        n=len(outcomes),
        blocks=stretches(times, plan),
        auc=auc_interval(chances, outcomes, times, **draw),
        brier_skill=skill_interval(brier, brier_scores(baseline, outcomes), times, **draw),
        log_skill=skill_interval(log_losses(chances, outcomes), log_naive, times, **draw),
        champion_skill=None if champion is None else _skill_over(champion, chances, samples, draw),
        calibration=calibration_error(chances, outcomes, times, **draw),
    )


def _skill_over(champion: Floats, chances: Floats, samples: Samples, draw: dict[str, int]) -> SkillInterval | None:
    """Brier skill on the samples that the champion was asked about."""
    asked = np.isfinite(champion)
    ours, theirs = (brier_scores(given[asked], samples.outcomes[asked]) for given in (chances, champion))
    return skill_interval(ours, theirs, samples.times[asked], **draw)


def _can_learn(past: Samples) -> bool:
    return len(np.unique(past.outcomes)) == 2 and not np.isnan(past.features).all(axis=0).any()


def _naive(baseline: Floats | None, places: Integers, past: Integers) -> Floats:
    return np.full(len(places), base_rate(past)) if baseline is None else baseline[places]

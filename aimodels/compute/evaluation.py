"""One trial of a model, from samples to figures: folds and calibration inside the training part, then once the
untouched block."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aimodels.compute.bootstrap import Interval, auc_interval, skill_interval
from aimodels.compute.calibration import (
    Calibration,
    CalibrationError,
    calibrated,
    calibration_error,
    choose_calibration,
)
from aimodels.compute.gates import Evidence
from aimodels.compute.learners import Boosting, Kind, Learned, base_rate, probabilities, train
from aimodels.compute.metrics import brier_scores, log_losses
from aimodels.compute.samples import LEAST_ROWS, Samples, check_samples
from aimodels.compute.scores import SkillInterval
from aimodels.compute.validation import Split, equal_edges, hold_out, walk_forward

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Plan:
    """How a trial is made.

    Attributes:
        share: of the time that is the untouched block.
        folds: of the walk-forward before it.
        purge, embargo: as for ``walk_forward``, in the unit of the samples' times.
        block: moments per block of the bootstrap: twice as many as hang together, so twice a horizon's at least.
        seed: of the model and of the draws.
    """

    purge: int
    block: int
    embargo: int = 0
    share: float = 0.25
    folds: int = 4
    seed: int = 0


@dataclass(frozen=True)
class FoldForecasts:
    """Forecasts of samples by models that were learned from the past of each alone.

    Attributes:
        places: of the samples that were forecast.
        chances, baseline: 0-1, of the models and of the baseline, same shape.
    """

    places: Integers
    chances: Floats
    baseline: Floats


@dataclass(frozen=True)
class Figures:
    """How good probabilities were on the same samples; an interval is None with too few blocks.

    Attributes:
        n: samples.
        blocks: separate stretches of time.
        brier_skill, log_skill: over the baseline.
        champion_skill: Brier skill over the version that serves, if its probabilities were given.
    """

    n: int
    blocks: int
    auc: Interval | None
    brier_skill: SkillInterval | None
    log_skill: SkillInterval | None
    champion_skill: SkillInterval | None
    calibration: CalibrationError


@dataclass(frozen=True)
class Trial:
    """A trained model and what it showed.

    Attributes:
        learned, calibration: the model, learned from the whole training part, and the map of its probabilities.
        final: places of the training part and of the untouched block.
        folds: figures out of fold, before calibration, for choosing between models.
        figures: on the untouched block, after calibration; reading them is a use of it.
        chances: of the untouched block.
    """

    learned: Learned
    calibration: Calibration
    final: Split
    folds: Figures
    figures: Figures
    chances: Floats

    def evidence(self, *, final_uses: int, has_champion: bool) -> Evidence:
        """What the gates ask."""
        return Evidence(
            final_uses=final_uses,
            blocks=self.figures.blocks,
            baseline=self.figures.brier_skill,
            champion=self.figures.champion_skill,
            has_champion=has_champion,
            calibration=self.figures.calibration,
        )


def fold_forecasts(
    kind: Kind,
    samples: Samples,
    plan: Plan,
    *,
    baseline: Floats | None = None,
    settings: Boosting | None = None,
    stop: Callable[[], bool] = bool,
) -> FoldForecasts:
    """Walk forward over samples: learn from the past, forecast the next stretch. A stretch before which some feature
    was never known, or only one class was seen, is left out.

    Args:
        baseline: chances of the naive forecast, shape (n,); without them the base rate of each fold's past.
    Raises:
        ValueError: no fold had enough to learn from, or as ``train`` and ``walk_forward``.
        Stopped: ``stop`` said so.
    """
    found: list[tuple[Integers, Floats, Floats]] = []
    edges = equal_edges(samples.times, plan.folds)
    distance = {"horizon": samples.horizon, "purge": plan.purge, "embargo": plan.embargo}
    for split in walk_forward(samples.times, edges=edges, least=LEAST_ROWS, **distance):
        past, ahead = samples.rows(split.train), samples.rows(split.test)
        if not _can_learn(past):
            continue
        model = train(kind, past.features, past.names, past.outcomes, settings=settings, seed=plan.seed, stop=stop)
        naive = _naive(baseline, split.test, past.outcomes)
        found.append((split.test, probabilities(model, ahead.features), naive))
    if not found:
        raise ValueError("no fold has enough samples to learn from")
    places, chances, naive = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return FoldForecasts(places, chances, naive)


def run_trial(
    kind: Kind,
    samples: Samples,
    plan: Plan,
    *,
    baseline: Floats | None = None,
    champion: Floats | None = None,
    settings: Boosting | None = None,
    stop: Callable[[], bool] = bool,
) -> Trial:
    """Train, calibrate and test one model. Nothing of the untouched block reaches what is tested on it.

    Args:
        baseline: chances of the naive forecast, shape (n,); without them the base rate of the training part.
        champion: chances of the version that serves, shape (n,), by one that has not seen the untouched block.
    Raises:
        ValueError: with the reason: samples that nothing can be learned from, a purge shorter than the horizon.
        Stopped: ``stop`` said so.
    """
    check_samples(samples.features, samples.names, samples.outcomes)
    final = hold_out(samples.times, share=plan.share, horizon=samples.horizon, purge=plan.purge, embargo=plan.embargo)
    past, ahead = samples.rows(final.train), samples.rows(final.test)
    naive_past = None if baseline is None else baseline[final.train]
    seen = fold_forecasts(kind, past, plan, baseline=naive_past, settings=settings, stop=stop)
    tested = past.rows(seen.places)
    calibration = choose_calibration(seen.chances, tested.outcomes, tested.times, horizon=samples.horizon)
    learned = train(kind, past.features, past.names, past.outcomes, settings=settings, seed=plan.seed, stop=stop)
    chances = calibrated(calibration, probabilities(learned, ahead.features))
    naive = _naive(baseline, final.test, past.outcomes)
    rival = None if champion is None else champion[final.test]
    return Trial(
        learned,
        calibration,
        final,
        folds=figures_of(seen.chances, seen.baseline, tested, plan),
        figures=figures_of(chances, naive, ahead, plan, champion=rival),
        chances=chances,
    )


def figures_of(
    chances: Floats, baseline: Floats, samples: Samples, plan: Plan, *, champion: Floats | None = None
) -> Figures:
    """Figures of probabilities on samples, with intervals by blocks of moments.

    Args:
        chances, baseline, champion: 0-1, one for each sample.
    """
    outcomes, times = samples.outcomes, samples.times
    draw = {"block": plan.block, "seed": plan.seed}
    brier = brier_scores(chances, outcomes)
    rival = None if champion is None else brier_scores(champion, outcomes)
    log_naive = log_losses(baseline, outcomes)
    return Figures(
        n=len(outcomes),
        blocks=len(np.unique(times)) // plan.block,
        auc=auc_interval(chances, outcomes, times, **draw),
        brier_skill=skill_interval(brier, brier_scores(baseline, outcomes), times, **draw),
        log_skill=skill_interval(log_losses(chances, outcomes), log_naive, times, **draw),
        champion_skill=None if rival is None else skill_interval(brier, rival, times, **draw),
        calibration=calibration_error(chances, outcomes, times, **draw),
    )


def _can_learn(past: Samples) -> bool:
    return len(np.unique(past.outcomes)) == 2 and not np.isnan(past.features).all(axis=0).any()


def _naive(baseline: Floats | None, places: Integers, past: Integers) -> Floats:
    return np.full(len(places), base_rate(past)) if baseline is None else baseline[places]

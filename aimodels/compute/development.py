"""How a version comes about, in steps: variants tried on folds inside the training part, the map of the probabilities
and the quantiles from forecasts out of fold, then once the untouched block; and the version that learns anew from all
of it with the same settings."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from aimodels.compute.baseline import LEVELS
from aimodels.compute.calibration import Calibration, choose_calibration
from aimodels.compute.conformal import conformal_offsets, moved
from aimodels.compute.evaluation import FoldForecasts, Plan, fold_forecasts, learning_folds, thinned
from aimodels.compute.forecaster import Forecaster, Said, reference_rows, say
from aimodels.compute.gates import Failed, leakage
from aimodels.compute.learners import Boosting, Kind, Learned, engine, probabilities, quantiles, train, train_quantiles
from aimodels.compute.material import Material
from aimodels.compute.metrics import log_losses, pinball_losses
from aimodels.compute.report import traded
from aimodels.compute.scores import skill
from aimodels.compute.sharpe import sharpe_ratio
from aimodels.compute.validation import Split

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Stop = Callable[[], bool]
QUANTILE_TREES = Boosting()
"""Settings of the trees of quantiles beside a kind of model that has no trees."""
LEAK_ROWS = 50_000
"""Rows that leaks are looked for in, evenly spaced."""


@dataclass(frozen=True)
class Variant:
    """A kind of model and the settings of its trees, if it has any."""

    kind: Kind
    settings: Boosting | None = None

    def digest(self, names: Sequence[str], seed: int) -> str:
        """SHA-256 of all that is chosen by hand: the same digest is the same variant."""
        facts = {"kind": self.kind, "names": list(names), "seed": seed, "settings": self.words()}
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

    def words(self) -> dict[str, float]:
        """Its settings as JSON holds them; the number of threads changes nothing."""
        held = {} if self.settings is None else asdict(self.settings)
        return {name: value for name, value in held.items() if name != "threads"}


@dataclass(frozen=True)
class Tried:
    """A variant and what it showed out of fold.

    Attributes:
        log_skill: over the naive forecast, before calibration.
        sharpe: per candle, after costs; NaN where a forecast is not a position.
    """

    variant: Variant
    folds: FoldForecasts
    log_skill: float
    sharpe: float


@dataclass(frozen=True)
class FoldValues:
    """Quantiles of the change in units of its scale, out of fold and before offsets.

    Attributes:
        places, folds: as in ``FoldForecasts``.
        quantiles: shape (n, q); zeros for constant ones.
        models: of the folds; empty for constant quantiles.
    """

    places: Integers
    folds: Integers
    quantiles: Floats
    models: tuple[Learned, ...]


@dataclass(frozen=True)
class FoldVersion:
    """A version that knew the past of a fold alone, and what it said of it.

    Attributes:
        places: of the rows of the fold.
        start: candle of the first of them.
    """

    forecaster: Forecaster
    places: Integers
    said: Said
    start: int


def find_leaks(past: Material) -> list[Failed]:
    """Features of the training part that follow the future more closely than any honest one could."""
    rows = past.rows(thinned(past.samples.times, LEAK_ROWS))
    held = rows.samples
    return leakage(held.features, held.names, rows.futures, held.times, horizon=held.horizon)


def try_variant(variant: Variant, past: Material, plan: Plan, *, stop: Stop = bool) -> Tried:
    """Try a variant on folds inside the training part.

    Raises:
        ValueError: no fold had enough to learn from.
        Stopped: ``stop`` said so.
    """
    found = fold_forecasts(variant.kind, past.samples, plan, baseline=past.naive, settings=variant.settings, stop=stop)
    tested = past.rows(found.places)
    ours, naive = (log_losses(chances, tested.samples.outcomes) for chances in (found.chances, found.baseline))
    held = traded(tested, found.chances)
    return Tried(
        variant,
        found,
        skill(float(ours.mean()), float(naive.mean())),
        float("nan") if held is None else sharpe_ratio(held.net),
    )


def best_of(tried: Sequence[Tried]) -> Tried:
    """The variant with the most skill out of fold; of equal ones the first."""
    return max(tried, key=lambda one: one.log_skill)


def fold_values(variant: Variant, past: Material, plan: Plan, *, stop: Stop = bool) -> FoldValues | None:
    """Quantiles out of fold: by boosted trees, or constant in units of the scale, whichever was better there; None if
    those of the rules were, or the material has no values.

    Raises:
        Stopped: ``stop`` said so.
    """
    values = past.values
    if values is None:
        return None
    places, folds, given, models = [], [], [], []
    for number, split in enumerate(learning_folds(past.samples, plan)):
        models.append(_learn_quantiles(variant, past.rows(split.train), plan, stop))
        given.append(quantiles(models[-1], past.samples.features[split.test]))
        places.append(split.test)
        folds.append(np.full(len(split.test), number))
    learned = FoldValues(np.concatenate(places), np.concatenate(folds), np.concatenate(given), tuple(models))
    constant = replace(learned, quantiles=np.zeros_like(learned.quantiles), models=())
    rules = replace(constant, quantiles=(values.rules / values.scale[:, None])[learned.places])
    losses = [_pinball(rules, past, moves=False), _pinball(constant, past), _pinball(learned, past)]
    return (None, constant, learned)[int(np.argmin(losses))]


def _pinball(found: FoldValues, past: Material, *, moves: bool = True) -> float:
    """Mean loss of all folds but the first, each moved by the offsets that were known when it began; of a single fold
    by its own."""
    times, values, losses = past.samples.times[found.places], past.values, []
    if values is None:
        raise ValueError("this material has no values")
    change, scale = values.change[found.places], values.scale[found.places]
    actual = change / scale
    for number in range(min(1, int(found.folds.max())), int(found.folds.max()) + 1):
        here = found.folds == number
        known = times <= times[here].min() - past.samples.horizon if number else here
        given = found.quantiles[here]
        if moves:
            given = moved(given, conformal_offsets(found.quantiles[known], actual[known], LEVELS))
        losses.append(pinball_losses(given * scale[here, None], change[here], LEVELS))
    return float(np.concatenate(losses).mean())


def fold_versions(tried: Tried, values: FoldValues | None, past: Material) -> Iterator[FoldVersion]:
    """The versions of all folds but the first, each calibrated by the forecasts of the folds before it whose outcomes
    were known when it began."""
    found, times = tried.folds, past.samples.times
    for number in range(1, len(found.models)):
        here = found.places[found.folds == number]
        start = int(times[here].min())
        known = (found.folds < number) & (times[found.places] <= start - past.samples.horizon)
        if not known.any():
            continue
        model, before = found.models[number], past.rows(found.places[known])
        forecaster = Forecaster(
            direction=model,
            calibration=_calibration(found.chances[known], before),
            levels=() if values is None else LEVELS,
            quantiles=None if values is None or not values.models else values.models[number],
            offsets=None if values is None else _offsets(values.quantiles[known], before),
            reference=reference_rows(_in_order(past, np.flatnonzero(times <= start - past.samples.horizon))),
        )
        yield FoldVersion(forecaster, here, answered(forecaster, past.rows(here)), start)


def learn(tried: Tried, values: FoldValues | None, past: Material, plan: Plan, *, stop: Stop = bool) -> Forecaster:
    """The version that knows all rows: learned from them, calibrated by what the folds said.

    Raises:
        Stopped: ``stop`` said so.
    """
    before = past.rows(tried.folds.places)
    return Forecaster(
        direction=_learn_direction(tried.variant, past, plan, stop),
        calibration=_calibration(tried.folds.chances, before),
        levels=() if values is None else LEVELS,
        quantiles=_learn_quantiles(tried.variant, past, plan, stop) if values and values.models else None,
        offsets=None if values is None else _offsets(values.quantiles, before),
        reference=reference_rows(_in_order(past, np.arange(len(past.samples.times)))),
    )


def with_block(
    tried: Tried, values: FoldValues | None, tested: Forecaster, material: Material, final: Split
) -> tuple[Tried, FoldValues | None]:
    """What was said out of fold and then of the untouched block, as one more fold: what a version that learns from all
    rows is calibrated by.

    Args:
        tried, values: of the training part.
        tested: the version that was tested on the block.
        material: all rows.
        final: places of the training part and of the block among them.
    """
    block, found = material.rows(final.test), tried.folds
    number = np.full(len(final.test), len(found.models))
    folds = FoldForecasts(
        places=np.concatenate([final.train[found.places], final.test]),
        folds=np.concatenate([found.folds, number]),
        chances=np.concatenate([found.chances, probabilities(tested.direction, block.samples.features)]),
        baseline=np.concatenate([found.baseline, block.naive]),
        models=(*found.models, tested.direction),
    )
    if values is None:
        return replace(tried, folds=folds), None
    given = np.zeros((len(final.test), len(LEVELS)))
    if tested.quantiles is not None:
        given = quantiles(tested.quantiles, block.samples.features)
    models = (*values.models, tested.quantiles) if tested.quantiles is not None else ()
    together = np.concatenate([values.quantiles, given])
    return replace(tried, folds=folds), FoldValues(folds.places, folds.folds, together, models)


def answered(forecaster: Forecaster, rows: Material) -> Said:
    """What is shown of all rows where a version serves: quantiles that it has none of are the rules'."""
    if rows.values is None:
        return say(forecaster, rows.samples.features, np.ones(len(rows.naive)))
    said = say(forecaster, rows.samples.features, rows.values.scale)
    return Said(said.chances, rows.values.rules) if said.quantiles is None else said


def _learn_direction(variant: Variant, past: Material, plan: Plan, stop: Stop) -> Learned:
    held = past.samples.rows(thinned(past.samples.times, plan.most_rows))
    return train(
        variant.kind, held.features, held.names, held.outcomes, settings=variant.settings, seed=plan.seed, stop=stop
    )


def _learn_quantiles(variant: Variant, past: Material, plan: Plan, stop: Stop) -> Learned:
    """Five models of quantiles learn from a third of the rows: they take five times as long."""
    if past.values is None:
        raise ValueError("this material has no values")
    places = thinned(past.samples.times, plan.most_rows // 3)
    held, change = past.samples.rows(places), (past.values.change / past.values.scale)[places]
    by = variant.kind if variant.kind in ("lightgbm", "histogram") else engine()
    used = variant.settings or QUANTILE_TREES
    return train_quantiles(by, held.features, held.names, change, LEVELS, settings=used, seed=plan.seed, stop=stop)


def _calibration(chances: Floats, rows: Material) -> Calibration:
    held = rows.samples
    return choose_calibration(chances, held.outcomes, held.times, horizon=held.horizon)


def _offsets(given: Floats, rows: Material) -> Floats:
    if rows.values is None:
        raise ValueError("this material has no values")
    return conformal_offsets(given, rows.values.change / rows.values.scale, LEVELS)


def _in_order(rows: Material, places: Integers) -> Floats:
    """Features in the order of time."""
    held = rows.samples
    return held.features[places[np.argsort(held.times[places], kind="stable")]]

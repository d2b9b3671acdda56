"""Training of the learned regimes: from histories that are made anew, dated after the fact, tested walk-forward.

Nothing on the pipeline's path imports this module: it knows the future of its labels.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from aimodels.choices import ModelType
from aimodels.compute.boosting import Stopped
from aimodels.compute.gates import Failed
from aimodels.compute.validation import walk_forward
from aimodels.models import AIModel
from aimodels.services.activation import activate
from aimodels.services.evidence import kept_failures
from aimodels.services.registry import TrainedModel, register_trained
from assets.selectors import moment
from assets.selectors.market import BARS
from macro.compute import dating
from macro.compute.phase_scores import bootstrap_difference
from macro.compute.regime import hmm, learned
from macro.compute.regime.features import phase_features
from macro.compute.regime.phase import (
    LEAST_CANDLES,
    MARKET,
    PARTS,
    Panel,
    Parameters,
    combined,
    market_breadth,
    part_phases,
    validated_weights,
)
from macro.selectors.daily import DAY, History, daily_market
from macro.services.regime_calls import Calls, called, champion_calls, naive_calls
from macro.services.versions import LEARNED, keep_parameters
from system.exceptions import ConflictError, NoData

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Progress = Callable[[str, float], None]
Stop = Callable[[], bool]
TREES = {"max_depth": 6, "max_iter": 150, "learning_rate": 0.05, "min_samples_leaf": 300}
HISTORIES, LENGTH = 300, 1500
"""Histories that are made, days of each."""
LOOK_BACK = BARS["1d"]
THIN = 4
"""Every fourth day is learned from: neighbours tell the same."""
LEAST_HISTORY = 365
LEAST_OBSERVED = 3000
"""Days of coins that the hidden states need: half a year of a small market says nothing of states."""
LEAST_LEARNED = 730
"""Days before the first fold."""
UNPROVEN = {"scorecard": 0.0, "hmm": 0.0, "learned": 1.0}
"""Weights while no fold has been tested: what was best in the years before 2022."""
TRAINED = "combined"
"""All parts together, weighed by the folds before."""
RULES = "scorecard"
"""What serves without a trained version, with the same market, smoothing and hysteresis."""
BASELINE = "sma_50"
"""The naive rule that was best on the panel in the years before 2022; it was chosen there, once."""


@dataclass(frozen=True)
class Fold:
    """A stretch of time and what judged it: parameters that were learned from the days before it.

    Attributes:
        first: place of the first day that it looks back to.
        start, end: places of its first day and of the first one after it.
        parameters: trained parts and the weights that the folds before it gave.
        parts: by name the bull probability of each part from ``first`` on, shape (end - first, n).
    """

    first: int
    start: int
    end: int
    parameters: Parameters
    parts: dict[str, Floats]


@dataclass(frozen=True)
class Trained:
    """What a training came to.

    Attributes:
        model: the registered version.
        evidence: figures of its gates.
        failed: what stands against it; empty = it may be put into force.
        refusal: why it was not, if that was asked.
    """

    model: AIModel
    evidence: dict[str, Any]
    failed: list[Failed]
    refusal: str = ""


def labels_until(close: Floats, length: int) -> Labels:
    """Phases as the dating of the first ``length`` days fixes them: 1 bull, 0 bear, -1 open or unknown; shape (length,
    n). Days after the last turning point of an asset count as far as the dating calls them.

    Args:
        close: USD, shape (t, n), NaN where there is none.
        length: how many days are known.
    """
    found = np.full((length, close.shape[1]), dating.OPEN, dtype=np.int64)
    for column in range(close.shape[1]):
        rows = np.flatnonzero(np.isfinite(close[:length, column]))
        if len(rows) >= LEAST_HISTORY:
            found[rows, column] = dating.pagan_sossounov(close[rows, column])
    return found


def train_trees(*, histories: int = HISTORIES, seed: int = 0, stop: Stop = bool) -> learned.Trees:
    """Trees that have learned from made histories: the same wherever and whenever it is done.

    Raises:
        Stopped: ``stop`` said so.
    """
    generator = np.random.default_rng(seed)
    features, labels = [], []
    for _ in range(histories):
        _go_on(stop)
        close = learned.made_history(generator, LENGTH)
        dated = dating.pagan_sossounov(close)
        days = np.flatnonzero(dated[LEAST_CANDLES:] >= 0)[int(generator.integers(THIN)) :: THIN] + LEAST_CANDLES
        features.append(phase_features(close)[days])
        labels.append(dated[days])
    return learned.fit_trees(np.concatenate(features), np.concatenate(labels), TREES)


def train_parts(history: History, length: int, trees: learned.Trees) -> Parameters:
    """A version that knows the first ``length`` days: hidden states are fitted on them."""
    close = history.panel.close[:length]
    labels = labels_until(history.panel.close, length)
    rows = [np.flatnonzero(np.isfinite(line)) for line in close.T]
    used = [(column, place) for column, place in enumerate(rows) if len(place) > LEAST_HISTORY]
    observed = [hmm.observations(close[place, column]) for column, place in used]
    return Parameters(
        trees,
        _hidden(observed, [labels[place, column] for column, place in used]),
        UNPROVEN,
        MARKET,
    )


def _hidden(observed: list[Floats], labels: list[Labels]) -> hmm.HiddenMarkov | None:
    """The hidden states; None while too few days, or not both phases, are known: the other parts do without."""
    whole = [np.isfinite(seen).all(axis=1) for seen in observed]
    dated = {int(phase) for line, known in zip(labels, whole, strict=True) for phase in np.unique(line[known])}
    is_enough = sum(int(known.sum()) for known in whole) >= LEAST_OBSERVED and {0, 1} <= dated
    return hmm.fit_hmm(observed, labels) if is_enough else None


def walk(history: History, edges: list[int], trees: learned.Trees, *, stop: Stop = bool) -> Iterator[Fold]:
    """Train before each edge and judge up to the next one; weights come from the folds before, as their labels were
    known by then. A fold looks back as far as a run of the pipeline does.

    Args:
        history: daily candles.
        edges: days since 1970, rising.
        trees: as ``train_trees`` makes them.
        stop: asked before each fold.
    Raises:
        Stopped: ``stop`` said so.
    """
    judged = {name: np.full(history.panel.close.shape, np.nan) for name in PARTS}
    breadth = market_breadth(history.panel.close)
    for split in walk_forward(
        history.days, edges=edges, horizon=dating.WINDOW, purge=dating.WINDOW, least=LEAST_LEARNED
    ):
        _go_on(stop)
        start, end = int(split.test[0]), int(split.test[-1]) + 1
        parameters = train_parts(history, int(split.train[-1]) + 1, trees)
        weights = _weights(judged, labels_until(history.panel.close, start))
        first = max(0, start - LOOK_BACK)
        panel = history.panel
        seen = Panel(*(values[first:end] for values in (panel.high, panel.low, panel.close)))
        parts = part_phases(parameters, seen, breadth[first:end])
        for name, values in parts.items():
            judged[name][start:end] = values[start - first :]
        yield Fold(first, start, end, replace(parameters, weights=weights or parameters.weights), parts)


def _weights(judged: dict[str, Floats], labels: Labels) -> dict[str, float] | None:
    """Weights by the folds so far; None before there are any with both phases."""
    so_far = {name: values[: len(labels)] for name, values in judged.items()}
    try:
        return validated_weights(so_far, labels)
    except ValueError:
        return None


def fold_chances(fold: Fold) -> dict[str, Floats]:
    """Bull probabilities of a fold's days, smoothed: of each part alone, and of all together."""
    found = {
        name: combined(Parameters(weights={name: 1.0}, market=fold.parameters.market), {name: values})
        for name, values in fold.parts.items()
    }
    return found | {TRAINED: combined(fold.parameters, fold.parts)}


def silent(_phase: str, _share: float) -> None:
    """Nobody is told how far it is."""


def train_regimes(
    as_of: datetime,
    *,
    histories: int = HISTORIES,
    put_into_force: bool = False,
    actor: Any = None,
    progress: Progress = silent,
    stop: Stop = bool,
) -> Trained:
    """Train the version of a moment and the walk-forward folds before it, and register them.

    Args:
        as_of: nothing later is known.
        histories: that the trees learn from.
        put_into_force: try to activate the version; its gates decide.
        actor: who asks.
        progress: told the phase and the share that is done.
        stop: asked on the way.
    Raises:
        NoData: too little daily history.
        Stopped: ``stop`` said so; nothing was registered.
    """
    progress("reading", 0.0)
    history = daily_market(as_of)
    edges = yearly_edges(history)
    progress("trees", 0.05)
    trees = train_trees(histories=histories, stop=stop)
    folds = []
    for fold in walk(history, edges, trees, stop=stop):
        folds.append(fold)
        progress("folds", min(0.9, 0.3 + 0.6 * len(folds) / len(edges)))
    if not folds:
        raise NoData(f"Regimes are learned from {LEAST_LEARNED} days before a year that they are tested in.")
    evidence = _evidence(history, folds, as_of)
    newest = _newest(history, folds, trees)
    _go_on(stop)
    progress("registering", 0.95)
    model = _register(history, newest, len(history.days), evidence)
    failed = kept_failures(model)
    refusal = ""
    if not (failed or model.is_active):
        for fold in (one for one in folds if one.parameters.hidden is not None):
            _register(history, fold.parameters, fold.start, evidence, until=fold.end)
    if put_into_force and not model.is_active:
        refusal = _activated(model, actor)
    return Trained(model, evidence, failed, refusal)


def _activated(model: AIModel, actor: Any) -> str:
    """Why it was not put into force; empty if it was."""
    try:
        activate(model.pk, at=timezone.now(), actor=actor)
    except ConflictError as refusal:
        return str(refusal)
    model.refresh_from_db()
    return ""


def _newest(history: History, folds: list[Fold], trees: learned.Trees) -> Parameters:
    """The version that knows all days, with the weights that all folds give."""
    length = len(history.days)
    judged = {name: np.full(history.panel.close.shape, np.nan) for name in PARTS}
    for fold in folds:
        for name, values in fold.parts.items():
            judged[name][fold.start : fold.end] = values[fold.start - fold.first :]
    newest = train_parts(history, length, trees)
    return replace(newest, weights=_weights(judged, labels_until(history.panel.close, length)) or newest.weights)


def _go_on(stop: Stop) -> None:
    if stop():
        raise Stopped


def yearly_edges(history: History) -> list[int]:
    """The first days of all years within a history, and its end; days since 1970."""
    years = np.unique(history.days.astype("datetime64[D]").astype("datetime64[Y]"))[1:]
    return [*years.astype("datetime64[D]").astype(np.int64).tolist(), int(history.days[-1]) + 1]


def _evidence(history: History, folds: list[Fold], as_of: datetime) -> dict[str, Any]:
    """What the gates ask: balanced accuracy over the panel gained on the naive baseline, and on what serves, which is
    the version in force where it can be asked, else the rules."""
    start = folds[0].start
    ours = _called(history, folds, TRAINED)
    gain = _gain(history, start, ours, naive_calls(history.panel.close, BASELINE))
    champion = champion_calls(history, start, as_of) or Calls(RULES, start, _called(history, folds, RULES))
    over = _gain(history, champion.first, ours, champion.phases)
    return {
        "baseline": BASELINE,
        "skill": gain[0],
        "skill_low": gain[1],
        "skill_high": gain[2],
        "champion": champion.who,
        "champion_skill": over[0],
        "champion_low": over[1],
        "champion_high": over[2],
    }


def _called(history: History, folds: list[Fold], name: str) -> Labels:
    """Phases that one of the judges of the folds calls, shape (t, n); -1 outside of them."""
    found = np.full(history.panel.close.shape, -1, dtype=np.int64)
    for fold in folds:
        found[fold.start : fold.end] = called(fold_chances(fold)[name])[fold.start - fold.first :]
    return found


def _gain(history: History, first: int, ours: Labels, theirs: Labels) -> tuple[float, float, float]:
    """Balanced accuracy over the panel gained on another judge from a day on, with its interval."""
    dated = labels_until(history.panel.close, len(history.days))
    return bootstrap_difference(ours[first:], theirs[first:], dated[first:])


def _register(
    history: History, parameters: Parameters, known: int, evidence: dict[str, Any], *, until: int | None = None
) -> AIModel:
    """A version that was trained on the first ``known`` days; a fold judges the days up to ``until``."""
    first, end = moment(history.days[0] * DAY), moment(history.days[known - 1] * DAY + DAY)
    path = keep_parameters(parameters, {"trained_until": end.isoformat(), "is_fold": until is not None})
    fold = "" if until is None else "f"
    return register_trained(
        TrainedModel(
            name=LEARNED,
            version=f"{end:%Y%m%d}{fold}-{path[:8]}",
            model_type=ModelType.MACRO,
            target="bull_phase",
            path=path,
            trained_from=first,
            trained_until=end,
            samples=int(np.isfinite(history.panel.close[:known]).sum()),
            configuration={
                "algorithm": "scorecard, filtered Gaussian HMM, gradient boosting on made histories",
                "hyperparameters": TREES | {"histories": HISTORIES, "length": LENGTH},
                "weights": dict(parameters.weights),
            },
            metrics={"validation_scores": evidence},
            serves=None if until is None else (end, moment(history.days[until - 1] * DAY + DAY)),
        )
    )

"""Evaluation of the regimes: judged day by day with what was known, against phases dated afterwards.

Nothing on the pipeline's path imports this module: dating knows the future.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from aimodels.choices import EvaluationStatus, EvaluationType
from aimodels.models import AIModel, ModelPerformance
from macro.compute import dating, phase_scores
from macro.compute.phase_scores import PhaseScore
from macro.compute.regime import combine
from macro.compute.regime.phase import PARTS
from macro.selectors.daily import History
from macro.services.training import BASELINE, RULES, TRAINED, fold_chances, train_trees, walk

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
LEAST_DAYS = 3 * 365
"""Assets with fewer days are not in the panel."""
EPOCH = date(1970, 1, 1)
YEARS_BEFORE = 2
"""Folds before the first day, by whose results the parts are weighed."""


@dataclass(frozen=True)
class Evaluation:
    """Figures over a span of days.

    Attributes:
        start, end: first day and the one after the last.
        symbols: assets of the panel.
        bitcoin: scores by judge.
        lunde_timmermann: balanced accuracy on Bitcoin by judge, against the second dating.
        panel: mean balanced accuracy and mean length in days over the assets, by judge.
        gain: mean balanced accuracy of a judge less that of ``BASELINE`` over the panel, with its interval.
        brier: of the phase in 30 days on Bitcoin: the probability's and persistence's, by judge.
        weights: of the parts in each fold, by its first day.
    """

    start: date
    end: date
    symbols: tuple[str, ...]
    bitcoin: dict[str, PhaseScore]
    lunde_timmermann: dict[str, float]
    panel: dict[str, tuple[float, float]]
    gain: dict[str, tuple[float, float, float]]
    brier: dict[str, tuple[float, float]]
    weights: dict[str, dict[str, float]]

    def plain(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self) | {"start": self.start.isoformat(), "end": self.end.isoformat()}


@dataclass(frozen=True)
class Judged:
    """What every judge said of each day of a history, shape (t, n) each; NaN and -1 outside of the folds."""

    chances: dict[str, Floats]
    phases: dict[str, Labels]
    weights: dict[str, dict[str, float]]


def judge_history(history: History, start: date, end: date) -> Judged:
    """Judge every day from ``start`` to before ``end`` by versions that were trained before its year began."""
    edges = _edges(start, end)
    chances = {name: np.full(history.panel.close.shape, np.nan) for name in (*PARTS, TRAINED)}
    weights = {}
    phases = {name: np.full(history.panel.close.shape, -1, dtype=np.int64) for name in chances}
    for fold in walk(history, edges, train_trees()):
        days = slice(fold.start, fold.end)
        for name, values in fold_chances(fold).items():
            chances[name][days] = values[fold.start - fold.first :]
            phases[name][days] = _phases(values)[fold.start - fold.first :]
        weights[_day(history.days[fold.start]).isoformat()] = dict(fold.parameters.weights)
    for column in range(history.panel.close.shape[1]):
        rows = np.flatnonzero(np.isfinite(history.panel.close[:, column]))
        for name, judged in phase_scores.naive_phases(history.panel.close[rows, column]).items():
            phases.setdefault(name, np.full(history.panel.close.shape, -1, dtype=np.int64))[rows, column] = judged
    return Judged(chances, phases, weights)


def evaluate(history: History, start: date, end: date) -> Evaluation:
    """Score all judges from ``start`` to before ``end``.

    Args:
        history: daily candles, from years before ``start``; what lies after ``end`` is not looked at.
        start, end: days.
    """
    history = history.until(int(np.searchsorted(history.days, (end - EPOCH).days)))
    judged = judge_history(history, start, end)
    first = int(np.searchsorted(history.days, (start - EPOCH).days))
    close, span = history.panel.close, slice(first, len(history.days))
    dated = _dated(close, dating.pagan_sossounov)[span]
    long = np.flatnonzero(np.isfinite(close).sum(axis=0) >= LEAST_DAYS)
    phases = {name: values[span] for name, values in judged.phases.items()}
    btc = history.bitcoin
    second = _dated(close[:, [btc]], dating.lunde_timmermann)[span, 0]
    return Evaluation(
        start=start,
        end=end,
        symbols=tuple(history.symbols[place] for place in long),
        bitcoin={name: phase_scores.score(values[:, btc], dated[:, btc]) for name, values in phases.items()},
        lunde_timmermann={name: phase_scores.score(v[:, btc], second).balanced_accuracy for name, v in phases.items()},
        panel={name: _panel(values[:, long], dated[:, long]) for name, values in phases.items()},
        gain={
            name: phase_scores.bootstrap_difference(phases[name][:, long], phases[BASELINE][:, long], dated[:, long])
            for name in judged.chances
        },
        brier={
            name: phase_scores.brier_ahead(values[span, btc], phases[name][:, btc], dated[:, btc])
            for name, values in judged.chances.items()
        },
        weights=judged.weights,
    )


@transaction.atomic
def keep_evaluation(found: Evaluation, model: AIModel, at: datetime) -> ModelPerformance:
    """The result as a row of ``model_performance``."""
    name = RULES if model.architecture == "rule_based" else TRAINED
    one, gain = found.bitcoin[name], found.gain[name]
    return ModelPerformance.objects.create(
        model=model,
        evaluation_date=at,
        evaluation_type=EvaluationType.CROSS_VALIDATION,
        evaluation_status=EvaluationStatus.COMPLETED,
        sample_count=one.days or None,
        meets_threshold=gain[1] >= 0,
        detailed_metrics=_json(found.plain()),
        evaluation_metadata={"trigger": "manual", "reference": "Pagan-Sossounov", "baseline": BASELINE},
    )


def _json(value: Any) -> Any:
    """NaN is no JSON: null."""
    if isinstance(value, Mapping):
        return {key: _json(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(inner) for inner in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _edges(start: date, end: date) -> list[int]:
    """The first days of the years up to ``end``, from some before ``start``: their folds give the weights."""
    years = (date(year, 1, 1) for year in range(start.year - YEARS_BEFORE, end.year + 1))
    within = sorted({*(day for day in years if day < end), start})
    return [(day - EPOCH).days for day in (*within, end)]


def _dated(close: Floats, rule: Any) -> Labels:
    found = np.full(close.shape, dating.OPEN, dtype=np.int64)
    for column in range(close.shape[1]):
        rows = np.flatnonzero(np.isfinite(close[:, column]))
        found[rows, column] = rule(close[rows, column])
    return found


def _phases(chances: Floats) -> Labels:
    return np.stack([combine.phases(chances[:, column]) for column in range(chances.shape[1])], axis=1)


def _panel(judged: Labels, dated: Labels) -> tuple[float, float]:
    scores = [phase_scores.score(judged[:, column], dated[:, column]) for column in range(judged.shape[1])]
    known = [one for one in scores if np.isfinite(one.balanced_accuracy)]
    if not known:
        return float("nan"), float("nan")
    return (
        float(np.mean([one.balanced_accuracy for one in known])),
        float(np.mean([one.mean_length_days for one in known])),
    )


def _day(since_1970: int | np.int64) -> date:
    return datetime.fromtimestamp(int(since_1970) * 86400, UTC).date()

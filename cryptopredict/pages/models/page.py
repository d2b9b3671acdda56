"""The models by name, and the card of one version: what it is, what it has shown, and why it may serve or not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.utils.translation import gettext

from aimodels.models import AIModel, ModelActivation, ModelJob, ModelPerformance, ModelTrial
from aimodels.selectors import Chosen, ForecastRecord, Part, record_by, records_by
from aimodels.selectors.gate_words import GateLine, gate_lines
from aimodels.selectors.reliability import ReliabilityBin, expected_calibration_error, reliability
from aimodels.selectors.versions import (
    Fold,
    activations_of,
    evaluations_of,
    folds,
    jobs_to_watch,
    lines_of,
    newest_tests,
    trials_of,
    whole_versions,
)
from aimodels.services.evidence import kept_failures, was_tested
from aimodels.services.registry import RULES
from assets.selectors.shown import shown_market
from cryptopredict.pages.graphs import Graph
from cryptopredict.pages.models.words import FORECASTERS, STRETCHES, TARGETS
from cryptopredict.pages.parts import part
from cryptopredict.pages.record_page import Point, points, skill_graph
from system import formats

MOST_JOBS, MOST_TRIALS, STRONGEST = 12, 20, 12
NOTHING = ForecastRecord(0, 0)


@dataclass(frozen=True)
class Row:
    """A version in the list.

    Attributes:
        test: its newest evaluation on the untouched block; None: it was never tested there.
        record: of its name in use; None: its name writes no forecasts of prices.
        alerts: how many stand against it; ``older``: further versions of the name, that do not serve.
    """

    model: AIModel
    about: str
    test: ModelPerformance | None
    record: ForecastRecord | None
    alerts: int
    older: list[AIModel]


@dataclass(frozen=True)
class ModelsPage:
    """Every model by the layer that it serves."""

    layers: list[tuple[str, list[Row]]]
    learned: int
    jobs: list[ModelJob]


@dataclass(frozen=True)
class Figure:
    """A figure with its interval; None where it cannot be said."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class TestedLine:
    """What one forecaster reached on a stretch: its figures, and its skill as a bar around nothing, in percent."""

    who: str
    is_own: bool
    n: int
    log_skill: Figure
    brier_skill: Figure
    auc: Figure
    calibration: Figure
    coverage: Figure


@dataclass(frozen=True)
class Tested:
    """One evaluation."""

    title: str
    row: ModelPerformance
    start: datetime | None
    end: datetime | None
    lines: list[TestedLine]
    overfitting: Mapping[str, Any] | None


@dataclass(frozen=True)
class Feature:
    """A feature: its mean contribution, as a share of the strongest in percent, and its drift since training."""

    name: str
    contribution: float
    width: str
    psi: float | None


@dataclass(frozen=True)
class Card:
    """All about one version.

    Attributes:
        about: what it forecasts. ``facts``: names and values of what it is.
        gates: None for rules, which need none.
        rolling: its skill in use of the last months; None: not known.
        skill, points: of the record of its name by month, and of ``bins``: how often its probabilities came true.
        jobs: about it.
    """

    model: AIModel
    about: str
    facts: list[tuple[str, str]]
    is_rules: bool
    gates: list[GateLine]
    tested: list[Tested]
    folds: list[Fold]
    trials: list[ModelTrial]
    features: list[Feature]
    health: Mapping[str, Any]
    rolling: Figure | None
    record: ForecastRecord
    skill: Graph
    points: list[Point]
    bins: list[ReliabilityBin]
    activations: list[ModelActivation]
    others: list[AIModel]
    jobs: list[ModelJob]

    @property
    def error(self) -> float | None:
        """How far probabilities were off; None with too few forecasts to say."""
        return expected_calibration_error(self.bins)


def models_page() -> ModelsPage:
    """Every name with the version that serves, or the newest where none does."""
    versions = list(whole_versions())
    tests = newest_tests(versions)
    records = record_by(Part.MODEL, chosen())
    names: dict[tuple[str, str], list[AIModel]] = {}
    for model in versions:
        names.setdefault((str(model.get_model_type_display()), model.name), []).append(model)
    layers: dict[str, list[Row]] = {}
    for (layer, name), (first, *older) in names.items():
        health = first.health_status or {}
        row = Row(first, about(first), tests.get(first.pk), records.get(name), len(health.get("alerts") or []), older)
        layers.setdefault(layer, []).append(row)
    learned = sum(rows[0].is_active and rows[0].architecture != RULES for rows in names.values())
    jobs = part(lambda: jobs_to_watch(MOST_JOBS))
    return ModelsPage(list(layers.items()), learned, jobs)


def card(model: AIModel) -> Card:
    """The card of a version."""
    own = chosen(model.name)
    found, bins = records_by((Part.WHOLE, Part.MONTH), own), part(lambda: reliability(own))
    health = model.health_status or {}
    rolling = (health.get("performance_metrics") or {}).get("rolling_skill")
    versions = [one for one in whole_versions().filter(name=model.name) if one.pk != model.pk]
    return Card(
        model=model,
        about=about(model),
        facts=facts(model),
        is_rules=model.architecture == RULES,
        gates=part(lambda: gates(model)),
        tested=[part(partial(tested, row)) for row in evaluations_of(model)],
        folds=part(lambda: folds(model)),
        trials=part(lambda: list(trials_of(model)[:MOST_TRIALS])),
        features=features(model),
        health=health,
        rolling=figure(rolling, "skill") if rolling else None,
        record=found[Part.WHOLE].get("", NOTHING),
        skill=part(lambda: skill_graph(found[Part.MONTH])),
        points=part(lambda: points(bins)),
        bins=bins,
        activations=part(lambda: list(activations_of(model.name))),
        others=versions,
        jobs=part(lambda: jobs_to_watch(MOST_JOBS, model)),
    )


def chosen(name: str | None = None) -> Chosen:
    """The live forecasts of the market that is shown; of one model name only."""
    return Chosen(model=name, market=shown_market())


def about(model: AIModel) -> str:
    """What a version forecasts, over how long, from which candles."""
    configuration = (model.configuration or {}) | ((model.configuration or {}).get("hyperparameters") or {})
    hours, timeframe = configuration.get("horizon_hours"), configuration.get("timeframe")
    target = str(TARGETS.get(model.target_variable, model.target_variable.replace("_", " ")))
    if not isinstance(hours, int):
        return target
    words = {"target": target, "hours": formats.span(hours), "timeframe": timeframe}
    if not timeframe:
        return gettext("%(target)s over %(hours)s") % words
    return gettext("%(target)s over %(hours)s, from candles of %(timeframe)s") % words


def facts(model: AIModel) -> list[tuple[str, str]]:
    """What a version is and what it was made from; what is not known is left out."""
    configuration, span = model.configuration or {}, model.training_data_range or {}
    algorithm = str(configuration.get("algorithm", model.architecture))
    rows = {name: span.get(f"{name}_samples") for name in ("total", "train", "validation", "test")}
    settings = configuration.get("hyperparameters") or {}
    quality = span.get("data_quality_score")
    found: list[tuple[str, str | None]] = [
        (gettext("Method"), str(FORECASTERS.get(algorithm, algorithm))),
        (gettext("Calibration"), configuration.get("calibration")),
        (gettext("Intervals"), configuration.get("quantiles")),
        (gettext("Learned from"), _stretch(span.get("start_date"), span.get("end_date"))),
        (gettext("Rows"), _count(rows["total"])),
        (gettext("for learning"), _count(rows["train"])),
        (gettext("on folds"), _count(rows["validation"])),
        (gettext("untouched"), _count(rows["test"])),
        (gettext("Features that were known"), None if quality is None else formats.share(quality, 1)),
        (gettext("Made with"), model.framework),
        (gettext("Training took, min"), _count(model.training_duration_minutes)),
        (gettext("Settings"), ", ".join(f"{_spaced(name)} {_plain(value)}" for name, value in settings.items())),
    ]
    return [(name, value) for name, value in found if value]


def gates(model: AIModel) -> list[GateLine]:
    """Every gate in the order in which they are asked; none of rules."""
    if model.architecture == RULES:
        return []
    return gate_lines(kept_failures(model), was_tested=was_tested(model))


def tested(row: ModelPerformance) -> Tested:
    """An evaluation in lines."""
    noted = row.evaluation_metadata or {}
    lines = lines_of(row)
    return Tested(
        title=str(STRETCHES.get(row.evaluation_type, row.get_evaluation_type_display())),
        row=row,
        start=_moment(noted.get("from")),
        end=_moment(noted.get("to")),
        lines=[_line(line, is_own=place == len(lines) - 1) for place, line in enumerate(lines)],
        overfitting=(row.detailed_metrics or {}).get("overfitting"),
    )


def _line(line: Mapping[str, Any], *, is_own: bool) -> TestedLine:
    figures, values = line["figures"], line.get("values") or {}
    who = str(FORECASTERS.get(line["who"], line["who"]))
    return TestedLine(
        who=gettext("this version: %(who)s") % {"who": who} if is_own else who,
        is_own=is_own,
        n=figures["n"],
        log_skill=figure(figures.get("log_skill"), "skill"),
        brier_skill=figure(figures.get("brier_skill"), "skill"),
        auc=figure(figures.get("auc"), "value"),
        calibration=figure(figures.get("calibration"), "corrected"),
        coverage=figure(values.get("coverage"), "value"),
    )


def figure(found: Mapping[str, Any] | None, name: str) -> Figure:
    """A figure as evaluations keep it."""
    if found is None:
        return Figure(None, None, None)
    return Figure(found.get(name), found.get("low"), found.get("high"))


def features(model: AIModel) -> list[Feature]:
    """The strongest features, with the drift that was measured last."""
    importance: Mapping[str, float] = (model.training_features or {}).get("feature_importance") or {}
    shift = ((model.health_status or {}).get("data_quality") or {}).get("shift") or {}
    drift: Mapping[str, float] = shift.get("psi") or {}
    names = sorted(importance, key=lambda name: -importance[name])[:STRONGEST]
    names += [name for name in drift if name not in names]
    most = max(importance.values(), default=0.0) or 1.0
    return [
        Feature(name, importance.get(name, 0.0), f"{100 * importance.get(name, 0.0) / most:.1f}", drift.get(name))
        for name in names
    ]


def _stretch(start: str | None, end: str | None) -> str | None:
    if not start or not end:
        return None
    first, last = _moment(start), _moment(end)
    return f"{formats.day(first)} – {formats.day(last)}" if first and last else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _count(value: int | None) -> str | None:
    return None if value is None else formats.number(value)


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{_spaced(name)} {_plain(one)}" for name, one in value.items()) + ")"
    return f"{value:g}" if isinstance(value, float) else str(value)

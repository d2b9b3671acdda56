"""Rows of trained versions: every column filled, or its reason beside it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

import numpy as np

from aimodels.choices import TRAINING_TIMEFRAMES, DeploymentEnvironment
from aimodels.compute.evaluation import thinned
from aimodels.compute.forecaster import Forecaster, to_artefact
from aimodels.compute.gates import Evidence, Failed
from aimodels.compute.learners import Kind, contributions
from aimodels.compute.material import Material
from aimodels.compute.report import Line, importance
from aimodels.models import AIModel
from aimodels.services.artefacts import artefact_size, keep_artefact, libraries
from aimodels.services.evidence import kept_words
from aimodels.services.registry import TrainedModel, register_trained
from aimodels.services.subjects import Subject
from assets.choices import Timeframe
from system.services import plain

GROUPS = ("technical_indicators", "market_data", "macro_indicators", "onchain_metrics")
EXPLAINED_ROWS = 1000
"""Rows that the importance of features is measured on, evenly spaced."""
ALGORITHMS = {
    "base_rate": "base rate",
    "logistic": "logistic regression",
    "lightgbm": "gradient boosted trees (LightGBM)",
    "histogram": "gradient boosted trees (scikit-learn)",
}
ABSENT = {
    "last_prediction": "none made yet",
    "deployed_at": "not in force yet",
    "deprecated_at": "not replaced",
    "max_predictions_per_hour": "nothing limits it",
}


@dataclass(frozen=True)
class VersionFacts:
    """What a training knows of the versions that came of it.

    Attributes:
        kind, settings: of the variant.
        tested_on: rows of the training part, of its folds, and of the untouched block.
        line: figures on the untouched block; None where it was not looked at.
        failed: what stands against it.
        champion: what it was compared with, as ``champions`` names it.
        trial: number of its variant among those of the name.
        as_of: moment whose knowledge was used.
        minutes: how long the training took.
    """

    kind: Kind
    settings: Mapping[str, Any]
    tested_on: tuple[int, int, int]
    line: Line | None
    evidence: Evidence
    found_before: list[Failed]
    failed: list[Failed]
    champion: Mapping[str, Any]
    trial: int
    as_of: datetime
    minutes: int


def keep_version(
    subject: Subject,
    facts: VersionFacts,
    forecaster: Forecaster,
    rows: Material,
    *,
    until: datetime,
    samples: int,
    serves: tuple[datetime, datetime] | None = None,
) -> AIModel:
    """Store a version and register it, inactive. The same again is the same row.

    Args:
        rows: that it knows, or some of them.
        until: the end of the data that it has seen.
        samples: how many rows it knows.
        serves: the stretch that it was tested on, for one that serves replays.
    """
    arrays, meta = to_artefact(forecaster)
    about = {
        "name": subject.name,
        "generation": subject.generation,
        "trained_until": until.isoformat(),
        "as_of": facts.as_of.isoformat(),
        "is_fold": serves is not None,
        "libraries": libraries(),
    }
    path = keep_artefact(arrays, meta | about)
    known = float(np.isfinite(rows.samples.features).mean())
    return register_trained(
        TrainedModel(
            name=subject.name,
            version=f"{until:%Y%m%d}{'f' if serves else ''}-{path[:8]}",
            model_type=subject.model_type,
            target=subject.target,
            path=path,
            trained_from=subject.since,
            trained_until=until,
            samples=samples,
            configuration=_configuration(subject, facts, forecaster),
            metrics=_metrics(facts),
            serves=serves,
            columns=_columns(subject, facts, forecaster, rows, path) | {"health_status": _health(known)},
            span=_span(facts, known),
        )
    )


def _configuration(subject: Subject, facts: VersionFacts, forecaster: Forecaster) -> dict[str, Any]:
    return {
        "algorithm": ALGORITHMS[facts.kind],
        "hyperparameters": plain(dict(forecaster.direction.settings)),
        "preprocessing": {"unknown": "kept" if facts.kind != "logistic" else "mean of the feature", "scaling": "none"},
        "calibration": forecaster.calibration.kind,
        "quantiles": _quantiles(subject, forecaster),
        "generation": subject.generation,
        "timeframe": subject.timeframe,
        "horizon_hours": subject.hours,
        "rules": subject.rules.name,
        "libraries": libraries(),
        "missing": ABSENT,
    }


def _quantiles(subject: Subject, forecaster: Forecaster) -> str | None:
    if subject.material.values is None:
        return None
    if not forecaster.levels:
        return "those of the rules, which were better out of fold"
    return "constant in units of the scale" if forecaster.quantiles is None else ALGORITHMS[forecaster.quantiles.kind]


def _metrics(facts: VersionFacts) -> dict[str, Any]:
    """Figures on the untouched block, in groups; empty where it was not looked at, or a group does not apply."""
    groups: dict[str, Any] = {"classification_metrics": {}, "trading_metrics": {}, "regression_metrics": {}}
    if facts.line is not None:
        groups["classification_metrics"] = plain(asdict(facts.line.figures))
        for group, figures in (("trading_metrics", facts.line.trading), ("regression_metrics", facts.line.values)):
            groups[group] = {} if figures is None else plain(asdict(figures))
    return groups | {"validation_scores": kept_words(facts.evidence, facts.found_before, facts.champion)}


def _columns(
    subject: Subject, facts: VersionFacts, forecaster: Forecaster, rows: Material, path: str
) -> dict[str, Any]:
    names = list(forecaster.direction.names)
    known_timeframe = subject.timeframe in dict(TRAINING_TIMEFRAMES)
    some = rows.rows(thinned(rows.samples.times, EXPLAINED_ROWS))
    parts = contributions(forecaster.direction, some.samples.features).values
    size = artefact_size(path) / 1e6
    return {
        "architecture": "regression" if facts.kind == "logistic" else "ensemble",
        "training_data_timeframe": subject.timeframe if known_timeframe else Timeframe.D1,
        "framework": _framework(facts.kind),
        "training_features": {group: [] for group in GROUPS}
        | rows.groups
        | {"feature_count": len(names), "feature_importance": importance(tuple(names), parts)},
        "input_schema": {
            "required_fields": [],
            "optional_fields": names,
            "preprocessing_required": False,
            "normalization_method": "none",
        },
        "output_schema": {
            "prediction_type": "direction",
            "possible_values": [0, 1],
            "confidence_score": {"least": 0, "most": 1, "is_calibrated": True},
            "additional_outputs": {"quantiles": list(forecaster.levels)} if forecaster.levels else {},
        },
        "deployment_environment": DeploymentEnvironment.STAGING,
        "model_size_mb": round(size, 2),
        "training_duration_minutes": facts.minutes,
        "training_notes": _notes(facts),
    }


def _framework(kind: Kind) -> str:
    library = {"lightgbm": "lightgbm", "histogram": "scikit-learn"}.get(kind, "numpy")
    return f"{library} {version(library)}"


def _notes(facts: VersionFacts) -> str:
    if not facts.failed:
        return "It passed every gate."
    return "\n".join(["It may not serve:", *(f"- {one.gate}: {one.reason}" for one in facts.failed)])


def _span(facts: VersionFacts, known: float) -> dict[str, Any]:
    train, validation, test = facts.tested_on
    return {
        "train_samples": train,
        "validation_samples": validation,
        "test_samples": test,
        "trial": facts.trial,
        "data_quality_score": round(known, 4),
    }


def _health(known: float) -> dict[str, Any]:
    return {
        "status": "untested",
        "last_health_check": None,
        "performance_metrics": {},
        "error_metrics": {},
        "data_quality": {"known": round(known, 4)},
        "alerts": [],
    }

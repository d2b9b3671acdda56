"""Made markets handed in as a layer hands in its own."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from aimodels.choices import ModelType
from aimodels.compute.bootstrap import Interval
from aimodels.compute.calibration import Calibration, CalibrationError
from aimodels.compute.forecaster import Forecaster, reference_rows, to_artefact
from aimodels.compute.gates import Evidence, Failed
from aimodels.compute.learners import train
from aimodels.compute.scores import SkillInterval
from aimodels.models import AIModel
from aimodels.services.artefacts import keep_artefact
from aimodels.services.champions import BY_RULES
from aimodels.services.evidence import kept_words
from aimodels.services.registry import RuleModel, TrainedModel, register_trained
from aimodels.services.training_runs import Subject
from tests.aimodels.compute.worlds import World, material, world

RULES = RuleModel("made_rules", "1.0.0", ModelType.ASSET, "direction", {"timeframe": "1d"})
START = datetime(2022, 1, 8, tzinfo=UTC)
FIRST = 19_000
"""Days since 1970: 8 January 2022."""


def subject(made: World, name: str = "made_direction_1d_24h", *, with_values: bool = False, **changes: Any) -> Subject:
    """A world as days from 2022 on."""
    rows = material(made, with_values=with_values)
    rows = replace(rows, samples=replace(rows.samples, times=rows.samples.times + FIRST))
    bare = Subject(name, ModelType.ASSET, "direction", "1d", 24, RULES, rows, START, START)
    last = int(rows.samples.times.max()) + 1
    held = replace(bare, since=bare.moment(FIRST), until=bare.moment(last))
    return replace(held, **changes)


def edge(seed: int = 5, **changes: Any) -> Subject:
    """A market with an edge that any kind of model finds."""
    return subject(world(seed, edge=0.8, moments=300), **changes)


def first_days(held: Subject, days: int) -> Subject:
    """What was known after so many days of a world."""
    samples = held.material.samples
    rows = held.material.rows(np.flatnonzero(samples.times + samples.horizon <= FIRST + days))
    return replace(held, material=rows, until=held.moment(FIRST + days))


def with_feature(held: Subject, name: str, values: np.ndarray) -> Subject:
    """One more feature."""
    samples = held.material.samples
    wider = replace(samples, features=np.column_stack([samples.features, values]), names=(*samples.names, name))
    return replace(held, material=replace(held.material, samples=wider))


PROVEN = Evidence(
    final_uses=1,
    blocks=60,
    baseline=SkillInterval(0.03, 0.01, 0.05),
    champion=SkillInterval(0.02, 0.0, 0.04),
    has_champion=True,
    calibration=CalibrationError(5000, 0.02, 0.01, 0.0, 0.03),
    coverage=Interval(0.9, 0.88, 0.92),
)


def made_forecaster(seed: int = 0) -> Forecaster:
    """A version that has learned from a made world."""
    samples = world(seed, edge=0.8, moments=100).samples
    learned = train("logistic", samples.features, samples.names, samples.outcomes)
    nothing = np.empty(0)
    return Forecaster(learned, Calibration("none", nothing, nothing), (), None, None, reference_rows(samples.features))


def ready_version(
    name: str,
    until: datetime,
    *,
    evidence: Evidence = PROVEN,
    found_before: list[Failed] | None = None,
    seed: int = 0,
    beside: AIModel | None = None,
) -> AIModel:
    """A registered version whose training kept this evidence.

    Args:
        beside: the version that served then; None = the rules.
    """
    champion = BY_RULES if beside is None else {"id": beside.pk, "name": str(beside)}
    path = keep_artefact(*to_artefact(made_forecaster(seed)))
    return register_trained(
        TrainedModel(
            name=name,
            version=f"{until:%Y%m%d}-{path[:8]}",
            model_type=ModelType.ASSET,
            target="direction",
            path=path,
            trained_from=START,
            trained_until=until,
            samples=800,
            configuration={"horizon_hours": 24, "generation": "1", "hyperparameters": {}},
            metrics={"validation_scores": kept_words(evidence, found_before or [], champion)},
        )
    )

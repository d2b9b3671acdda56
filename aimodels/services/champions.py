"""What serves now, as the one that a new version must beat on rows that it had not seen."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aimodels.compute.development import answered
from aimodels.compute.forecaster import Forecaster
from aimodels.compute.material import Material
from aimodels.models import AIModel
from aimodels.services.registry import trained_until
from aimodels.services.serving import Inputs, forecaster_in_force, stored_forecaster
from aimodels.services.subjects import Subject
from system.exceptions import NoData

Floats = NDArray[np.float64]
BY_RULES = {"id": None, "name": "rules"}


@dataclass(frozen=True)
class Heard:
    """What serves, and what it said of rows.

    Attributes:
        who: which version, as the evidence names it.
        chances: shape (n,); NaN where each of its versions had seen the row.
        lacks: features that it needs and the rows do not have; it was not asked then.
    """

    who: dict[str, Any]
    chances: Floats
    lacks: int = 0


def serving_now(name: str, at: datetime, generation: str) -> dict[str, Any]:
    """Which version of a name answers at a moment, as the evidence names it; the rules where none does.

    Args:
        generation: of the features that it would be given; one that learned from another one does not answer.
    """
    serving = forecaster_in_force(name, at, Inputs(generation))
    return BY_RULES if serving is None else _named(serving[0])


def hear(subject: Subject, rows: Material, at: datetime) -> Heard:
    """Ask what serves at a moment about rows: each row is answered by the newest of its versions that had not seen it,
    the version in force or one of the folds of its training.

    Args:
        rows: with all features that there are.
        at: the present.
    """
    serving = forecaster_in_force(subject.name, at, Inputs(subject.generation))
    if serving is None:
        return Heard(BY_RULES, rows.rules)
    model, newest = serving
    chances = np.full(len(rows.rules), np.nan)
    lacks = set(newest.direction.names) - set(rows.samples.names)
    if lacks:
        return Heard(_named(model), chances, len(lacks))
    for version, forecaster in [*_folds(model), (model, newest)]:  # the newest last
        unseen = np.flatnonzero(rows.samples.times >= subject.number(trained_until(version)))
        names = forecaster.direction.names
        if len(unseen) and set(names) <= set(rows.samples.names):
            chances[unseen] = answered(forecaster, rows.rows(unseen).columns(names)).chances
    return Heard(_named(model), chances)


def _folds(model: AIModel) -> list[tuple[AIModel, Forecaster]]:
    """The versions of a version's own training that knew the past of a stretch alone, the oldest first; those that can
    no longer be read are left out."""
    span = model.training_data_range or {}
    if "trial" not in span:
        return []
    rows = AIModel.objects.filter(
        name=model.name, training_data_range__trial=span["trial"], training_data_range__has_key="serves_from"
    )
    found = []
    for row in sorted(rows, key=trained_until):
        try:
            found.append((row, stored_forecaster(row.model_file_path or "")))
        except NoData:
            continue
    return found


def _named(model: AIModel) -> dict[str, Any]:
    return {"id": model.pk, "name": str(model)}

"""Trained versions: which one may serve at a moment, and what it takes to be put into force."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aimodels.choices import ModelStatus, ModelType
from aimodels.models import AIModel
from aimodels.services.activation import activate
from aimodels.services.artefacts import keep_artefact
from aimodels.services.registry import TrainedModel, register_trained, version_in_force
from system.exceptions import ConflictError

pytestmark = pytest.mark.django_db
NAME = "macro_regimes"
PROVEN = {"skill": 0.03, "skill_low": 0.0, "skill_high": 0.06}


def moment(year: int, month: int = 1) -> datetime:
    return datetime(year, month, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def own_store(settings: Any, tmp_path: Path) -> None:
    settings.CRYPTOPREDICT_HOME = tmp_path


def registered(
    until: datetime, *, serves: tuple[datetime, datetime] | None = None, evidence: dict[str, float] | None = None
) -> AIModel:
    return register_trained(
        TrainedModel(
            name=NAME,
            version=f"{until:%Y%m%d}{'f' if serves else ''}",
            model_type=ModelType.MACRO,
            target="bull_phase",
            path=keep_artefact({"numbers": np.ones(2)}, {"until": until.isoformat()}),
            trained_from=moment(2017),
            trained_until=until,
            samples=1000,
            configuration={"algorithm": "test"},
            metrics={"validation_scores": PROVEN if evidence is None else evidence},
            serves=serves,
        )
    )


def test_nothing_serves_before_anything_was_put_into_force() -> None:
    registered(moment(2022), serves=(moment(2022), moment(2023)))
    assert version_in_force(NAME, moment(2022, 6)) is None


def test_the_version_of_the_time_serves() -> None:
    first, second = registered(moment(2024)), registered(moment(2025))
    activate(first.pk, at=moment(2024, 2), actor=None)
    activate(second.pk, at=moment(2025, 2), actor=None)
    assert version_in_force(NAME, moment(2024, 2)) == first
    assert version_in_force(NAME, moment(2025, 2) - timedelta(seconds=1)) == first
    assert version_in_force(NAME, moment(2025, 2)) == second
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.is_active, first.status, second.is_active) == (False, ModelStatus.DEPRECATED, True)


def test_before_the_first_one_the_folds_serve_their_own_time() -> None:
    folds = [registered(moment(year), serves=(moment(year), moment(year + 1))) for year in (2022, 2023)]
    activate(registered(moment(2024)).pk, at=moment(2024, 2), actor=None)
    assert version_in_force(NAME, moment(2021, 12)) is None
    assert version_in_force(NAME, moment(2022)) == folds[0]
    assert version_in_force(NAME, datetime(2022, 12, 31, 23, tzinfo=UTC)) == folds[0]
    assert version_in_force(NAME, moment(2023)) == folds[1]
    assert version_in_force(NAME, moment(2024)) is None


def test_no_version_serves_a_moment_that_it_was_trained_on() -> None:
    model = registered(moment(2024))
    with pytest.raises(ConflictError, match="trained on data after"):
        activate(model.pk, at=moment(2023, 12), actor=None)
    activate(model.pk, at=moment(2024), actor=None)
    AIModel.objects.filter(pk=model.pk).update(training_data_range={"end_date": moment(2024, 3).isoformat()})
    assert version_in_force(NAME, moment(2024, 2)) is None
    assert version_in_force(NAME, moment(2024, 3)) == model


@pytest.mark.parametrize("evidence", [PROVEN | {"skill_low": -0.001}, PROVEN | {"skill_low": None}, {}])
def test_without_proven_skill_it_is_refused(evidence: dict[str, float]) -> None:
    model = registered(moment(2024), evidence=evidence)
    with pytest.raises(ConflictError, match=r"skill|never tested"):
        activate(model.pk, at=moment(2024, 2), actor=None)
    assert version_in_force(NAME, moment(2024, 6)) is None


def test_the_same_version_is_registered_once() -> None:
    assert registered(moment(2024)) == registered(moment(2024))
    assert AIModel.objects.filter(name=NAME).count() == 1

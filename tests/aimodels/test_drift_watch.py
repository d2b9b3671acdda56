"""Versions in use: shifted features are an alert, proven loss of skill ends the activation."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from accounts.choices import UserRole
from accounts.models import Notification
from aimodels.compute.stability import Windows
from aimodels.models import AIModel, Prediction, PredictionScore
from aimodels.services import serving
from aimodels.services.activation import activate
from aimodels.services.drift_watch import check_drift, rolling_skill
from aimodels.services.registry import version_in_force
from tests.aimodels.compute.worlds import world
from tests.aimodels.ledger_rows import forecasts, write
from tests.aimodels.training_subjects import START, ready_version
from tests.factories.assets import AssetFactory
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db
NAME = "made_direction_1d_24h"
UNTIL = START + timedelta(days=300)
DAY = timedelta(days=1)
LAST = UNTIL + 60 * DAY
MONDAY = LAST + (7 - LAST.weekday()) * DAY


@pytest.fixture(autouse=True)
def own_store(settings: Any, tmp_path: Path) -> None:
    settings.CRYPTOPREDICT_HOME = tmp_path
    serving.forget()


@pytest.fixture
def model() -> AIModel:
    found = ready_version(NAME, UNTIL)
    activate(found.pk, at=UNTIL, actor=None)
    return found


def record(model: AIModel, chance: float, *, days: int = 50) -> list[Prediction]:
    """Scored forecasts of a coin that rises on 7 of 10 days, as the naive forecast says."""
    asset, rises = AssetFactory(), np.random.default_rng(0).random(days) < 0.7
    rows = forecasts(model, asset, days, prediction_type="direction", predicted_price=None)
    for number, row in enumerate(rows):
        row.as_of = UNTIL + number * DAY
        row.target_datetime = row.as_of + DAY
        row.predicted_value = {"probability_up": chance, "naive_probability_up": 0.7}
        row.layer_source = 3
    write(rows, at=UNTIL)
    PredictionScore.objects.bulk_create(
        PredictionScore(
            prediction=row, actual_price=101 if up else 99, timeframe="1d", candle_time=row.as_of,
            log_return=0.01 if up else -0.01, brier=(chance - up) ** 2, brier_naive=(0.7 - up) ** 2,
        )
        for row, up in zip(rows, rises.tolist(), strict=True)
    )  # fmt: skip
    return rows


def test_one_that_is_worse_in_use_is_taken_out_and_the_admins_are_told(model: Any) -> None:
    admin, other = UserFactory(role=UserRole.ADMIN), UserFactory()
    record(model, 0.2)
    found = check_drift(model, LAST)
    assert found.was_demoted
    assert found.skill is not None
    assert found.skill.high < 0
    assert version_in_force(NAME, LAST) is None
    assert version_in_force(NAME, LAST - DAY) == model
    model.refresh_from_db()
    assert (model.is_active, model.health_status["status"]) == (False, "demoted")
    (message,) = Notification.objects.all()
    assert message.user == admin != other
    assert str(model) in message.title


@pytest.mark.parametrize("chance", [0.7, 0.65])
def test_one_that_is_not_proven_worse_goes_on(model: Any, chance: float) -> None:
    record(model, chance)
    found = check_drift(model, LAST)
    assert found.skill is not None
    assert not found.was_demoted
    assert version_in_force(NAME, LAST) == model
    model.refresh_from_db()
    assert model.health_status["performance_metrics"]["rolling_skill"]["skill"] == pytest.approx(found.skill.skill)
    assert model.health_status["status"] == "healthy"


def test_too_few_scored_forecasts_say_nothing(model: AIModel) -> None:
    record(model, 0.2, days=8)
    found = check_drift(model, LAST)
    assert (found.skill, found.was_demoted) == (None, False)


def test_what_another_version_of_the_name_said_before_does_not_count(model: AIModel) -> None:
    record(model, 0.2)
    second = ready_version(NAME, UNTIL, seed=1, beside=model)
    activate(second.pk, at=UNTIL + 49 * DAY, actor=None)
    second.refresh_from_db()
    assert rolling_skill(second, LAST) is None


def windows(moved: float = 0.0) -> Windows:
    """Stretches of a market that stays as it is, one of its features moved in the last of them."""
    rows = [world(seed, edge=0.8, moments=100).samples for seed in range(21)]
    past = [one.features for one in rows[:20]]
    recent = rows[20].features + moved * np.array([0.0, 0.0, 1.0, 0.0])
    return Windows(rows[0].names, np.concatenate(past), recent, past)


def test_shifted_features_are_told_once_a_week(model: Any) -> None:
    UserFactory(role=UserRole.ADMIN)
    same = check_drift(model, LAST, windows())
    assert same.shift is not None
    assert same.shift.shifted == ()
    for moment in (MONDAY, MONDAY + 6 * DAY):
        found = check_drift(model, moment, windows(2.0))
        assert found.shift is not None
        assert found.shift.shifted == ("funding",)
        assert not found.was_demoted
    model.refresh_from_db()
    assert model.health_status["status"] == "degraded"
    assert model.health_status["alerts"][0]["features"].keys() == {"funding"}
    assert model.health_status["data_quality"]["shift"]["is_judged"]
    assert model.health_status["data_quality"]["shift"]["psi"]["funding"] > 0.25
    (message,) = Notification.objects.all()
    assert "funding" in message.message
    check_drift(model, MONDAY + 7 * DAY, windows(2.0))
    assert Notification.objects.count() == 2
    check_drift(model, LAST, windows())
    model.refresh_from_db()
    assert model.health_status["alerts"] == []


def test_one_that_forecasts_no_directions_is_watched_by_its_features_alone(model: AIModel) -> None:
    record(model, 0.2)
    AIModel.objects.filter(pk=model.pk).update(configuration={"algorithm": "of a layer of its own"})
    found = check_drift(AIModel.objects.get(pk=model.pk), LAST, windows(2.0))
    assert (found.skill, found.was_demoted) == (None, False)
    assert found.shift is not None
    assert found.shift.shifted == ("funding",)

"""How often forecasts came true, through the API."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from aimodels.models import Prediction, PredictionRevision
from tests.doors import API, answer, client_of, queries, refused
from tests.factories import AIModelFactory, PredictionFactory, UserFactory

pytestmark = pytest.mark.django_db
PATH = "predictions/analytics"


def came(true: bool, *, days_ago: float = 1, **columns: Any) -> Prediction:
    """A forecast whose target was some days ago, and whether it came true."""
    target = timezone.now() - timedelta(days=days_ago)
    hours = columns.pop("hours", 24)
    made: Prediction = PredictionFactory(
        **{"as_of": target - timedelta(hours=hours), "prediction_horizon": hours, "target_datetime": target} | columns,
        is_realized=True,
        is_accurate=true,
        evaluated_at=target,
        actual_price=Decimal(69000),
    )
    return made


def test_nothing_is_known_without_outcomes() -> None:
    PredictionFactory()
    assert answer(PATH, UserFactory()) == {
        "overall_accuracy": None,
        "realized": 0,
        "accuracy_by_layer": {"layer1": None, "layer2": None, "layer3": None, "layer4": None},
        "accuracy_by_horizon": {},
        "best_performing_models": [],
    }


def test_shares_in_parts() -> None:
    good, weak = AIModelFactory(name="good"), AIModelFactory(name="weak")
    came(True, ai_model=good)
    came(True, ai_model=good, layer_source=1, hours=4)
    came(True, ai_model=weak)
    came(False, ai_model=weak)
    body = answer(PATH, UserFactory())
    assert (body["overall_accuracy"], body["realized"]) == (0.75, 4)
    assert body["accuracy_by_layer"] == {"layer1": 1, "layer2": None, "layer3": pytest.approx(2 / 3), "layer4": None}
    assert body["accuracy_by_horizon"] == {"4h": 1, "24h": pytest.approx(2 / 3)}
    assert body["best_performing_models"] == [
        {"model_name": "good", "accuracy": 1, "realized": 2},
        {"model_name": "weak", "accuracy": 0.5, "realized": 2},
    ]
    found = [answer(PATH, UserFactory(), layer=layer)["realized"] for layer in ("layer1", "1", "3", "all")]
    assert found == [1, 1, 3, 4]


def test_what_does_not_count() -> None:
    me = UserFactory()
    came(True, user=me)
    came(False, user=UserFactory())
    came(False, days_ago=40)
    came(False, created_at=timezone.now())
    assert (answer(PATH, me)["overall_accuracy"], answer(PATH, me)["realized"]) == (1, 1)
    assert answer(PATH, me, days=60)["realized"] == 2
    assert answer(PATH, UserFactory())["realized"] == 0


def test_the_last_correction_counts() -> None:
    made = came(True)
    for number, is_accurate in ((1, True), (2, False)):
        PredictionRevision.objects.create(
            prediction=made,
            number=number,
            reason="candle corrected",
            previous_price=Decimal(69000),
            actual_price=Decimal(60000),
            timeframe="1h",
            candle_time=made.target_datetime - timedelta(hours=1),
            log_return=-0.1,
            is_accurate=is_accurate,
        )
    body = answer(PATH, UserFactory())
    assert (body["overall_accuracy"], body["realized"]) == (0, 1)


def test_a_guest_and_wrong_words() -> None:
    refused(client_of().get(API + PATH), 401)
    for name, value in (("days", "0"), ("days", "x"), ("days", "4000"), ("layer", "5")):
        problem = refused(client_of(UserFactory()).get(API + PATH, {name: value}), 400)
        assert [error["field"] for error in problem["errors"]] == [name]


def test_more_forecasts_need_no_more_queries() -> None:
    user = client_of(UserFactory())
    model = AIModelFactory()
    counts = []
    for more in (1, 4, 45):
        for _number in range(more):
            came(True, ai_model=model)
        counts.append(queries(user, API + PATH))
    assert len(set(counts)) == 1

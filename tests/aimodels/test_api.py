"""Forecasts through the API."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from tests.doors import API, answer, client_of, refused
from tests.factories import AdminFactory, PredictionFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_forecast_as_it_was_written() -> None:
    row = PredictionFactory(
        context_data={"market_regime": "Bull"},
        predicted_value={"quantiles": {"0.5": 1}},
        confidence_score=Decimal("0.85"),
    )
    body = answer(f"predictions/{row.pk}", UserFactory())
    assert (body["layer_source"], body["prediction_horizon"], body["confidence_score"]) == ("layer3", 24, 0.85)
    assert (body["predicted_price"], body["input_price"]) == ("69500", "67234.5")
    assert (body["macro_context"], body["predicted_value"]) == ({"market_regime": "Bull"}, {"quantiles": {"0.5": 1}})
    assert (body["asset_id"], body["crypto_id"], body["symbol"]) == (row.asset_id, row.asset_id, row.asset.symbol)
    assert "debug_info" not in body


def test_filters() -> None:
    user = UserFactory()
    system = PredictionFactory(layer_source=1)
    mine = PredictionFactory(user=user, prediction_horizon=168, prediction_type="direction", predicted_price=None)
    PredictionFactory(user=UserFactory())

    def ids(**query: Any) -> list[int]:
        return [row["id"] for row in answer("predictions", user, **query)["results"]]

    assert ids() == [mine.pk, system.pk]
    assert ids(mine="true") == ids(layer="3") == ids(layer="layer3") == ids(horizon=168) == [mine.pk]
    assert ids(layer="layer1") == ids(asset=system.asset_id) == ids(crypto_id=system.asset_id) == [system.pk]
    assert ids(layer="all") == ids(is_realized="false") == [mine.pk, system.pk]
    assert ids(prediction_type="direction") == [mine.pk]
    assert ids(watchlist=1) == []
    for query in ({"layer": "5"}, {"horizon": "x"}, {"is_realized": "2"}, {"mine": "?"}, {"asset": 10**20}):
        refused(client_of(user).get(API + "predictions", query), 400)


def test_what_came_of_it() -> None:
    open_one = PredictionFactory()
    known = PredictionFactory(
        is_realized=True,
        is_accurate=True,
        actual_price=Decimal(69120),
        accuracy_percentage=Decimal("99.45"),
        absolute_error=Decimal(380),
        squared_error=Decimal("144400.000000000000000000000000000001"),
        evaluated_at=timezone.now(),
    )
    user = UserFactory()
    assert answer(f"predictions/{open_one.pk}/accuracy", user)["is_realized"] is False
    assert answer(f"predictions/{open_one.pk}/accuracy", user)["actual_price"] is None
    body = answer(f"predictions/{known.pk}/accuracy", user)
    assert (body["accuracy_percentage"], body["absolute_error"], body["is_accurate"]) == (99.45, "380", True)
    assert body["squared_error"] == "144400.000000000000000000000000000001"


def test_open_forecasts_for_admins() -> None:
    later = timezone.now() + timedelta(days=3)
    ahead = PredictionFactory(as_of=timezone.now(), target_datetime=later, user=UserFactory(email="ada@example.org"))
    due = PredictionFactory()
    PredictionFactory(is_realized=True, evaluated_at=timezone.now())
    admin = AdminFactory()
    rows = {row["id"]: row for row in answer("predictions/active", admin)["results"]}
    assert rows.keys() == {ahead.pk, due.pk}
    assert rows[ahead.pk]["user_email"] == "ada@example.org"
    assert rows[due.pk]["predicted_change_pct"] == pytest.approx(3.3695)
    assert [row["id"] for row in answer("predictions/active", admin, is_due="true")["results"]] == [due.pk]

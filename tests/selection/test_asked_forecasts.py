"""Forecasts that people ask for through the API."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import UserActivity
from aimodels.choices import ModelType
from aimodels.models import AIModel, Prediction
from aimodels.services import ensure_rules, serving
from selection.rules import FORECAST_RULES
from selection.services import forecast_assets, training
from system.models import AuditLog
from tests.doors import API, client_of, refused
from tests.factories import (
    AdminFactory,
    AIModelFactory,
    MetricsSnapshotFactory,
    PredictionFactory,
    UserFactory,
    WatchlistFactory,
)
from tests.factories.base import clock_at
from tests.selection.asset_market import DAY, END, MadeMarket, lifted, made_market
from tests.selection.test_forecasts import AS_OF, NAME, serve

__all__ = ["made_market"]
pytestmark = pytest.mark.django_db
URL = f"{API}predictions"
NOW = AS_OF + timedelta(hours=2)


@pytest.fixture(autouse=True)
def at_the_moment(tmp_path: Path, settings: Any) -> Iterator[None]:
    settings.CRYPTOPREDICT_HOME = tmp_path
    serving.forget()
    with clock_at(NOW):
        yield
    serving.forget()


@pytest.fixture
def market(made_market: MadeMarket) -> MadeMarket:
    ensure_rules(FORECAST_RULES["1d"])
    return made_market


def ask(client: Client, market: MadeMarket, **given: Any) -> Any:
    body = {"asset_id": market.bitcoin.pk, "prediction_horizon": 24} | given
    return client.post(URL, {name: value for name, value in body.items() if value is not ...}, "application/json")


def test_the_rules_answer_at_once(market: MadeMarket) -> None:
    person = UserFactory()
    answer = ask(client_of(person), market, layer_source="layer3")
    assert answer.status_code == 201, answer.content
    body, row = answer.json(), Prediction.objects.get()
    assert (body["id"], body["prediction_type"], body["model_name"]) == (row.pk, "price", "forecast_rules_1d")
    assert (body["symbol"], body["layer_source"], body["is_realized"]) == ("BTC", "layer3", False)
    assert (row.user, row.run, row.as_of, row.target_datetime) == (person, None, NOW, AS_OF + DAY)
    assert set(row.predicted_value or {}) == {"quantiles", "naive_quantiles"}
    assert AIModel.objects.get(name="forecast_rules_1d").prediction_count == 1
    assert UserActivity.objects.filter(user=person, activity_type="ai_interaction", entity_id=row.pk).exists()
    assert client_of(UserFactory()).get(f"{URL}/{row.pk}").status_code == 404
    assert client_of().get(f"{URL}/record").json()["n"] == 0


def test_it_is_what_the_pipeline_says(market: MadeMarket) -> None:
    ask(client_of(UserFactory()), market, prediction_type="direction")
    asked = Prediction.objects.get()
    forecast_assets(MetricsSnapshotFactory(snapshot_time=AS_OF), None)
    own = Prediction.objects.get(
        asset=asked.asset, prediction_type="direction", prediction_horizon=24, user=None, as_of=AS_OF
    )
    assert (asked.predicted_value, asked.features_hash) == (own.predicted_value, own.features_hash)


def test_who_may_and_what_is_refused(market: MadeMarket) -> None:
    client = client_of(UserFactory())
    refused(ask(client_of(), market), 401)
    refused(ask(client_of(UserFactory(role="guest")), market), 403)
    refused(ask(client, market, asset_id=987654321), 404)
    assert refused(ask(client, market, asset_id=market.stable.pk), 404)["type"].endswith("no-forecast")
    foreign = ask(client, market, watchlist_id=WatchlistFactory().pk)
    absent = ask(client, market, watchlist_id=987654321)
    same = {"instance": "", "request_id": ""}
    assert refused(foreign, 404) | same == refused(absent, 404) | same
    for given, field in (
        ({"prediction_horizon": 5}, "prediction_horizon"),
        ({"prediction_horizon": ...}, "prediction_horizon"),
        ({"asset_id": ...}, "asset_id"),
        ({"crypto_id": market.coins[1].pk}, "asset_id"),
        ({"layer_source": "layer2"}, "layer_source"),
        ({"layer_source": "5"}, "layer_source"),
        ({"prediction_type": "rain"}, "prediction_type"),
        ({"colour": "red"}, "colour"),
        ({"features_override": {"x": "nan"}}, "features_override.x"),
    ):
        assert [one["field"] for one in refused(ask(client, market, **given), 400)["errors"]] == [field]
    assert refused(ask(client, market, features_override={"x": 1}), 403)
    assert not Prediction.objects.exists()


def test_a_named_model_has_to_serve(market: MadeMarket) -> None:
    client = client_of(UserFactory())
    assert refused(ask(client, market, model_name="nobody"), 404)["type"].endswith("unknown-model")
    AIModelFactory(name=NAME)
    assert refused(ask(client, market, model_name=NAME), 409)["type"].endswith("model-not-active")
    assert refused(ask(client, market, model_name=NAME, prediction_horizon=72), 400)["errors"][0]["field"] == (
        "prediction_horizon"
    )
    AIModelFactory(name="regimes", model_type=ModelType.MACRO)
    assert refused(ask(client, market, model_name="regimes"), 400)["errors"][0]["field"] == "model_name"
    assert ask(client, market, model_name="forecast_rules_1d").status_code == 201


def test_limits_of_the_model_hold(market: MadeMarket) -> None:
    client = client_of(UserFactory())
    model = AIModel.objects.get(name="forecast_rules_1d")
    AIModel.objects.filter(pk=model.pk).update(max_predictions_per_hour=1)
    PredictionFactory(ai_model=model, user=UserFactory(), as_of=NOW - timedelta(hours=1))
    PredictionFactory(ai_model=model, user=None, as_of=NOW)
    assert ask(client, market).status_code == 201
    answer = ask(client, market)
    assert refused(answer, 429)["type"].endswith("model-rate-limit")
    assert answer["Retry-After"] == "3600"
    AIModel.objects.filter(pk=model.pk).update(max_predictions_per_hour=None, min_confidence_threshold="0.95")
    assert refused(ask(client, market), 409)["type"].endswith("below-confidence")
    assert Prediction.objects.filter(asset=market.bitcoin).count() == 1


def test_a_key_asks_once(market: MadeMarket) -> None:
    client = client_of(UserFactory())
    body = {"asset_id": market.bitcoin.pk, "prediction_horizon": 24}
    answers = [client.post(URL, body, "application/json", headers={"Idempotency-Key": "k1"}) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert Prediction.objects.count() == 1


def test_admins_override_what_a_version_is_given(market: MadeMarket) -> None:
    version = serve(training.material(NAME, END, lifted=lifted(END)).material)
    admin, name = client_of(AdminFactory()), next(iter(learned_names(version)))
    plain = ask(admin, market, prediction_type="direction").json()
    other = ask(admin, market, prediction_type="direction", features_override={name: 5.0})
    assert other.status_code == 201, other.content
    row = Prediction.objects.get(pk=other.json()["id"])
    assert (row.model_parameters or {})["features_override"] == {name: 5.0}
    assert other.json()["predicted_value"] != plain["predicted_value"]
    assert row.features_hash != Prediction.objects.get(pk=plain["id"]).features_hash
    problem = refused(ask(admin, market, features_override={"moon": 1}), 400)
    assert [one["field"] for one in problem["errors"]] == ["features_override.moon"]
    by_rules = ask(admin, market, model_name="forecast_rules_1d", features_override={name: 1})
    assert refused(by_rules, 400)["errors"][0]["field"] == f"features_override.{name}"


def learned_names(version: AIModel) -> tuple[str, ...]:
    return serving.stored_forecaster(version.model_file_path or "").direction.names


def test_a_note_is_all_that_changes() -> None:
    row, admin = PredictionFactory(), client_of(AdminFactory())

    def put(client: Client, **body: Any) -> Any:
        etag = client.get(f"{URL}/{row.pk}").headers.get("ETag", "")
        return client.put(f"{URL}/{row.pk}", body, "application/json", headers={"If-Match": etag})

    answer = put(admin, notes="exchange outage")
    assert answer.status_code == 200, answer.content
    assert answer.json()["predicted_price"] == "69500"
    row.refresh_from_db()
    assert row.notes == "exchange outage"
    (line,) = AuditLog.objects.filter(table_name="predictions", record_id=row.pk)
    assert ((line.old_values or {})["notes"], (line.new_values or {})["notes"]) == (None, "exchange outage")
    assert put(admin, notes="exchange outage").status_code == 200
    assert AuditLog.objects.filter(table_name="predictions").count() == 1
    assert refused(put(admin, notes="x", predicted_price="1"), 400)["errors"][0]["field"] == "predicted_price"
    refused(put(admin), 400)
    refused(put(client_of(UserFactory()), notes="x"), 403)
    refused(admin.put(f"{URL}/{row.pk}", {"notes": "x"}, "application/json"), 428)
    refused(admin.patch(f"{URL}/{row.pk}", {"notes": "x"}, "application/json"), 405)
    refused(admin.delete(f"{URL}/{row.pk}"), 405)

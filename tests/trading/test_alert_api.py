"""Alerts through the API: thin doors to the same services; what is somebody else's is not there."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.choices import UserRole
from tests.doors import API, answer, client_of, queries, refused
from tests.factories import AdminFactory, AlertFactory, AssetFactory, UserFactory
from trading.models import SignalAlert

pytestmark = pytest.mark.django_db
JSON = "application/json"


def wanted(**more: Any) -> dict[str, Any]:
    return {"alert_type": "price_target", "trigger_value": "100.5", "asset_id": AssetFactory().pk} | more


def test_made_changed_fired_armed_again_and_deleted() -> None:
    user = UserFactory()
    client = client_of(user)
    made = client.post(API + "alerts", wanted(parameters={"cross": True}), JSON)
    assert made.status_code == 201, made.content
    told = made.json()
    assert (told["user_id"], told["trigger_value"], told["condition"]) == (user.pk, "100.5", "above")
    assert told["parameters"]["timeframe"] == "1h"
    path = f"{API}alerts/{told['id']}"
    changed = client.patch(path, {"condition": "below", "trigger_value": "90"}, JSON).json()
    assert (changed["condition"], changed["trigger_value"], changed["arming"]) == ("below", "90", 2)
    assert refused(client.post(path + "/rearm"), 409)["type"].endswith("alert-not-fired")
    SignalAlert.objects.update(is_triggered=True, triggered_at=timezone.now())
    assert client.post(path + "/rearm").json()["is_triggered"] is False
    assert client.get(path).json()["arming"] == 3
    assert client.delete(path).status_code == 204
    refused(client.get(path), 404)


def test_the_same_key_makes_one() -> None:
    client, body = client_of(UserFactory()), wanted()
    answers = [client.post(API + "alerts", body, JSON, headers={"Idempotency-Key": "a"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert SignalAlert.objects.count() == 1
    assert refused(client.post(API + "alerts", body, JSON), 409)["type"].endswith("alert-exists")


def test_the_older_name_of_an_asset() -> None:
    asset = AssetFactory()
    body = {"alert_type": "price_target", "trigger_value": "1", "crypto_id": asset.pk}
    assert client_of(UserFactory()).post(API + "alerts", body, JSON).json()["asset_id"] == asset.pk


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"alert_type": "moon"}, "alert_type"),
        ({"trigger_value": "much"}, "trigger_value"),
        ({"trigger_value": 0}, "trigger_value"),
        ({"trigger_value": "1e400"}, "trigger_value"),
        ({"asset_id": 10**30}, "asset_id"),
        ({"asset_id": 10**9}, "asset_id"),
        ({"parameters": {"window": 3}}, "parameters.window"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"is_triggered": True}, "is_triggered"),
    ],
)
def test_bad_input_names_its_field(change: dict[str, Any], field: str) -> None:
    problem = refused(client_of(UserFactory()).post(API + "alerts", wanted() | change, JSON), 400)
    assert field in [error["field"] for error in problem["errors"]]
    assert not SignalAlert.objects.exists()


def test_what_is_somebody_elses_is_not_there() -> None:
    alert, stranger = AlertFactory(), client_of(UserFactory())
    for number in (alert.pk, alert.pk + 10_000):
        path = f"{API}alerts/{number}"
        refused(stranger.get(path), 404)
        refused(stranger.patch(path, {"message": "mine"}, JSON), 404)
        refused(stranger.delete(path), 404)
        refused(stranger.post(path + "/rearm"), 404)
    assert stranger.get(API + "alerts").json()["results"] == []
    admin = client_of(AdminFactory())
    path = f"{API}alerts/{alert.pk}"
    assert admin.get(path).status_code == 200
    refused(admin.patch(path, {"message": "mine"}, JSON), 403)
    refused(admin.delete(path), 403)
    assert admin.get(API + "alerts").json()["results"] == []


def test_who_may_write() -> None:
    refused(client_of().post(API + "alerts", wanted(), JSON), 401)
    refused(client_of(UserFactory(role=UserRole.GUEST)).post(API + "alerts", wanted(), JSON), 403)


def test_filters() -> None:
    user = UserFactory()
    fired = AlertFactory(user=user, is_triggered=True, triggered_at=timezone.now())
    paused = AlertFactory(user=user, is_active=False)

    def shown(**query: Any) -> set[int]:
        return {row["id"] for row in answer("alerts", user, **query)["results"]}

    assert shown() == {fired.pk, paused.pk}
    assert shown(is_triggered="true") == {fired.pk}
    assert shown(is_active="false") == {paused.pk}
    assert shown(asset=fired.asset_id) == shown(crypto_id=fired.asset_id) == {fired.pk}
    refused(client_of(user).get(API + "alerts?is_active=maybe"), 400)


def test_the_queries_do_not_grow() -> None:
    user = UserFactory()
    AlertFactory(user=user)
    few = queries(client_of(user), API + "alerts?limit=100")
    for count in (4, 45):
        AlertFactory.create_batch(count, user=user)
        assert queries(client_of(user), API + "alerts?limit=100") == few

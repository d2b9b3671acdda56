"""Admins have the candles of one asset fetched."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from assets.models import Asset, PriceData
from assets.services.refreshing import refresh_asset
from cryptopredict.orders import carry_out_data
from system.models import AuditLog, BackgroundTask
from system.services import setting
from tests.assets.collecting import FIRST, UNTIL, configure, listed_asset
from tests.assets.given_source import GivenSource, hours
from tests.doors import API, answer, client_of, client_with_token, refused
from tests.factories import AdminFactory, AssetFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    return client_of(AdminFactory())


@pytest.fixture
def collecting_on() -> None:
    configure(enabled=True, timeframes=["1h"], history_days={**setting("collection")["history_days"], "1h": 2})


def ask(client: Client, asset_id: int) -> Any:
    return client.post(f"{API}assets/{asset_id}/refresh")


def test_only_admins_ask_and_only_for_what_there_is(admin: Client) -> None:
    asset = listed_asset()
    refused(ask(client_of(), asset.pk), 401)
    for other in (client_of(UserFactory()), client_with_token(AdminFactory(), "read", "write")):
        refused(ask(other, asset.pk), 403)
    refused(ask(admin, 987654321), 404)
    assert not BackgroundTask.objects.exists()


@pytest.mark.usefixtures("collecting_on")
def test_what_an_asset_lacks_is_fetched(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asset, source = listed_asset(), GivenSource(hours(48, first=FIRST))
    monkeypatch.setattr("assets.services.collection.source_of", lambda _asset: source)
    first, second = ask(admin, asset.pk), ask(admin, asset.pk)
    assert (first.status_code, first.json()) == (202, second.json())
    order = BackgroundTask.objects.get()
    assert first.json() == {"task_id": order.pk}
    assert first["Location"] == f"/api/v1/system/tasks/{order.pk}"
    assert answer(f"system/tasks/{order.pk}", AdminFactory())["status"] == "pending"
    assert AuditLog.objects.filter(table_name="background_tasks", record_id=order.pk).count() == 1
    refresh_asset(order, UNTIL + timedelta(minutes=5))
    assert order.result_data is not None
    assert order.result_data["timeframes"]["1h"]["new"] == 48
    assert PriceData.objects.filter(asset=asset).count() == 48


@pytest.mark.usefixtures("collecting_on")
def test_what_does_not_come_is_told(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    source = GivenSource(hours(48, first=FIRST), fails_after=0)
    monkeypatch.setattr("assets.services.collection.source_of", lambda _asset: source)
    monkeypatch.setattr("assets.services.refreshing.timezone.now", lambda: UNTIL)
    asset = listed_asset()
    task_id = ask(admin, asset.pk).json()["task_id"]
    assert carry_out_data() == 1
    row = BackgroundTask.objects.get(pk=task_id)
    assert (row.status, row.error_message) == ("failed", "1h: the source did not answer")


@pytest.mark.usefixtures("collecting_on")
def test_one_asset_is_fetched_once_a_minute(admin: Client) -> None:
    asset = listed_asset()
    BackgroundTask.objects.filter(pk=ask(admin, asset.pk).json()["task_id"]).update(status="completed")
    again = ask(admin, asset.pk)
    refused(again, 429)
    assert 0 < int(again["Retry-After"]) <= 60


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (lambda: AssetFactory(data_source="demo"), "demo-asset"),
        (lambda: listed_asset(is_active=False), "asset-inactive"),
        (lambda: AssetFactory(data_source="binance"), "no-pair"),
    ],
)
@pytest.mark.usefixtures("collecting_on")
def test_why_nothing_can_be_fetched(admin: Client, made: Callable[[], Asset], code: str) -> None:
    assert refused(ask(admin, made().pk), 409)["type"].endswith(f":{code}")


def test_nothing_is_fetched_while_collection_is_off(admin: Client) -> None:
    problem = refused(ask(admin, listed_asset().pk), 409)
    assert problem["type"].endswith(":collection-off")
    assert "collection" in problem["detail"]
    assert not BackgroundTask.objects.exists()


@pytest.mark.usefixtures("collecting_on")
def test_an_asset_that_no_source_knows(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assets.services.refreshing.source_of", lambda _asset: None)
    assert refused(ask(admin, listed_asset().pk), 409)["type"].endswith(":no-source")


@pytest.mark.usefixtures("collecting_on")
def test_an_order_that_is_sent_twice_is_answered_twice_alike(admin: Client) -> None:
    path = f"{API}assets/{listed_asset().pk}/refresh"
    answers = [admin.post(path, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert [one["Location"] for one in answers] == [answers[0]["Location"]] * 2

"""Assets and their candles in the admin."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from assets.models import Asset
from system.models import AuditLog
from tests.doors import client_of
from tests.factories import EPOCH, AdminFactory, AssetFactory, UserFactory, add_candles

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return client_of(AdminFactory())


def candles_of(asset: Asset) -> str:
    return reverse("admin:assets_asset_candles", args=[asset.pk])


def starts(client: Client, asset: Asset, **query: Any) -> list[str]:
    return [row[0][0] for row in client.get(candles_of(asset), query).context["rows"]]


def test_candles_are_reached_from_their_asset(client: Client) -> None:
    asset = AssetFactory()
    add_candles(asset, [Decimal("1234.5"), Decimal("0.00000812")])
    page = client.get(reverse("admin:assets_asset_change", args=[asset.pk]))
    assert candles_of(asset) in page.content.decode()
    rows = client.get(candles_of(asset)).context["rows"]
    assert [(row[0], row[4], row[6]) for row in rows] == [
        (("2024-06-02 00:00", False), ("0.00000812", True), ("–", True)),
        (("2024-06-01 00:00", False), ("1,234.5", True), ("–", True)),
    ], "text starts where the line does, numbers end alike"
    assert b"There are no candles of this timeframe." in client.get(candles_of(asset), {"timeframe": "1h"}).content


def test_candles_come_200_a_page_newest_first(client: Client) -> None:
    asset = AssetFactory()
    add_candles(asset, [1] * 205, timeframe="1h")
    add_candles(AssetFactory(), [1], timeframe="1h")
    newest = f"{EPOCH + timedelta(hours=204):%Y-%m-%d %H:%M}"
    first, second = starts(client, asset, timeframe="1h"), starts(client, asset, timeframe="1h", page=2)
    assert (len(first), len(second), first[0], second[-1]) == (200, 5, newest, "2024-06-01 00:00")
    assert starts(client, asset, timeframe="1h", page="x") == first
    assert starts(client, asset, timeframe="2h") == starts(client, asset, timeframe="1d") == []
    assert client.get(candles_of(asset) + "?timeframe=1h").context["has_more"]
    assert not client.get(candles_of(asset) + "?timeframe=1h&page=2").context["has_more"]


@pytest.mark.parametrize("number", ["abc", "0", "9" * 30])
def test_candles_of_an_asset_that_there_is_not(client: Client, number: str) -> None:
    assert client.get(f"/admin/assets/asset/{number}/candles/").status_code == 404


def test_candles_are_for_admins() -> None:
    address = candles_of(AssetFactory())
    assert client_of().get(address).status_code == 302
    assert client_of(UserFactory()).get(address).status_code == 302


def test_prices_are_not_typed_in(client: Client) -> None:
    asset = AssetFactory()
    address = reverse("admin:assets_asset_change", args=[asset.pk])
    form = {
        "name": "New name",
        "links": "{}",
        "external_ids": '{"coingecko": "x"}',
        "description": "",
        "logo_url": "",
        "is_active": "on",
        "current_price": "1",
        "symbol": "HACK",
    }
    assert client.post(address, form).status_code == 302
    changed = Asset.objects.get()
    assert (changed.name, changed.symbol, changed.current_price) == ("New name", asset.symbol, asset.current_price)
    assert changed.is_supported is False
    entry = AuditLog.objects.get()
    assert entry.old_values == {"name": asset.name, "external_ids": asset.external_ids, "is_supported": True}
    assert entry.new_values == {"name": "New name", "external_ids": {"coingecko": "x"}, "is_supported": False}


@pytest.mark.parametrize("links", ['{"a": NaN}', r'{"a": "\u0000"}'])
def test_links_that_cannot_be_stored_are_refused_beside_what_was_typed(client: Client, links: str) -> None:
    asset = AssetFactory()
    form = {"name": "New name", "links": links, "external_ids": "{}", "description": "", "logo_url": ""}
    answer = client.post(reverse("admin:assets_asset_change", args=[asset.pk]), form)
    assert list(answer.context["adminform"].form.errors) == ["links"]
    assert answer.context["adminform"].form["links"].value() == links
    assert not AuditLog.objects.exists()

"""Curation of the lists in the admin."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.services import ensure_system_user
from selection.models import Watchlist, WatchlistAsset
from system.models import AuditLog
from tests.doors import client_of
from tests.factories import AdminFactory, AssetFactory, DefaultListFactory, EntryFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    ensure_system_user()
    return AdminFactory()


@pytest.fixture
def client(admin: User) -> Client:
    return client_of(admin)


@pytest.fixture
def tier2() -> Watchlist:
    watchlist = DefaultListFactory()
    EntryFactory.create_batch(3, watchlist=watchlist)
    return watchlist


def at(name: str, *ids: int) -> str:
    return reverse(f"admin:selection_watchlist_{name}", args=ids)


def order(watchlist: Watchlist) -> list[int]:
    return list(watchlist.entries.order_by("sort_order").values_list("pk", flat=True))


def said(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_the_page_shows_the_entries_in_order_with_their_links(client: Client, tier2: Watchlist) -> None:
    content = client.get(at("change", tier2.pk)).content.decode()
    places = []
    for entry in tier2.entries.order_by("sort_order"):
        places.append(content.index(at("move", tier2.pk, entry.pk)))
        assert at("remove", tier2.pk, entry.pk) in content
    assert places == sorted(places)
    assert at("add_asset", tier2.pk) in content


def test_adding(client: Client, admin: User, tier2: Watchlist) -> None:
    asset = AssetFactory(symbol="NEW")
    hidden = AssetFactory(symbol="GONE", is_supported=False)
    page = client.get(at("add_asset", tier2.pk)).content.decode()
    assert ">NEW</option>" in page
    assert ">GONE</option>" not in page
    form = {"asset": asset.pk, "position_type": "short", "position": 2, "notes": "strong"}
    assert said(client.post(at("add_asset", tier2.pk), form, follow=True)) == [f"NEW is on {tier2}."]
    entry = WatchlistAsset.objects.get(asset=asset)
    assert (entry.sort_order, entry.position_type, entry.notes, entry.added_by) == (2, "short", "strong", admin)
    assert AuditLog.objects.get(table_name="watchlists").changed_by == admin
    again = client.post(at("add_asset", tier2.pk), form)
    assert said(again) == ["NEW is on this list already."]
    assert b'value="2"' in again.content
    for wrong in ({"asset": hidden.pk}, {"position": 0}):
        assert client.post(at("add_asset", tier2.pk), form | wrong).context["form"].errors.keys() == wrong.keys()


@pytest.mark.parametrize("number", ["abc", "0", "9" * 30])
def test_a_list_that_there_is_not(client: Client, number: str) -> None:
    for rest in ("add-asset/", "entries/1/move/", "entries/1/remove/"):
        assert client.get(f"/admin/selection/watchlist/{number}/{rest}").status_code in {302, 404}
    assert client.post(f"/admin/selection/watchlist/{number}/add-asset/").status_code == 404


def test_a_full_list_says_so(client: Client, tier2: Watchlist) -> None:
    Watchlist.objects.update(max_assets=3)
    form = {"asset": AssetFactory().pk, "position_type": "long"}
    assert said(client.post(at("add_asset", tier2.pk), form)) == [f"{tier2.name} is full (3 assets)."]


def test_moving(client: Client, tier2: Watchlist) -> None:
    first, second, third = order(tier2)
    assert client.get(at("move", tier2.pk, third)).status_code == 200
    client.post(at("move", tier2.pk, third), {"position": 1})
    assert order(tier2) == [third, first, second]
    refusal = said(client.post(at("move", tier2.pk, third), {"position": 9}))[-1]
    assert refusal == "position must lie between 1 and 3."
    assert order(tier2) == [third, first, second]


def test_removing_asks_first(client: Client, tier2: Watchlist) -> None:
    first, second, third = order(tier2)
    assert client.get(at("remove", tier2.pk, first)).status_code == 200
    assert order(tier2) == [first, second, third]
    client.post(at("remove", tier2.pk, first))
    assert order(tier2) == [second, third]
    assert [entry.sort_order for entry in tier2.entries.order_by("sort_order")] == [1, 2]
    assert client.post(at("remove", tier2.pk, first)).status_code == 404


def test_an_entry_belongs_to_the_list_of_its_address(client: Client, tier2: Watchlist) -> None:
    foreign = EntryFactory()
    assert client.get(at("move", tier2.pk, foreign.pk)).status_code == 404


def test_names_and_limits_may_be_changed_with_a_trail(client: Client, admin: User, tier2: Watchlist) -> None:
    form = {"name": "Second league", "description": "", "max_assets": "50"}
    form |= {"entries-TOTAL_FORMS": "0", "entries-INITIAL_FORMS": "0"}
    assert client.post(at("change", tier2.pk), form).status_code == 302
    tier2.refresh_from_db()
    assert (tier2.name, tier2.max_assets, tier2.tier) == ("Second league", 50, "tier2")
    entry = AuditLog.objects.get()
    assert (entry.table_name, entry.changed_by) == ("watchlists", admin)
    assert entry.new_values == {"name": "Second league", "max_assets": 50}
    assert client.post(at("change", tier2.pk), form | {"max_assets": "0"}).context["errors"]


@pytest.mark.parametrize("name", ["move", "remove"])
def test_others_stay_outside(tier2: Watchlist, name: str) -> None:
    address = at(name, tier2.pk, order(tier2)[0])
    before = order(tier2)
    for client in (client_of(), client_of(UserFactory())):
        assert client.post(address, {"position": 2}).status_code == 302
    assert order(tier2) == before

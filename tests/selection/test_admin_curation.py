"""Curation in the admin beyond adding, moving and removing: content, tiers, the way back, the past, several at once."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from selection.models import Watchlist, WatchlistAsset
from selection.services import add_to_watchlist, remove_from_watchlist
from tests.doors import client_of
from tests.factories import AdminFactory, AssetFactory, EntryFactory, UserFactory
from tests.selection.lists import symbols, tier_lists, trail

pytestmark = pytest.mark.django_db
ENTRIES = "admin:selection_watchlistasset_changelist"


@pytest.fixture
def admin() -> User:
    return AdminFactory(first_name="Ada", last_name="L")


@pytest.fixture
def client(admin: User) -> Client:
    return client_of(admin)


@pytest.fixture
def tiers(admin: User) -> dict[str, Watchlist]:
    """Tier 1: A; tier 2: B, C."""
    lists = tier_lists()
    for tier, letters in (("tier1", "A"), ("tier2", "BC")):
        for symbol in letters:
            add_to_watchlist(lists[tier], AssetFactory(symbol=symbol), actor=admin)
    return lists


def at(name: str, *ids: int) -> str:
    return reverse(f"admin:selection_watchlist_{name}", args=ids)


def of(symbol: str) -> WatchlistAsset:
    return WatchlistAsset.objects.get(asset__symbol=symbol)


def said(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_what_an_entry_says(client: Client, tiers: dict[str, Watchlist]) -> None:
    address = at("entry", tiers["tier2"].pk, of("B").pk)
    assert address in client.get(at("change", tiers["tier2"].pk)).content.decode()
    assert client.get(address).context["form"].initial["is_active"] is True
    form = {"position_type": "short", "weight": "0.25", "notes": "why"}
    assert said(client.post(address, form, follow=True)) == ["B on Admin Tier 2 is changed."]
    entry = of("B")
    assert (entry.position_type, str(entry.weight), entry.notes, entry.is_active) == ("short", "0.2500", "why", False)
    assert client.post(address, form | {"weight": "2"}).context["form"].errors.keys() == {"weight"}


def test_between_the_tiers(client: Client, tiers: dict[str, Watchlist]) -> None:
    page = client.get(at("change", tiers["tier1"].pk)).content.decode()
    assert (">demote<" in page, ">promote<" in page) == (True, False)
    address = at("step", tiers["tier2"].pk, of("B").pk)
    assert client.get(address).context["title"] == "Promote B to tier 1"
    assert said(client.post(address, follow=True)) == ["B is in tier 1."]
    assert (symbols(tiers["tier1"]), symbols(tiers["tier2"])) == (["A", "B"], ["C"])
    assert said(client.post(at("step", tiers["tier1"].pk, of("A").pk), follow=True)) == ["A is in tier 2."]
    Watchlist.objects.filter(tier="tier1").update(max_assets=1)
    full = client.post(at("step", tiers["tier2"].pk, of("C").pk))
    assert (said(full), symbols(tiers["tier2"])) == (["Admin Tier 1 is full (1 assets)."], ["C", "A"])


def test_the_way_back(client: Client, admin: User, tiers: dict[str, Watchlist]) -> None:
    tier2 = tiers["tier2"]
    remove_from_watchlist(of("B"), actor=admin)
    page = client.get(at("undo", tier2.pk))
    assert "remove B from Admin Tier 2 (Ada L," in page.context["note"]
    change = page.context["form"].initial["change_id"]
    done = client.post(at("undo", tier2.pk), {"change_id": change}, follow=True)
    assert (said(done), symbols(tier2)) == (["The last change of Admin Tier 2 is taken back."], ["B", "C"])
    again = client.post(at("undo", tier2.pk), {"change_id": change}, follow=True)
    assert (said(again), symbols(tier2)) == (["Ada L has changed Admin Tier 2 since."], ["B", "C"])
    others = client_of(AdminFactory()).post(at("undo", tier2.pk), {"change_id": trail()[-1].pk}, follow=True)
    assert said(others) == ["The last change was made by Ada L, who alone can take it back."]


def test_nothing_to_take_back(client: Client) -> None:
    tier1 = tier_lists()["tier1"]
    page = client.get(at("undo", tier1.pk))
    assert page.context["note"] == "Nothing has been changed yet."
    assert client.post(at("undo", tier1.pk), {"change_id": ""}).status_code == 200


def test_the_past(client: Client, admin: User, tiers: dict[str, Watchlist]) -> None:
    remove_from_watchlist(of("B"), actor=admin)
    since = of("C").created_at
    page = client.post(at("past", tiers["tier2"].pk), {"at": f"{since:%Y-%m-%d %H:%M:%S.%f}"})
    assert [text for text, _number in page.context["rows"][0][:3]] == ["1", "B", "long"]
    empty = client.post(at("past", tiers["tier2"].pk), {"at": "2001-01-01 00:00"})
    assert "There was nothing on the list." in empty.content.decode()
    assert client.post(at("past", tiers["tier2"].pk), {"at": "long ago"}).context["form"].errors.keys() == {"at"}


def test_deleting_and_making_anew(client: Client, tiers: dict[str, Watchlist]) -> None:
    form = {"name": "New", "tier": "tier1"}
    taken = client.post(at("make_default"), form)
    assert said(taken) == ["There is an active default list of this tier already."]
    assert client.get(at("delete_list", tiers["tier1"].pk)).status_code == 200
    assert Watchlist.objects.get(tier="tier1").is_active
    assert said(client.post(at("delete_list", tiers["tier1"].pk), follow=True)) == ["Admin Tier 1 is deleted."]
    assert said(client.post(at("make_default"), form, follow=True)) == ["New is made."]
    assert list(Watchlist.objects.filter(tier="tier1").order_by("pk").values_list("name", "is_active")) == [
        ("Admin Tier 1", False),
        ("New", True),
    ]


def test_several_at_once(client: Client, tiers: dict[str, Watchlist]) -> None:
    ticked = {"action": "promote", "_selected_action": [of("B").pk, of("C").pk]}
    page = client.post(reverse(ENTRIES), ticked)
    assert (page.context["note"], symbols(tiers["tier1"])) == ("B, C", ["A"])
    done = client.post(reverse(ENTRIES), ticked | {"confirmed": "yes", "notes": "strong"}, follow=True)
    assert said(done) == ["promote to tier 1: B, C"]
    assert (symbols(tiers["tier1"]), trail()[-1].new_values["review_notes"]) == (["A", "B", "C"], "strong")
    mine = EntryFactory(asset=AssetFactory(symbol="MINE"))
    wrong = {"action": "pause", "_selected_action": [mine.pk, of("A").pk], "confirmed": "yes"}
    assert said(client.post(reverse(ENTRIES), wrong, follow=True)) == ["Row 2: MINE is not on these lists."]
    assert of("A").is_active


@pytest.mark.parametrize("name", ["undo", "past", "delete_list"])
def test_others_stay_outside(tiers: dict[str, Watchlist], name: str) -> None:
    for client in (client_of(), client_of(UserFactory())):
        assert client.post(at(name, tiers["tier1"].pk), {"change_id": 1}).status_code == 302
        assert client.post(at("step", tiers["tier1"].pk, of("A").pk)).status_code == 302
    assert (symbols(tiers["tier1"]), Watchlist.objects.get(tier="tier1").is_active) == (["A"], True)


def test_a_list_is_brought_into_another_order(client: Client, tiers: dict[str, Watchlist]) -> None:
    watchlist = tiers["tier2"]
    add_to_watchlist(watchlist, AssetFactory(symbol="D"), actor=User.objects.get(first_name="Ada"))
    address = at("arrange", watchlist.pk)
    assert address in client.get(at("change", watchlist.pk)).content.decode()
    page = client.get(address)
    places = page.context["places"]
    b, c, d = (of(symbol).pk for symbol in "BCD")
    assert [(one.earlier, one.later) for one in places] == [
        ("", f"{c},{b},{d}"), (f"{c},{b},{d}", f"{b},{d},{c}"), (f"{b},{d},{c}", ""),
    ]  # fmt: skip
    form = {"version": page.context["version"], "order": ""}
    moved = client.post(address, form | {"step": f"down-{b}:{places[0].later}"}, follow=True)
    assert (said(moved), symbols(watchlist)) == (["The order of Admin Tier 2 is kept."], ["C", "B", "D"])
    assert moved.redirect_chain[-1][0].endswith(f"#down-{b}")
    stale = client.post(address, form | {"order": f"{b},{c},{d}"}, follow=True)  # as dragged on the page of before
    assert "changed since you opened it" in said(stale)[0]
    form["version"] = stale.context["version"]
    for wrong in ("", f"{b},{c}", f"{b},{b},{c},{d}", "x", f"{b},{c},{10**9}"):
        assert said(client.post(address, form | {"order": wrong}, follow=True)) != [
            "The order of Admin Tier 2 is kept."
        ]
        assert symbols(watchlist) == ["C", "B", "D"]
    client.post(address, form | {"order": f"{d},{c},{b}"})
    assert symbols(watchlist) == ["D", "C", "B"]
    assert trail()[-1].details.startswith("order Admin Tier 2")

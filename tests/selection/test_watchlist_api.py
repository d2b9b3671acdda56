"""Changes of lists and of their entries through the API."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.choices import UserRole
from accounts.models import User, UserActivity
from selection.models import Watchlist, WatchlistAsset
from system.models import AuditLog
from tests.doors import API, client_of, client_with_token, queries, refused
from tests.factories import AdminFactory, AssetFactory, DefaultListFactory, EntryFactory, UserFactory, WatchlistFactory
from tests.selection.lists import symbols, tier_lists

pytestmark = pytest.mark.django_db


def call(client: Client, method: str, path: str, body: Any = None, *, version: str | None = "*", **headers: str) -> Any:
    """A call with a body, in a version that was read."""
    match = {"If-Match": version} if version else {}
    return getattr(client, method)(
        API + path, {} if body is None else body, content_type="application/json", headers={**match, **headers}
    )


def code(response: Any, status: int) -> str:
    kind: str = refused(response, status)["type"]
    return kind.removeprefix("urn:cryptopredict:problem:")


def fields(response: Any) -> list[str]:
    return [error["field"] for error in refused(response, 400)["errors"]]


@pytest.fixture
def owner() -> User:
    return UserFactory()


@pytest.fixture
def watchlist(owner: User) -> Watchlist:
    """A personal list of A, B and C."""
    made = WatchlistFactory(user=owner)
    for symbol in "ABC":
        EntryFactory(watchlist=made, asset=AssetFactory(symbol=symbol))
    return made


class TestLists:
    def test_a_new_list(self, owner: User) -> None:
        client = client_of(owner)
        wish = {"name": " Mine ", "description": "why", "max_assets": 5, "watchlist_type": "personal", "tier": None}
        done = call(client, "post", "watchlists", wish)
        assert done.status_code == 201, done.content
        made = Watchlist.objects.get()
        assert done.json() == {
            "id": made.pk, "name": "Mine", "type": "personal", "watchlist_type": "personal", "tier": None,
            "current_items": 0, "max_items": 5, "is_active": True, "is_public": False, "wants_suggestions": False,
            "sort_order": 1, "last_updated": done.json()["last_updated"],
        }  # fmt: skip
        assert (made.user, made.description) == (owner, "why")
        assert UserActivity.objects.filter(user=owner, action="create").count() == 1
        assert AuditLog.objects.filter(table_name="watchlists").count() == 1
        assert code(call(client, "post", "watchlists", {"name": "Mine"}), 409) == "name-taken"
        again = [call(client, "post", "watchlists", {"name": "Once"}, **{"Idempotency-Key": "k"}) for _ in range(2)]
        assert [one.status_code for one in again] == [201, 201]
        assert again[0].content == again[1].content
        assert Watchlist.objects.count() == 2

    def test_a_new_default_list(self, owner: User) -> None:
        wish = {"name": "First", "watchlist_type": "default", "tier": "tier1"}
        assert code(call(client_of(owner), "post", "watchlists", wish), 403) == "admin-only"
        admin = AdminFactory()
        assert code(call(client_with_token(admin, "write"), "post", "watchlists", wish), 403) == "admin-only"
        done = call(client_of(admin), "post", "watchlists", wish)
        assert (done.status_code, done.json()["tier"], done.json()["max_items"]) == (201, "tier1", 20)
        assert code(call(client_of(admin), "post", "watchlists", wish), 409) == "default-list-exists"
        assert fields(call(client_of(admin), "post", "watchlists", wish | {"tier": None})) == ["tier"]

    @pytest.mark.parametrize(
        ("wish", "field"),
        [
            ({}, "name"),
            ({"name": " "}, "name"),
            ({"name": "x", "colour": "red"}, "colour"),
            ({"name": "x", "tier": "tier1"}, "tier"),
            ({"name": "x", "max_assets": 10_000}, "max_assets"),
            ({"name": "x", "configuration": []}, "configuration"),
        ],
    )
    def test_a_wrong_list_is_refused(self, owner: User, wish: dict[str, Any], field: str) -> None:
        assert fields(call(client_of(owner), "post", "watchlists", wish)) == [field]
        assert not Watchlist.objects.exists()

    def test_a_list_is_replaced(self, owner: User, watchlist: Watchlist) -> None:
        Watchlist.objects.update(description="old", is_public=True)
        path, client = f"watchlists/{watchlist.pk}", client_of(owner)
        read = client.get(API + path).headers["ETag"]
        done = call(client, "put", path, {"name": "New"}, version=read)
        assert (done.status_code, done.json()["name"], done.json()["is_public"]) == (200, "New", False)
        watchlist.refresh_from_db()
        assert watchlist.description is None
        refused(call(client, "put", path, {"name": "Newer"}, version=read), 412)
        refused(call(client, "put", path, {"name": "Newer"}, version=None), 428)
        assert call(client, "put", path, {"name": "Newer"}, version=done.headers["ETag"]).status_code == 200
        assert fields(call(client, "put", path, {})) == ["name"]

    def test_a_list_is_deleted(self, owner: User, watchlist: Watchlist) -> None:
        path = f"watchlists/{watchlist.pk}"
        refused(call(client_of(owner), "delete", path, version=None), 428)
        assert call(client_of(owner), "delete", path).status_code == 204
        watchlist.refresh_from_db()
        assert (watchlist.is_active, watchlist.entries.count()) == (False, 3)
        refused(call(client_of(owner), "delete", path), 404)


class TestEntries:
    def test_an_asset_comes(self, owner: User, watchlist: Watchlist) -> None:
        client, path = client_of(owner), f"watchlists/{watchlist.pk}/items"
        coin = AssetFactory(symbol="D")
        wish = {"crypto_id": coin.pk, "priority_order": 2, "weight": 0.25, "notes": "new"}
        done = call(client, "post", path, wish, version=None)
        assert done.status_code == 201, done.content
        row = done.json()
        assert (row["asset_id"], row["position"], row["weight"], row["notes"]) == (coin.pk, 2, 0.25, "new")
        assert symbols(watchlist) == ["A", "D", "B", "C"]
        assert code(call(client, "post", path, wish), 409) == "already-listed"
        Watchlist.objects.update(max_assets=4)
        assert code(call(client, "post", path, {"asset_id": AssetFactory().pk}), 409) == "watchlist-full"

    @pytest.mark.parametrize(
        ("wish", "field"),
        [
            ({}, "asset_id"),
            ({"asset_id": 987654321}, "asset_id"),
            ({"crypto_id": 1, "asset_id": 2}, "asset_id"),
            ({"weight": 2}, "weight"),
            ({"priority_order": 9}, "priority_order"),
            ({"position_type": "up"}, "position_type"),
            ({"tier": "tier1"}, "tier"),
            ({"place": 1}, "place"),
        ],
    )
    def test_a_wrong_entry_is_refused(
        self, owner: User, watchlist: Watchlist, wish: dict[str, Any], field: str
    ) -> None:
        whole = wish if field == "asset_id" else {"asset_id": AssetFactory().pk} | wish
        assert fields(call(client_of(owner), "post", f"watchlists/{watchlist.pk}/items", whole)) == [field]
        assert symbols(watchlist) == ["A", "B", "C"]

    def test_entries_are_merged_and_replaced(self, owner: User, watchlist: Watchlist) -> None:
        client, path = client_of(owner), f"watchlists/{watchlist.pk}/items"
        ids = dict(WatchlistAsset.objects.values_list("asset__symbol", "asset_id"))
        read = client.get(API + path).headers["ETag"]
        rows = [{"asset_id": ids["C"], "position": 1, "weight": 0.40000000000000013}]
        merged = call(client, "patch", path, {"items": rows}, version=read)
        assert merged.status_code == 200, merged.content
        body = merged.json()
        assert ([body[name] for name in ("created", "updated", "removed")], symbols(watchlist)) == (
            [0, 1, 0],
            ["C", "A", "B"],
        )
        assert [row["symbol"] for row in body["items"]] == ["C", "A", "B"]
        refused(call(client, "put", path, {"items": rows}, version=read), 412)
        replaced = call(client, "put", path, {"items": rows}, version=merged.headers["ETag"]).json()
        assert ([replaced[name] for name in ("created", "updated", "removed")], symbols(watchlist)) == (
            [0, 0, 2],
            ["C"],
        )
        assert fields(call(client, "put", path, {"items": []})) == ["confirm_empty"]
        assert call(client, "put", f"{path}?confirm_empty=true", {"items": []}).json()["removed"] == 1
        assert fields(call(client, "put", f"{path}?confirm_empty=maybe", {"items": []})) == ["confirm_empty"]

    def test_all_faults_of_many_rows_are_told_together(self, owner: User, watchlist: Watchlist) -> None:
        rows = [{"asset_id": 987654321}, {"asset_id": AssetFactory().pk, "weight": 3, "size": 1}, "row"]
        for method in ("put", "patch"):
            response = call(client_of(owner), method, f"watchlists/{watchlist.pk}/items", {"items": rows})
            assert fields(response) == ["items.2.asset_id", "items.0.asset_id", "items.1.size", "items.1.weight"]
        assert symbols(watchlist) == ["A", "B", "C"]

    def test_an_entry_is_changed_and_replaced(self, owner: User, watchlist: Watchlist) -> None:
        client, entry = client_of(owner), watchlist.entries.get(asset__symbol="C")
        path = f"watchlists/{watchlist.pk}/items/{entry.pk}"
        changed = call(client, "patch", path, {"sort_order": 1, "weight": 0.5, "is_active": False})
        assert changed.status_code == 200, changed.content
        row = changed.json()
        assert (row["position"], row["weight"], row["is_active"]) == (1, 0.5, False)
        assert symbols(watchlist) == ["C", "A", "B"]
        replaced = call(client, "put", path, {"notes": "leader"}, version=changed.headers["ETag"])
        row = replaced.json()
        assert (row["position"], row["weight"], row["is_active"], row["notes"]) == (1, 0, True, "leader")
        refused(call(client, "patch", path, {"weight": 0}, version=changed.headers["ETag"]), 412)
        for wish, field in (({"sort_order": 9}, "sort_order"), ({"weight": 2}, "weight"), ({"symbol": "X"}, "symbol")):
            assert fields(call(client, "patch", path, wish)) == [field]

    @pytest.mark.parametrize("address", ["watchlists/{list}/items/{entry}", "layer3/watchlists/{list}/items/{entry}"])
    def test_an_entry_leaves(self, owner: User, watchlist: Watchlist, address: str) -> None:
        entry = watchlist.entries.get(asset__symbol="A")
        path = address.format(list=watchlist.pk, entry=entry.pk)
        refused(call(client_of(owner), "delete", path, version=None), 428)
        assert call(client_of(owner), "delete", path).status_code == 204
        assert symbols(watchlist) == ["B", "C"]
        refused(call(client_of(owner), "delete", path), 404)
        foreign = EntryFactory(watchlist=WatchlistFactory(user=owner))
        refused(call(client_of(owner), "delete", address.format(list=watchlist.pk, entry=foreign.pk)), 404)


def test_an_entry_by_its_id_alone(owner: User, watchlist: Watchlist) -> None:
    """The older path does not name the list; of a foreign entry it tells no more than of one that is not there."""
    entry = watchlist.entries.get(asset__symbol="A")
    path = f"watchlist-items/{entry.pk}"
    foreign = call(client_of(UserFactory()), "delete", path)
    absent = call(client_of(owner), "delete", "watchlist-items/987654321")
    assert [refused(one, 404)["detail"] for one in (foreign, absent)] == ["There is nothing here."] * 2
    assert "Link" not in foreign.headers
    done = call(client_of(owner), "put", path, {"notes": "leader"})
    assert (done.status_code, done.json()["notes"]) == (200, "leader")
    assert done.headers["Link"] == f'<{API}watchlists/{watchlist.pk}/items/{entry.pk}>; rel="canonical"'
    assert call(client_of(owner), "delete", path).status_code == 204
    assert symbols(watchlist) == ["B", "C"]


def test_several_assets_of_the_default_lists() -> None:
    lists = tier_lists()
    riser, first = AssetFactory(symbol="UP"), AssetFactory(symbol="TOP")
    EntryFactory(watchlist=lists["tier2"], asset=riser)
    EntryFactory(watchlist=lists["tier1"], asset=first)
    admin = AdminFactory()
    wish = {"action": "promote_to_tier1", "asset_ids": [riser.pk, first.pk], "review_notes": "strong"}
    for path in ("watchlists/bulk-actions", "layer3/watchlists/bulk-actions"):
        refused(call(client_of(), "post", path, wish), 401)
        refused(call(client_of(UserFactory()), "post", path, wish), 403)
        refused(call(client_with_token(admin, "write"), "post", path, wish), 403)
    done = call(client_of(admin), "post", "watchlists/bulk-actions", wish)
    skipped = [{"asset_id": first.pk, "reason": "already_in_tier1"}]
    assert done.json() == {"action": "promote_to_tier1", "processed": 1, "skipped": skipped}
    assert symbols(lists["tier1"]) == ["TOP", "UP"]
    Watchlist.objects.filter(tier="tier2").update(max_assets=1)
    full = {"action": "add_tier2", "crypto_ids": [AssetFactory().pk, AssetFactory().pk]}
    assert code(call(client_of(admin), "post", "watchlists/bulk-actions", full), 409) == "watchlist-full"
    for fault, field in (
        ({"action": "burn"}, "action"),
        ({"asset_ids": [987654321]}, "asset_ids.0"),
        ({"crypto_ids": [1]}, "asset_ids"),
        ({"review_notes": 7 * "x" * 10_000}, "review_notes"),
    ):
        assert fields(call(client_of(admin), "post", "watchlists/bulk-actions", wish | fault)) == [field]


def writes(watchlist: Watchlist) -> list[tuple[str, str, Any]]:
    """Every write about a list."""
    path, entry = f"watchlists/{watchlist.pk}", watchlist.entries.all()[0].pk
    rows = {"items": [{"asset_id": watchlist.entries.all()[0].asset_id, "notes": "x"}]}
    return [
        ("put", path, {"name": "Other"}),
        ("patch", path, {"name": "Another"}),
        ("post", f"{path}/items", {"asset_id": AssetFactory().pk}),
        ("put", f"{path}/items", rows),
        ("patch", f"{path}/items", rows),
        ("put", f"{path}/items/{entry}", {}),
        ("patch", f"{path}/items/{entry}", {"notes": "y"}),
        ("delete", f"{path}/items/{entry}", None),
        ("delete", path, None),
    ]


def test_who_writes(owner: User, watchlist: Watchlist) -> None:
    """An owner, of a personal list an admin too; of a default list an admin with a token of that scope."""
    default = DefaultListFactory()
    EntryFactory(watchlist=default)
    admin, guest = AdminFactory(), UserFactory(role=UserRole.GUEST)
    own = WatchlistFactory(user=guest)
    EntryFactory(watchlist=own)
    refused(call(client_of(), "post", "watchlists", {"name": "x"}), 401)
    refused(call(client_of(guest), "post", "watchlists", {"name": "x"}), 403)
    for method, path, body in writes(watchlist):
        refused(call(client_of(), method, path, body), 401)
        refused(call(client_with_token(owner, "read"), method, path, body), 403)
        absent = path.replace(f"/{watchlist.pk}", "/987654321", 1)
        nothing = refused(call(client_of(owner), method, absent, body), 404)
        foreign = refused(call(client_of(UserFactory()), method, path, body), 404)
        assert {**foreign, "instance": "", "request_id": ""} == {**nothing, "instance": "", "request_id": ""}
    for method, path, body in writes(own):
        refused(call(client_of(guest), method, path, body), 403)
    for method, path, body in writes(default):
        refused(call(client_of(owner), method, path, body), 403)
        refused(call(client_with_token(admin, "write"), method, path, body), 403)
    for client, one in ((client_with_token(owner, "write"), watchlist), (client_of(admin), default)):
        for method, path, body in writes(one):
            done = call(client, method, path, body)
            assert done.status_code in {200, 201, 204}, (method, path, done.content)


def test_the_queries_of_a_change_do_not_grow_with_the_list(owner: User) -> None:
    watchlist, counts = WatchlistFactory(user=owner, max_assets=100), []
    client, path = client_of(owner), f"{API}watchlists/{watchlist.pk}/items"
    for more in (1, 4, 45):
        for _ in range(more):
            EntryFactory(watchlist=watchlist, weight=Decimal("0.01"))
        counts.append(queries(client, f"{path}?limit=200"))
    assert counts == [counts[0]] * 3

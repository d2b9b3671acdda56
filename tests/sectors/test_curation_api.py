"""Admins keep assets, sectors and their members through the API."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from assets.models import Asset
from sectors.models import Sector, SectorMapping
from system.models import AuditLog
from tests.doors import API, client_of, client_with_token, refused
from tests.factories import AdminFactory, AssetFactory, SectorFactory, SectorMappingFactory, UserFactory

pytestmark = pytest.mark.django_db
ANY = {"If-Match": "*"}
WRITES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("post", "assets", {"symbol": "NEW", "name": "New", "asset_type": "crypto"}),
    ("patch", "assets/{asset}", {"name": "Other"}),
    ("delete", "assets/{asset}", {}),
    ("post", "sectors", {"name": "New", "description": "A part."}),
    ("patch", "sectors/{sector}", {"name": "Other"}),
    ("delete", "sectors/{sector}", {}),
    ("post", "sectors/{sector}/assets", {"asset_id": 1}),
    ("patch", "sectors/{sector}/assets/{mapping}", {"weight": 0.5}),
    ("delete", "sectors/{sector}/assets/{mapping}", {}),
)


def send(client: Client, method: str, path: str, data: Any = None, **headers: str) -> Any:
    given = {"content_type": "application/json", "headers": ANY | headers}
    return getattr(client, method)(API + path, data, **given)


@pytest.fixture
def admin() -> Client:
    return client_of(AdminFactory())


@pytest.mark.parametrize(("method", "path", "data"), WRITES)
def test_only_admins_write(method: str, path: str, data: dict[str, Any]) -> None:
    mapping = SectorMappingFactory()
    named = path.format(asset=mapping.asset_id, sector=mapping.sector_id, mapping=mapping.pk)
    refused(send(client_of(), method, named, data), 401)
    refused(send(client_of(UserFactory()), method, named, data), 403)
    refused(send(client_with_token(UserFactory(), "read", "write"), method, named, data), 403)
    assert not AuditLog.objects.filter(table_name__in=["assets", "sectors", "sector_mapping"]).exists()


@pytest.mark.parametrize(("method", "path", "data"), [one for one in WRITES if "{" in one[1]])
def test_what_is_absent_is_not_found(admin: Client, method: str, path: str, data: dict[str, Any]) -> None:
    refused(send(admin, method, path.format(asset=99, sector=99, mapping=99), data), 404)


def test_an_asset_is_added_changed_and_tracked_no_longer(admin: Client) -> None:
    given = {"symbol": "NEW", "name": "New", "asset_type": "crypto", "external_ids": {"coingecko": "new-coin"}}
    made = send(admin, "post", "assets", given)
    assert made.status_code == 201, made.content
    pk = made.json()["id"]
    assert (made.json()["symbol"], made.json()["current_price"], made.json()["sectors"]) == ("NEW", None, [])
    changed = send(admin, "patch", f"assets/{pk}", {"name": "Newer", "is_supported": False})
    assert (changed.status_code, changed.json()["name"], changed.json()["symbol"]) == (200, "Newer", "NEW")
    assert send(admin, "delete", f"assets/{pk}").status_code == 204
    assert not Asset.objects.get(pk=pk).is_active
    rows = AuditLog.objects.filter(table_name="assets", record_id=pk).order_by("pk")
    assert [(row.operation, row.new_values and row.new_values.get("name")) for row in rows] == [
        ("INSERT", "New"),
        ("UPDATE", "Newer"),
        ("UPDATE", None),
    ]


def test_a_symbol_belongs_to_one_asset(admin: Client) -> None:
    taken = AssetFactory(symbol="BTC", external_ids={"coingecko": "bitcoin"})
    given = {"symbol": "BTC", "name": "Second", "asset_type": "crypto"}
    problem = refused(send(admin, "post", "assets", given), 409)
    assert problem["type"].endswith("symbol-taken")
    other = AssetFactory()
    assert refused(send(admin, "patch", f"assets/{other.pk}", {"symbol": "BTC"}), 409)["errors"][0]["field"] == "symbol"
    problem = refused(send(admin, "patch", f"assets/{other.pk}", {"external_ids": {"coingecko": "bitcoin"}}), 409)
    assert problem["errors"][0]["field"] == "external_ids"
    assert send(admin, "patch", f"assets/{taken.pk}", {"symbol": "BTC"}).status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("symbol", "low"),
        ("symbol", ""),
        ("asset_type", "share"),
        ("data_source", "demo"),
        ("logo_url", "no address"),
        ("external_ids", {"coingecko": []}),
        ("current_price", "1"),
        ("is_active", "perhaps"),
    ],
)
def test_a_bad_value_of_an_asset_is_named(admin: Client, field: str, value: Any) -> None:
    problem = refused(send(admin, "patch", f"assets/{AssetFactory().pk}", {field: value}), 400)
    assert problem["errors"][0]["field"].startswith(field)


def test_a_sector_is_added_changed_and_tracked_no_longer(admin: Client) -> None:
    made = send(admin, "post", "sectors", {"name": "Science Coins", "description": "A part.", "color_code": "#1B4F72"})
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["coingecko_id"], body["status"], body["is_active"]) == ("local:science-coins", None, True)
    path = f"sectors/{body['id']}"
    assert refused(admin.patch(API + path, {"name": "X"}, content_type="application/json"), 428)
    changed = send(admin, "patch", path, {"name": "Science"}, **{"If-Match": made["ETag"]})
    assert (changed.status_code, changed.json()["name"]) == (200, "Science")
    refused(send(admin, "patch", path, {"name": "X"}, **{"If-Match": made["ETag"]}), 412)
    read = admin.get(API + path)
    assert send(admin, "delete", path, **{"If-Match": read["ETag"]}).status_code == 204
    assert not Sector.objects.get(pk=body["id"]).is_active
    assert AuditLog.objects.filter(table_name="sectors", record_id=body["id"]).count() == 3


def test_a_name_belongs_to_one_sector(admin: Client) -> None:
    SectorFactory(name="DeFi", coingecko_id="defi")
    other = SectorFactory()
    for given, field in (({"name": "DeFi"}, "name"), ({"coingecko_id": "defi"}, "coingecko_id")):
        problem = refused(send(admin, "patch", f"sectors/{other.pk}", given), 409)
        assert problem["errors"][0]["field"] == field
        refused(send(admin, "post", "sectors", {"name": "Free", "description": "A part."} | given), 409)


@pytest.mark.parametrize(("field", "value"), [("color_code", "red"), ("name", ""), ("market_cap", "5")])
def test_a_bad_value_of_a_sector_is_named(admin: Client, field: str, value: Any) -> None:
    problem = refused(send(admin, "patch", f"sectors/{SectorFactory().pk}", {field: value}), 400)
    assert [error["field"] for error in problem["errors"]] == [field]


def test_a_primary_member_takes_the_flag(admin: Client) -> None:
    first = SectorMappingFactory(is_primary_sector=True)
    sector = SectorFactory()
    before = timezone.now()
    made = send(admin, "post", f"sectors/{sector.pk}/assets", {"asset_id": first.asset_id, "is_primary_sector": True})
    assert made.status_code == 201, made.content
    assert (made.json()["sector_id"], made.json()["weight"], made.json()["valid_to"]) == (sector.pk, 1.0, None)
    first.refresh_from_db()
    assert first.is_primary_sector
    assert first.valid_to is not None
    assert first.valid_to >= before
    now = SectorMapping.objects.filter(asset=first.asset_id, valid_to=None)
    assert dict(now.values_list("sector", "is_primary_sector")) == {first.sector_id: False, sector.pk: True}
    assert set(now.values_list("valid_from", flat=True)) == {first.valid_to}
    problem = refused(send(admin, "post", f"sectors/{sector.pk}/assets", {"asset_id": first.asset_id}), 409)
    assert problem["type"].endswith("already-member")


def test_the_first_membership_of_an_asset_holds_since_ever(admin: Client) -> None:
    made = send(admin, "post", f"sectors/{SectorFactory().pk}/assets", {"asset_id": AssetFactory().pk})
    assert (made.json()["valid_from"], made.json()["is_primary_sector"]) == (None, False)


def test_a_change_of_a_membership_holds_from_now_on(admin: Client) -> None:
    old = SectorMappingFactory(valid_from=timezone.now() - timedelta(days=9))
    path = f"sectors/{old.sector_id}/assets/"
    changed = send(admin, "patch", f"{path}{old.pk}", {"weight": 0.5, "is_primary_sector": True})
    assert changed.status_code == 200, changed.content
    new = SectorMapping.objects.get(pk=changed.json()["id"])
    old.refresh_from_db()
    assert (new.weight, new.is_primary_sector, old.weight, old.is_primary_sector) == (Decimal("0.5"), True, 1, False)
    assert old.valid_to == new.valid_from
    same = send(admin, "patch", f"{path}{new.pk}", {"weight": 0.5})
    assert same.json()["id"] == new.pk
    refused(send(admin, "patch", f"{path}{old.pk}", {"weight": 0.1}), 404)
    assert send(admin, "delete", f"{path}{new.pk}").status_code == 204
    assert not SectorMapping.objects.filter(asset=old.asset_id, valid_to=None).exists()
    assert AuditLog.objects.filter(table_name="sector_mapping").count() == 3


@pytest.mark.parametrize("given", [{"asset_id": 99}, {"asset_id": "x"}, {}, {"asset_id": None}])
def test_a_member_is_an_asset(admin: Client, given: dict[str, Any]) -> None:
    problem = refused(send(admin, "post", f"sectors/{SectorFactory().pk}/assets", given), 400)
    assert [error["field"] for error in problem["errors"]] == ["asset_id"]


@pytest.mark.parametrize("weight", [1.1, -1, "much"])
def test_a_weight_is_a_part(admin: Client, weight: str) -> None:
    mapping = SectorMappingFactory()
    problem = refused(send(admin, "patch", f"sectors/{mapping.sector_id}/assets/{mapping.pk}", {"weight": weight}), 400)
    assert [error["field"] for error in problem["errors"]] == ["weight"]


def test_a_new_asset_sent_twice_is_made_once(admin: Client) -> None:
    given = {"symbol": "NEW", "name": "New", "asset_type": "crypto"}
    first, second = (send(admin, "post", "assets", given, **{"Idempotency-Key": "k1"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert Asset.objects.filter(symbol="NEW").count() == 1


def test_the_version_of_a_membership_is_read_with_the_members(admin: Client) -> None:
    first, sector = SectorMappingFactory(), SectorFactory()
    SectorMappingFactory(sector=sector)
    path = f"sectors/{first.sector_id}/assets"
    read = admin.get(API + path)["ETag"]
    changed = send(admin, "patch", f"{path}/{first.pk}", {"weight": 0.5}, **{"If-Match": read})
    assert changed.status_code == 200, changed.content
    new = f"{path}/{changed.json()['id']}"
    refused(send(admin, "patch", new, {"weight": 0.4}, **{"If-Match": read}), 412)
    other = admin.get(f"{API}sectors/{sector.pk}/assets")["ETag"]
    refused(send(admin, "patch", new, {"weight": 0.4}, **{"If-Match": other}), 412)
    assert send(admin, "patch", new, {"weight": 0.4}, **{"If-Match": changed["ETag"]}).status_code == 200
    assert admin.get(API + path)["ETag"] != read
    SectorMapping.objects.filter(sector=sector).delete()
    assert admin.get(f"{API}sectors/{sector.pk}/assets")["ETag"] != other


def test_the_index_of_a_sector_follows_it_to_another_category(admin: Client) -> None:
    sector = SectorFactory(coingecko_id="old")
    indexes = [
        AssetFactory(asset_type="index", data_source=source, external_ids={"cryptopredict": "sector:old"})
        for source in ("cryptopredict", "demo")
    ]
    other = AssetFactory(asset_type="index", external_ids={"cryptopredict": "sector:other"})
    assert send(admin, "patch", f"sectors/{sector.pk}", {"coingecko_id": "new", "name": "New"}).status_code == 200
    keys = dict(Asset.objects.filter(asset_type="index").values_list("pk", "external_ids__cryptopredict"))
    assert keys == {index.pk: "sector:new" for index in indexes} | {other.pk: "sector:other"}

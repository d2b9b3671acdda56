"""Candles sent through the API, and the gaps that it shows."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User
from assets.choices import GapReason, GapStatus
from assets.models import Asset, CandleGap, PriceData
from system.models import AuditLog
from tests.doors import API, answer, client_of, client_with_token, queries, refused
from tests.factories import EPOCH, AdminFactory, AssetFactory, UserFactory

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def asset() -> Asset:
    asset: Asset = AssetFactory(symbol="BTC")
    return asset


@pytest.fixture
def admin() -> User:
    user: User = AdminFactory()
    return user


def candle(hour: int = 0, **values: Any) -> dict[str, Any]:
    time = (EPOCH + hour * HOUR).isoformat().replace("+00:00", "Z")
    return {"time": time, "open": 1, "high": 2, "low": 1, "close": 2, "volume": 3} | values


def send(asset: Asset, by: User | None, *candles: Any, timeframe: str = "1h") -> Any:
    body = {"timeframe": timeframe, "candles": list(candles)}
    return client_of(by).post(f"{API}assets/{asset.pk}/candles", body, content_type="application/json")


def test_candles_are_stored_and_read_back(asset: Asset, admin: User) -> None:
    response = send(asset, admin, candle(), candle(1, open="1.000000000000000001", volume="1234567.89", trade_count=7))
    assert (response.status_code, response.json()) == (200, {"created": 2, "updated": 0, "rejected": []})
    first, second = answer(f"assets/{asset.pk}/candles")["candles"]
    assert first == {
        "time": "2024-06-01T00:00:00Z",
        "open": "1",
        "high": "2",
        "low": "1",
        "close": "2",
        "volume": "3",
        "vwap": None,
        "trade_count": None,
        "indicators": None,
    }
    assert (second["open"], second["volume"], second["trade_count"]) == ("1.000000000000000001", "1234567.89", 7)
    assert PriceData.objects.get(candle_time=EPOCH).base_volume == 2  # three dollars at a mean price of 1.5
    assert send(asset, admin, candle()).json() == {"created": 0, "updated": 0, "rejected": []}
    assert send(asset, admin, candle(close="1.5")).json() == {"created": 0, "updated": 1, "rejected": []}


def test_known_coins_make_the_dollars_exact(asset: Asset, admin: User) -> None:
    send(asset, admin, candle(volume="3.5", base_volume="2"))
    stored = PriceData.objects.get()
    assert (stored.volume, stored.base_volume, stored.vwap) == (Decimal("3.5"), Decimal(2), Decimal("1.75"))


def test_what_is_wrong_is_named_and_the_rest_stored(asset: Asset, admin: User) -> None:
    running = datetime.now(EPOCH.tzinfo).replace(minute=0, second=0, microsecond=0)
    rows: list[tuple[dict[str, Any], str | None]] = [
        (candle(), None),
        (candle(1, high=1), "high is not the highest"),
        (candle(2, close=0), "not above 0"),
        (candle(3, volume="much"), "no number"),
        (candle(4, volume=None), "volume is empty"),
        (candle(5, open=[1]), "no number"),
        (candle(6, close="NaN"), "no number"),
        (candle(7, volume="1e400"), "volume"),
        (candle(8, time="2024-06-01T08:30:00Z"), "not the start"),
        (candle(9, time="yesterday"), "no ISO 8601 time"),
        ({}, "candle_time is empty"),
        (candle(10, volume=-1), "negative"),
        (candle(11, time=running.isoformat()), "not closed yet"),
        (candle(12, trade_count=1.5), "no count"),
        (candle(13), None),
    ]
    response = send(asset, admin, *(row for row, _ in rows))
    assert response.status_code == 200, response.content
    body = response.json()
    assert body["created"] == 2
    expected = [(line, reason) for line, (_, reason) in enumerate(rows, 1) if reason]
    assert [rejected["line"] for rejected in body["rejected"]] == [line for line, _ in expected]
    for rejected, (_, reason) in zip(body["rejected"], expected, strict=True):
        assert reason in rejected["reason"]
    assert PriceData.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"timeframe": "2h", "candles": [candle()]}, "timeframe"),
        ({"timeframe": "1h", "candles": []}, "candles"),
        ({"timeframe": "1h", "candles": [7]}, "candles.0"),
        ({"timeframe": "1h", "candles": [{}] * 5001}, "candles"),
        ({"timeframe": "1h"}, "candles"),
    ],
)
def test_a_request_that_is_none_is_refused(asset: Asset, admin: User, body: dict[str, Any], field: str) -> None:
    response = client_of(admin).post(f"{API}assets/{asset.pk}/candles", body, content_type="application/json")
    assert refused(response, 400)["errors"][0]["field"].startswith(field)
    assert not AuditLog.objects.exists()


def test_only_admins_write(asset: Asset, admin: User) -> None:
    assert refused(send(asset, None, candle()), 401)
    assert refused(send(asset, UserFactory(), candle()), 403)
    body = {"timeframe": "1h", "candles": [candle()]}
    for scopes, status in ((("read",), 403), (("write",), 403), (("write", "admin"), 200)):
        client = client_with_token(admin, *scopes)
        response = client.post(f"{API}assets/{asset.pk}/candles", body, content_type="application/json")
        assert response.status_code == status
    assert refused(client_of(admin).post(f"{API}assets/99/candles", body, content_type="application/json"), 404)


def test_an_upload_leaves_one_row_of_the_audit_trail(asset: Asset, admin: User) -> None:
    send(asset, admin, candle(), candle(1, high=0))
    row = AuditLog.objects.get(table_name="assets")
    assert (row.changed_by, row.record_id, row.operation) == (admin, asset.pk, "ACTION")
    assert row.new_values == {"candles": {"new": 1, "changed": 0, "equal": 0, "rejected": 1}}
    assert row.details == "2 1h candles of BTC"


def gap(asset: Asset, hour: int, missing: int = 3, **values: Any) -> CandleGap:
    first = EPOCH + hour * HOUR
    columns = {"timeframe": "1h", "starts_at": first, "ends_at": first + missing * HOUR, "missing": missing}
    return CandleGap.objects.create(asset=asset, **(columns | values))


def test_gaps_are_shown_newest_first(asset: Asset, admin: User) -> None:
    gap(asset, 0, reason=GapReason.OUTAGE, status=GapStatus.CONFIRMED, resolved_at=EPOCH)
    gap(AssetFactory(symbol="ETH"), 10, 2)
    gap(asset, 20, 24, timeframe="1d")
    body = answer("system/gaps", admin)
    assert body.keys() == {"count", "next", "previous", "results"}
    assert body["results"][2] == {
        "asset_id": asset.pk,
        "symbol": "BTC",
        "timeframe": "1h",
        "start": "2024-06-01T00:00:00Z",
        "end": "2024-06-01T03:00:00Z",
        "candles": 3,
        "reason": "outage",
        "status": "confirmed",
    }

    def lengths(**query: Any) -> list[int]:
        return [row["candles"] for row in answer("system/gaps", admin, **query)["results"]]

    assert lengths() == [24, 2, 3]
    assert lengths(asset=asset.pk) == [24, 3]
    assert lengths(timeframe="1h") == [2, 3]
    assert lengths(status="open") == [24, 2]
    assert lengths(limit=1, offset=1) == [2]


@pytest.mark.parametrize("query", [{"status": "lost"}, {"timeframe": "2h"}, {"asset": "x"}, {"limit": 0}])
def test_wrong_filters_of_gaps_are_refused(admin: User, query: dict[str, Any]) -> None:
    problem = refused(client_of(admin).get(API + "system/gaps", query), 400)
    assert problem["errors"][0]["field"] in query


def test_gaps_are_for_admins() -> None:
    refused(client_of().get(API + "system/gaps"), 401)
    refused(client_of(UserFactory()).get(API + "system/gaps"), 403)


def test_more_rows_need_no_more_queries(admin: User) -> None:
    gap(AssetFactory(), 0)
    client = client_of(admin)
    few = queries(client, API + "system/gaps")
    for hour in range(1, 5):
        gap(AssetFactory(), hour)
    assert queries(client, API + "system/gaps") == few


def test_the_number_of_candles_needs_no_more_queries(asset: Asset, admin: User) -> None:
    def reads(limit: int) -> int:
        return queries(client_of(), f"{API}assets/{asset.pk}/candles?limit={limit}&to=2024-06-01T06:00:00Z")

    send(asset, admin, *(candle(hour) for hour in range(6)))
    assert reads(1) == reads(5)


@pytest.mark.parametrize(
    "values",
    [
        {"volume": "9e999999", "open": "0.1", "low": "0.1", "high": "0.1", "close": "0.1"},
        {"open": "9e999999", "high": "9e999999"},
        {"volume": "1e900000"},
    ],
)
def test_figures_beyond_every_number_are_refused(asset: Asset, admin: User, values: dict[str, str]) -> None:
    response = send(asset, admin, candle(0, **values), candle(1))
    assert (response.status_code, response.json()["created"]) == (200, 1)
    (rejected,) = response.json()["rejected"]
    assert (rejected["line"], len(rejected["reason"]) < 200) == (1, True)

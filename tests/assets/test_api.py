"""Assets, prices, candles and indicators through the API."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from assets.models import Asset, PriceDataArchive
from system.models import PipelineRun
from tests.doors import API, answer, client_of, refused
from tests.factories import EPOCH, AdminFactory, AssetFactory, SectorMappingFactory, add_candles

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def bitcoin() -> Asset:
    return AssetFactory(
        symbol="BTC", name="Bitcoin", market_cap_rank=1, current_price=Decimal("67234.500000000000000001")
    )


def symbols(**query: Any) -> list[str]:
    return [row["symbol"] for row in answer("assets", **query)["results"]]


def test_an_asset_keeps_every_digit_of_its_price(bitcoin: Asset) -> None:
    Asset.objects.update(
        market_cap=Decimal("1234567890123456789012345678.25"), circulating_supply=Decimal("19700000.5")
    )
    row = answer(f"assets/{bitcoin.pk}")
    assert row["current_price"] == "67234.500000000000000001"
    assert row["market_cap"] == "1234567890123456789012345678.25"
    assert row["circulating_supply"] == "19700000.5"
    assert row["total_supply"] is None
    assert row["created_at"].endswith("Z")
    assert {"timeframe_usage", "access_count", "last_accessed_at"}.isdisjoint(row)


def test_an_asset_names_its_present_sectors(bitcoin: Asset) -> None:
    present = SectorMappingFactory(asset=bitcoin, is_primary_sector=True)
    SectorMappingFactory(asset=bitcoin, valid_to=EPOCH)
    SectorMappingFactory(asset=bitcoin, valid_from=EPOCH + 10000 * DAY)
    expected = [{"sector_id": present.sector_id, "name": present.sector.name, "is_primary_sector": True, "weight": 1.0}]
    assert answer(f"assets/{bitcoin.pk}")["sectors"] == expected
    assert answer(f"assets/{bitcoin.pk}/sectors") == expected
    assert symbols(sector=present.sector_id) == ["BTC"]


def test_filters_and_order(bitcoin: Asset) -> None:
    AssetFactory(symbol="ETH", name="Ethereum", market_cap_rank=2)
    AssetFactory(symbol="USDT", name="Tether", asset_type="stablecoin", market_cap_rank=3)
    assert symbols() == ["BTC", "ETH", "USDT"]
    assert symbols(type="stablecoin") == ["USDT"]
    assert symbols(search="eth") == ["ETH", "USDT"]
    assert symbols(ordering="-symbol") == ["USDT", "ETH", "BTC"]
    assert symbols(ids=f"{bitcoin.pk},987654") == ["BTC"]
    assert symbols(sector=999) == []


@pytest.mark.parametrize(
    "query",
    [
        {"type": "house"},
        {"ordering": "password"},
        {"ids": "1;2"},
        {"ids": ",".join(["1"] * 201)},
        {"sector": "x"},
        {"sector": 2**63},
        {"include_unsupported": "maybe"},
        {"search": "a\x00b"},
    ],
)
def test_wrong_filters_are_refused(query: dict[str, Any]) -> None:
    problem = refused(client_of().get(API + "assets", query), 400)
    assert problem["errors"][0]["field"] in query


def test_unsupported_assets_are_for_admins_who_ask() -> None:
    hidden = AssetFactory(symbol="OLD", is_supported=False)
    admin = AdminFactory()
    assert symbols(include_unsupported="true") == []
    refused(client_of().get(f"{API}assets/{hidden.pk}"), 404)
    refused(client_of().get(f"{API}assets/{hidden.pk}/candles"), 404)
    assert answer("assets", admin)["count"] == 0
    assert answer("assets", admin, include_unsupported="true")["count"] == 1
    assert answer(f"assets/{hidden.pk}", admin)["symbol"] == "OLD"


def test_prices_of_several_assets(bitcoin: Asset) -> None:
    other = AssetFactory(current_price=None, market_cap_rank=None)
    rows = answer("assets/prices", ids=f"{other.pk},{bitcoin.pk},99")
    assert [row["asset_id"] for row in rows] == [bitcoin.pk, other.pk]
    assert rows[0] == {
        "asset_id": bitcoin.pk,
        "symbol": "BTC",
        "current_price": "67234.500000000000000001",
        "price_change_percentage_24h": None,
        "last_price_update": None,
    }
    assert rows[1]["current_price"] is None
    assert answer("assets/prices") == []
    refused(client_of().get(API + "assets/prices", {"ids": ",".join(["1"] * 101)}), 400)
    refused(client_of().get(API + "assets/prices", {"ids": "1,,2"}), 400)


def test_candles_are_exact_and_newest_last(bitcoin: Asset) -> None:
    add_candles(bitcoin, [Decimal("67000.1"), Decimal("0.00000812")], vwap=Decimal("67111.2"), trade_count=81234)
    body = answer(f"assets/{bitcoin.pk}/candles", timeframe="1d")
    assert (body["asset_id"], body["symbol"], body["timeframe"]) == (bitcoin.pk, "BTC", "1d")
    assert body["candles"][0] == {
        "time": "2024-06-01T00:00:00Z",
        "open": "67000.1",
        "high": "67670.101",
        "low": "66330.099",
        "close": "67000.1",
        "volume": "1000",
        "vwap": "67111.2",
        "trade_count": 81234,
        "indicators": None,
    }
    assert body["candles"][1]["close"] == "0.00000812"
    assert body["candles"][1]["time"] == "2024-06-02T00:00:00Z"


def test_candles_of_a_period(bitcoin: Asset) -> None:
    add_candles(bitcoin, range(1, 11))
    add_candles(bitcoin, [99], timeframe="1h")
    add_candles(AssetFactory(), [98])

    def closes(**query: Any) -> list[int]:
        return [int(row["close"]) for row in answer(f"assets/{bitcoin.pk}/candles", timeframe="1d", **query)["candles"]]

    assert closes() == list(range(1, 11))
    assert closes(limit=3) == [8, 9, 10]
    assert closes(**{"from": "2024-06-03T00:00:00Z", "to": "2024-06-06T00:00:00Z"}) == [3, 4, 5]
    assert closes(**{"from": "2024-06-03T02:00:00+02:00", "limit": 2}) == [9, 10]
    assert closes(to="2024-06-03") == [1, 2]
    assert closes(to="2020-01-01") == []
    assert [row["close"] for row in answer(f"assets/{bitcoin.pk}/candles")["candles"]] == ["99"]


@pytest.mark.usefixtures("archived_2020")
def test_archived_candles_on_request(bitcoin: Asset) -> None:
    old = {name: Decimal(4) for name in ("open_price", "high_price", "low_price", "close_price")}
    PriceDataArchive.objects.create(
        asset=bitcoin, timeframe="1d", candle_time=datetime(2020, 2, 1, tzinfo=UTC), volume=1, **old
    )
    add_candles(bitcoin, [5])
    path = f"assets/{bitcoin.pk}/candles"
    assert [row["close"] for row in answer(path, timeframe="1d")["candles"]] == ["5"]
    assert [row["close"] for row in answer(path, timeframe="1d", include_archive="true")["candles"]] == ["4", "5"]


@pytest.mark.parametrize(
    "query",
    [
        {"timeframe": "2h"},
        {"limit": 0},
        {"limit": 5001},
        {"from": "yesterday"},
        {"to": "2024-13-01T00:00:00Z"},
        {"indicators": "perhaps"},
    ],
)
def test_wrong_wishes_for_candles_are_refused(bitcoin: Asset, query: dict[str, Any]) -> None:
    problem = refused(client_of().get(f"{API}assets/{bitcoin.pk}/candles", query), 400)
    assert problem["errors"][0]["field"] in query


def test_indicators_of_the_newest_candle_that_has_them(bitcoin: Asset) -> None:
    refused(client_of().get(f"{API}assets/{bitcoin.pk}/indicators", {"timeframe": "1d"}), 404)
    add_candles(bitcoin, [1], technical_indicators={"RSI": {"14": 40.5}})
    add_candles(bitcoin, [2], first=EPOCH + DAY, technical_indicators={"RSI": {"14": 56.23}})
    add_candles(bitcoin, [3], first=EPOCH + 2 * DAY)
    assert answer(f"assets/{bitcoin.pk}/indicators", timeframe="1d") == {
        "asset_id": bitcoin.pk,
        "timeframe": "1d",
        "candle_time": "2024-06-02T00:00:00Z",
        "indicators": {"RSI": {"14": 56.23}},
    }
    candles = answer(f"assets/{bitcoin.pk}/candles", timeframe="1d", indicators="true")["candles"]
    assert [row["indicators"] for row in candles] == [{"RSI": {"14": 40.5}}, {"RSI": {"14": 56.23}}, None]


def test_runs_of_the_pipeline() -> None:
    run = PipelineRun.objects.create(timeframe="1d", as_of=EPOCH, status="done", counts={"regime": {"seconds": 0.5}})
    PipelineRun.objects.create(timeframe="1h", as_of=EPOCH, status="failed", series="replay-1")
    admin = AdminFactory()
    row = answer(f"system/runs/{run.pk}", admin)
    assert (row["as_of"], row["status"], row["counts"]) == (
        "2024-06-01T00:00:00Z",
        "done",
        {"regime": {"seconds": 0.5}},
    )
    assert len(answer("system/runs", admin)["results"]) == 2
    assert [one["id"] for one in answer("system/runs", admin, series="live")["results"]] == [run.pk]
    assert [one["id"] for one in answer("system/runs", admin, status="done")["results"]] == [run.pk]
    refused(client_of(admin).get(API + "system/runs", {"timeframe": "2h"}), 400)

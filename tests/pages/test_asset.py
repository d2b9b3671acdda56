"""The page of an asset."""

import csv
import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assets.models import PriceData
from tests.doors import client_of, queries
from tests.factories import (
    AssetFactory,
    SectorFactory,
    SectorMappingFactory,
    SignalOutcomeFactory,
    SignalOutcomeRevisionFactory,
    SignalTrackFactory,
    add_candles,
)
from tests.pages import market as making
from tests.pages.html import Element, page

pytestmark = pytest.mark.django_db
JUNE = datetime(2024, 6, 1, tzinfo=UTC)


def card(shown: Element, title: str) -> Element:
    return shown.one("section", aria_labelledby=title)


def settings_of(shown: Element) -> dict[str, object]:
    """What the chart's script is told."""
    found: dict[str, object] = json.loads("".join(map(str, shown.one("script", id="chart-settings").children)))
    return found


def test_an_unknown_symbol_is_a_page_of_its_own() -> None:
    shown = page("/assets/NONE", status=404)
    assert shown.one("h1").text == "There is nothing at this address"
    assert shown.every("nav", aria_label="Main")


@pytest.mark.parametrize("hidden", [{"is_active": False}, {"is_supported": False}])
def test_a_hidden_asset_answers_like_an_unknown_one(hidden: dict[str, bool]) -> None:
    AssetFactory(symbol="GONE", **hidden)
    page("/assets/GONE", status=404)
    assert client_of().get("/assets/GONE/candles.csv").status_code == 404


def test_another_spelling_leads_to_the_page() -> None:
    AssetFactory(symbol="BTC")
    response = client_of().get("/assets/btc")
    assert (response.status_code, response["Location"]) == (302, "/assets/BTC")


def test_the_head_has_price_change_sector_source_and_age() -> None:
    made = making.make_market()
    SectorMappingFactory(asset=made.asset, sector=SectorFactory(name="Layer 1"), is_primary_sector=True)
    SectorMappingFactory(asset=made.asset, sector=SectorFactory(name="Left"), valid_to=JUNE)
    head = page("/assets/BTC").one("header", cls="asset-head")
    assert head.one("h1").text == "BTC Bitcoin"
    assert "67,234.50 USD" in head.text
    assert "+1.2 %" in head.text
    assert [tag.text for tag in head.every("a", cls="pill")] == ["Layer 1"]
    chip = head.one("span", cls="chip")
    assert chip.text.startswith("Binance ·")
    assert chip.attributes["data-state"] == "fresh"


def test_without_candles_forecasts_and_signals_each_card_says_what_is_missing() -> None:
    AssetFactory(symbol="NEW")
    shown = page("/assets/NEW")
    for title in ("chart-title", "forecasts-title", "indicators-title", "signal-title"):
        assert card(shown, title).every("div", cls="empty-note"), title
    assert not shown.every("div", id="chart")


def test_the_chart_gets_the_newest_candles_from_the_api() -> None:
    asset = AssetFactory(symbol="BTC", current_price=Decimal(603))
    add_candles(asset, range(1, 604), first=datetime(2023, 1, 1, tzinfo=UTC))
    shown = page("/assets/BTC")
    address = shown.one("div", id="chart").attributes["data-candles"]
    assert address == f"/api/v1/assets/{asset.pk}/candles"
    told = settings_of(shown)
    assert told["timeframe"] == "1d"
    assert told["seconds"] == 86400
    assert told["first"] == "2023-01-01T00:00:00Z"
    query: dict[str, Any] = {
        "timeframe": "1d",
        "from": told["from"],
        "to": told["to"],
        "limit": "5000",
        "include_archive": "true",
    }
    candles = client_of().get(address, query).json()["candles"]
    assert len(candles) == 500
    assert candles[-1]["close"] == "603"
    assert candles[0]["time"] == told["from"]


def test_the_timeframes_are_those_with_candles_and_stand_in_the_address() -> None:
    asset = AssetFactory(symbol="BTC")
    add_candles(asset, [1, 2], timeframe="1h", first=JUNE)
    add_candles(asset, [1, 2], timeframe="1w", first=JUNE)
    shown = card(page("/assets/BTC"), "chart-title")
    assert [(tab.text, tab.attributes["href"]) for tab in shown.one("nav").every("a")] == [
        ("1h", "?timeframe=1h"),
        ("1w", "?timeframe=1w"),
    ]
    assert shown.one("nav").one("a", aria_current="true").text == "1h"
    assert settings_of(page("/assets/BTC", timeframe="1w"))["timeframe"] == "1w"
    assert "Candles of 5m stand here." in page("/assets/BTC", timeframe="5m").text
    page("/assets/BTC", timeframe="2h", status=404)


def test_what_is_stored_and_what_is_missing_of_it() -> None:
    asset = AssetFactory(symbol="BTC")
    add_candles(asset, [1, 2, 3], timeframe="1h", first=JUNE)
    add_candles(asset, [4, 5], timeframe="1h", first=JUNE + timedelta(hours=5))
    add_candles(asset, [6], timeframe="1h", first=JUNE + timedelta(hours=8))
    facts = {
        fact.one("dt").text: fact.one("dd").text
        for fact in card(page("/assets/BTC"), "data-title").one("dl").every("div")
    }
    assert facts["First candle"] == "2024-06-01 00:00 UTC"
    assert facts["Newest candle"] == "2024-06-01 08:00 UTC"
    assert facts["Candles"] == "6"
    assert facts["Gaps found"] == "2 (3 candles missing)"


def test_the_file_has_the_candles_of_the_stretch_and_reads_only_its_partitions() -> None:
    asset = AssetFactory(symbol="BTC")
    add_candles(asset, [Decimal("0.00000812"), 2, 3], first=JUNE, vwap=Decimal("1.5"))
    href = card(page("/assets/BTC"), "chart-title").one("a", id="chart-csv").attributes["href"]
    assert parse_qs(urlsplit(href).query) == {
        "timeframe": ["1d"],
        "from": ["2024-06-01T00:00:00Z"],
        "to": ["2024-06-04T00:00:00Z"],
    }
    response = client_of().get(href)
    assert response["Content-Disposition"] == 'attachment; filename="BTC-1d.csv"'
    head, *rows = csv.reader(response.content.decode().splitlines())
    assert head == ["time", "open", "high", "low", "close", "volume", "vwap", "trade_count"]
    assert [row[0] for row in rows] == ["2024-06-01T00:00:00Z", "2024-06-02T00:00:00Z", "2024-06-03T00:00:00Z"]
    assert rows[0][4] == "0.00000812"
    assert rows[0][-1] == ""
    with CaptureQueriesContext(connection) as captured:
        client_of().get(href)
    statement = next(query["sql"] for query in captured if "candle_time <" in query["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    read = [name for name in re.findall(r"on (price_\w+)", plan) if not name.endswith("_idx")]
    assert read == ["price_1d_y2024"]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"timeframe": "1d"}, "first"),
        ({"timeframe": "9d", "from": "2024-06-01T00:00:00Z", "to": "2024-06-02T00:00:00Z"}, "timeframe"),
        ({"timeframe": "1d", "from": "2024-06-01", "to": "2024-06-02T00:00:00Z"}, "first"),
        ({"timeframe": "1d", "from": "2024-13-01T00:00:00Z", "to": "2024-06-02T00:00:00Z"}, "first"),
        ({"timeframe": "1d", "from": "2024-06-01T00:00:00Z", "to": "soon"}, "end"),
    ],
)
def test_a_file_of_nonsense_is_refused_in_words(query: dict[str, Any], named: str) -> None:
    AssetFactory(symbol="BTC")
    shown = page("/assets/BTC/candles.csv", status=400, **query)
    assert named in [code.text for code in shown.every("code")]


def test_indicators_of_the_newest_closed_candle() -> None:
    asset = AssetFactory(symbol="BTC", current_price=Decimal(110))
    add_candles(asset, [100, 101], first=JUNE)
    PriceData.objects.filter(candle_time=JUNE).update(
        technical_indicators={"RSI": {"14": 55.04}, "SMA": {"200": 100.0, "20": 120.0}}
    )
    shown = page("/assets/BTC")
    rows = {row[0]: row[1:] for row in card(shown, "indicators-title").one("table").rows()}
    assert rows["RSI 14"] == ["55.0", ""]
    assert rows["Average of 200 candles"] == ["100.00", "+10.0 %"]
    assert rows["Average of 20 candles"] == ["120.00", "−8.3 %"]
    assert rows["Trend strength ADX 14"] == ["–", ""]
    assert "closed candle of 2024-06-01 00:00 UTC" in card(shown, "indicators-title").text
    assert card(shown, "chart-title").one("h2").text == "10.0 % above the average of 200 candles (1d)"


def test_open_forecasts_with_the_record_of_their_horizon() -> None:
    made = making.make_market()
    making.add_record(made)
    making.add_forecast(made, 24)
    making.add_forecast(made, 168)
    rows = card(page("/assets/BTC"), "forecasts-title").one("table").rows()
    assert rows[0][0].startswith("24 h Scored in ")
    assert rows[0][1:] == ["58 %", "65,000 – 70,000", "60,000 – 75,000", "no proven skill yet n 12"]
    assert rows[1][0].startswith("7 d Scored in ")
    assert rows[1][4] == "no proven skill yet n 0"


def test_the_fan_begins_at_the_candle_that_ends_with_the_forecast() -> None:
    made = making.make_market()
    add_candles(made.asset, [1, 2], first=making.TODAY - timedelta(days=2))
    making.add_forecast(made, 24)
    fan = settings_of(page("/assets/BTC"))["fan"]
    assert isinstance(fan, list)
    day = timedelta(days=1)
    assert [point["time"] for point in fan] == [
        (making.TODAY - day).strftime("%Y-%m-%dT00:00:00Z"),
        making.TODAY.strftime("%Y-%m-%dT00:00:00Z"),
    ]
    assert fan[0]["quantiles"]["0.05"] == 67234.5
    assert fan[1]["quantiles"]["0.95"] == 75000


def test_a_signal_tells_the_chain_it_came_from() -> None:
    made = making.make_market()
    making.add_sector(made, "Layer 1", 1)
    signal = making.add_signal(made, confidence_score=Decimal("0.3333"))
    shown = page("/assets/BTC")
    (row,) = card(shown, "signal-title").one("table").rows()
    levels = ["100.00", "120.00", "90.0000", "2.0", "3 d", "no proven skill yet"]
    assert row[:9] == ["long", "active", "not over", *levels]
    steps = [step.text for step in shown.one("div", id=f"why-{signal.pk}").one("ol").every("li")]
    assert [step.split(" #")[0].split(":")[0] for step in steps[:5]] == [
        "Signal",
        f"Ranking {made.tier.name}",
        "Sector",
        "State of the market",
        "Snapshot",
    ]
    assert f"#{signal.pk}" in steps[0]
    assert "trend 25 %" in steps[0]
    assert "that of a walk without drift: 0.33" in steps[0]
    assert "Place 5 of 1 on its list; better than 81 % of all assets." in steps[1]
    assert "Layer 1" in steps[2]
    assert f"accumulation #{made.regime.pk}" in steps[3]
    assert f"#{made.snapshot.pk}" in steps[4]
    assert steps[5].startswith("Candles Closed candles of 1d up to")


def test_a_signal_tells_what_came_of_it() -> None:
    made = making.make_market()
    ended, corrected, waits = (making.add_signal(made, time_horizon_hours=hours) for hours in (48, 72, 168))
    SignalOutcomeFactory(signal=ended)
    SignalOutcomeFactory(signal=corrected)
    SignalOutcomeRevisionFactory(signal=corrected, net_return_pct=Decimal("-10.3"))
    SignalTrackFactory(signal=waits, paused_since=making.TODAY)
    told = {row[7]: row[2] for row in card(page("/assets/BTC"), "signal-title").one("table").rows()}
    assert told["2 d"].startswith("target")
    assert "19.7" in told["2 d"]
    assert told["3 d"].startswith("stop")
    assert "10.3" in told["3 d"]
    assert told["7 d"].startswith("waits for the missing candle")


def test_signals_on_the_chart_have_levels_while_they_are_open() -> None:
    made = making.make_market()
    add_candles(made.asset, [1, 2], first=making.TODAY - timedelta(days=2))
    making.add_signal(made)
    making.add_signal(
        made, signal_type="short", target_price=80, stop_loss=110, expires_at=making.NOW - timedelta(days=1)
    )
    drawn = settings_of(page("/assets/BTC"))["signals"]
    assert isinstance(drawn, list)
    assert [(one["direction"], one["open"]) for one in drawn] == [("short", False), ("long", True)]
    assert drawn[1]["levels"]["target"] == "120.000000000000000000"
    assert drawn[1]["time"] == (making.TODAY - timedelta(days=1)).strftime("%Y-%m-%dT00:00:00Z")


def test_a_demo_asset_is_marked_even_beside_the_real_market() -> None:
    making.make_market()
    AssetFactory(symbol="BTC-DEMO", data_source="demo")
    assert page("/assets/BTC-DEMO").every("div", cls="demo-ribbon")
    assert not page("/assets/BTC").every("div", cls="demo-ribbon")


def test_more_rows_need_no_more_queries() -> None:
    made = making.make_market()
    add_candles(made.asset, range(1, 5), first=JUNE)

    def add(number: int) -> None:
        making.add_sector(made, f"Sector {number}", number)
        making.add_signal(made, time_horizon_hours=24 * number)
        making.add_forecast(made, 24 * number)

    add(1)
    one = queries(client_of(), "/assets/BTC")
    for number in range(2, 6):
        add(number)
    assert queries(client_of(), "/assets/BTC") == one

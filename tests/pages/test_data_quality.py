"""The page of the data: what is wrong, and what to do about it."""

import csv
from datetime import timedelta
from io import StringIO

import pytest

from assets.choices import DEMO_SOURCE, GapReason, GapStatus, IngestStatus
from system.models import ExternalApiLog
from tests.doors import client_of, queries
from tests.factories import (
    AdminFactory,
    AssetFactory,
    GapFactory,
    IngestStateFactory,
    MetricsSnapshotFactory,
)
from tests.pages import market as making
from tests.pages.html import Element, page

pytestmark = pytest.mark.django_db


def troubles(shown: Element) -> list[list[str]]:
    heading = shown.one("h1", id="data-title")
    (card,) = [one for one in shown.every("section") if one.every("h1", id="data-title") == [heading]]
    return card.rows()


def test_an_empty_installation_is_told_how_to_begin() -> None:
    shown = page("/data-quality")
    assert shown.one("h1").text == "There is no data yet"
    assert "manage.py import_market" in shown.text


def test_data_in_order_says_so() -> None:
    making.make_market()
    shown = page("/data-quality")
    assert shown.one("h1").text == "The data is in order"
    assert "No gap was found." in shown.text
    assert not shown.every("section", id="fetches")


def test_each_trouble_has_its_remedy() -> None:
    market = making.make_market()
    market.asset.last_price_update = making.NOW - timedelta(hours=7)
    market.asset.save()
    GapFactory(asset=market.asset)
    IngestStateFactory(asset=market.asset, status=IngestStatus.PARTIAL, rejected=3, expected=10, stored=7)
    shown = page("/data-quality")
    assert shown.one("h1").text == "3 things are wrong with the data"
    prices, fetches, gaps = troubles(shown)
    assert prices[0] == "The prices of Binance are stale."
    assert prices[2].endswith("manage.py collect")
    assert fetches[0] == "1 fetch is not complete."
    assert gaps[0] == "1 gap in the candles is open."
    assert gaps[2].endswith("manage.py gaps --repair")
    (fetch,) = shown.one("section", id="fetches").one("table").rows()
    assert fetch[4:7] == ["7", "10", "3"]
    assert fetch[8].endswith("manage.py collect --asset BTC --timeframe 1h")


def test_gaps_are_counted_by_timeframe_and_listed_with_what_fills_them() -> None:
    market = making.make_market()
    GapFactory(asset=market.asset, missing=5)
    resolved = {"asset": market.asset, "resolved_at": making.NOW}
    GapFactory(**resolved, missing=9, status=GapStatus.CONFIRMED, reason=GapReason.OUTAGE, timeframe="4h")
    GapFactory(**resolved, status=GapStatus.REPAIRED)
    later = making.NOW - timedelta(hours=5)
    unlisted = {"starts_at": later, "ends_at": later + timedelta(hours=1), "reason": GapReason.NOT_LISTED}
    GapFactory(**resolved, status=GapStatus.CONFIRMED, **unlisted)
    GapFactory(asset=AssetFactory(data_source=DEMO_SOURCE), missing=50)
    counted, listed = page("/data-quality").one("section", id="gaps").every("table")
    assert counted.rows() == [["1h", "1", "5", "0", "0", "1", "1"], ["4h", "0", "0", "1", "9", "0", "0"]]
    first, second = listed.rows()
    assert first[-1].endswith("manage.py gaps --repair --asset BTC --timeframe 1h")
    assert second[-1].startswith("The source has none either.")
    rows = list(csv.DictReader(StringIO(client_of().get("/data-quality/gaps.csv?timeframe=4h").content.decode())))
    assert [(row["asset"], row["candles"], row["reason"]) for row in rows] == [("BTC", "9", "outage")]


def test_a_choice_narrows_the_gaps() -> None:
    market = making.make_market()
    GapFactory(asset=market.asset)
    GapFactory(asset=AssetFactory(symbol="ETH", data_source="binance"), timeframe="4h")
    for query, symbol in (("asset=eth", "ETH"), ("timeframe=1h", "BTC")):
        listed = page(f"/data-quality?{query}").one("section", id="gaps").every("table")[1]
        assert [row[0] for row in listed.rows()] == [symbol]
    assert "No standing gap fits this choice." in page("/data-quality?asset=XRP").text
    assert page("/data-quality?timeframe=7h").every("p", cls="field-error")


def test_a_source_that_refuses_us_says_what_to_look_at() -> None:
    making.make_market()
    ExternalApiLog.objects.create(
        api_provider="binance", endpoint="/", http_method="GET", response_status=401, response_time_ms=9
    )
    shown = page("/data-quality")
    (row,) = [row for row in shown.one("section", id="providers").one("table").rows() if row[0] == "Binance"]
    assert row[1] == "faulty"
    assert "PROVIDER_BINANCE_KEY" in row[5]
    assert troubles(shown)[0][0] == "Binance does not answer as it should."


def test_what_snapshots_knew_is_drawn_over_time() -> None:
    making.make_market()
    for days, share in ((1, 0.6), (2, 0.5), (3, 0.7)):
        MetricsSnapshotFactory(
            snapshot_time=making.TODAY - timedelta(days=days), data_quality_flags={"completeness_score": share}
        )
    shown = page("/data-quality")
    graph = shown.one("figure", id="graph-completeness")
    assert graph.one("h3").text == "Known figures of the snapshot: above its median of this time for 1 day"
    assert "80 % of the figures are known" in shown.text


def test_what_is_stored_where_and_faults_in_full_are_for_admins() -> None:
    market = making.make_market()
    IngestStateFactory(asset=market.asset, status=IngestStatus.FAILED, error="ConnectError: http://inside:9")
    admin = page("/data-quality", AdminFactory())
    assert "http://inside:9" in admin.text
    assert admin.one("section", id="stores").one("table").rows()
    visitor = page("/data-quality")
    assert "http://inside:9" not in visitor.text
    assert not visitor.every("section", id="stores")


def test_more_gaps_need_no_more_queries() -> None:
    market, client = making.make_market(), client_of()
    GapFactory(asset=market.asset)
    IngestStateFactory(asset=market.asset, status=IngestStatus.FAILED)
    few = queries(client, "/data-quality")
    for _place in range(4):
        GapFactory(asset=(asset := AssetFactory(data_source="binance")))
        IngestStateFactory(asset=asset, status=IngestStatus.FAILED)
    assert queries(client, "/data-quality") == few <= 50

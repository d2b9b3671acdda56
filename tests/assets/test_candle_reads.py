"""Which partitions a read of candles touches, asked of the planner about the very statements that are sent."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assets.models import Asset
from assets.selectors import candle_json
from assets.selectors import candles as candle_arrays
from assets.selectors.candle_json import CandleWish, wished_json
from tests.factories import EPOCH, AssetFactory, add_candles

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
JUNE = EPOCH.replace(month=6, day=1)


@pytest.fixture
def asset() -> Asset:
    return AssetFactory()


@pytest.fixture
def late_june(monkeypatch: pytest.MonkeyPatch) -> datetime:
    now = JUNE + 26 * DAY
    monkeypatch.setattr(candle_json.timezone, "now", lambda: now)
    return now


def scans(node: Any) -> Iterator[str]:
    if "Relation Name" in node:
        yield node["Relation Name"]
    for inner in node.get("Plans", ()):
        yield from scans(inner)


def explained(statement: str) -> set[str]:
    """Tables that a statement scans."""
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) " + statement.replace("%", "%%"), [])
        plan = cursor.fetchone()[0]
    return set(scans((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]))


def touched(asset: Asset, wish: CandleWish) -> list[set[str]]:
    """Tables that each statement scans which answers a wish."""
    with CaptureQueriesContext(connection) as captured:
        wished_json(asset.pk, wish)
    return [explained(query["sql"]) for query in captured.captured_queries]


def test_a_period_touches_its_own_partitions(asset: Asset) -> None:
    wish = CandleWish("1h", first=JUNE - DAY, end=JUNE + DAY)
    assert touched(asset, wish) == [{"price_1h_y2024m05", "price_1h_y2024m06"}]
    assert touched(asset, CandleWish("1d", first=JUNE, end=JUNE + DAY)) == [{"price_1d_y2024"}]


@pytest.mark.usefixtures("archived_2020")
def test_the_archive_is_pruned_too(asset: Asset) -> None:
    first, middle = datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 6, 1, tzinfo=UTC)
    both = {"price_1d_y2020", "archived_2020"}
    assert touched(asset, CandleWish("1d", first=first, end=middle, archive=True)) == [both]
    assert touched(asset, CandleWish("1d", first=JUNE, end=JUNE + DAY, archive=True)) == [{"price_1d_y2024"}]
    assert touched(asset, CandleWish("1d", first=first, end=middle)) == [{"price_1d_y2020"}]


@pytest.mark.usefixtures("late_june")
def test_the_newest_candles_are_looked_for_where_they_are(asset: Asset) -> None:
    add_candles(asset, range(1, 601), timeframe="1h", first=JUNE)
    [tables] = touched(asset, CandleWish("1h", limit=500))
    assert "price_1h_y2024m06" in tables
    assert min(tables) == "price_1h_y2024m06"
    [tables] = touched(asset, CandleWish("1h", limit=500, end=JUNE + 22 * DAY))
    assert tables == {"price_1h_y2024m05", "price_1h_y2024m06"}


@pytest.mark.usefixtures("late_june")
def test_older_candles_are_found_all_the_same(asset: Asset) -> None:
    """In a hole, before it, and when there are fewer than wanted: what is answered is what a plain read finds."""
    add_candles(asset, range(1, 101), timeframe="1h", first=datetime(2024, 1, 1, tzinfo=UTC))
    add_candles(asset, range(101, 201), timeframe="1h", first=JUNE)
    for limit, expected in ((100, range(101, 201)), (150, range(51, 201)), (200, range(1, 201)), (500, range(1, 201))):
        found = json.loads(wished_json(asset.pk, CandleWish("1h", limit=limit)))
        assert [int(candle["close"]) for candle in found] == list(expected)
    found = json.loads(wished_json(asset.pk, CandleWish("1h", limit=5, end=datetime(2024, 3, 1, tzinfo=UTC))))
    assert [int(candle["close"]) for candle in found] == [96, 97, 98, 99, 100]
    for end in (datetime(1, 1, 1, tzinfo=UTC), datetime(1971, 1, 1, tzinfo=UTC)):
        assert wished_json(asset.pk, CandleWish("1M", limit=5000, end=end)) == "[]"


@pytest.mark.usefixtures("archived_2020")
def test_arrays_touch_their_own_partitions(asset: Asset) -> None:
    start = datetime(2020, 2, 1, tzinfo=UTC)
    query = candle_arrays._query(asset.pk, "1d", start, start + 5 * DAY)
    connection.ensure_connection()
    assert explained(query.as_string(connection.connection)) == {"price_1d_y2020", "archived_2020"}

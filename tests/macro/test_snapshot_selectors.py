"""Snapshots as pages and the API read them: right, of one market, and in a fixed number of statements."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assets.choices import Market
from macro.models import MetricsSnapshot
from macro.selectors.snapshots import (
    NUMBERS,
    Difference,
    at_spans_before,
    compare,
    dominance_card,
    figures_over_time,
    macro_indicators,
    newest_snapshot,
    regime_and_figures,
    sentiment_card,
)
from tests.factories import MetricsSnapshotFactory, RegimeFactory

pytestmark = pytest.mark.django_db
NOW = datetime.fromisoformat("2024-06-30T00:00:00+00:00")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def take(at: datetime = NOW, **columns: Any) -> MetricsSnapshot:
    return MetricsSnapshotFactory(snapshot_time=at, **{"timeframe": "1h", "data_source": "aggregated"} | columns)


def statements(call: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured)


def test_the_newest_of_one_market() -> None:
    real = take(NOW - HOUR)
    demo = take(NOW, data_source="demo")
    assert newest_snapshot(Market.REAL, "1h") == real
    assert newest_snapshot(Market.DEMO, "1h") == demo
    assert newest_snapshot(Market.REAL, "1d") is None


@pytest.mark.parametrize("hours", [2, 9])
def test_history_takes_one_statement_whatever_its_length(hours: int) -> None:
    for hour in range(hours):
        RegimeFactory(metrics_snapshot=take(NOW - hour * HOUR, btc_dominance=50 + hour), regime_confidence=0.7)
    span = (Market.REAL, "1h", ["btc_price_usd", "btc_dominance"], NOW - DAY, NOW)
    figures, both = figures_over_time(*span), regime_and_figures(*span)
    assert [row["btc_dominance"] for row in figures] == [50 + hour for hour in reversed(range(hours))]
    assert [row["btc_dominance"] for row in both] == [row["btc_dominance"] for row in figures]
    assert "extended_metrics" not in both[0]
    assert both[-1]["regime"] == "Bull"
    assert [statements(partial(read, *span)) for read in (figures_over_time, regime_and_figures)] == [1, 1]


def test_history_leaves_out_what_lies_outside() -> None:
    for days in (0, 1, 2, 3):
        take(NOW - days * DAY)
    found = figures_over_time(Market.REAL, "1h", ["btc_price_usd"], NOW - 2 * DAY, NOW - DAY)
    assert [row["snapshot_time"] for row in found] == [NOW - DAY]


@pytest.mark.parametrize("read", [figures_over_time, regime_and_figures])
def test_only_figures_can_be_asked_for(read: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="extended_metrics, id"):
        read(Market.REAL, "1h", ["id", "extended_metrics"], NOW - DAY, NOW)


def test_two_moments_side_by_side() -> None:
    before = take(NOW - DAY, vix_index=Decimal(20), funding_rate_btc=Decimal("-0.0001"), new_highs_24h=0)
    after = take(NOW, vix_index=Decimal(25), funding_rate_btc=Decimal("0.0001"), new_highs_24h=3, gold=Decimal(2000))
    names = ("vix_index", "funding_rate_btc", "new_highs_24h", "gold")
    assert statements(lambda: compare(before, after)) == 0
    assert compare(before, after, names) == [
        Difference("vix_index", 20, 25, 5, Decimal(25)),
        Difference(
            "funding_rate_btc", before.funding_rate_btc, after.funding_rate_btc, Decimal("0.0002"), Decimal(200)
        ),
        Difference("new_highs_24h", 0, 3, 3, None),
        Difference("gold", None, 2000, None, None),
    ]
    assert {one.name for one in compare(before, after)} == set(NUMBERS)
    assert not {"id", "collection_duration_ms"} & set(NUMBERS)


def test_the_snapshot_of_a_span_ago() -> None:
    """Or shortly before; not one of another market, nor one that is much older."""
    now = take(NOW)
    late = take(NOW - DAY - timedelta(minutes=30))
    take(NOW - DAY - timedelta(minutes=50))
    take(NOW - DAY, data_source="demo", timeframe="4h")
    take(NOW - 7 * DAY - 2 * HOUR)
    assert at_spans_before(now, (DAY, 7 * DAY)) == {DAY: late}
    assert at_spans_before(now, ()) == {}


def test_dominance_with_its_changes() -> None:
    take(NOW - DAY, btc_dominance=50, altcoin_dominance=None)
    take(NOW - 7 * DAY, btc_dominance=48, altcoin_dominance=30)
    now = take(NOW, btc_dominance=Decimal("51.5"), altcoin_dominance=Decimal(28))
    now.refresh_from_db()
    assert statements(lambda: dominance_card(now)) == 1
    changes = dominance_card(now).changes
    assert (changes["btc_24h"], changes["btc_7d"]) == (Decimal("1.5"), Decimal("3.5"))
    assert (changes["altcoin_24h"], changes["altcoin_7d"]) == (None, Decimal(-2))
    assert changes["eth_24h"] is None


def test_cards_of_a_snapshot_ask_nothing() -> None:
    groups = {
        "sentiment_metrics": {"sources": ["news"], "news_sentiment": {"score": 0.2, "articles": 3}},
        "derivatives_metrics": {"funding_rates": {"BTCUSDT-PERP": 0.0001}},
        "macro_metrics": {"VIX": {"value": 15.0, "change_pct": 1.0}, "GOLD": None},
    }
    one, bare = take(extended_metrics=groups), take(NOW - DAY, extended_metrics={})
    card = sentiment_card(one)
    assert (card.funding_rates, card.sources) == ({"BTCUSDT-PERP": 0.0001}, ["news"])
    assert card.news == {"score": 0.2, "articles": 3}
    gold = {"indicator_name": "GOLD", "value": None, "missing": "not known"}
    assert macro_indicators(one, NOW) == [gold, {"indicator_name": "VIX", "value": 15.0, "change_pct": 1.0}]
    assert macro_indicators(one, NOW, ["GOLD", "NONE"]) == [gold]
    assert (sentiment_card(bare).news, macro_indicators(bare, NOW)) == (None, [])
    assert statements(lambda: (sentiment_card(one), macro_indicators(one, NOW))) == 0

"""The page of the market."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest

from cryptopredict.pages.graphs import Graph, Line
from cryptopredict.pages.market_page import bands, finding
from macro.models import AIRegimeAnalysis
from tests.doors import client_of, queries
from tests.factories import MetricsSnapshotFactory, RegimeFactory, add_candles
from tests.pages import market as making
from tests.pages.html import Element, page

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NOON = datetime(2026, 3, 1, tzinfo=UTC)


def graph(shown: Element, key: str) -> dict[str, Any]:
    """What the script of a chart is given."""
    found: dict[str, Any] = orjson.loads(
        "".join(map(str, shown.one("figure", id=f"graph-{key}").one("script").children))
    )
    return found


def judged(made: making.Market, days: int, regime: str, **columns: Any) -> AIRegimeAnalysis:
    """What the market was judged to be some days ago."""
    snapshot = MetricsSnapshotFactory(
        snapshot_time=making.TODAY - days * DAY, data_source="aggregated", **columns.pop("snapshot", {})
    )
    return RegimeFactory(
        metrics_snapshot=snapshot,
        current_regime=regime,
        analysis_data={"probabilities": {regime: 1.0}},
        data_source=made.regime.data_source,
        **columns,
    )


def test_before_any_analysis_it_says_how_to_make_one() -> None:
    shown = page("/market")
    assert shown.one("h1").text == "The market has not been analysed yet"
    assert not shown.every("figure")


def test_states_stand_behind_the_price_as_they_were_judged() -> None:
    made = making.make_market()
    add_candles(made.asset, [100 + place for place in range(40)], timeframe="1d", first=making.TODAY - 40 * DAY)
    for days, regime in ((3, "Bull"), (2, "Bull"), (1, "Bear")):
        judged(made, days, regime)
    shown = page("/market?range=30d")
    price = graph(shown, "price")
    assert [(one["name"], one["hue"]) for one in price["bands"]] == [
        ("Bull market", "regime-bull"),
        ("Bear market", "regime-bear"),
        ("Accumulation", "regime-accumulation"),
    ]
    assert [(one["to"] - one["from"]) / 86_400_000 for one in price["bands"]] == [2, 1, 0]
    assert price["title"] == "Bitcoin, USD: the market changed its state 2 times"
    assert price["lines"][0]["values"][-1] == 139
    assert price["times"][-1] == making.TODAY.timestamp() * 1000
    assert len(price["times"]) == 30
    assert "never as judged later" in shown.one("figure", id="graph-price").text
    stacked = graph(shown, "probabilities")
    assert {line["name"]: line["values"][:3] for line in stacked["lines"]}["Bull market"] == [100, 100, 0]
    assert stacked["lines"][-1]["kind"] == "stack"
    assert sum(line["values"][-1] for line in stacked["lines"]) == pytest.approx(100)


def test_before_the_first_judgement_stand_the_states_as_its_rules_would_have_judged() -> None:
    """Told apart: nobody judged then."""
    made = making.make_market()
    add_candles(made.asset, [100 + place for place in range(40)], timeframe="1d", first=making.TODAY - 40 * DAY)
    told = [(50, "Bull"), (20, "Bear"), (12, "Accumulation")]
    data = making.REGIME_DATA | {
        "states": [{"regime": name, "from": (making.TODAY - days * DAY).isoformat()} for days, name in told]
    }
    AIRegimeAnalysis.objects.filter(pk=made.regime.pk).update(analysis_data=data)
    shown = page("/market?range=30d")
    bands = graph(shown, "price")["bands"]
    assert [(one["name"], (one["to"] - one["from"]) / 86_400_000) for one in bands] == [
        ("Bull market", 10),
        ("Bear market", 8),
        ("Accumulation", 12),
    ]
    first = making.TODAY.strftime("%-d %b %Y")
    assert f"judged on the day itself from {first} on" in shown.one("figure", id="graph-price").text


def test_figures_over_time_are_told_and_unknown_ones_are_not_drawn() -> None:
    made = making.make_market()
    for days in range(1, 6):
        known = {"crypto_market_breadth": Decimal(40 + days), "funding_rate_btc": Decimal("0.0001")}
        judged(made, days, "Bull", snapshot=known, regime_statistics={"current_volatility": 0.5})
    shown = page("/market")
    breadth = graph(shown, "crypto_market_breadth")
    assert breadth["lines"][0]["values"] == [45, 44, 43, 42, 41, 64.4]
    assert breadth["title"] == "Market breadth: above its median of this time for 1 day"
    assert breadth["level"] == {"value": 50, "name": "50"}
    assert graph(shown, "funding_rate_btc")["lines"][0]["values"] == pytest.approx([0.01] * 5 + [None])
    assert graph(shown, "volatility")["lines"][0]["values"] == [50, 50, 50, 50, 50, None]
    assert not shown.every("figure", id="graph-fear_greed_index")
    to_come = shown.one("p", cls="graphs-to-come").text
    assert to_come.startswith("As soon as two moments of them are known, lines stand here of:")
    assert "Fear & Greed" in to_come
    assert "Market breadth" not in to_come
    assert shown.one("section", aria_labelledby="quality-title").one("table").rows() == [
        ["no source", "1", "Fear & Greed index"]
    ]


def test_what_comes_next_and_what_came_of_moments_like_this_one() -> None:
    data = {
        "probabilities": making.PROBABILITIES,
        "primary_signals": making.EVIDENCE,
        "forecast": {"at_next_change": {"Bull": 0.75, "Bear": 0.25}},
        "analogues": [
            {"time": "2023-01-10T00:00:00+00:00", "similarity": 0.91, "followed_pct": {"7": 12.5, "30": -3.0}}
        ],
    }
    made = making.make_market()
    AIRegimeAnalysis.objects.filter(pk=made.regime.pk).update(
        analysis_data=data,
        regime_duration_estimate=24 * 10,
        regime_statistics={
            "success_separate": 3,
            "success_moments": 40,
            "success_rate_historical": 0.7,
            "current_duration_days": 12,
            "typical_duration_days": 20,
            "whole_spells": 2,
            "since": None,
            "began_before_history": False,
        },
    )
    shown = page("/market")
    ahead = shown.one("section", aria_labelledby="ahead-title")
    rows = ahead.one("table").rows()
    assert [row[0] for row in rows] == ["1 day", "7 days", "30 days"]
    assert rows[0][1:] == ["Accumulation", "0.90", "0.10"]
    assert rows[2][1] == "Bull market"
    assert "no proven skill yet" in ahead.text
    assert "3 separate past moments" in ahead.text
    alike = shown.one("section", aria_labelledby="analogues-title")
    assert alike.one("table").rows() == [["10 Jan 2023", "91 %", "+12.5 %", "−3.0 %"]]
    assert "It is one case only" in alike.text


def test_an_unknown_range_is_the_usual_one() -> None:
    making.make_market()
    chosen = page("/market?range=forever").one("a", aria_current="true")
    assert chosen.attributes["href"] == "?range=180d"


def test_it_asks_the_database_as_often_for_a_long_past_as_for_a_short_one() -> None:
    made, client = making.make_market(), client_of()
    few = queries(client, "/market?range=3y")
    for days in range(1, 30):
        judged(made, days, "Bull")
    assert queries(client, "/market?range=3y") == few <= 16


class TestBands:
    def test_without_a_judgement_there_is_none(self) -> None:
        assert bands([], NOON) == []

    def test_a_state_holds_until_the_next_is_judged(self) -> None:
        states = [(NOON + days * DAY, regime) for days, regime in ((0, "Bull"), (1, "Bull"), (5, "Bear"), (6, "Bear"))]
        told = [(band.label, band.start, band.end) for band in bands(states, NOON)]
        assert told == [
            ("Bull market", NOON, NOON + 5 * DAY),
            ("Bear market", NOON + 5 * DAY, NOON + 6 * DAY),
        ]

    def test_nothing_before_the_range_is_told(self) -> None:
        states = [(NOON + days * DAY, regime) for days, regime in ((0, "Bull"), (2, "Bear"), (4, "Bull"), (6, "Bull"))]
        told = [(band.label, band.start) for band in bands(states, NOON + 3 * DAY)]
        assert told == [("Bear market", NOON + 3 * DAY), ("Bull market", NOON + 4 * DAY)]


class TestFinding:
    def test_how_long_a_line_has_been_on_its_side(self) -> None:
        assert finding("X", [1, 9, 2, 8, 9]) == "X: above its median of this time for 1 day"
        assert finding("X", [9, 8, 9, 1, None, 2]) == "X: below its median of this time for 2 days"

    def test_its_name_alone_where_nothing_can_be_said(self) -> None:
        assert finding("X", [1, 2]) == "X"
        assert finding("X", [1, 2, 3, None]) == "X"
        assert finding("X", [5, 5, 5, 5]) == "X"


def test_one_point_is_no_line() -> None:
    times = [NOON, NOON + DAY]
    assert Graph("x", "X", times, [Line("X", [1, None])]).is_empty
    assert not Graph("x", "X", times, [Line("X", [None, None]), Line("Y", [1, 2])]).is_empty

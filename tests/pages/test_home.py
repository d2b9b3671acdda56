"""The start page."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from selection.choices import SuggestionType
from tests.doors import client_of, queries
from tests.factories import AdminFactory, AssetFactory, PortfolioFactory, PositionFactory, UserFactory, WatchlistFactory
from tests.pages import market as making
from tests.pages.html import Element, page

pytestmark = pytest.mark.django_db


def card(shown: Element, title: str) -> Element:
    return shown.one("section", aria_labelledby=title)


def test_without_any_price_it_says_how_to_get_some() -> None:
    shown = page("/")
    assert shown.one("h1").text == "The market has not been analysed yet"
    assert [code.text for code in shown.every("code")] == ["manage.py import_market …", "manage.py up"]
    assert not shown.every("div", cls="demo-ribbon")


def test_with_prices_but_no_analysis_it_says_how_to_make_one() -> None:
    AssetFactory()
    assert [code.text for code in page("/").every("code")] == ["manage.py run_pipeline"]


def test_the_state_of_the_market_with_its_probabilities_and_reasons() -> None:
    made = making.make_market()
    shown = card(page("/"), "market-title")
    since = (making.TODAY - timedelta(days=12)).strftime("%-d %b %Y")
    assert shown.one("h1").text == f"Accumulation since {since} (12 days)"
    assert "Probability 0.62 no proven skill yet" in shown.text
    assert "The evidence sums to +0.28, on a scale from −1 (down) to +1 (up)." in shown.text
    assert "For a rise: market breadth (+0.25) and momentum over 60 candles (+0.15)." in shown.text
    assert "Against it: order of highs and lows (−0.12)." in shown.text
    legend = [line.text for line in shown.one("ul", cls="key-list").every("li")]
    assert legend[:2] == ["Accumulation 0.62", "Sideways 0.20"]
    assert len(legend) == 6
    widths = [float(rect.attributes["width"]) for rect in shown.one("svg", cls="bar").every("rect")]
    assert sum(widths) == pytest.approx(100)
    evidence = shown.one("table").rows()
    assert evidence[0][:3] == ["Market breadth", "+0.60", "+0.25"]
    assert evidence[2][:3] == ["Order of highs and lows", "−1.00", "−0.12"]
    assert f"Snapshot #{made.snapshot.pk}" in shown.text


def test_a_state_that_is_one_day_old_is_told_in_the_singular() -> None:
    made = making.make_market()
    made.regime.regime_duration_days = 1
    made.regime.save()
    assert card(page("/"), "market-title").one("h1").text.endswith("(1 day)")


def test_key_figures_with_their_change_and_an_unknown_one_with_its_reason() -> None:
    made = making.make_market()
    making.factories.MetricsSnapshotFactory(
        snapshot_time=made.snapshot.snapshot_time - timedelta(days=1),
        total_market_cap=Decimal(1200000000000),
        crypto_market_breadth=Decimal("60.0"),
        data_source="aggregated",
    )
    figures = {kpi.every("h3")[0].text: kpi for kpi in page("/").every("div", cls="kpi")}
    values = {name: [kpi.one("p", cls="value").text, kpi.one("p", cls="beside").text] for name, kpi in figures.items()}
    assert values["Total market cap"] == ["1.24 T", "+3.3 %"]
    assert values["Market breadth"] == ["64.4 %", "+4.4 pp"]
    assert values["Bitcoin dominance"] == ["52.1 %", ""]
    assert values["Fear & Greed"] == ["–", ""]
    dash = figures["Fear & Greed"].one("span", cls="unknown")
    assert dash.attributes["data-reason"] == "no source"
    assert dash.attributes["aria-label"] == "unknown: no source"
    assert figures["Total market cap"].one("span", cls="num", title="").attributes["title"] == "1,240,000,000,000.00"


def test_a_key_figure_explains_itself() -> None:
    making.make_market()
    shown = page("/")
    button = shown.every("button", popovertarget="explain-crypto_market_breadth")[0]
    assert button.text == "How “Market breadth” is computed"
    explained = shown.one("div", id="explain-crypto_market_breadth")
    assert [dt.text for dt in explained.every("dt")] == ["Formula", "Inputs", "Period", "Assumptions", "Data quality"]
    assert "80 % of the snapshot's figures are known." in explained.text


def test_sectors_stand_in_the_order_of_their_rank() -> None:
    made = making.make_market()
    making.add_sector(made, "Meme", 2)
    making.add_sector(
        made,
        "Layer 1",
        1,
        performance_24h_pct=Decimal("-2.7"),
        relative_strength_score=Decimal("0.35"),
        analysis_data={
            "performance_metrics": {"breadth": 0.5},
            "missing": {"performance_30d_pct": "too little history"},
        },
    )
    rows = card(page("/"), "sectors-title").one("table").rows()
    assert rows[0] == ["1", "Layer 1", "−2.7 %", "+16.5 %", "–", "0.35", "50 %", "bullish"]
    assert rows[1][:2] == ["2", "Meme"]


def test_open_suggestions_of_the_default_lists_only() -> None:
    made = making.make_market()
    making.add_suggestion(made, confidence_score=Decimal("0.86"))
    making.add_suggestion(made, watchlist=WatchlistFactory(), suggestion_type=SuggestionType.ADD)
    making.add_suggestion(made, suggestion_type=SuggestionType.REMOVE, expires_at=making.NOW - timedelta(days=1))
    shown = card(page("/"), "suggestions-title")
    assert [row[:4] for row in shown.one("table").rows()] == [["promote", "BTC", "tier 1", "0.86"]]
    assert "1 wait for a reviewer" in shown.text
    assert not shown.every("a", cls="button")


def test_an_admin_is_led_to_the_queue() -> None:
    making.add_suggestion(making.make_market())
    link = card(page("/", AdminFactory()), "suggestions-title").one("a", cls="button")
    assert link.attributes["href"] == reverse("review")
    assert client_of(AdminFactory()).get(link.attributes["href"]).status_code == 200


def test_unproven_signals_have_a_tab_of_their_own_and_no_probability() -> None:
    made = making.make_market()
    signal = making.add_signal(made, confidence_score=Decimal("0.3333"))
    shown = card(page("/"), "signals-title")
    assert [tab.text for tab in shown.one("nav").every("a")] == ["Actionable 0", "Unproven 1"]
    (row,) = shown.one("table").rows()
    assert row[:8] == ["long", "BTC", "100.00", "120.00", "90.0000", "2.0", "no proven skill yet", "3 d"]
    assert "0.33" not in shown.text
    link = shown.one("table").every("a")[1]
    assert link.attributes["href"] == f"/signals/{signal.pk}#why"
    actionable = card(page("/", signals="proven"), "signals-title")
    assert not actionable.every("table")
    assert "an honest empty list" in actionable.text


def test_a_proven_signal_comes_first_with_its_probability() -> None:
    made = making.make_market()
    making.add_signal(made)
    making.add_signal(made, proven=True, confidence_score=Decimal("0.58"), asset=AssetFactory(symbol="SOL"))
    shown = card(page("/"), "signals-title")
    assert [(row[1], row[6]) for row in shown.one("table").rows()] == [("SOL", "0.58")]
    assert [row[1] for row in card(page("/", signals="unproven"), "signals-title").one("table").rows()] == ["BTC"]
    assert [row[1] for row in card(page("/", signals="nonsense"), "signals-title").one("table").rows()] == ["SOL"]


def test_a_signal_that_has_run_out_or_belongs_to_a_replay_is_not_shown() -> None:
    made = making.make_market()
    making.add_signal(made, series="replay")
    making.add_signal(made, expires_at=making.NOW - timedelta(hours=1))
    assert "Unproven 0" in card(page("/"), "signals-title").text


def test_the_record_before_anything_was_forecast_or_scored() -> None:
    made = making.make_market()
    assert "manage.py run_pipeline" in card(page("/"), "record-title").text
    making.add_forecast(made)
    shown = card(page("/"), "record-title").text
    assert "2 forecasts have been issued; none is due yet." in shown
    assert "The first is scored in" in shown


def test_the_record_of_scored_forecasts() -> None:
    making.add_record(making.make_market(), days=12)
    rows = {row[0]: row[1:] for row in card(page("/"), "record-title").one("table").rows()}
    assert rows["Scored (n)"] == ["12"], "a column for each horizon that was forecast"
    assert rows["Hit rate"][0].split(" (")[0] == "50.0 %"
    # Half rose: (0.4² + 0.6²) / 2 = 0.26 against 0.5² = 0.25, so the skill is 1 - 0.26 / 0.25 = -4 %.
    assert rows["Brier score"][0].startswith("0.260")
    assert rows["Skill"][0].startswith("−4.0 %")


def test_the_record_tells_of_forecasts_that_came_too_late() -> None:
    made = making.make_market()
    making.add_forecast(made)
    assert "when their target had passed" not in card(page("/"), "record-title").text
    making.add_forecast(made, hours=4, as_of=making.TODAY - timedelta(days=3), created_at=making.NOW)
    shown = card(page("/"), "record-title").text
    assert "2 forecasts were written when their target had passed" in shown
    assert "2 forecasts have been issued; none is due yet." in shown


def test_somebody_sees_the_own_portfolios_and_a_visitor_none() -> None:
    making.make_market()
    owner = UserFactory()
    portfolio = PortfolioFactory(user=owner, name="Savings")
    coin = AssetFactory(current_price=Decimal("100.5"))
    PositionFactory(portfolio=portfolio, asset=coin)
    shown = card(page("/", owner), "portfolio-title")
    whole, largest = shown.every("table")
    assert whole.rows() == [["Savings", "+201.00", "201.00"]]
    assert largest.rows() == [[coin.symbol, "–", "100.0 %"]]
    assert not page("/").every("section", aria_labelledby="portfolio-title")
    other = card(page("/", UserFactory()), "portfolio-title")
    assert "You have no portfolio yet." in other.text
    assert other.one("a", cls="button").attributes["href"] == reverse("portfolios")


def test_a_portfolio_with_an_unknown_price_has_no_value() -> None:
    making.make_market()
    owner = UserFactory()
    PositionFactory(portfolio=PortfolioFactory(user=owner), asset=AssetFactory(current_price=None))
    shown = card(page("/", owner), "portfolio-title")
    assert shown.one("table").rows()[0][2] == "–"
    assert shown.every("span", cls="unknown")[1].attributes["data-reason"] == "the price of something held is missing"


def test_the_real_market_is_shown_as_soon_as_there_is_one() -> None:
    making.add_signal(making.make_market(demo=True))
    assert page("/").every("div", cls="demo-ribbon")
    assert "BTC-DEMO" in page("/").text
    making.AIRegimeAnalysis.objects.all().delete()
    AssetFactory(symbol="BTC", data_source="binance")
    shown = page("/")
    assert not shown.every("div", cls="demo-ribbon")
    assert "BTC-DEMO" not in shown.text
    assert shown.one("h1").text == "The market has not been analysed yet"


@pytest.mark.parametrize("path", ["/", "/?signals=proven"])
def test_more_rows_need_no_more_queries(path: str) -> None:
    made, admin = making.make_market(), AdminFactory()

    def add(names: str) -> None:
        for place, name in enumerate(names, 1):
            asset = AssetFactory(symbol=f"X{name}")
            making.add_sector(made, name, place)
            making.add_suggestion(made, asset=asset)
            making.add_signal(made, proven=True, asset=asset)
            making.add_signal(made, asset=asset, signal_type="short", entry_price=None)
            PositionFactory(portfolio=PortfolioFactory(user=admin))

    add("a")
    one = queries(client_of(admin), path)
    add("bcde")
    assert queries(client_of(admin), path) == one

"""The page of what came of suggestions."""

import csv
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest

from assets.choices import DEMO_SOURCE
from selection.choices import SuggestionStatus
from selection.models import AISuggestion, AISuggestionArchive
from tests.doors import client_of, queries
from tests.factories import AdminFactory, AssetFactory, SuggestionFactory, SuggestionOutcomeFactory, WatchlistFactory
from tests.pages import market as making
from tests.pages.html import Element, page

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def made(market: making.Market, status: str, weeks: int, excess: str | None, **more: Any) -> AISuggestion:
    """A suggestion of some weeks ago, decided six hours later."""
    at = making.TODAY - timedelta(weeks=weeks)
    decided = at + timedelta(hours=6) if status not in ("pending", "expired") else None
    row: AISuggestion = SuggestionFactory(
        status=status,
        reviewed_at=decided,
        implemented_at=decided if status == SuggestionStatus.IMPLEMENTED else None,
        **{"asset": AssetFactory(data_source="binance"), "watchlist": market.tier} | more,
    )
    AISuggestion.objects.filter(pk=row.pk).update(created_at=at)
    if excess is not None:
        SuggestionOutcomeFactory(
            suggestion_id=row.pk,
            excess_return=Decimal(excess),
            asset_return=Decimal(excess) + 1,
            median_return=Decimal(1),
        )
    return row


def kpi(shown: Element, title: str) -> str:
    (found,) = [one for one in shown.every("div", cls="kpi") if one.one("h2").text == title]
    return found.text


def cells(shown: Element, title: str) -> dict[str, list[str]]:
    """Rows of the table under a title, by their first cell."""
    (found,) = [one for one in shown.every("section") if [head.text for head in one.every("h2")] == [title]]
    return {row[0]: row[1:] for row in found.one("table").rows()}


def test_without_a_market_it_says_how_to_get_one() -> None:
    assert page("/suggestions").one("h1").text == "The market has not been analysed yet"


def test_without_suggestions_it_says_who_makes_them() -> None:
    making.make_market()
    shown = page("/suggestions")
    assert "No suggestion was made in this time." in shown.text
    assert "No suggestion fits this choice." in shown.text
    assert kpi(shown, "Precision").endswith("–")


def test_the_figures_are_those_of_the_report() -> None:
    market = making.make_market()
    for weeks, excess in enumerate(("2", "4", "-3"), start=2):
        made(market, "implemented", weeks, excess)
    made(market, "rejected", 2, "-1")
    made(market, "expired", 3, None)
    made(market, "pending", 1, None)
    shown = page("/suggestions")
    assert kpi(shown, "Suggested") == "Suggested 6 4 scored"
    # of 2, 4, -3 and -1 two are above 0
    assert "50.0 %" in kpi(shown, "Precision")
    assert "n 4" in kpi(shown, "Precision")
    assert "+0.5 pp" in kpi(shown, "Mean excess return")
    # the mean of 2, 4 and -3 less that of -1
    assert "+2.0 pp" in kpi(shown, "Added by the reviewers")
    assert "75 %" in kpi(shown, "Agreement with the product")
    assert "6.0" in kpi(shown, "Time to the decision, h")
    fates = cells(shown, "By decision")
    assert [fates[name][0] for name in ("All", "Accepted", "Rejected", "Expired", "Open")] == ["6", "3", "1", "1", "1"]
    assert fates["Accepted"][3].startswith("66.7 %")
    assert "no proven skill yet" in shown.text


def test_every_one_is_listed_with_what_came_of_it() -> None:
    market = making.make_market()
    right = made(market, "implemented", 3, "2.5", target_tier="tier1", suggestion_type="promote")
    wrong = made(market, "rejected", 2, "-0.5")
    made(market, "pending", 1, None, horizon_hours=24 * 30)
    SuggestionOutcomeFactory(
        suggestion_id=made(market, "expired", 4, None).pk, excess_return=None, unresolved_reason="no_candle"
    )
    rows = page("/suggestions").one("section", id="list").one("table").rows()
    assert [row[-1] for row in rows][1:] == ["wrong", "right", "a candle is missing"]
    assert rows[0][-1].startswith("due in 2")
    assert rows[2][:2] == [right.asset.symbol, "Promote → tier 1"]
    assert rows[2][7:10] == ["+3.5 %", "+1.0 %", "+2.5 pp"]
    assert rows[1][0] == wrong.asset.symbol


def test_a_choice_narrows() -> None:
    market = making.make_market()
    made(market, "implemented", 2, "2", suggestion_type="promote")
    made(market, "rejected", 3, "1")
    made(market, "rejected", 20, "1")
    assert kpi(page("/suggestions?kind=promote"), "Suggested").startswith("Suggested 1 ")
    assert kpi(page("/suggestions?period=30"), "Suggested").startswith("Suggested 2 ")
    shown = page("/suggestions?fate=rejected")
    assert kpi(shown, "Suggested").startswith("Suggested 3 "), "the figures are of all decisions"
    assert len(shown.one("section", id="list").one("table").rows()) == 2
    shown = page("/suggestions?kind=nonsense&page=x&period=never")
    assert len(shown.every("p", cls="field-error")) == 2


def test_personal_lists_and_the_other_market_stay_out() -> None:
    market = making.make_market()
    made(market, "rejected", 2, "1", watchlist=WatchlistFactory())
    made(market, "rejected", 2, "1", asset=AssetFactory(data_source=DEMO_SOURCE))
    assert kpi(page("/suggestions"), "Suggested").startswith("Suggested 0 ")


def test_archived_ones_count_and_stay_listed() -> None:
    market = making.make_market()
    row = made(market, "implemented", 30, "2")
    row.refresh_from_db()
    kept = {field.attname: getattr(row, field.attname, None) for field in AISuggestionArchive._meta.concrete_fields}
    old = AISuggestionArchive.objects.create(
        **kept | {"id": row.pk + 99, "archived_at": making.NOW, "reviews": [], "created_at": row.created_at - DAY}
    )
    SuggestionOutcomeFactory(suggestion_id=old.pk, excess_return=Decimal(-1))
    shown = page("/suggestions")
    assert kpi(shown, "Suggested") == "Suggested 2 2 scored"
    newer, older = shown.one("section", id="list").one("table").rows()
    assert (newer[-1], older[-1]) == ("right", "wrong")
    assert newer[0] == older[0] == row.asset.symbol


def test_who_decided_is_shown_to_admins_alone() -> None:
    market, judge = making.make_market(), AdminFactory(email="judge@example.com")
    made(market, "rejected", 2, "1", reviewed_by=judge)
    assert "judge@example.com" not in page("/suggestions").text
    assert "judge@example.com" in page("/suggestions", AdminFactory()).text


def test_the_list_goes_on_and_the_file_has_all_of_it() -> None:
    market = making.make_market()
    for _place in range(52):
        made(market, "rejected", 2, "1")
    shown = page("/suggestions?fate=rejected").one("section", id="list")
    assert len(shown.one("table").rows()) == 50
    rest = page("/suggestions" + shown.one("a", rel="next").attributes["href"]).one("section", id="list")
    assert len(rest.one("table").rows()) == 2
    address = rest.one("a", download="").attributes["href"]
    rows = list(csv.DictReader(StringIO(client_of().get(address).content.decode())))
    assert len(rows) == 52
    assert {row["excess_points"] for row in rows} == {"1.0"}


def test_more_suggestions_need_no_more_queries() -> None:
    market, client = making.make_market(), client_of()
    made(market, "rejected", 2, "1")
    few = queries(client, "/suggestions")
    for _place in range(5):
        made(market, "implemented", 2, "1")
    assert queries(client, "/suggestions") == few <= 20

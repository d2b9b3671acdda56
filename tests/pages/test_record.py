"""The page of the record."""

import csv
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest

from aimodels.selectors import Chosen, Part, record_by, records_by
from aimodels.selectors.listed import Cursor, listed
from selection.rules import ASSET_PRICES
from tests.doors import client_of, queries
from tests.factories import AIModelFactory, AssetFactory, scored_direction
from tests.pages import market as making
from tests.pages.html import Element, page

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def scored(market: making.Market, count: int, **columns: Any) -> None:
    """Forecasts of a day each; every third rose, every one was said to rise with 0.6."""
    model = columns.pop("model", None) or AIModelFactory(name="rules_a")
    for back in range(count):
        as_of = making.TODAY - (back + 2) * DAY
        scored_direction(
            0.6,
            Decimal(60000 if back % 3 else 70000),
            asset=columns.get("asset", market.asset),
            ai_model=model,
            model_name=model.name,
            as_of=as_of,
            evaluated_at=as_of + DAY,
            market_conditions=columns.get("regime", "Bull"),
            prediction_horizon=columns.get("hours", 24),
        )


def kpi(shown: Element, title: str) -> str:
    (found,) = [one for one in shown.every("div", cls="kpi") if one.one("h2").text == title]
    return found.text


def test_without_a_market_it_says_how_to_get_one() -> None:
    assert page("/record").one("h1").text == "The market has not been analysed yet"


def test_without_a_forecast_every_part_says_so() -> None:
    making.make_market()
    shown = page("/record")
    assert shown.text.count("No forecast was issued in this time.") == 4
    assert "Dots stand here as soon as" in shown.text
    assert not shown.every("tbody")


def test_the_figures_are_those_of_the_chosen_forecasts() -> None:
    made = making.make_market()
    scored(made, 12)
    shown = page("/record")
    assert kpi(shown, "Issued") == "Issued 12 12 scored"
    assert kpi(shown, "Hit rate").startswith("Hit rate 33.3 %")
    # (0.16 * 4 + 0.36 * 8) / 12 against 0.25
    assert "−17.3 %" in kpi(shown, "Skill against naive")
    assert "12 forecasts of 12 moments" in kpi(shown, "Skill against naive")
    (dot,) = shown.one("svg", cls="square").every("circle")
    assert (dot.attributes["cx"], dot.attributes["cy"]) == ("60.00", "66.67")


def test_a_choice_narrows_everything() -> None:
    made = making.make_market()
    other = AssetFactory(symbol="ETH", current_price=Decimal(3000), data_source="binance")
    scored(made, 6)
    scored(made, 3, model=AIModelFactory(name="rules_b"), asset=other, regime="Bear", hours=168)
    titles = [one.text for one in page("/record").every("option")]
    assert titles[:3] == ["all", "24 h", "7 d"]
    for query in ("horizon=168", "model=rules_b", "regime=Bear", "asset=eth"):
        shown = page(f"/record?{query}")
        assert kpi(shown, "Issued") == "Issued 3 3 scored", query
        assert len(shown.one("section", id="forecasts").one("table").rows()) == 3
    assert kpi(page("/record?period=30&model=rules_a"), "Issued") == "Issued 6 6 scored"


def test_what_makes_no_sense_is_said_beside_its_field_and_chooses_nothing() -> None:
    made = making.make_market()
    scored(made, 2)
    shown = page("/record?horizon=5&after=nonsense&period=never")
    assert len(shown.every("p", cls="field-error")) == 2
    assert kpi(shown, "Issued") == "Issued 2 2 scored"


def test_the_list_goes_on_where_it_stopped() -> None:
    made = making.make_market()
    scored(made, 55)
    shown = page("/record").one("section", id="forecasts")
    first = [row[0] for row in shown.one("table").rows()]
    older = shown.one("a", rel="next").attributes["href"]
    shown = page(f"/record{older}").one("section", id="forecasts")
    rest = [row[0] for row in shown.one("table").rows()]
    assert (len(first), len(rest)) == (50, 5)
    assert len({*first, *rest}) == 55
    assert not shown.every("a", rel="next")


def test_the_file_holds_the_same_forecasts() -> None:
    made = making.make_market()
    scored(made, 3)
    making.add_forecast(made)
    answer = client_of().get("/record.csv?period=all")
    rows = list(csv.DictReader(StringIO(answer.content.decode())))
    assert len(rows) == 5
    came = [row for row in rows if row["brier"]]
    assert [float(row["brier"]) for row in came] == pytest.approx([0.16, 0.36, 0.36])
    assert {row["type"] for row in rows} == {"direction", "price"}
    assert {row["q05"] for row in rows if row["type"] == "price"} == {"60000"}


def test_more_forecasts_need_no_more_queries() -> None:
    made, client = making.make_market(), client_of()
    scored(made, 2)
    few = queries(client, "/record")
    scored(made, 20, model=AIModelFactory(name="rules_b"))
    assert queries(client, "/record") == few <= 20


class TestParts:
    """Several divisions by one look are each what a look of its own finds."""

    def test_they_are_equal(self) -> None:
        made = making.make_market()
        scored(made, 45)
        scored(made, 9, model=AIModelFactory(name="rules_b"), regime="Bear", hours=168)
        making.add_forecast(made)
        chosen = Chosen(layer=ASSET_PRICES.layer)
        parts: Sequence[Part] = (Part.WHOLE, Part.HORIZON, Part.MODEL, Part.REGIME, Part.MONTH, Part.CONFIDENCE)
        found = records_by(parts, chosen)
        for part in parts:
            assert found[part] == record_by(part, chosen), part
        assert len(found[Part.MONTH]) > 1

    def test_of_nothing_there_is_nothing(self) -> None:
        assert records_by((Part.WHOLE, Part.MODEL)) == {Part.WHOLE: {}, Part.MODEL: {}}


class TestCursor:
    @pytest.mark.parametrize("text", ["", "~", "2026-01-01~5", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z~x",
                                      "2026-01-01T00:00:00Z~²", f"2026-01-01T00:00:00Z~{10**30}"])  # fmt: skip
    def test_nonsense_is_none(self, text: str) -> None:
        assert Cursor.read(text) is None

    def test_what_is_written_is_read(self) -> None:
        made = making.make_market()
        scored(made, 2)
        newest, oldest = listed(Chosen(), None, 10)
        cursor = Cursor.of(newest)
        assert Cursor.read(cursor.written) == cursor
        assert listed(Chosen(), cursor, 10) == [oldest]

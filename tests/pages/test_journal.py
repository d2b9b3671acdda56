"""Pages of the journal."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User
from selection.models import Portfolio
from system import calendars
from tests.doors import client_of, queries
from tests.factories import PortfolioFactory, UserFactory
from tests.pages import holding
from tests.pages import market as making
from tests.pages.html import Element, browser, page, read
from trading.models import TradeAction
from trading.services import write_note

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def reader() -> User:
    found: User = UserFactory()
    return found


@pytest.fixture
def portfolio(reader: User) -> Portfolio:
    return holding.two_coins(reader, making.make_market().asset)


def rows(shown: Element) -> list[list[str]]:
    return shown.one("section", aria_labelledby="entries-title").rows()


class TestTable:
    @pytest.mark.usefixtures("portfolio")
    def test_what_was_planned_beside_what_came(self, reader: User) -> None:
        """Bought at 100, stop 90, target 130: 3 R planned. Four of ten were sold with 72 won, of 40 risked: 1.8 R."""
        shown = page("/journal", reader)
        assert "3 entries" in shown.one("h2", id="entries-title").text
        found = {(row[1], row[2]): row for row in rows(shown)}
        bought = found["SOLID", "Buy"]
        assert bought[3:8] == ["10", "100.00", "–", "3.0", "+1.80"]
        assert bought[8] == "kept"
        assert "news" in bought[9]
        assert "Bought on the news." in bought[9]
        assert found["SOLID", "Sell"][5] == "+72.00"
        assert rows(page("/journal", reader, sort="-result"))[0][2] == "Sell"

    def test_the_address_chooses(self, portfolio: Portfolio, reader: User) -> None:
        day = f"{making.TODAY - 15 * holding.DAY:%Y-%m-%d}"
        choices: tuple[tuple[dict[str, Any], list[str]], ...] = (
            ({"asset": "solid"}, ["Sell", "Buy"]),
            ({"kind": "sell"}, ["Sell"]),
            ({"tag": "news"}, ["Buy"]),
            ({"rules": "followed"}, ["Buy"]),
            ({"rules": "broken"}, []),
            ({"first": day, "last": day}, ["Buy"]),
            ({"setup": "breakout"}, []),
            ({"portfolio": str(portfolio.pk)}, ["Sell", "Buy", "Buy"]),
        )
        for query, kinds in choices:
            shown = page("/journal", reader, **query)
            assert [row[2] for row in rows(shown)] == kinds, query
            text = client_of(reader).get("/journal.csv", query).content.decode()
            assert len(text.splitlines()) == len(kinds) + 1
        assert "No entry fits this choice." in page("/journal", reader, rules="broken").text

    @pytest.mark.usefixtures("portfolio")
    def test_a_choice_that_makes_no_sense_says_so_and_chooses_nothing(self, reader: User) -> None:
        shown = page("/journal", reader, first="x")
        assert shown.one("div", id="id_first_error").text
        assert len(rows(shown)) == 3

    @pytest.mark.usefixtures("portfolio")
    def test_tags_and_note_are_written_in_place(self, reader: User) -> None:
        sale = TradeAction.objects.get(action_type="sell")
        client = client_of(reader)
        response = client.post(
            f"/journal/{sale.pk}/note", {"tags": "Late, news", "text": "Out.", "state": "?kind=sell"}
        )
        assert response["Location"] == f"/journal?kind=sell#entry-{sale.pk}"
        sale.refresh_from_db()
        assert (sale.note.tags, sale.note.text) == (["late", "news"], "Out.")

    def test_queries_do_not_grow_with_entries(self, portfolio: Portfolio, reader: User) -> None:
        client = client_of(reader)
        before = queries(client, "/journal")
        for number in range(5):
            coin = holding.coin(f"MORE{number}", "10")
            made = holding.enter(portfolio, "buy", coin, "1", "10", 5, stop_loss=D(9), take_profit=D(12))
            write_note(made, actor=reader, tags=["more"])
            holding.enter(portfolio, "sell", coin, "1", "11", 4)
        assert queries(client, "/journal") == before

    def test_without_entries_it_says_what_belongs_here(self, reader: User) -> None:
        assert "as soon as something has been entered" in page("/journal", reader).text


class TestEntry:
    @pytest.mark.usefixtures("portfolio")
    def test_its_page_is_written_and_refusals_stand_beside_the_field(self, reader: User) -> None:
        client, path = client_of(reader), f"/journal/{holding.NUMBER}"
        said = {"text": "Again.", "tags": "news, fast", "followed_rules": "no", "broken_rules": "size",
                "primary_setup": "breakout", "emotion_state": "calm", "confidence_level": "7"}  # fmt: skip
        assert client.post(path, said).status_code == 302
        action = TradeAction.objects.get(pk=holding.NUMBER)
        assert (action.note.broken_rules, action.note.version, action.emotion_state) == (["size"], 2, "calm")
        assert (action.primary_setup, action.confidence_level) == ("breakout", 7)
        shown = read(client.post(path, said | {"followed_rules": "yes"}))
        assert "has not kept to the rules" in shown.one("div", id="id_followed_rules_error").text
        assert shown.one("input", id="id_tags").attributes["value"] == "news, fast"

    def test_it_is_taken_back_once(self, portfolio: Portfolio, reader: User) -> None:
        sale = TradeAction.objects.get(action_type="sell")
        client = client_of(reader)
        shown = read(client.post(f"/journal/{sale.pk}/reverse", {"why": "typo"}, follow=True))
        assert "taken back" in shown.text
        assert portfolio.positions.get(asset__symbol="SOLID").quantity == 10
        assert not shown.every("form", action=f"/journal/{sale.pk}/reverse")
        shown = read(client.post(f"/journal/{sale.pk}/reverse", follow=True))
        assert "This entry was taken back already." in shown.one("div", cls="toasts").text
        assert [row[2] for row in rows(page("/journal", reader))] == ["Buy", "Buy"]
        assert len(rows(page("/journal", reader, taken_back="on"))) == 4

    def test_what_is_needed_later_is_not_taken_back(self, portfolio: Portfolio, reader: User) -> None:
        response = client_of(reader).post(f"/journal/{holding.NUMBER}/reverse", follow=True)
        assert "more leaves than is held" in read(response).one("div", cls="toasts").text
        assert portfolio.positions.get(asset__symbol="SOLID").quantity == 6

    @pytest.mark.usefixtures("portfolio")
    def test_a_correction_stands_in_for_it(self, reader: User) -> None:
        client, path = client_of(reader), f"/journal/{holding.NUMBER}/correct"
        form = read(client.get(path))
        given = {name: form.one("input", name=name).attributes.get("value", "") for name in
                 ("executed_at", "quantity", "price", "fee", "stop_loss", "take_profit", "venue")}  # fmt: skip
        assert (given["quantity"], given["price"], given["fee"], given["stop_loss"]) == ("10", "100", "10", "90")
        assert "Nothing differs" in read(client.post(path, given)).text
        refused = read(client.post(path, given | {"quantity": "3"}))
        assert "more leaves than is held" in refused.one("div", id="id_quantity_error").text
        assert client.post(path, given | {"price": "101"}).status_code == 302
        made = TradeAction.objects.get(corrects=holding.NUMBER)
        assert [made.asset_price, made.quantity, made.fees_paid, made.stop_loss] == [D(101), D(10), D(10), D(90)]
        assert page(f"/journal/{holding.NUMBER}", reader).one("a", href=f"/journal/{made.pk}")

    @pytest.mark.usefixtures("portfolio")
    def test_those_of_others_are_not_there(
        self,
    ) -> None:
        client = client_of(UserFactory())
        for path in ("", "/correct"):
            assert client.get(f"/journal/{holding.NUMBER}{path}").status_code == 404
        for path in ("", "/note", "/reverse", "/correct", "/pictures", "/pictures/1/remove"):
            assert client.post(f"/journal/{holding.NUMBER}{path}").status_code == 404


def calendars_name(day: date) -> str:
    """The Jalali month of a day."""
    year, month, _day = calendars.jalali(day)
    return f"{calendars.JALALI_MONTHS[month - 1]} {year}"


class TestCalendar:
    @pytest.mark.usefixtures("portfolio")
    def test_a_month_with_what_each_day_brought(self, reader: User) -> None:
        day = making.TODAY - 10 * holding.DAY
        shown = page("/journal/calendar", reader, month=f"{day:%Y-%m}")
        grid = shown.one("table", cls="month")
        cell = grid.one("a", href=f"/journal?first={day:%Y-%m-%d}&last={day:%Y-%m-%d}")
        assert cell.text == f"{day.day} +72.00 1 entry"
        assert "realised on 1 day" in shown.text
        assert grid.every("th")[0].text == "Mon"
        days = [one for one in grid.every("td") if one.every("a")]
        assert (
            len(days)
            == (day.replace(day=28) + 4 * holding.DAY).replace(day=1).toordinal() - day.replace(day=1).toordinal()
        )
        text = client_of(reader).get("/journal/calendar.csv", {"month": f"{day:%Y-%m}"}).content.decode()
        assert f"{day:%Y-%m-%d},72,1" in text

    @pytest.mark.usefixtures("portfolio")
    def test_a_month_of_the_jalali_calendar_for_who_chose_it(self, reader: User) -> None:
        User.objects.filter(pk=reader.pk).update(preferences={"calendar": "persian"})
        reader.refresh_from_db()
        day = making.TODAY - 10 * holding.DAY
        year, month, number = calendars.jalali(day)
        address = f"{year}-{month:02}"
        shown = page("/journal/calendar", reader, month=address)
        assert shown.one("h2", id="month-title").text == f"{calendars.JALALI_MONTHS[month - 1]} {year}"
        grid = shown.one("table", cls="month")
        cell = grid.one("a", href=f"/journal?first={day:%Y-%m-%d}&last={day:%Y-%m-%d}")
        assert cell.text == f"{number} +72.00 1 entry"
        numbers = [int(one.text.split()[0]) for one in grid.every("td") if one.every("a")]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) in {29, 30, 31}
        # By the month of the other calendar one gets to that of one's own in which it begins.
        other = page("/journal/calendar", reader, month=f"{day:%Y-%m}").one("h2", id="month-title").text
        assert other == calendars_name(day.replace(day=1))
        text = client_of(reader).get("/journal/calendar.csv", {"month": address}).content.decode()
        assert f"{day:%Y-%m-%d},72,1" in text

    @pytest.mark.usefixtures("portfolio")
    def test_weeks_begin_on_saturday_in_persian(self, reader: User) -> None:
        response = browser(reader, "fa").get("/journal/calendar")
        assert response.status_code == 200
        first = read(response).one("table", cls="month").every("th")[0]
        assert first.text in ("شنبه", "ش", "Sat")

    def test_no_month_lies_ahead(self, reader: User) -> None:
        for month in ("2999-01", "x", "1000-01"):
            shown = page("/journal/calendar", reader, month=month)
            assert not shown.every("a", rel="next")
            assert "Nothing was realised in this month" in shown.text


class TestStatistics:
    def test_closed_trades_by_what_they_have_in_common(self, portfolio: Portfolio, reader: User) -> None:
        coin = holding.coin("DONE", "10")
        made = holding.enter(
            portfolio, "buy", coin, "10", "10", 9, stop_loss=D(9), remarks={"primary_setup": "pullback"}
        )
        holding.enter(portfolio, "sell", coin, "10", "12", 5)
        write_note(made, actor=reader, tags=["plan"])
        shown = page("/journal/statistics", reader)
        assert "1 closed trade" in shown.one("h2", id="whole-title").text
        assert "few trades" in shown.text
        assert shown.one("section", aria_labelledby="group-by_tag").rows()[0][:3] == ["plan", "1", "100 %"]
        assert shown.one("section", aria_labelledby="group-by_setup").rows()[0][0] == "pullback"
        assert "+2.00" in shown.one("dl", cls="counts").text
        text = client_of(reader).get("/journal/statistics.csv").content.decode()
        assert "by_tag,plan,1,1.0," in text

    @pytest.mark.usefixtures("portfolio")
    def test_of_another_time_or_portfolio(self, reader: User) -> None:
        other = PortfolioFactory(user=reader, name="Robot", is_paper=True)
        coin = holding.coin("DONE", "10")
        holding.enter(other, "buy", coin, "10", "10", 9)
        holding.enter(other, "sell", coin, "10", "12", 5)
        nothing = page("/journal/statistics", reader)
        assert "0 closed trades" in nothing.one("h2", id="whole-title").text
        assert "1 trade was sold in part in this time." in nothing.text
        shown = page("/journal/statistics", reader, portfolio=other.pk, days=30)
        assert "1 closed trade" in shown.one("h2", id="whole-title").text

"""Pages of portfolios: what is shown, by hand, and who may see it."""

from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User
from selection.models import ManualPrice, Portfolio
from tests.doors import client_of, queries
from tests.factories import AdminFactory, PortfolioFactory, UserFactory
from tests.pages import holding
from tests.pages import market as making
from tests.pages.every import CLOSES
from tests.pages.html import Element, page, read
from tests.pages.savings import two_coins_analysed
from tests.pages.test_market import graph

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture(scope="module")
def made(module_rows: Any) -> Portfolio:
    """The portfolio of all these tests; what one of them changes is undone after it."""
    with module_rows():
        return two_coins_analysed()


@pytest.fixture
def reader(made: Portfolio) -> User:
    """Whose portfolio it is."""
    return User.objects.get(pk=made.user_id)


@pytest.fixture
def portfolio(made: Portfolio) -> Portfolio:
    return Portfolio.objects.get(pk=made.pk)


def kpi(shown: Element, key: str) -> str:
    label = shown.one("h2", id=f"kpi-{key}")
    return next(one.one("p", cls="value").text for one in shown.every("div", cls="kpi") if label in one.every("h2"))


def table(shown: Element, name: str) -> list[list[str]]:
    return shown.one("section", aria_labelledby=name).rows()


class TestOverview:
    def test_worth_and_gain_of_what_is_held(self, portfolio: Portfolio, reader: User) -> None:
        """6 × 125 + 0.02 × 67,234.50 = 2,094.69; of the first 750 − 6 × 101 = 144."""
        shown = page(f"/portfolios/{portfolio.pk}", reader)
        assert "2,094.69 USD" in shown.every("div", cls="kpi")[0].text
        rows = table(shown, "positions-title")
        assert [row[0] for row in rows] == ["BTC", "SOLID"]
        solid = rows[1]
        assert solid[1:3] == ["6", "101.00"]
        assert (solid[4], solid[6], solid[7]) == ("750.00", "+144.00", "+23.8 %")
        assert solid[9].startswith("tighten the stop")
        assert solid[10] == "0.31 no proven skill yet"

    def test_returns_each_with_its_formula_and_the_period(self, portfolio: Portfolio, reader: User) -> None:
        """Worth at yesterday's end: 6 × 129 + 0.02 × 67,140; paid in 1,010 + 1,200 − 476."""
        shown = page(f"/portfolios/{portfolio.pk}", reader)
        worth = 6 * 129 + D("0.02") * CLOSES[-1]
        assert kpi(shown, "profit") == f"+{worth - (1010 + 1200 - 476):,.2f} USD"
        explained = shown.one("div", id="explain-profit").text
        assert "Worth at the end − worth at the start" in explained
        assert "put in less taken out 1,734.00 USD" in explained
        assert "20 days (UTC)" in explained
        assert "Nothing is assumed" in explained
        for key in ("twr", "mwr", "simple", "max_drawdown"):
            assert "%" in kpi(shown, key)
            assert shown.one("div", id=f"explain-{key}").one(
                "a", href=f"/portfolios/{portfolio.pk}/explain/{key}?range=all"
            )

    def test_the_curve_ends_with_yesterday_and_stands_beside_bitcoin(self, portfolio: Portfolio, reader: User) -> None:
        shown = page(f"/portfolios/{portfolio.pk}?range=7d", reader)
        worth = graph(shown, "worth")
        assert len(worth["times"]) == 7
        assert worth["times"][-1] == (making.TODAY - holding.DAY).timestamp() * 1000
        assert worth["lines"][0]["values"][-1] == pytest.approx(6 * 129 + 0.02 * CLOSES[-1])
        growth = graph(shown, "growth")
        assert [line["name"] for line in growth["lines"]] == ["This portfolio", "Bitcoin"]
        before, last = CLOSES[-8], CLOSES[-1]
        assert growth["lines"][1]["values"][-1] == pytest.approx(100 * (last / before - 1), abs=1e-3)
        assert growth["title"].startswith(("Ahead of Bitcoin by", "Behind Bitcoin by"))
        assert all(value <= 0 for value in graph(shown, "falls")["lines"][0]["values"])

    def test_rules_to_look_at_come_first_and_trades_tell_their_fees(self, portfolio: Portfolio, reader: User) -> None:
        shown = page(f"/portfolios/{portfolio.pk}", reader)
        rules = [one.text for one in shown.one("ul", cls="rules").every("li")]
        assert rules[0].startswith("look at One coin")
        assert rules[1].startswith("not known Liquidity")
        assert "1 rule kept · 1 to look at" in shown.one("section", aria_labelledby="rules-title").text
        targets = shown.one("section", aria_labelledby="targets-title")
        assert ["sell SOLID", "36.0 %", "30.0 %", "120.50", "0.12"] in targets.rows()
        assert "no proven skill yet" in targets.text

    def test_a_missing_price_is_a_dash_with_its_reason_and_a_way_to_state_one(
        self, portfolio: Portfolio, reader: User
    ) -> None:
        holding.enter(portfolio, "buy", holding.coin("NOPRICE", None), "5", "1", 2)
        shown = page(f"/portfolios/{portfolio.pk}", reader)
        worth = shown.every("div", cls="kpi")[0].one("p", cls="value").one("span", cls="unknown")
        assert worth.attributes["data-reason"] == "the price of something held is missing"
        assert shown.one("a", href=f"/portfolios/{portfolio.pk}/prices/new?asset=NOPRICE")

    def test_what_was_stated_is_marked(self, portfolio: Portfolio, reader: User) -> None:
        coin = holding.coin("NOPRICE", None)
        client = client_of(reader)
        stated = {"asset": "noprice", "priced_at": f"{making.TODAY - 3 * holding.DAY:%Y-%m-%dT%H:%M}", "price": "2.5"}
        assert client.post(f"/portfolios/{portfolio.pk}/prices/new", stated).status_code == 302
        assert ManualPrice.objects.get().price == D("2.5")
        holding.enter(portfolio, "buy", coin, "4", "1", 2)
        shown = page(f"/portfolios/{portfolio.pk}", reader)
        row = next(
            one for one in shown.one("section", aria_labelledby="positions-title").every("tr") if "NOPRICE" in one.text
        )
        assert "stated by you" in row.one("span", cls="assumed").attributes["data-reason"]
        assert "◊" in kpi(shown, "twr")
        assert "stated by you" in shown.one("div", id="explain-twr").text

    def test_before_anything_was_entered_it_says_what_to_do(self, reader: User) -> None:
        empty = PortfolioFactory(user=reader)
        shown = page(f"/portfolios/{empty.pk}", reader)
        assert "Nothing has been entered yet" in shown.text
        assert shown.one("section").every("a", href=f"/portfolios/{empty.pk}/entries/new")

    def test_queries_do_not_grow_with_what_is_held(self, portfolio: Portfolio, reader: User) -> None:
        before = queries(client_of(reader), f"/portfolios/{portfolio.pk}")
        for number in range(5):
            asset = holding.coin(f"MORE{number}", "10", [10] * 30)
            holding.enter(portfolio, "buy", asset, "1", "10", 5)
        assert queries(client_of(reader), f"/portfolios/{portfolio.pk}") == before

    def test_positions_as_a_file(self, portfolio: Portfolio, reader: User) -> None:
        text = client_of(reader).get(f"/portfolios/{portfolio.pk}/positions.csv").content.decode()
        lines = text.splitlines()
        assert lines[0].startswith("symbol,kind,leverage,quantity,average_entry_usd")
        assert lines[2].startswith("SOLID,Crypto Asset,,6,101,125,")


class TestList:
    @pytest.mark.usefixtures("portfolio")
    def test_what_each_is_worth_and_the_sum_without_paper(self, reader: User) -> None:
        PortfolioFactory(user=reader, name="Robot", is_paper=True)
        shown = page("/portfolios", reader)
        assert "2,094.69 USD" in shown.one("p", cls="value").text
        assert shown.one("section", aria_labelledby="portfolios-title").rows()[0][:2] == ["Savings", "2,094.69"]
        assert "Robot" in shown.one("section", aria_labelledby="paper-title").text

    @pytest.mark.usefixtures("portfolio")
    def test_queries_do_not_grow_with_portfolios(self, reader: User) -> None:
        before = queries(client_of(reader), "/portfolios")
        for number in range(4):
            other = PortfolioFactory(user=reader)
            holding.enter(other, "buy", holding.coin(f"MORE{number}", "10", [10] * 30), "1", "10", 5)
        assert queries(client_of(reader), "/portfolios") == before

    def test_without_any_it_leads_to_making_one(self) -> None:
        assert page("/portfolios", UserFactory()).every("a", href="/portfolios/new")


class TestOthers:
    PATHS = (
        "", "/venues", "/venues.csv", "/lots", "/lots.csv", "/gains", "/gains.csv", "/positions.csv", "/explain/twr",
        "/explain/twr.csv", "/settings", "/entries/new", "/prices/new", "/import",
    )  # fmt: skip

    def test_foreign_portfolios_are_not_there_for_admins_neither(self, portfolio: Portfolio) -> None:
        for user in (UserFactory(), AdminFactory()):
            client = client_of(user)
            for path in self.PATHS:
                assert client.get(f"/portfolios/{portfolio.pk}{path}").status_code == 404, path
            for path in (
                "/lots",
                "/venues",
                "/settings",
                "/entries/new",
                "/prices/new",
                "/import",
                "/delete",
                "/analyse",
            ):
                assert client.post(f"/portfolios/{portfolio.pk}{path}").status_code == 404, path
        assert Portfolio.objects.get(pk=portfolio.pk).is_active

    def test_visitors_are_asked_to_log_in(self, portfolio: Portfolio) -> None:
        for path in ("/portfolios", f"/portfolios/{portfolio.pk}", "/journal", "/journal/calendar"):
            response = client_of().get(path)
            assert response.status_code == 302
            assert response["Location"] == f"/login?next={path}"


class TestLots:
    def test_another_method_shows_what_would_be_and_changes_nothing(self, portfolio: Portfolio, reader: User) -> None:
        """Ten at 101 each and one at 111: of five sold, the average takes 101.9…; the first in takes the old ones."""
        solid = portfolio.positions.get(asset__symbol="SOLID").asset
        holding.enter(portfolio, "buy", solid, "2", "110", 9)
        holding.enter(portfolio, "sell", solid, "1", "115", 8)
        client, path = client_of(reader), f"/portfolios/{portfolio.pk}/lots"

        def lots(method: str) -> list[tuple[str, str]]:
            rows = read(client.get(path, {"method": method})).one("section", aria_labelledby="lots-title").rows()
            return [(row[3], row[4]) for row in rows if row[0] == "SOLID"]

        assert lots("fifo") == [("5", "505.00"), ("2", "220.00")]
        assert lots("lifo") == [("6", "606.00"), ("1", "110.00")]
        assert lots("hifo") == [("6", "606.00"), ("1", "110.00")]
        portfolio.refresh_from_db()
        assert portfolio.lot_method == "average"
        assert client.post(path, {"method": "fifo"}).status_code == 302
        portfolio.refresh_from_db()
        assert portfolio.lot_method == "fifo"
        assert lots("") == [("5", "505.00"), ("2", "220.00")]
        text = client.get(f"{path}.csv").content.decode()
        assert f"SOLID,long,{(making.TODAY - 20 * holding.DAY).isoformat()},20,5,505,101,125,625,120," in text

    def test_gains_of_a_year_and_their_file(self, portfolio: Portfolio, reader: User) -> None:
        """Four sold for 480 − 4, at a cost of 404."""
        year = (making.TODAY - 10 * holding.DAY).year
        shown = page(f"/portfolios/{portfolio.pk}/gains", reader, year=year)
        row = shown.one("section", aria_labelledby="gains-title").rows()[0]
        assert (row[0], row[3], row[4], row[5], row[6], row[7]) == ("SOLID", "10", "4", "404.00", "476.00", "+72.00")
        assert "+72.00" in shown.one("dl", cls="counts").text
        text = client_of(reader).get(f"/portfolios/{portfolio.pk}/gains.csv?year={year}").content.decode()
        assert ",10,4,404,476,72,USD," in text

    def test_every_input_of_a_figure_can_be_read_and_an_unknown_figure_is_not_there(
        self, portfolio: Portfolio, reader: User
    ) -> None:
        shown = page(f"/portfolios/{portfolio.pk}/explain/profit", reader)
        rows = table(shown, "inputs-title")
        assert [row[0] for row in rows] == [
            "worth at the start start_value",
            *["put in or taken out external"] * 3,
            "worth at the end end_value",
        ]
        assert rows[1][2] == "1,010".replace(",", "")
        assert "end_value - start_value - sum of external" in shown.text
        assert client_of(reader).get(f"/portfolios/{portfolio.pk}/explain/nothing").status_code == 404


class TestVenues:
    def test_where_the_coins_are_and_two_entries_joined_into_one_transfer(
        self, portfolio: Portfolio, reader: User
    ) -> None:
        """Two left for Kraken with a fee on the way; joined, nothing was sold and 5.9 are held at two places."""
        solid = portfolio.positions.get(asset__symbol="SOLID").asset
        sent = holding.enter(portfolio, "withdrawal", solid, "2", None, 3)
        arrived = holding.enter(portfolio, "deposit", solid, "1.9", None, 3, venue="Kraken")
        client, path = client_of(reader), f"/portfolios/{portfolio.pk}/venues"
        shown = read(client.get(path))
        assert table(shown, "joins-title")[0][0] == "SOLID"
        assert table(shown, "joins-title")[0][3:6] == ["2", "0.1", "nothing else fits"]
        assert client.post(path, {"sent": sent.pk, "arrived": arrived.pk}).status_code == 302
        shown = read(client.get(path))
        assert not shown.one("section", aria_labelledby="joins-title").every("table")
        held = {(row[0], row[1]): row[2] for row in table(shown, "venues-title")}
        assert held["Kraken", "SOLID"] == "1.9"
        assert held["not said", "SOLID"] == "4"
        assert "Kraken,SOLID,1.9,237.5" in client.get(f"{path}.csv").content.decode()
        for strange in ("x", "0"):
            assert client.post(path, {"sent": strange, "arrived": arrived.pk}).status_code == 404

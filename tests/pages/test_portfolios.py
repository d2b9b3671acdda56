"""Pages of portfolios: what is shown, by hand; who may see it; what is refused."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from selection.models import ManualPrice, Portfolio
from tests.doors import client_of, queries
from tests.factories import AdminFactory, PortfolioFactory, UserFactory, add_candles
from tests.pages import holding
from tests.pages import market as making
from tests.pages.every import CLOSES
from tests.pages.html import Element, page, read
from tests.pages.test_market import graph
from trading.models import TradeAction, TradeImport

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def reader() -> User:
    found: User = UserFactory()
    return found


@pytest.fixture
def portfolio(reader: User) -> Portfolio:
    market = making.make_market()
    add_candles(market.asset, CLOSES, first=making.TODAY - len(CLOSES) * holding.DAY)
    found = holding.two_coins(reader, market.asset)
    holding.analysed(found, market.snapshot)
    return found


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
        assert ["sell SOLID", "36.0 %", "30.0 %", "120.50", "0.1200"] in targets.rows()
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

    def test_without_any_it_leads_to_making_one(self, reader: User) -> None:
        assert page("/portfolios", reader).every("a", href="/portfolios/new")


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


class TestMaking:
    def test_one_is_made_and_kept_as_asked(self, reader: User) -> None:
        given = {"name": "Long run", "base_currency": "EUR", "lot_method": "fifo"}
        response = client_of(reader).post("/portfolios/new", given)
        made = Portfolio.objects.get()
        assert response["Location"] == f"/portfolios/{made.pk}"
        assert (made.user, made.name, made.base_currency, made.lot_method) == (reader, "Long run", "EUR", "fifo")

    def test_a_name_twice_is_refused_beside_the_field_and_what_was_typed_stays(self, reader: User) -> None:
        PortfolioFactory(user=reader, name="Long run")
        given = {"name": "Long run", "base_currency": "EUR", "lot_method": "fifo"}
        shown = read(client_of(reader).post("/portfolios/new", given))
        assert "already" in shown.one("div", id="id_name_error").text
        assert shown.one("input", id="id_name").attributes["value"] == "Long run"
        assert Portfolio.objects.count() == 1

    def test_settings_keep_all_or_nothing(self, portfolio: Portfolio, reader: User) -> None:
        PortfolioFactory(user=reader, name="Other")
        client, path = client_of(reader), f"/portfolios/{portfolio.pk}/settings"
        given = {"name": "Other", "base_currency": "BTC", "lot_method": "lifo"}
        assert "already" in read(client.post(path, given)).one("div", id="id_name_error").text
        portfolio.refresh_from_db()
        assert portfolio.base_currency == "USD"
        assert client.post(path, given | {"name": "Mine"}).status_code == 302
        portfolio.refresh_from_db()
        assert (portfolio.name, portfolio.base_currency, portfolio.lot_method) == ("Mine", "BTC", "lifo")

    def test_deleting_takes_it_out_of_sight(self, portfolio: Portfolio, reader: User) -> None:
        client = client_of(reader)
        assert client.post(f"/portfolios/{portfolio.pk}/delete")["Location"] == "/portfolios"
        assert client.get(f"/portfolios/{portfolio.pk}").status_code == 404


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
        assert [row[0] for row in rows] == ["start_value", "external", "external", "external", "end_value"]
        assert rows[1][3] == "1,010".replace(",", "")
        assert "end_value - start_value - sum of external" in shown.text
        assert client_of(reader).get(f"/portfolios/{portfolio.pk}/explain/nothing").status_code == 404


class TestEntering:
    def test_a_purchase_and_sending_it_twice(self, portfolio: Portfolio, reader: User) -> None:
        client, path = client_of(reader), f"/portfolios/{portfolio.pk}/entries/new"
        form = read(client.get(path))
        key = form.one("input", name="client_key").attributes["value"]
        given = {
            "kind": "buy", "client_key": key, "asset": "solid", "executed_at": "2026-03-01T10:00", "quantity": "2",
            "price": "99.5", "fee": "", "stop_loss": "90", "primary_setup": "breakout", "venue": "Kraken",
        }  # fmt: skip
        before = TradeAction.objects.count()
        for _time in range(2):
            assert client.post(path, given)["Location"] == f"/portfolios/{portfolio.pk}"
        made = TradeAction.objects.get(client_key=key)
        assert TradeAction.objects.count() == before + 1
        assert (made.action_type, made.quantity, made.asset_price, made.stop_loss) == ("buy", D(2), D("99.5"), D(90))
        assert (made.primary_setup, made.venue, made.client_key) == ("breakout", "Kraken", key)
        assert made.executed_at.isoformat() == "2026-03-01T10:00:00+00:00"

    @pytest.mark.parametrize(
        ("kind", "changes", "field", "words"),
        [
            ("sell", {"quantity": "100"}, "quantity", "more leaves than is held"),
            ("buy", {"asset": "NOSUCH"}, "asset", "There is no asset NOSUCH."),
            ("buy", {"executed_at": "2999-01-01T00:00"}, "executed_at", "lies in the future"),
            ("buy", {"quantity": "0"}, "quantity", "out of range"),
            ("buy", {"price": "x"}, "price", "Enter a number"),
            ("buy", {"fee_asset": "SOLID"}, "fee_quantity", "needs the coin and its quantity"),
        ],
    )
    def test_a_refusal_stands_beside_its_field_and_what_was_typed_stays(
        self, portfolio: Portfolio, reader: User, kind: str, changes: dict[str, str], field: str, words: str
    ) -> None:
        given = {"kind": kind, "client_key": "k1", "asset": "SOLID", "executed_at": f"{making.TODAY:%Y-%m-%dT%H:%M}",
                 "quantity": "1", "price": "100"} | changes  # fmt: skip
        before = TradeAction.objects.count()
        response = client_of(reader).post(f"/portfolios/{portfolio.pk}/entries/new", given)
        assert response.status_code == 200
        shown = read(response)
        assert words in shown.one("div", id=f"id_{field}_error").text
        assert shown.one("input", id="id_price").attributes["value"] == given["price"]
        assert TradeAction.objects.count() == before

    def test_a_transfer_is_both_its_halves(self, portfolio: Portfolio, reader: User) -> None:
        given = {"kind": "transfer", "client_key": "k2", "asset": "SOLID", "quantity": "2", "arrived_quantity": "1.9",
                 "executed_at": f"{making.TODAY:%Y-%m-%dT%H:%M}", "venue": "Kraken", "to_venue": "Ledger"}  # fmt: skip
        response = client_of(reader).post(f"/portfolios/{portfolio.pk}/entries/new", given)
        assert response.status_code == 302, response.content
        sent, arrived = TradeAction.objects.filter(action_type__startswith="transfer").order_by("pk")
        assert (sent.action_type, sent.venue, arrived.action_type, arrived.venue) == (
            "transfer_out", "Kraken", "transfer_in", "Ledger",
        )  # fmt: skip
        assert arrived.matches == sent
        assert portfolio.positions.get(asset__symbol="SOLID").quantity == D("5.9")

    def test_every_kind_has_a_form(self, portfolio: Portfolio, reader: User) -> None:
        client, path = client_of(reader), f"/portfolios/{portfolio.pk}/entries/new"
        kinds = read(client.get(path)).one("nav", aria_label="Kind of entry").every("a")
        assert len(kinds) == 17
        for link in kinds:
            assert client.get(link.attributes["href"]).status_code == 200
        assert client.get(path, {"kind": "reversal"}).status_code == 404


class TestPlanning:
    def given(self, **changes: str) -> dict[str, str]:
        return {"trade_status": "open", "allocation_target_percent": "40", "risk_category": "aggressive"} | changes

    def test_a_target_share_is_set_and_shown_with_the_way_to_it(self, portfolio: Portfolio, reader: User) -> None:
        """750 of 2,094.69 are 35.8 percent."""
        position = portfolio.positions.get(asset__symbol="SOLID")
        client, path = client_of(reader), f"/portfolios/{portfolio.pk}/positions/{position.pk}"
        assert client.post(path, self.given(stop_loss_price="95")).status_code == 302
        position.refresh_from_db()
        assert (position.allocation_target_percent, position.stop_loss_price) == (D(40), D(95))
        assert TradeAction.objects.filter(action_type="modify_sl", stop_loss=95).count() == 1
        rows = table(page(f"/portfolios/{portfolio.pk}", reader), "targets-title")
        assert next(row for row in rows if row[0] == "SOLID") == ["SOLID", "35.8 %", "40.0 %", "40.0 %", "+4.2 pp"]
        shown = read(client.get(path))
        assert shown.one("input", name="stop_loss_price").attributes["value"] == "95"
        assert "no proven skill yet" in shown.one("section", aria_labelledby="said-title").text

    def test_what_makes_no_sense_is_refused_beside_the_field(self, portfolio: Portfolio, reader: User) -> None:
        position = portfolio.positions.get(asset__symbol="SOLID")
        path = f"/portfolios/{portfolio.pk}/positions/{position.pk}"
        shown = read(client_of(reader).post(path, self.given(allocation_target_percent="140")))
        assert shown.one("div", id="id_allocation_target_percent_error").text
        assert shown.one("input", name="allocation_target_percent").attributes["value"] == "140"

    def test_positions_of_others_are_not_there(self, portfolio: Portfolio) -> None:
        position = portfolio.positions.get(asset__symbol="SOLID")
        own = PortfolioFactory()
        for pk in (portfolio.pk, own.pk):
            client = client_of(own.user)
            assert client.get(f"/portfolios/{pk}/positions/{position.pk}").status_code == 404
            assert client.post(f"/portfolios/{pk}/positions/{position.pk}").status_code == 404


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


class TestImporting:
    def sent(self, portfolio: Portfolio, text: str, user: User) -> Element:
        file = SimpleUploadedFile("trades.csv", text.encode(), "text/csv")
        response = client_of(user).post(f"/portfolios/{portfolio.pk}/import", {"file": file}, follow=True)
        assert response.status_code == 200
        return read(response)

    def test_a_file_is_seen_given_a_meaning_and_booked_once(self, portfolio: Portfolio, reader: User) -> None:
        client = client_of(reader)
        text = holding.FILE.format(symbol="SOLID") + "2026-01-07T00:00:00Z,buy,SOLID,-1,5\n"
        shown = self.sent(portfolio, text, reader)
        row = TradeImport.objects.get()
        path = f"/portfolios/{portfolio.pk}/import/{row.pk}"
        assert not shown.every("form", action=f"{path}/confirm")
        assert table(shown, "rejects-title")[0][0] == "4"
        assert "quantity: is negative" in table(shown, "rejects-title")[0][1]
        wrong = read(client.post(path, {"symbol:WHAT": "nosuch"}))
        assert "There is no asset NOSUCH." in wrong.text
        assert wrong.one("input", name="symbol:WHAT").attributes["value"] == "nosuch"
        shown = read(client.post(path, {"symbol:WHAT": "-"}, follow=True))
        assert "WHAT : left out" in shown.one("section", aria_labelledby="meant-title").text
        assert table(shown, "drafts-title")[0][2:6] == ["Buy", "SOLID", "1", "100.00"]
        assert shown.one("form", action=f"{path}/confirm").text == (
            "Book 1 entry Another file All of them or none; rejected rows stay out. It can be booked until "
            + shown.one("form", action=f"{path}/confirm").one("time").text
        )
        before = TradeAction.objects.count()
        for _time in range(2):
            shown = read(client.post(f"{path}/confirm", follow=True))
        assert TradeAction.objects.count() == before + 1
        assert shown.one("a", href=f"/portfolios/{portfolio.pk}", cls="primary")

    def test_what_is_no_file_of_trades_is_refused_beside_the_field(self, portfolio: Portfolio, reader: User) -> None:
        shown = self.sent(portfolio, "a,b\n1,2\n", reader)
        assert "no format that is known" in shown.one("div", id="id_file_error").text
        assert not TradeImport.objects.exists()

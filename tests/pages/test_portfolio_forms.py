"""Forms of portfolios: what is kept, what is refused and where that stands, and what is sent twice."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from selection.models import Portfolio
from tests.doors import client_of
from tests.factories import PortfolioFactory, UserFactory
from tests.pages import holding
from tests.pages import market as making
from tests.pages.html import Element, page, read
from tests.pages.savings import two_coins_analysed
from trading.models import TradeAction, TradeImport

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


def table(shown: Element, name: str) -> list[list[str]]:
    return shown.one("section", aria_labelledby=name).rows()


class TestMaking:
    def test_one_is_made_and_kept_as_asked(self) -> None:
        user = UserFactory()
        given = {"name": "Long run", "base_currency": "EUR", "lot_method": "fifo"}
        response = client_of(user).post("/portfolios/new", given)
        made = Portfolio.objects.get(user=user)
        assert response["Location"] == f"/portfolios/{made.pk}"
        assert (made.name, made.base_currency, made.lot_method) == ("Long run", "EUR", "fifo")

    def test_a_name_twice_is_refused_beside_the_field_and_what_was_typed_stays(self, reader: User) -> None:
        PortfolioFactory(user=reader, name="Long run")
        given = {"name": "Long run", "base_currency": "EUR", "lot_method": "fifo"}
        shown = read(client_of(reader).post("/portfolios/new", given))
        assert "already" in shown.one("div", id="id_name_error").text
        assert shown.one("input", id="id_name").attributes["value"] == "Long run"
        assert Portfolio.objects.filter(user=reader, name="Long run").count() == 1

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
            ("buy", {"quantity": "0"}, "quantity", "has to be above 0"),
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

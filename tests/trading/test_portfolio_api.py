"""Files of trades and realised gains of a portfolio through the API."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from assets.models import Asset
from selection.models import LotDisposal, Portfolio
from system.services import change_setting
from tests.doors import API, answer, client_of, client_with_token, queries, refused
from tests.factories import (
    AdminFactory,
    AssetFactory,
    DisposalFactory,
    ExchangeAccountFactory,
    ImportFactory,
    PortfolioFactory,
    PositionFactory,
    UserFactory,
)
from tests.trading.entering import D
from trading.models import TradeAction, TradeImport
from trading.services import record_trade
from trading.services.exchange_sync import active_accounts

pytestmark = pytest.mark.django_db
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
OWN = "time,kind,symbol,quantity,price\n2024-06-01T00:00:00Z,buy,COIN,2,100\n2024-06-02T00:00:00Z,sell,COIN,1,150\n"
JSON = "application/json"


@pytest.fixture
def coin() -> Asset:
    return AssetFactory(symbol="COIN")


@pytest.fixture
def holding(coin: Asset) -> Portfolio:
    """Two coins bought at 10 and at 20, and one sold at 30."""
    portfolio = PortfolioFactory(lot_method="fifo")
    for kind, price, day in (("buy", 10, 0), ("buy", 20, 1), ("sell", 30, 10)):
        record_trade(
            portfolio, coin, actor=portfolio.user, action_type=kind, executed_at=FIRST + day * DAY,
            quantity=D(1), price=D(price),
        )  # fmt: skip
    return portfolio


def send(client: Client, portfolio: Portfolio, text: str = OWN, **form: Any) -> Any:
    file = SimpleUploadedFile("trades.csv", text.encode())
    return client.post(f"{API}portfolios/{portfolio.pk}/imports", {"file": file, **form})


def confirm(client: Client, row: int, portfolio: Portfolio, body: Any = None) -> Any:
    return client.post(f"{API}portfolios/{portfolio.pk}/imports/{row}/confirm", body or {}, JSON)


class TestGains:
    def test_of_a_year_by_lot(self, holding: Portfolio) -> None:
        path = f"portfolios/{holding.pk}/gains"
        report = answer(path, holding.user, year=2024)
        (lot,) = report["lots"]
        assert [report[name] for name in ("year", "method", "currency", "total")] == [2024, "fifo", "USD", "20"]
        assert [lot[name] for name in ("symbol", "quantity", "cost", "proceeds", "gain")] == [
            "COIN", "1", "10", "30", "20",
        ]  # fmt: skip
        assert (lot["acquired_at"], lot["disposed_at"]) == ("2024-01-01T00:00:00Z", "2024-01-11T00:00:00Z")
        assert (lot["holding_days"], lot["assumed"], report["moved"]) == (10, False, [])
        assert answer(path, holding.user, year=2025)["lots"] == []
        euros = answer(path, holding.user, year=2024, currency="EUR")
        assert (euros["total"], euros["lots"][0]["gain"]) == (None, None), "no rate of the euro is known"

    @pytest.mark.parametrize(("method", "cost"), [("fifo", "10"), ("lifo", "20"), ("hifo", "20"), ("average", "15")])
    def test_by_another_method(self, holding: Portfolio, method: str, cost: str) -> None:
        """As it would be; what is kept stays."""
        kept = list(LotDisposal.objects.values())
        report = answer(f"portfolios/{holding.pk}/gains", holding.user, year=2024, method=method)
        assert (report["method"], sum(D(lot["cost"]) for lot in report["lots"])) == (method, D(cost))
        assert D(report["total"]) == 30 - D(cost)
        assert list(LotDisposal.objects.values()) == kept
        holding.refresh_from_db()
        assert holding.lot_method == "fifo"

    def test_a_wrong_parameter_is_named(self, holding: Portfolio) -> None:
        for name, value in (("year", "1999"), ("year", "soon"), ("method", "best"), ("currency", "XAU")):
            response = client_of(holding.user).get(f"{API}portfolios/{holding.pk}/gains", {name: value})
            assert [error["field"] for error in refused(response, 400)["errors"]] == [name]

    def test_the_queries_do_not_grow_with_the_lots(self) -> None:
        portfolio, counts = PortfolioFactory(), []
        for more in (1, 4, 45):
            for _ in range(more):
                DisposalFactory(position=PositionFactory(portfolio=portfolio), disposed_at=FIRST + DAY)
            counts.append(queries(client_of(portfolio.user), f"{API}portfolios/{portfolio.pk}/gains?year=2024"))
        assert counts == [counts[0]] * 3


class TestImports:
    def test_previewed_then_booked_once(self, portfolio: Portfolio, coin: Asset) -> None:  # noqa: ARG002
        client = client_of(portfolio.user)
        sent = send(client, portfolio, OWN + "2024-06-03T00:00:00Z,buy,COIN,1,cheap\n", source="own")
        assert sent.status_code == 201, sent.content
        row = sent.json()
        assert [row[name] for name in ("source", "status", "rows", "new", "known")] == ["own", "preview", 2, 2, 0]
        (fault,) = row["errors"]
        assert (fault["row"], fault["field"]) == (4, "price")
        assert "is not a number" in fault["message"]
        assert not TradeAction.objects.exists()
        assert answer(f"portfolios/{portfolio.pk}/imports", portfolio.user) == [row]
        for _ in range(2):
            done = confirm(client, row["id"], portfolio)
            assert (done.status_code, done.json()["status"]) == (200, "booked")
        assert TradeAction.objects.count() == 2

    def test_unknown_symbols_are_given_a_meaning(self, portfolio: Portfolio, coin: Asset) -> None:
        client = client_of(portfolio.user)
        row = send(client, portfolio, OWN.replace("COIN", "STRANGE")).json()
        assert row["unknown_symbols"] == {"STRANGE": 2}
        problem = refused(confirm(client, row["id"], portfolio), 409)
        assert (problem["type"], problem["errors"][0]["field"]) == (
            "urn:cryptopredict:problem:unknown-symbols",
            "symbols",
        )
        refused(confirm(client, row["id"], portfolio, {"symbols": {"OTHER": coin.pk}}), 400)
        done = confirm(client, row["id"], portfolio, {"symbols": {"STRANGE": coin.pk}})
        assert (done.status_code, done.json()["symbols"]) == (200, {"STRANGE": coin.pk})
        assert TradeAction.objects.count() == 2

    def test_what_is_refused(self, portfolio: Portfolio, coin: Asset) -> None:  # noqa: ARG002
        client = client_of(portfolio.user)
        foreign = refused(send(client, portfolio, source="kraken"), 400)
        assert (foreign["type"], foreign["errors"][0]["field"]) == (
            "urn:cryptopredict:problem:unknown-format",
            "source",
        )
        assert refused(send(client, portfolio, "nothing of ours"), 400)["errors"][0]["field"] == "file"
        assert refused(send(client, portfolio, colour="red"), 400)["errors"][0]["field"] == "colour"
        missing = client.post(f"{API}portfolios/{portfolio.pk}/imports", {"source": "own"})
        assert refused(missing, 400)["errors"][0]["field"] == "file"
        refused(client.post(f"{API}portfolios/{portfolio.pk}/imports", {}, JSON), 415)
        sold = send(client, portfolio, OWN.replace("buy", "sell")).json()
        impossible = refused(confirm(client, sold["id"], portfolio), 409)
        assert impossible["type"] == "urn:cryptopredict:problem:impossible-history"
        admin = AdminFactory()
        limits: dict[str, Any] = {"largest_mb": 1, "most_rows": 1, "most_previews": 10, "preview_hours": 1}
        change_setting("imports", limits, actor=admin)
        large = refused(send(client, portfolio, OWN + "\n"), 413)
        assert large["type"] == "urn:cryptopredict:problem:too-large"

    def test_the_queries_do_not_grow_with_the_files(self, portfolio: Portfolio) -> None:
        counts = []
        for more in (1, 4, 45):
            for number in range(more):
                ImportFactory(portfolio=portfolio, file_hash=f"{more}-{number}")
            counts.append(queries(client_of(portfolio.user), f"{API}portfolios/{portfolio.pk}/imports"))
        assert counts == [counts[0]] * 3


def test_who_comes_in(holding: Portfolio) -> None:
    owner, admin, other = holding.user, AdminFactory(), UserFactory()
    row = send(client_of(owner), holding).json()["id"]
    reads = [f"{API}portfolios/{holding.pk}/{name}" for name in ("gains", "imports")]

    def calls(client: Client) -> list[Any]:
        return [*(client.get(path) for path in reads), send(client, holding), confirm(client, row, holding)]

    def told(person: User, *scopes: str) -> list[int]:
        return [one.status_code for one in calls(client_with_token(person, *scopes))]

    assert [one.status_code for one in calls(client_of())] == [401] * 4
    assert told(other, "write") == [404] * 4
    assert told(admin, "write") == [404] * 4
    assert told(owner, "read") == [200, 200, 403, 403]
    assert told(admin, "admin") == [200, 200, 403, 403]
    elsewhere = PortfolioFactory(user=owner)
    refused(confirm(client_of(owner), row, elsewhere), 404)
    assert told(owner, "write") == [200, 200, 201, 200]
    assert TradeImport.objects.get(pk=row).status == "booked"


def test_the_exchange_accounts_of_a_deleted_portfolio_are_not_read() -> None:
    kept, gone = ExchangeAccountFactory(), ExchangeAccountFactory()
    assert active_accounts() == [kept.pk, gone.pk]
    path = f"{API}portfolios/{gone.portfolio_id}"
    assert client_of(gone.portfolio.user).delete(path, headers={"If-Match": "*"}).status_code == 204
    assert active_accounts() == [kept.pk]

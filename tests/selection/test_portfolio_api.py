"""Figures of portfolios through the API."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.choices import UserRole
from accounts.models import UserActivity
from selection.choices import HoldingType
from selection.models import Portfolio
from selection.selectors.value_history import hourly_worth
from system.models import AuditLog
from tests.doors import API, answer, client_of, client_with_token, queries, refused
from tests.factories import (
    AdminFactory,
    AssetFactory,
    FlowFactory,
    ManualPriceFactory,
    PortfolioFactory,
    PositionFactory,
    SectorFactory,
    SectorMappingFactory,
    UserFactory,
    add_candles,
)

pytestmark = pytest.mark.django_db
D = Decimal
DAY = timedelta(days=1)
READS = ("summary", "history", "history?interval=1h", "explain/twr")


def midnight() -> datetime:
    """When the running day began."""
    return datetime.combine(timezone.now().astimezone(UTC).date(), datetime.min.time(), UTC)


def held(portfolio: Portfolio, now: str, quantity: str = "2", cost: str = "80", days: int = 3, **more: Any) -> Any:
    """Coins bought at noon some days ago, with closes of 100, 101 and so on at the ends of the days since."""
    asset = AssetFactory(current_price=D(now))
    add_candles(asset, range(100, 100 + days), first=midnight() - days * DAY)
    position = PositionFactory(portfolio=portfolio, asset=asset, quantity=D(quantity), **more)
    FlowFactory(
        position=position,
        occurred_at=midnight() - days * DAY + DAY / 2,
        quantity_change=D(quantity),
        price=D(cost),
        cash_flow_usd=-D(quantity) * D(cost),
    )
    return position


def test_a_portfolio_at_a_glance() -> None:
    portfolio = PortfolioFactory()
    first = held(portfolio, "110", quantity="3", risk_category="conservative")
    second = held(portfolio, "90", quantity="1", risk_category=None)
    sector = SectorFactory(name="Payments")
    SectorMappingFactory(asset=first.asset, sector=sector, is_primary_sector=True)
    FlowFactory(position=second, occurred_at=midnight(), quantity_change=D(1), price=D(95), cash_flow_usd=D(-95))
    second.quantity = 2
    second.save()
    summary = answer(f"portfolios/{portfolio.pk}/summary", portfolio.user)
    # yesterday closed at 102: 4 coins; 95 were put in since; now 3 * 110 + 2 * 90
    assert (summary["total_value"], summary["daily_pnl"]) == ("510", str(510 - 4 * 102 - 95))
    assert summary["daily_pnl_percentage"] == round(100 * 7 / (408 + 95), 4)
    assert (summary["unrealized_pnl_usd"], summary["realized_pnl_usd"]) == ("95", "0")
    assert (summary["portfolio_id"], summary["positions"]) == (portfolio.pk, 2)
    parts = summary["allocation"]
    assert parts["by_asset"] == [
        {"asset_id": one.asset_id, "symbol": one.asset.symbol, "value": value, "percentage": share}
        for one, value, share in ((first, "330", 64.7059), (second, "180", 35.2941))
    ]
    assert [(one["sector_id"], one["name"], one["value"]) for one in parts["by_sector"]] == [
        (sector.pk, "Payments", "330"),
        (None, None, "180"),
    ]
    assert [(one["name"], one["value"]) for one in parts["by_risk"]] == [("conservative", "330"), (None, "180")]


def test_a_short_counts_with_its_sign() -> None:
    portfolio = PortfolioFactory()
    held(portfolio, "100", quantity="3")
    short = PositionFactory(
        portfolio=portfolio,
        asset=AssetFactory(current_price=D(50)),
        asset_type=HoldingType.SHORT_POSITION,
        quantity=D(2),
    )
    FlowFactory(
        position=short, occurred_at=midnight(), quantity_change=D(2), cash_flow_usd=D(120), cost_change_usd=D(-120)
    )
    summary = answer(f"portfolios/{portfolio.pk}/summary", portfolio.user)
    assert (summary["total_value"], summary["unrealized_pnl_usd"]) == ("200", "80")
    assert [one["percentage"] for one in summary["allocation"]["by_asset"]] == [150, -50]


def test_what_is_not_known_is_null() -> None:
    portfolio = PortfolioFactory()
    held(portfolio, "110")
    unpriced = PositionFactory(portfolio=portfolio, asset=AssetFactory(current_price=None))
    FlowFactory(position=unpriced, occurred_at=midnight() - DAY)
    summary = answer(f"portfolios/{portfolio.pk}/summary", portfolio.user)
    unknown = ("total_value", "daily_pnl", "daily_pnl_percentage", "unrealized_pnl_usd")
    assert [summary[name] for name in unknown] == [None] * 4
    assert [(one["value"], one["percentage"]) for one in summary["allocation"]["by_asset"]] == [
        ("220", None),
        (None, None),
    ]
    empty = answer(f"portfolios/{PortfolioFactory(user=portfolio.user).pk}/summary", portfolio.user)
    assert (empty["total_value"], empty["daily_pnl"], empty["daily_pnl_percentage"]) == ("0", "0", None)
    assert empty["allocation"] == {"by_asset": [], "by_sector": [], "by_risk": []}


def test_the_worth_of_the_last_days() -> None:
    portfolio = PortfolioFactory()
    held(portfolio, "999", quantity="2", cost="80", days=4)
    rows = answer(f"portfolios/{portfolio.pk}/history", portfolio.user)
    assert [(row["total_value"], row["pnl"]) for row in rows] == [
        ("200", "40"), ("202", "42"), ("204", "44"), ("206", "46"),
    ]  # fmt: skip
    assert rows[-1]["time"] == midnight().isoformat().replace("+00:00", "Z")
    assert answer(f"portfolios/{portfolio.pk}/history", portfolio.user, days=2) == rows[-2:]


def test_the_worth_of_the_last_hours() -> None:
    """Bought three and a half hours ago; the running candle counts no more than the price of now does."""
    portfolio, hour, last = PortfolioFactory(), timedelta(hours=1), datetime(2024, 6, 1, 12, tzinfo=UTC)
    asset = AssetFactory(current_price=D(999))
    add_candles(asset, [100, 101, 102, 103, 555], first=last - 4 * hour, timeframe="1h")
    coins = PositionFactory(portfolio=portfolio, asset=asset)
    FlowFactory(position=coins, occurred_at=last - 3.5 * hour, quantity_change=D(2), price=D(80))
    FlowFactory(
        position=coins, occurred_at=last - hour, quantity_change=D(-1), cash_flow_usd=D(90),
        cost_change_usd=D(-80), realized_usd=D(10),
    )  # fmt: skip

    def worth() -> list[Any]:
        return [(one.value, one.profit) for one in hourly_worth(portfolio, 1, last + hour / 2)]

    assert worth() == [(200, 40), (202, 42), (204, 44), (103, 33)]
    assert [one.at for one in hourly_worth(portfolio, 1, last)] == [last - number * hour for number in (3, 2, 1, 0)]
    other = AssetFactory(symbol="NEW", current_price=None)
    FlowFactory(position=PositionFactory(portfolio=portfolio, asset=other), occurred_at=last - 1.5 * hour)
    assert worth() == [(200, 40), (202, 42), (None, None), (None, None)]
    ManualPriceFactory(portfolio=portfolio, asset=other, price=D(70), priced_at=last)
    assert worth() == [(200, 40), (202, 42), (None, None), (103 + 2 * 70, 33 - 2 * 10)]
    assert [one.value for one in hourly_worth(portfolio, 1, last + 5 * DAY)][-1] is None


def test_a_figure_explained() -> None:
    portfolio = PortfolioFactory()
    held(portfolio, "999")
    path = f"portfolios/{portfolio.pk}/explain"
    told = answer(f"{path}/value", portfolio.user)
    assert (told["figure"], told["value"], told["unit"], told["quality"]) == ("value", "204", "USD", "A")
    assert told["as_of"] == midnight().isoformat().replace("+00:00", "Z")
    assert [one["close"] for one in told["candles"]] == ["102"]
    assert {"quantity", "price"} <= {one["name"] for one in told["inputs"]}
    before = answer(f"{path}/value", portfolio.user, to=(midnight() - DAY).isoformat())
    assert (before["value"], before["last"]) == ("202", str((midnight() - 2 * DAY).date()))
    period = answer(f"{path}/twr", portfolio.user, **{"from": (midnight() - DAY).isoformat()})
    assert period["first"] == str((midnight() - DAY).date())
    assert period["value"] == pytest.approx(102 / 101 - 1)
    problem = refused(client_of(portfolio.user).get(f"{API}{path}/luck"), 400)
    assert problem["errors"][0]["field"] == "figure"


@pytest.mark.parametrize("path", READS)
def test_who_reads_the_figures(path: str) -> None:
    portfolio = PortfolioFactory()
    address = f"{API}portfolios/{portfolio.pk}/{path}"
    absent = refused(client_of(UserFactory()).get(f"{API}portfolios/987654321/{path}"), 404)
    foreign = refused(client_of(UserFactory()).get(address), 404)
    assert {**absent, "instance": "", "request_id": ""} == {**foreign, "instance": "", "request_id": ""}
    refused(client_of().get(address), 401)
    refused(client_with_token(AdminFactory(), "read").get(address), 404)
    guest = PortfolioFactory(user=UserFactory(role=UserRole.GUEST))
    assert client_of(guest.user).get(f"{API}portfolios/{guest.pk}/{path}").status_code == 200
    for client in (client_of(portfolio.user), client_of(AdminFactory()), client_with_token(portfolio.user, "read")):
        assert client.get(address).status_code == 200


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("history", {"days": "0"}, "days"),
        ("history", {"days": "32", "interval": "1h"}, "days"),
        ("history", {"interval": "1w"}, "interval"),
        ("explain/twr", {"from": "yesterday"}, "from"),
        ("explain/twr", {"to": "2024"}, "to"),
    ],
)
def test_a_wrong_parameter_is_named(path: str, query: dict[str, str], field: str) -> None:
    portfolio = PortfolioFactory()
    problem = refused(client_of(portfolio.user).get(f"{API}portfolios/{portfolio.pk}/{path}", query), 400)
    assert [error["field"] for error in problem["errors"]] == [field]


@pytest.mark.parametrize("path", READS)
def test_the_queries_do_not_grow_with_what_is_held(path: str) -> None:
    portfolio = PortfolioFactory()
    client, address = client_of(portfolio.user), f"{API}portfolios/{portfolio.pk}/{path}"
    counts = []
    for more in (1, 4, 45):
        for _ in range(more):
            held(portfolio, "110")
        counts.append(queries(client, address))
    assert counts == [counts[0]] * 3


def write(client: Any, method: str, path: str, body: Any = None, *, version: str | None = "*") -> Any:
    headers = {"If-Match": version} if version else {}
    return getattr(client, method)(API + path, body or {}, content_type="application/json", headers=headers)


def test_a_portfolio_is_made_changed_and_deleted() -> None:
    owner = UserFactory()
    client = client_of(owner)
    made = write(client, "post", "portfolios", {"name": " Old  coins "}, version=None)
    row = made.json()
    assert (made.status_code, row["name"], row["total_value"], row["positions"]) == (201, "Old coins", "0", 0)
    assert (row["user_id"], row["is_public"]) == (owner.pk, False)
    path = f"portfolios/{row['id']}"
    assert refused(write(client, "post", "portfolios", {"name": "Old coins"}), 409)["type"].endswith("name-taken")
    write(client, "post", "portfolios", {"name": "Second"})
    read = client.get(API + path).headers["ETag"]
    changed = write(client, "patch", path, {"name": "Coins", "is_public": True}, version=read)
    assert (changed.status_code, changed.json()["name"], changed.json()["is_public"]) == (200, "Coins", True)
    refused(write(client, "patch", path, {"name": "Late"}, version=read), 412)
    refused(write(client, "patch", path, {"name": "Blind"}, version=None), 428)
    refused(write(client, "patch", path, {"name": "Second"}), 409)
    assert write(client, "patch", path, {"name": "Coins"}, version=changed.headers["ETag"]).status_code == 200
    refused(write(client, "delete", path, version=None), 428)
    assert write(client, "delete", path).status_code == 204
    refused(client.get(API + path), 404)
    assert write(client, "post", "portfolios", {"name": "Coins"}).status_code == 201
    assert [
        one.action for one in UserActivity.objects.filter(entity_id=row["id"], entity_type="portfolio").order_by("id")
    ] == ["create", "update", "delete"]
    assert AuditLog.objects.filter(table_name="portfolios", record_id=row["id"]).count() == 3


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "name"), ({"name": " "}, "name"), ({"name": "x" * 101}, "name"), ({"user_id": 1}, "user_id")],
)
def test_a_wrong_portfolio_is_refused(body: dict[str, Any], field: str) -> None:
    whole = body if field == "name" else {"name": "x"} | body
    problem = refused(write(client_of(UserFactory()), "post", "portfolios", whole), 400)
    assert [error["field"] for error in problem["errors"]] == [field]
    assert not Portfolio.objects.exists()


def test_who_changes_a_portfolio() -> None:
    portfolio, admin = PortfolioFactory(), AdminFactory()
    guest = PortfolioFactory(user=UserFactory(role=UserRole.GUEST))
    path = f"portfolios/{portfolio.pk}"
    refused(write(client_of(guest.user), "post", "portfolios", {"name": "x"}), 403)
    for method in ("patch", "delete"):
        for client, status in (
            (client_of(), 401),
            (client_of(UserFactory()), 404),
            (client_with_token(admin, "write"), 404),
            (client_with_token(portfolio.user, "read"), 403),
        ):
            refused(write(client, method, path), status)
        refused(write(client_of(guest.user), method, f"portfolios/{guest.pk}"), 403)
    assert write(client_with_token(portfolio.user, "write"), "patch", path, {"name": "x"}).status_code == 200
    assert write(client_of(admin), "patch", path, {"name": "y"}).status_code == 200
    assert write(client_of(admin), "delete", path).status_code == 204

"""Thousands of entries in one call: all or nothing, each fault named by its row, a repetition adds nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from assets.models import Asset
from selection.models import Portfolio, PortfolioDay, PositionFlow
from selection.services import count_days
from system.exceptions import ConflictError, NotAllowed
from system.models import AuditLog
from tests.factories import AssetFactory, PortfolioFactory, UserFactory
from trading.models import TradeAction
from trading.services import NewEntry, RefusedEntries, record_trade, record_trades
from trading.services.journal import recording

pytestmark = pytest.mark.django_db
FIRST = datetime(2024, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
D = Decimal


@pytest.fixture
def portfolio() -> Portfolio:
    return PortfolioFactory()


@pytest.fixture
def coins() -> list[Asset]:
    return [AssetFactory(symbol=f"COIN{number}") for number in range(3)]


def entry(asset: Asset, kind: str, quantity: str, price: str, hours: int = 0, **more: Any) -> NewEntry:
    return NewEntry(asset, kind, FIRST + hours * HOUR, quantity=D(quantity), price=D(price), **more)


def ledger(coins: list[Asset], count: int) -> list[NewEntry]:
    """A purchase and a smaller sale, over and over, in three coins."""
    return [
        entry(
            coins[row % 3], "sell" if row // 3 % 2 else "buy", "1" if row // 3 % 2 else "2", str(10 + row % 7), row,
            client_key=f"row-{row}",
        )
        for row in range(count)
    ]  # fmt: skip


def test_as_one_by_one(portfolio: Portfolio, coins: list[Asset]) -> None:
    done = record_trades(portfolio, ledger(coins, 30), actor=portfolio.user)
    assert (done.new, done.known, done.changed_from) == (30, 0, FIRST)
    other = PortfolioFactory()
    for one in sorted(ledger(coins, 30), key=lambda one: (one.action_type, -one.executed_at.timestamp())):
        record_trade(
            other, one.asset, actor=other.user, action_type=one.action_type, executed_at=one.executed_at,
            quantity=one.quantity, price=one.price,
        )  # fmt: skip
    columns = ("position__asset", "occurred_at", "quantity_change", "cost_change_usd", "realized_usd")
    flows = PositionFlow.objects.order_by("occurred_at")
    mine, theirs = (flows.filter(position__portfolio=whose).values_list(*columns) for whose in (portfolio, other))
    assert list(mine) == list(theirs)


def test_again_adds_nothing(portfolio: Portfolio, coins: list[Asset]) -> None:
    first = record_trades(portfolio, ledger(coins, 12), actor=portfolio.user)
    again = record_trades(portfolio, ledger(coins, 15), actor=portfolio.user)
    assert (again.new, again.known, again.changed_from) == (3, 12, FIRST + 12 * HOUR)
    assert again.actions[:12] == first.actions
    assert TradeAction.objects.count() == 15
    twice = [*ledger(coins, 1), *ledger(coins, 1)]
    assert record_trades(PortfolioFactory(user=portfolio.user), twice, actor=portfolio.user).new == 1


def test_every_fault_is_named_and_nothing_is_written(portfolio: Portfolio, coins: list[Asset]) -> None:
    wanted = ledger(coins, 6)
    wanted[1] = entry(coins[0], "buy", "0", "1")
    wanted[3] = entry(coins[0], "buy", "1", "NaN")
    wanted[5] = entry(coins[0], "buy", "1", "1", 10**6)
    with pytest.raises(RefusedEntries) as refused:
        record_trades(portfolio, wanted, actor=portfolio.user)
    assert [(one.row, one.field) for one in refused.value.errors] == [(1, "quantity"), (3, "price"), (5, "executed_at")]
    assert not TradeAction.objects.exists()


def test_a_shortage_names_its_row(portfolio: Portfolio, coins: list[Asset]) -> None:
    wanted = [*ledger(coins, 3), entry(coins[1], "sell", "5", "9", 7)]
    with pytest.raises(RefusedEntries, match=r"COIN1: on 2024-06-01 07:00 UTC 3 more") as refused:
        record_trades(portfolio, wanted, actor=portfolio.user)
    error = refused.value.errors[0]
    assert (error.row, error.field, error.code) == (3, "quantity", "quantity_exceeds_position")


def refused(portfolio: Portfolio, wanted: list[NewEntry]) -> list[tuple[int, str | None, str | None]]:
    with transaction.atomic(), pytest.raises(RefusedEntries) as found:
        record_trades(portfolio, wanted, actor=portfolio.user)
    return [(one.row, one.field, one.code) for one in found.value.errors]


def test_every_shortage_is_told_at_once(portfolio: Portfolio, coins: list[Asset]) -> None:
    """What is refused counts for nothing: a later sale of what is held then is not refused for it."""
    wanted = [
        entry(coins[0], "buy", "2", "10"),
        entry(coins[0], "sell", "3", "10", 1),
        entry(coins[0], "sell", "2", "10", 2),
        entry(coins[1], "sell", "1", "10", 3),
        *(entry(coins[2], "sell", "1", "10", 4 + hour) for hour in range(12)),
        entry(coins[1], "buy", "1", "10", 20, settlement_asset=coins[0], settlement_quantity=D(1)),
        entry(coins[1], "sell", "1", "10", 21),
    ]
    rows = [1, 3, *range(4, 16), 16, 17]
    assert refused(portfolio, wanted) == [(row, "quantity", "quantity_exceeds_position") for row in rows]
    record_trades(portfolio, [one for row, one in enumerate(wanted) if row not in rows], actor=portfolio.user)


def test_both_halves_of_a_transfer_that_lacks_coins_are_refused(portfolio: Portfolio, coins: list[Asset]) -> None:
    out = NewEntry(coins[0], "transfer_out", FIRST, quantity=D(2))
    back = NewEntry(coins[1], "transfer_in", FIRST + HOUR, quantity=D(2), matches_row=0)
    found = refused(portfolio, [out, back, entry(coins[1], "sell", "1", "10", 2)])
    assert [row for row, _field, _code in found] == [0, 1, 2]


def test_an_older_entry_that_becomes_impossible_is_a_fault_of_the_last_row_before_it(
    portfolio: Portfolio, coins: list[Asset]
) -> None:
    record_trades(portfolio, ledger(coins, 6), actor=portfolio.user)
    takes = entry(coins[0], "sell", "1.5", "9", 1)
    wanted = [entry(coins[0], "sell", "0.1", "9", 1), takes, entry(coins[0], "buy", "0.1", "9", 1)]
    wanted += [entry(coins[0], "sell", "0.1", "9", 5), entry(coins[1], "sell", "0.5", "9", 2)]
    assert refused(portfolio, wanted) == [(1, "quantity", "impossible_history")]
    with pytest.raises(ConflictError) as error:
        record_trade(
            portfolio, coins[0], actor=portfolio.user, action_type="sell", quantity=D("1.5"), price=D(9),
            executed_at=FIRST + HOUR,
        )  # fmt: skip
    assert error.value.code == "impossible_history"


def test_a_full_exit_takes_what_is_held_before_the_call_or_says_how_much(
    portfolio: Portfolio, coins: list[Asset]
) -> None:
    record_trades(portfolio, [entry(coins[0], "buy", "1", "10")], actor=portfolio.user)
    leave = NewEntry(coins[0], "full_exit", FIRST + 3 * HOUR, price=D(12))
    more = entry(coins[0], "buy", "2", "10", 1)
    assert refused(portfolio, [more, leave]) == [(1, "quantity", "quantity_needed")]
    paid = entry(coins[1], "buy", "2", "10", 1, settlement_asset=coins[0], settlement_quantity=D("0.5"))
    assert refused(portfolio, [leave, paid]) == [(0, "quantity", "quantity_needed")]
    later = replace(more, executed_at=leave.executed_at)
    other = entry(coins[1], "buy", "2", "10", 1)
    done = record_trades(portfolio, [leave, later, other], actor=portfolio.user)
    assert done.actions[0].quantity == 1
    assert portfolio.positions.get(asset=coins[0]).quantity == 2


def test_a_key_of_another_trade(portfolio: Portfolio, coins: list[Asset]) -> None:
    record_trades(portfolio, ledger(coins, 3), actor=portfolio.user)
    changed = ledger(coins, 3)
    changed[2] = entry(coins[2], "buy", "2.5", "12", 2, client_key="row-2")
    with pytest.raises(RefusedEntries) as refused:
        record_trades(portfolio, changed, actor=portfolio.user)
    assert [(one.row, one.field) for one in refused.value.errors] == [(2, "client_key")]


def test_both_halves_of_a_transfer_in_one_call(portfolio: Portfolio, coins: list[Asset]) -> None:
    """By the id at the venue, or because one names the other; the order does not matter."""
    bought = entry(coins[0], "buy", "2", "10")
    moved: dict[str, Any] = {"price": None, "external_id": "0xa"}
    out = NewEntry(coins[0], "transfer_out", FIRST + HOUR, quantity=D(2), **moved)
    back = NewEntry(coins[0], "transfer_in", FIRST + 2 * HOUR, quantity=D("1.5"), **moved)
    record_trades(portfolio, [back, bought, out], actor=portfolio.user)
    position: Any = portfolio.positions.get()
    assert (position.quantity, position.lots.get().cost_usd) == (D("1.5"), 20)
    other = PortfolioFactory()
    new = NewEntry(coins[1], "transfer_in", FIRST + HOUR, quantity=D(200), matches_row=1)
    record_trades(
        other, [bought, NewEntry(coins[0], "transfer_out", FIRST + HOUR, quantity=D(2)), new], actor=other.user
    )
    assert other.positions.get(asset=coins[1]).lots.get().cost_usd == 20


def test_the_audit_says_who_added_how_many(portfolio: Portfolio, coins: list[Asset]) -> None:
    done = record_trades(portfolio, ledger(coins, 6), actor=portfolio.user)
    row = AuditLog.objects.get(table_name="portfolios", record_id=portfolio.pk)
    keys = [action.pk for action in done.actions]
    assert row.changed_by == portfolio.user
    assert row.new_values == {"entries": 6, "first": min(keys), "last": max(keys)}


def test_only_the_owner(portfolio: Portfolio, coins: list[Asset]) -> None:
    with pytest.raises(NotAllowed):
        record_trades(portfolio, ledger(coins, 3), actor=UserFactory())


def test_the_number_of_queries_does_not_grow(portfolio: Portfolio, coins: list[Asset]) -> None:
    counts = []
    for count in (6, 60):
        other = PortfolioFactory()
        with CaptureQueriesContext(connection) as queries:
            record_trades(other, ledger(coins, count), actor=other.user)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_many_entries_count_the_daily_values_at_once(
    portfolio: Portfolio, coins: list[Asset], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "MANY", 6)
    days = PortfolioDay.objects.filter(portfolio=portfolio)
    entries = ledger(coins, 18)
    record_trades(portfolio, entries[:5], actor=portfolio.user)
    assert not days.exists()
    with transaction.atomic():
        before = transaction.savepoint()
        record_trades(portfolio, entries[5:], actor=portfolio.user, trial=True)
        assert not days.exists()
        transaction.savepoint_rollback(before)
    record_trades(portfolio, entries[5:], actor=portfolio.user)
    assert days.order_by("day").values_list("day", flat=True)[0] == FIRST.date()
    assert days.latest("day").day == datetime.now(UTC).date() - timedelta(days=1)
    with CaptureQueriesContext(connection) as asked:
        count_days(portfolio)
    assert not [query for query in asked if "INSERT" in query["sql"]], "the first look counts nothing"

"""Lots by hand, and what must hold whatever happens. Generated ledgers: tests/trading/compute/test_ledgers.py."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from selection.compute.lots import MISSING, Effect, Fill, OversoldError, Terms, post

D = Decimal
START = datetime(2024, 1, 1, tzinfo=UTC)
BOOK, OTHER, CASH = 1, 2, 3


def fill(number: int, effect: str, quantity: str, price: str = "0", fee: str = "0", **more: Any) -> Fill:
    amount = more.pop("amount", D(quantity) * D(price))
    values: dict[str, Any] = {"book": BOOK, "occurred_at": START + timedelta(days=number), "fee": D(fee)} | more
    return Fill(number, effect=Effect[effect], quantity=D(quantity), amount=amount, price=D(price), **values)


def kept(*fills: Fill, method: str = "average", **terms: Any) -> Any:
    return post(fills, {BOOK: Terms(method, **terms), OTHER: Terms(method), CASH: Terms(has_lots=False)})


def test_a_long_position_by_hand() -> None:
    found = kept(
        fill(1, "OPENS", "2", "100", "1"), fill(2, "OPENS", "2", "120", "1"), fill(3, "CLOSES", "1", "150", "2")
    )
    # cost 201 + 241 = 442 for 4; one quarter leaves: 110.5; realised 150 - 2 - 110.5
    holding = found.holding(BOOK)
    assert [flow.realized for flow in found.flows] == [0, 0, D("37.5")]
    assert (holding.quantity, holding.cost, holding.average_price) == (D(3), D("331.5"), D("110.5"))
    assert (holding.value(D(120)), holding.unrealized(D(120))) == (D(360), D("28.5"))
    assert holding.cash == D(-201) - 241 + 148


def test_a_short_position_by_hand() -> None:
    found = kept(fill(1, "OPENS", "2", "100", "1"), fill(2, "CLOSES", "1", "80", "1"), is_short=True)
    # received 199 for 2; covering one costs 81 against a basis of 99.5
    holding = found.holding(BOOK)
    assert found.flows[1].realized == D("18.5")
    assert (holding.quantity, holding.cost, holding.value(D(90))) == (D(1), D("-99.5"), D(-90))
    assert holding.unrealized(D(90)) == D("9.5")


@pytest.mark.parametrize(("is_short", "price", "gain"), [(False, "120", 39), (False, "90", -21), (True, "120", -41)])
def test_leverage_changes_the_margin_and_not_the_profit(is_short: bool, price: str, gain: int) -> None:
    opened = fill(1, "OPENS", "2", "100", "1")
    bare = kept(opened, is_short=is_short).holding(BOOK)
    held = kept(opened, is_short=is_short, leverage=D(5)).holding(BOOK)
    assert held.unrealized(D(price)) == bare.unrealized(D(price)) == gain
    assert (held.cash, held.tied) == (D(-41), D(41))  # a fifth of 200, and the fee
    assert held.value(D(price)) == 41 + gain
    closed = kept(opened, fill(2, "CLOSES", "2", price, "3"), is_short=is_short, leverage=D(5)).holding(BOOK)
    assert (closed.realized, closed.cash, closed.tied) == (gain - 3, gain - 3, 0)


LOTS = [fill(1, "OPENS", "1", "10"), fill(2, "OPENS", "1", "30"), fill(3, "OPENS", "1", "20")]


@pytest.mark.parametrize(
    ("method", "is_short", "gains", "left"),
    [
        ("fifo", False, [90, 50], [3]),
        ("lifo", False, [80, 50], [1]),
        ("hifo", False, [70, 60], [1]),
        ("average", False, [80, 60], [3]),
        ("fifo", True, [-90, -50], [3]),
        ("lifo", True, [-80, -50], [1]),
        ("hifo", True, [-90, -60], [2]),  # least received first: the least profit
    ],
)
def test_which_coins_leave(method: str, is_short: bool, gains: list[int], left: list[int]) -> None:
    sales = [fill(4, "CLOSES", "1", "100"), fill(5, "CLOSES", "1", "80")]
    found = kept(*LOTS, *sales, method=method, is_short=is_short)
    assert [flow.realized for flow in found.flows[3:]] == gains
    assert [lot.action_id for lot in found.lots(BOOK)] == left
    assert [gone.fill.action_id for gone in found.disposals] == [4, 5]


def test_a_sale_over_lots_says_what_each_brought() -> None:
    found = kept(*LOTS, fill(4, "CLOSES", "2.5", "100", "5"), method="fifo")
    assert [(gone.lot.action_id, gone.lot.quantity, gone.cost, gone.proceeds) for gone in found.disposals] == [
        (1, D(1), D(10), D(98)),
        (2, D(1), D(30), D(98)),
        (3, D("0.5"), D(10), D(49)),
    ]


def test_the_average_leaves_by_dates_of_the_first() -> None:
    found = kept(*LOTS, fill(4, "CLOSES", "1.5", "100"))
    assert [(gone.lot.action_id, gone.cost) for gone in found.disposals] == [(1, D(20)), (2, D(10))]
    assert [(lot.action_id, lot.quantity, lot.cost) for lot in found.lots(BOOK)] == [(2, D("0.5"), 10), (3, 1, 20)]


def test_no_sale_crosses_zero() -> None:
    with pytest.raises(OversoldError, match=r"2024-01-03 00:00 UTC 0\.5 more") as error:
        kept(fill(1, "OPENS", "1", "10"), fill(2, "CLOSES", "1.5", "10"))
    assert (error.value.fill.action_id, error.value.missing) == (2, D("0.5"))


def test_what_lacks_an_acquisition_brings_no_profit_and_is_marked() -> None:
    found = kept(fill(1, "OPENS", "1", "10"), fill(2, "CLOSES", "1.5", "30", accepts_missing=True), method="fifo")
    brought, sale = found.flows[1:]
    assert (brought.quantity_change, brought.cash, brought.leg, brought.external) == (D("0.5"), -15, 10, 15)
    assert (sale.realized, sale.assumptions) == (20, {MISSING})
    assert [(gone.proceeds - gone.cost, gone.assumptions) for gone in found.disposals] == [
        (20, {MISSING}),
        (0, {MISSING}),
    ]
    later = kept(
        fill(1, "CLOSES", "1", "30", accepts_missing=True), fill(2, "OPENS", "1", "10"), fill(3, "CLOSES", "1", "30")
    )
    assert later.flows[-1].assumptions == frozenset()  # nothing of what was missing is left


def test_a_mark_stays_with_the_coins() -> None:
    marked = fill(1, "OPENS", "1", "10", assumptions=frozenset({"manual_price:7"}))
    sales = [fill(3, "CLOSES", "1", "30"), fill(4, "CLOSES", "1", "30")]
    fifo = kept(marked, fill(2, "OPENS", "1", "20"), *sales, method="fifo")
    assert [bool(flow.assumptions) for flow in fifo.flows] == [True, False, True, False]
    average = kept(marked, fill(2, "OPENS", "1", "20"), *sales)
    assert [bool(flow.assumptions) for flow in average.flows] == [True, False, True, True]


def test_a_split_keeps_cost_and_date() -> None:
    found = kept(*LOTS, fill(4, "SPLITS", "10"), fill(5, "CLOSES", "15", "10"), method="fifo")
    assert found.flows[3].quantity_change == 27
    assert [(gone.lot.action_id, gone.lot.acquired_at, gone.cost) for gone in found.disposals] == [
        (1, START + timedelta(days=1), D(10)),
        (2, START + timedelta(days=2), D(15)),
    ]


def test_income_is_profit_at_its_worth() -> None:
    found = kept(fill(1, "OPENS", "2", "50", "1", is_income=True, kind="income"), fill(2, "CLOSES", "2", "60"))
    first, second = found.flows
    assert (first.income, first.realized, first.cash, first.cost_change) == (100, 99, -1, 100)
    assert second.realized == 20


def test_funding_is_money_alone() -> None:
    found = kept(*LOTS, fill(4, "PAYS", "0", amount=D(-7)), fill(5, "PAYS", "0", "0", "2", amount=D(3)))
    assert [flow.realized for flow in found.flows[3:]] == [-7, 1]
    assert (found.holding(BOOK).cost, found.holding(BOOK).value(D(20))) == (60, 60)


def test_a_transfer_between_venues_carries_lots_over() -> None:
    carried = fill(4, "CARRIES", "1.5", to=BOOK, to_action=5, arrives=D("1.2"), is_external=False)
    found = kept(*LOTS, carried, method="fifo")
    assert found.flows[-1].quantity_change == D("-0.3")
    assert (found.flows[-1].realized, found.flows[-1].external) == (0, 0)
    assert [(lot.acquired_at.day, lot.quantity, lot.cost) for lot in found.lots(BOOK)] == [
        (2, D("0.8"), 10),
        (3, D("0.5"), 15),
        (3, D("0.4"), 15),
        (4, D(1), 20),
    ]


def test_a_token_migration_carries_lots_to_another_coin() -> None:
    carried = fill(4, "CARRIES", "3", to=OTHER, to_action=5, arrives=D(3000), is_external=False)
    found = kept(*LOTS, carried, method="fifo")
    old, new = found.holding(BOOK), found.holding(OTHER)
    assert (old.quantity, old.cost, old.realized) == (0, 0, 0)
    assert (new.quantity, new.cost, new.realized, new.value(D("0.02"))) == (3000, 60, 0, 60)
    assert [(lot.acquired_at.day, lot.quantity, lot.cost) for lot in found.lots(OTHER)] == [
        (2, 1000, 10),
        (3, 1000, 30),
        (4, 1000, 20),
    ]


def test_a_leveraged_trade_is_settled_by_what_it_released() -> None:
    deposit = fill(1, "OPENS", "1000", "1", book=CASH)
    settle: dict[str, Any] = {"book": CASH, "amount": None, "leg": 2, "is_external": False}
    trades = [
        fill(2, "OPENS", "2", "100", is_external=False),
        fill(2, "SETTLES", "0", **settle),
        fill(3, "CLOSES", "1", "150", is_external=False),
        fill(3, "SETTLES", "0", **settle),
    ]
    found = kept(deposit, *trades, leverage=D(4))
    assert [flow.quantity_change for flow in found.flows if flow.book == CASH] == [1000, -50, 75]


def test_thirds_leave_nothing_behind() -> None:
    sales = [fill(number, "CLOSES", "1", "10") for number in (2, 3, 4)]
    for method in ("average", "fifo", "lifo", "hifo"):
        found = kept(fill(1, "OPENS", "3", "10", "0.000000000000000001"), *sales, method=method)
        assert (found.holding(BOOK).quantity, found.holding(BOOK).cost) == (0, 0)
        assert found.holding(BOOK).average_price is None


def test_the_averages_have_all_their_digits() -> None:
    """More than the 28 that Python's own context keeps."""
    price = D("12345678901234567890.000000000000000002")
    found = kept(fill(1, "OPENS", "1", amount=price), fill(2, "CLOSES", "1", amount=price))
    assert (found.average_entry(BOOK), found.average_exit(BOOK)) == (price, price)
    assert kept(LOTS[0]).average_exit(BOOK) is None


@pytest.mark.parametrize(
    "wrong",
    [
        fill(1, "OPENS", "0", "1"),
        fill(1, "OPENS", "-1", amount=D(1)),
        fill(1, "OPENS", "1", "-1"),
        fill(1, "OPENS", "1", "1", "-1"),
        fill(1, "SPLITS", "0"),
        fill(1, "CARRIES", "1", to=BOOK, arrives=D(2)),
        fill(1, "CARRIES", "1", to=OTHER, arrives=D(0)),
    ],
)
def test_nonsense_is_refused(wrong: Fill) -> None:
    with pytest.raises(ValueError, match="out of range"):
        kept(wrong)

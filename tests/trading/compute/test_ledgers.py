"""10,000 generated ledgers: nothing is lost, nothing is made, to the last digit."""

import random
from collections import defaultdict
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from selection.compute.lots import EXACT, Posted
from tests.trading.compute.ledgers import ASSET_OF, METHODS, TETHER, accounts, ledgers, possible, posted
from trading.compute.entries import Accounts

SEED = random.SystemRandom().randrange(2**32)
ZERO = Decimal(0)


def check_books(found: Posted, kept: Accounts, price: Decimal) -> None:
    """Of every position, after every flow that it has: the identity, and that the flows add up to what is held."""
    sums: dict[Any, dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    for flow in found.flows:
        position = sums[flow.book]
        for name in ("quantity_change", "cash", "cost_change", "realized"):
            position[name] += getattr(flow, name)
        assert position["quantity_change"] >= 0
        terms = kept.terms[flow.book]
        unrealized = (-1 if terms.is_short else 1) * position["quantity_change"] * price - position["cost_change"]
        if terms.leverage == 1:
            value = (-1 if terms.is_short else 1) * position["quantity_change"] * price
        else:
            value = position["realized"] - position["cash"] + unrealized
        assert position["realized"] + unrealized == value + position["cash"]
    for book in kept.terms:
        holding, position = found.holding(book), sums[book]
        assert holding.quantity == position["quantity_change"]
        assert holding.cost == position["cost_change"]
        assert (holding.realized, holding.cash) == (position["realized"], position["cash"])
        assert holding.value(price) + holding.cash == holding.realized + holding.unrealized(price)
        if not holding.quantity:
            assert holding.cost == holding.tied == 0


def check_lots(found: Posted, kept: Accounts) -> None:
    """Lots hold exactly what the position holds, and disposals what it has realised by leaving coins."""
    for book, terms in kept.terms.items():
        lots, holding = found.lots(book), found.holding(book)
        assert sum((lot.quantity for lot in lots), ZERO) == holding.quantity
        assert sum((lot.cost for lot in lots), ZERO) == holding.cost
        assert all(lot.quantity > 0 for lot in lots)
        closing = [flow for flow in found.flows if flow.book == book and flow.fill.effect.name == "CLOSES"]
        gone = found.books[book].disposals
        assert bool(gone) == bool(closing and terms.has_lots)
        if terms.has_lots:
            assert sum((one.proceeds - one.cost for one in gone), ZERO) == sum((f.realized for f in closing), ZERO)
            assert sum((one.lot.quantity for one in gone), ZERO) == -sum((f.quantity_change for f in closing), ZERO)


def check_border(found: Posted, kept: Accounts) -> None:
    """What crossed the border of the portfolio is what was paid and received on the whole."""
    whole = sum((flow.cash for flow in found.flows), ZERO)
    assert sum((flow.external for flow in found.flows), ZERO) == -whole
    if kept.cash is not None:
        by_trade: dict[int, Decimal] = defaultdict(lambda: ZERO)
        for flow in found.flows:
            if not flow.fill.is_external:
                by_trade[flow.action_id] += flow.cash
        carried = {f.action_id for f in found.flows if f.fill.effect.name == "CARRIES"}
        assert all(left == 0 for action, left in by_trade.items() if action not in carried)


def check(ledger: list[Any], method: str, cash: int | None, price: Decimal) -> None:
    kept = accounts(method, cash)
    found = posted(possible(ledger, kept), kept)
    with localcontext(EXACT):
        check_books(found, kept, price)
        check_lots(found, kept)
        check_border(found, kept)
    assert set(found.books) == set(ASSET_OF)


ARGUMENTS = {
    "ledger": ledgers(),
    "method": st.sampled_from(METHODS),
    "cash": st.sampled_from([None, 1, TETHER]),
    "price": st.decimals("0.00000001", "100000", places=8),
}
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(**ARGUMENTS)
def test_ledgers(**drawn: Any) -> None:
    check(**drawn)


@pytest.mark.full
def test_ten_thousand_ledgers() -> None:
    print(f"seed of the ledgers: {SEED}")  # noqa: T201
    count = 0

    @seed(SEED)
    @settings(max_examples=10_000, deadline=None, database=None, suppress_health_check=SLOW)
    @given(**ARGUMENTS)
    def run(**drawn: Any) -> None:
        nonlocal count
        count += 1
        check(**drawn)

    run()
    print(f"{count} ledgers, 0 failures")  # noqa: T201
    assert count >= 10_000

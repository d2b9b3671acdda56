"""Average cost by hand, and the identity that must hold to the last digit."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selection.compute.lots import EXACT, Fill, OversoldError, average_cost, average_exit

D = Decimal


def fill(number: int, opens: bool, quantity: str, price: str, fee: str = "0") -> Fill:
    return Fill(number, opens, D(quantity), D(price), D(fee))


def test_a_long_position_by_hand() -> None:
    flows, holding = average_cost(
        [fill(1, True, "2", "100", "1"), fill(2, True, "2", "120", "1"), fill(3, False, "1", "150", "2")]
    )
    # cost 201 + 241 = 442 for 4; one quarter leaves: 110.5; realised 150 - 2 - 110.5
    assert [flow.realized for flow in flows] == [0, 0, D("37.5")]
    assert (holding.quantity, holding.cost, holding.average_price) == (D(3), D("331.5"), D("110.5"))
    assert holding.unrealized(D(120)) == D("28.5")
    assert holding.cash == D(-201) - 241 + 148


def test_a_short_position_by_hand() -> None:
    flows, holding = average_cost([fill(1, True, "2", "100", "1"), fill(2, False, "1", "80", "1")], is_short=True)
    # received 199 for 2; covering one costs 81 against a basis of 99.5
    assert flows[1].realized == D("18.5")
    assert (holding.quantity, holding.cost, holding.value(D(90))) == (D(1), D("-99.5"), D(-90))
    assert holding.unrealized(D(90)) == D("9.5")


def test_the_average_exit_has_all_its_digits() -> None:
    """More than the 28 that Python's own context keeps."""
    fills = [fill(1, True, "3", "1"), fill(2, False, "1", "12345678901234567890.000000000000000002")]
    assert average_exit(fills) == D("12345678901234567890.000000000000000002")
    fills.append(fill(3, False, "1", "12345678901234567890.000000000000000006"))
    assert average_exit(fills) == D("12345678901234567890.000000000000000004")
    assert average_exit(fills[:1]) is None


def test_no_sale_crosses_zero() -> None:
    with pytest.raises(OversoldError, match=r"closes 0\.5 more") as error:
        average_cost([fill(1, True, "1", "10"), fill(2, False, "1.5", "10")])
    assert (error.value.action_id, error.value.missing) == (2, D("0.5"))


def test_thirds_leave_nothing_behind() -> None:
    sales = [fill(number, False, "1", "10") for number in (2, 3, 4)]
    _flows, holding = average_cost([fill(1, True, "3", "10", "0.000000000000000001"), *sales])
    assert (holding.quantity, holding.cost) == (D(0), D(0))
    assert holding.average_price is None


@pytest.mark.parametrize("change", [{"quantity": D(0)}, {"quantity": D(-1)}, {"price": D(-1)}, {"fee": D(-1)}])
def test_nonsense_is_refused(change: dict[str, Decimal]) -> None:
    values = {"quantity": D(1), "price": D(1), "fee": D(0)} | change
    with pytest.raises(ValueError, match="out of range"):
        average_cost([Fill(1, True, **values)])


amounts = st.decimals("0.00000001", "1000000", places=8, allow_nan=False)
prices = st.decimals("0.00000001", "100000", places=8, allow_nan=False)
trades = st.lists(st.tuples(st.booleans(), amounts, prices, st.decimals("0", "50", places=4)), min_size=1, max_size=30)


@given(trades, prices, st.booleans())
def test_identity(wanted: list[tuple[bool, Decimal, Decimal, Decimal]], price: Decimal, is_short: bool) -> None:
    """After every fill: realised (net of fees) + unrealised = value + sum of cash flows."""
    held, fills = D(0), []
    for number, (opens, quantity, paid, fee) in enumerate(wanted):
        if not opens and held == 0:
            continue
        size = quantity if opens else min(quantity, held)
        held += size if opens else -size
        fills.append(Fill(number, opens, size, paid, fee))
    with localcontext(EXACT):
        check_identity(fills, price, is_short)


def check_identity(fills: list[Fill], price: Decimal, is_short: bool) -> None:
    for count in range(1, len(fills) + 1):
        flows, holding = average_cost(fills[:count], is_short=is_short)
        assert holding.realized + holding.unrealized(price) == holding.value(price) + holding.cash
        assert holding.cash == sum(flow.cash for flow in flows)
        assert holding.realized == sum(flow.realized for flow in flows)
        assert holding.cost == sum(flow.cost_change for flow in flows)
        assert holding.quantity == sum(flow.quantity_change for flow in flows) >= 0
        if holding.quantity == 0:
            assert holding.cost == 0

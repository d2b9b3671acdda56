"""The size for a person: the least that any rule allows, and never more than the limits take."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.compute.own_size import EDGE, own_size
from trading.compute.risk_limits import Book, Held, Limits, Order, checks

D = Decimal
BTC, ETH = 1, 2
BOOK = Book(held=(Held(BTC, "Layer 1", D(1000)), Held(ETH, "DeFi", D(500))), worth=D(10_000))


@pytest.mark.parametrize(
    ("limits", "rule", "size"),
    [
        (Limits(), EDGE, "2000.00"),
        (Limits(max_position_size=D(1500)), "max_position_size", "500.00"),
        (Limits(max_portfolio_risk=D("0.01")), "max_portfolio_risk", "1000.00"),
        (Limits(max_asset_pct=D(25)), "max_asset_pct", "1500.00"),
        (Limits(max_sector_pct=D(12)), "max_sector_pct", "200.00"),
        (Limits(max_position_size=D(900)), "max_position_size", "0.00"),
    ],
)
def test_the_tightest_rule_decides(limits: Limits, rule: str, size: str) -> None:
    found = own_size(D("0.2"), D("0.1"), limits, BOOK, BTC, "Layer 1")
    assert (found.bounds[0].rule, found.size) == (rule, D(size))
    assert found.risk == D(size) / 10


def test_no_position_is_opened_beyond_their_number() -> None:
    limits = Limits(max_open_positions=2)
    assert own_size(D("0.2"), D("0.1"), limits, BOOK, 3, None).size == 0
    assert own_size(D("0.2"), D("0.1"), limits, BOOK, BTC, "Layer 1").size == 2000


def test_what_is_unknown_gives_no_size_but_for_a_plan_without_an_edge() -> None:
    unknown = Book(held=(Held(BTC, None, None),), worth=None)
    found = own_size(D("0.2"), D("0.1"), Limits(max_asset_pct=D(5)), unknown, BTC, None)
    assert (found.size, found.risk) == (None, None)
    assert own_size(D(0), D("0.1"), Limits(max_asset_pct=D(5)), unknown, BTC, None).size == 0
    sector = own_size(D("0.2"), D("0.1"), Limits(max_sector_pct=D(5)), BOOK, BTC, None)
    assert sector.size is None


shares = st.decimals("0.001", "1", places=3)
dollars = st.decimals("1", "100000", places=2)


@given(
    share=shares,
    way=st.decimals("0.01", "0.9", places=3),
    held=dollars,
    rest=dollars,
    position=st.none() | dollars,
    risk=st.none() | shares,
    asset=st.none() | st.decimals("0.1", "100", places=1),
    sector=st.none() | st.decimals("0.1", "100", places=1),
)
def test_with_that_size_every_limit_is_kept(
    share: Decimal,
    way: Decimal,
    held: Decimal,
    rest: Decimal,
    position: Decimal | None,
    risk: Decimal | None,
    asset: Decimal | None,
    sector: Decimal | None,
) -> None:
    limits = Limits(max_position_size=position, max_portfolio_risk=risk, max_asset_pct=asset, max_sector_pct=sector)
    book = Book(held=(Held(BTC, "Layer 1", held),), worth=held + rest)
    found = own_size(share, way, limits, book, BTC, "Layer 1")
    assert found.size is not None
    if found.size:
        order = Order(BTC, "Layer 1", found.size, found.size * way, opens=False)
        assert all(check.is_kept for check in checks(limits, book, order))

"""Each limit by hand: what is kept, what is broken, and what cannot be told."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from trading.compute.risk_limits import Book, Check, Held, Limits, Order, capital, checks

D = Decimal
BTC, ETH, SOL = 1, 2, 3
NONE = Limits(max_leverage=D(3))
BOOK = Book(
    held=(Held(BTC, "Layer 1", D(1000)), Held(ETH, "Layer 1", D(500)), Held(SOL, "DeFi", D(500))), worth=D(10_000)
)
ORDER = Order(asset_id=BTC, sector="Layer 1", amount=D(1000), risk=D(100), opens=False)


def one(rule: str, limit: Any, book: Book | None = BOOK, order: Order = ORDER) -> Check:
    """The check of a limit, which is the only one but for the leverage."""
    found = checks(replace(NONE, **{rule: limit}), book, order)
    return next(check for check in found if check.rule == rule)


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("max_position_size", D(2000)),
        ("max_portfolio_risk", D("0.01")),
        ("max_asset_pct", D(20)),
        ("max_sector_pct", D(25)),
    ],
)
def test_a_limit_may_be_reached_and_not_passed(rule: str, value: Decimal) -> None:
    assert one(rule, value) == Check(rule, value, value, True)
    less = value - D("1e-18")
    assert one(rule, less) == Check(rule, less, value, False)


def test_positions_are_counted() -> None:
    assert one("max_open_positions", 3).value == 3
    new = replace(ORDER, asset_id=9, opens=True)
    assert one("max_open_positions", D(3), order=new) == Check("max_open_positions", D(3), D(4), False)
    assert one("max_open_positions", 4, order=new).is_kept


def test_leverage() -> None:
    assert one("max_leverage", D(3), order=replace(ORDER, leverage=D(3))).is_kept
    assert not one("max_leverage", D(3), order=replace(ORDER, leverage=D("3.01"))).is_kept
    assert not one("max_leverage", D(1), order=replace(ORDER, leverage=D("1.01"))).is_kept


def test_a_loss_of_the_day_is_too_much_when_it_is_reached() -> None:
    lost = replace(BOOK, day_result=D(-100))
    assert one("daily_loss_limit_usd", D("100.01"), lost).is_kept
    assert one("daily_loss_limit_usd", D(100), lost) == Check("daily_loss_limit_usd", D(100), D(100), False)
    begun = replace(lost, worth=D(9900))  # the day began with 10,000
    assert one("daily_loss_limit_pct", D(1), begun) == Check("daily_loss_limit_pct", D(1), D(1), False)
    assert one("daily_loss_limit_pct", D("1.1"), begun).is_kept
    assert one("daily_loss_limit_pct", D(1), replace(BOOK, day_result=D(100))).value == 0
    assert one("daily_loss_limit_pct", D(2), replace(begun, stated=D(5000))).value == D(2)


def test_what_is_unknown_keeps_no_limit() -> None:
    no_price = replace(BOOK, held=(Held(BTC, "Layer 1", None), Held(SOL, "DeFi", D(500))), worth=None)
    for rule in ("max_position_size", "max_asset_pct", "max_sector_pct"):
        check = one(rule, D(90), no_price)
        assert (check.value, check.is_kept, check.unknown) == (None, False, "price")
    assert one("max_portfolio_risk", D(1), no_price).unknown == "worth"
    assert one("max_portfolio_risk", D(1), replace(BOOK, trade_risk=None)).unknown == "price"
    assert one("max_sector_pct", D(100), order=replace(ORDER, sector=None)).unknown == "sector"
    for rule in ("daily_loss_limit_usd", "daily_loss_limit_pct"):
        assert not one(rule, D(50), replace(BOOK, day_result=None)).is_kept
    assert not one("daily_loss_limit_pct", D(50), replace(BOOK, day_result=D(-1), worth=None)).is_kept
    assert one("max_open_positions", 9, no_price).is_kept


def test_other_assets_without_a_price_do_not_matter_to_an_asset() -> None:
    other = replace(BOOK, held=(Held(BTC, "Layer 1", D(1000)), Held(SOL, "DeFi", None)), worth=None)
    assert one("max_position_size", D(2000), other).is_kept
    assert not one("max_asset_pct", D(100), other).is_kept


@pytest.mark.parametrize("worth", [D(0), D(-5)])
def test_shares_of_nothing_are_unknown(worth: Decimal) -> None:
    assert not one("max_asset_pct", D(10_000), replace(BOOK, worth=worth)).is_kept


def test_what_shares_are_counted_of() -> None:
    order = replace(ORDER, fee=D(7), leverage=D(2))
    assert capital(BOOK, order) == 9993
    assert capital(replace(BOOK, tracks_cash=False), order) == 10_500
    assert capital(replace(BOOK, worth=None, stated=D(50_000)), order) == 50_000
    assert capital(replace(BOOK, worth=None), order) is None


def test_without_a_portfolio_only_what_needs_none_is_checked() -> None:
    every = Limits(D(999), D(1), 1, D(1), D(1), D(1), D(1), D(1))
    assert [(one.rule, one.is_kept) for one in checks(every, None, ORDER)] == [
        ("max_leverage", True),
        ("max_position_size", False),
    ]


def test_earlier_parts_of_the_trade_count() -> None:
    assert one("max_portfolio_risk", D("0.015"), replace(BOOK, trade_risk=D(50))).is_kept
    assert not one("max_portfolio_risk", D("0.015"), replace(BOOK, trade_risk=D("50.01"))).is_kept


def test_a_limit_is_compared_exactly() -> None:
    """Binary fractions, or 28 digits, would call these equal."""
    order = replace(ORDER, amount=D("123456789012345678.123456789012345678"))
    book = Book(held=(), worth=D("246913578024691356.246913578024691356"))
    assert one("max_asset_pct", D(50), book, order).is_kept
    more = replace(order, amount=D("123456789012345678.123456789012345679"))
    assert not one("max_asset_pct", D(50), book, more).is_kept


def test_no_limit_that_is_not_set() -> None:
    assert [check.rule for check in checks(Limits(), BOOK, ORDER)] == ["max_leverage"]

"""Figures of a period: by hand, and unknown with the reason where a value that matters is."""

from decimal import Decimal

import numpy as np
import pytest

from selection.compute.performance import (
    Payment,
    Period,
    Unknown,
    average_invested,
    daily_returns,
    money_weighted_return,
    payments,
    profit,
    simple_return,
    time_weighted,
)
from selection.compute.portfolio_days import Day, Restart

D = Decimal


def row(
    day: int,
    value: str | None,
    external: str = "0",
    growth: str | None = None,
    invested: str = "0",
    restart: Restart = Restart.NONE,
) -> Day:
    return Day(
        day,
        None if value is None else D(value),
        D(external),
        D(invested),
        D(0),
        None,
        D(0),
        D(0),
        None if growth is None else D(growth),
        restart,
    )


TWO = Period(D(0), [row(10, "110", "100", "1.1", "100"), row(11, "240", "100", "1.1428571428571428", "200")])


def test_profit_and_simple_return() -> None:
    assert profit(TWO) == D(40)
    assert average_invested(TWO) == D(150)
    assert simple_return(TWO).value == pytest.approx(D(40) / 150)


def test_days_without_a_holding_do_not_lower_what_was_invested() -> None:
    assert average_invested(Period(D(0), [*TWO.days, row(12, "0", "-240")])) == D(150)


def test_the_time_weighted_return_multiplies_days() -> None:
    assert float(time_weighted(TWO).value or 0) == pytest.approx(1.1 * 1.1428571428571428 - 1)


def test_payments_are_what_a_person_paid_and_got() -> None:
    assert payments(TWO) == [Payment(10, D(-100)), Payment(11, D(-100)), Payment(12, D(240))]
    later = Period(D(110), TWO.days[1:])
    assert payments(later) == [Payment(11, D(-110)), Payment(11, D(-100)), Payment(12, D(240))]
    rate, reason = money_weighted_return(later)
    assert rate.value == pytest.approx(240 / 210 - 1)
    assert reason is None


@pytest.mark.parametrize(
    ("period", "reason"),
    [
        (Period(D(0), []), Unknown.NOTHING_HELD),
        (Period(None, [row(1, "5")]), Unknown.NO_VALUE_AT_START),
        (Period(D(0), [row(1, "5"), row(2, None)]), Unknown.NO_VALUE_AT_END),
    ],
)
def test_what_every_figure_needs(period: Period, reason: Unknown) -> None:
    assert profit(period) is None
    assert (simple_return(period).value, simple_return(period).reason) == (None, reason)
    assert (time_weighted(period).value, time_weighted(period).reason) == (None, reason)
    rate, why = money_weighted_return(period)
    assert (rate.value, why) == (None, reason)


def test_an_unknown_value_at_a_flow_leaves_the_time_weighted_return_unknown_only() -> None:
    period = Period(D(100), [row(1, "110", "5", "1.05", "100", Restart.UNKNOWN)])
    assert time_weighted(period).reason == Unknown.NO_VALUE_AT_A_FLOW
    assert simple_return(period).value == D("0.05")


def test_restarts_are_named() -> None:
    period = Period(D(0), [row(7, "110", "100", "1.1", "100", Restart.EMPTY)])
    assert time_weighted(period).restarts == (7,)


def test_nothing_held() -> None:
    period = Period(D(0), [row(1, "0"), row(2, "0")])
    assert simple_return(period).reason == time_weighted(period).reason == Unknown.NOTHING_HELD
    assert money_weighted_return(period)[1] == Unknown.NOTHING_HELD


def test_daily_returns() -> None:
    found = daily_returns([*TWO.days, row(12, None)])
    assert found[:2].tolist() == pytest.approx([0.1, 0.1428571428571428])
    assert len(found) == 3
    assert np.isnan(found[2])

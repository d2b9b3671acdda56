"""Daily values in another currency: what was put in at the rate of its moment, what is held at that of the close."""

from decimal import Decimal

import pytest

from selection.compute.currencies import converted
from selection.compute.performance import Period, profit, time_weighted
from selection.compute.portfolio_days import Day, Restart

D = Decimal


def day(
    number: int, value: str | None, external: str = "0", growth: str | None = None, invested: str = "100", **more: str
) -> Day:
    return Day(
        number,
        None if value is None else D(value),
        D(external),
        D(invested),
        D(more.get("realized", 0)),
        None,
        D(more.get("income", 0)),
        D(more.get("fees", 0)),
        None if growth is None else D(growth),
        Restart.EMPTY if external != "0" else Restart.NONE,
    )


DAYS = [day(1, "110", "100", "1.1"), day(2, "121", "0", "1.1"), day(3, "181.5", "0", "1.5", fees="2", income="4")]


def test_at_a_rate_of_one_nothing_changes() -> None:
    found = converted(DAYS, [D(1)] * 4, 9)
    for before, after in zip(DAYS, found, strict=True):
        assert (before.value, before.external, before.growth, before.fees, before.income) == (
            after.value,
            after.external,
            after.growth,
            after.fees,
            after.income,
        )


def test_by_hand() -> None:
    """100 dollars at 2 a unit are 50; at the end 181.5 dollars at 1.5 are 121: a gain of 71, a return of 142 %."""
    found = converted(DAYS, [D(2), D(2), D(1), D("1.5")], 9)
    assert [one.value for one in found] == [D(55), D(121), D(121)]
    assert found[0].external == D(50)
    assert profit(Period(D(0), found)) == D(71)
    assert float(time_weighted(Period(D(0), found)).value or 0) == pytest.approx(1.42)
    assert [one.growth for one in found] == [D("1.1"), D("2.2"), D(1)]
    assert (found[2].fees, found[2].income) == (D(2), D(4))
    assert [one.realized + (one.unrealized or 0) for one in found] == [D(5), D(71), D(71)]


def test_where_the_rate_is_unknown_so_is_the_value() -> None:
    found = converted(DAYS, [D(2), D(2), None, D("1.5")], 9)
    assert [one.value for one in found] == [D(55), None, D(121)]
    assert [one.missing for one in found] == [(), (9,), ()]
    assert found[1].growth is None
    unknown = converted(DAYS, [None, D(2), D(1), D("1.5")], 9)
    assert [one.value for one in unknown] == [None, None, None]


def test_cost_leaves_with_what_it_was_paid_for() -> None:
    sold = [DAYS[0], day(2, "55", "-55", "1", "50"), day(3, "110", "55", "1", "105")]
    found = converted(sold, [D(2), D(1), D(1), D(1)], 9)
    assert [one.invested for one in found] == [D(50), D(25), D(80)]

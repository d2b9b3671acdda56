"""Daily values in another currency: every amount at the rate of its own moment, what is held at that of the close."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from selection.compute.currencies import in_currency
from selection.compute.daily_values import daily_values
from selection.compute.performance import Period, average_invested, money_weighted_return, profit, time_weighted
from selection.compute.portfolio_days import Day, Entry, Leg, Position, Prices, State

D = Decimal
COIN, RATE = 10, 90
EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
POSITIONS = {1: Position(1, COIN), 2: Position(2, COIN, is_short=True), 3: Position(3, RATE), 4: Position(4, 40)}


def at(day: int, hours: int = 12) -> datetime:
    return EPOCH + timedelta(days=day, hours=hours)


def entry(day: int, *legs: Leg) -> Entry:
    return Entry(day, legs, at(day))


def buy(day: int, quantity: str, price: str, *, key: int = 1, fee: str = "0") -> Entry:
    paid = D(quantity) * D(price) + D(fee)
    return entry(day, Leg(key, D(quantity), D(0), paid, D(price), external=paid, fee=D(fee)))


def sell(day: int, quantity: str, price: str, cost: str, *, key: int = 1) -> Entry:
    got = D(quantity) * D(price)
    return entry(day, Leg(key, -D(quantity), D(0), -D(cost), D(price), -got, got - D(cost)))


def days(
    entries: Sequence[Entry], closes: Sequence[str], rates: Sequence[str | None], moments: Sequence[str | None]
) -> list[Day]:
    """Days in the currency, with the rate at each close and at each entry."""
    known = {one.at: None if rate is None else D(rate) for one, rate in zip(entries, moments, strict=True) if one.at}
    lines: dict[int, list[Decimal | None]] = {asset: [D(close) for close in closes] for asset in (COIN, 40)}
    lines[RATE] = [None if rate is None else D(rate) for rate in rates]
    found = in_currency(entries, known, POSITIONS, RATE)
    prices, last = Prices(0, lines, currency=RATE), len(closes) - 1
    return list(daily_values(POSITIONS, found, prices, State(dollar=None), first=0, last=last))


def test_by_hand() -> None:
    """100 dollars at 2 a unit are 50; at the end 181.5 dollars at 1.5 are 121: a gain of 71, a return of 142 %."""
    found = days([buy(0, "1", "100", fee="0")], ["110", "121", "181.5"], ["2", "1", "1.5"], ["2"])
    assert [one.value for one in found] == [D(55), D(121), D(121)]
    assert found[0].external == D(50)
    assert profit(Period(D(0), found)) == D(71)
    assert float(time_weighted(Period(D(0), found)).value or 0) == pytest.approx(1.42)
    assert [one.growth for one in found] == [D("1.1"), D("2.2"), D(1)]
    assert [(one.realized, one.unrealized) for one in found] == [(D(0), D(5)), (D(0), D(71)), (D(0), D(71))]


def test_a_flow_counts_at_the_rate_of_its_own_moment() -> None:
    """The currency itself, bought at 60,000 when it had closed at 50,000: one of it is one of it."""
    found = days([buy(1, "1", "60000", key=3)], ["1", "1"], ["50000", "60000"], ["50000"])
    assert (found[1].external, found[1].value, found[1].invested) == (D(1), D(1), D(1))
    assert profit(Period(D(0), found)) == D(0)
    assert time_weighted(Period(D(0), found)).value == 0


def test_another_coin_put_in_beside_the_currency_does_not_earn_by_the_rate() -> None:
    """The rate rises from 50,000 to 60,000 in a day; a coin of 60,000 that joins meanwhile is worth one, and stays."""
    bought = [buy(0, "1", "50000", key=3), buy(1, "1", "60000")]
    found = days(bought, ["50000", "60000"], ["50000", "60000"], ["50000", "60000"])
    assert [one.growth for one in found] == [D(1), D(1)]
    assert [one.value for one in found] == [D(1), D(2)]


def test_a_short_gains_with_its_sign() -> None:
    """Sold short at 100, at 90 the day after: 10 are gained, not yet realised; then it is covered."""
    opened = entry(0, Leg(2, D(1), D(0), D(-100), D(100), external=D(-100)))
    covered = entry(2, Leg(2, D(-1), D(0), D(100), D(90), external=D(90), realized=D(10)))
    found = days([opened, covered], ["100", "90", "90"], ["1", "1", "1"], ["1", "1"])
    assert [(one.realized, one.unrealized, one.invested) for one in found] == [
        (D(0), D(0), D(100)), (D(0), D(10), D(100)), (D(10), D(0), D(0))
    ]  # fmt: skip
    halved = days([opened, covered], ["100", "90", "90"], ["1", "2", "2"], ["1", "2"])
    assert [(one.realized, one.unrealized) for one in halved] == [(D(0), D(0)), (D(0), D(55)), (D(55), D(0))]


def test_a_debt_of_dollars_counts_at_the_rate_of_the_day() -> None:
    """2 coins of 100 on a margin of 50: 150 dollars are owed, which weigh half as much when the rate is 2."""
    found = days([entry(0, Leg(1, D(2), D(150), D(50), D(100), external=D(50)))], ["100", "100"], ["1", "2"], ["1"])
    assert [(one.value, one.unrealized, one.invested) for one in found] == [
        (D(50), D(0), D(50)),
        (D(25), D(-25), D(50)),
    ]


def test_cost_leaves_with_what_it_was_paid_for() -> None:
    found = days(
        [buy(0, "1", "100"), sell(1, "0.5", "110", "50"), buy(2, "0.5", "110")], ["110"] * 3, ["1"] * 3, ["2", "1", "1"]
    )
    assert [one.invested for one in found] == [D(50), D(25), D(80)]
    assert [one.realized for one in found] == [D(0), D(30), D(30)]


def test_what_is_carried_keeps_what_it_had_cost() -> None:
    """Moved when the rate has halved: nothing is gained by moving."""
    legs = (Leg(1, D(-1), D(0), D(-100), carried=True), Leg(4, D(1), D(0), D(100), carried=True))
    for moved in ([entry(1, *legs)], [entry(1, legs[0]), entry(1, legs[1])]):
        found = days([buy(0, "1", "100"), *moved], ["100"] * 2, ["2", "1"], ["2", *["1"] * len(moved)])
        assert [(one.realized, one.invested) for one in found] == [(D(0), D(50)), (D(0), D(50))]


class TestUnknown:
    def test_the_value_needs_the_rate_of_its_own_day_only(self) -> None:
        found = days([buy(0, "1", "100")], ["110", "121", "181.5"], ["2", None, "1.5"], [None])
        assert [one.value for one in found] == [D(55), None, D(121)]
        assert [one.missing for one in found] == [(), (RATE,), ()]

    def test_an_amount_without_a_rate_is_unknown_and_never_nothing(self) -> None:
        found = days([buy(0, "1", "100", fee="1"), sell(1, "1", "110", "101")], ["110"] * 3, ["2"] * 3, [None, "2"])
        assert [one.external for one in found] == [None, D(-55), D(0)]
        assert [one.invested for one in found] == [None, D(0), D(0)]
        assert [one.fees for one in found] == [None] * 3
        assert [one.realized for one in found] == [D(0), None, None]  # what it had cost is unknown
        assert [one.income for one in found] == [D(0)] * 3
        period = Period(D(0), found)
        assert (profit(period), average_invested(period), time_weighted(period).value) == (None, None, None)
        assert money_weighted_return(period)[1] == "no_rate_at_a_flow"

    def test_nothing_is_nothing_at_any_rate(self) -> None:
        found = days([buy(0, "1", "100"), sell(1, "1", "100", "100")], ["100"] * 2, ["1", None], ["1", "1"])
        assert (found[1].value, found[1].missing) == (D(0), ())

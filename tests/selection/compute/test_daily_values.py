"""Daily values: worth at each close, returns between flows, unknown where no price is known, and the same whether the
days are counted from the beginning or from any day on."""

from collections.abc import Sequence
from decimal import Decimal
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selection.compute.daily_values import daily_values
from selection.compute.performance import Period, profit, time_weighted
from selection.compute.portfolio_days import Day, Entry, Leg, Position, Prices, Restart, State, plus
from tests.rounds import examples

D = Decimal
BTC, ETH = 10, 20
POSITIONS = {1: Position(1, BTC), 2: Position(2, ETH)}


def buy(day: int, quantity: str, price: str, *, key: int = 1, fee: str = "0") -> Entry:
    """A purchase without a cash position: what is paid is put in."""
    paid = D(quantity) * D(price) + D(fee)
    return Entry(day, (Leg(key, D(quantity), D(0), paid, D(price), external=paid, fee=D(fee)),))


def sell(day: int, quantity: str, price: str, cost: str, *, key: int = 1, fee: str = "0") -> Entry:
    received = D(quantity) * D(price) - D(fee)
    leg = Leg(key, -D(quantity), D(0), -D(cost), D(price), -received, received - D(cost), D(fee))
    return Entry(day, (leg,))


def days(
    entries: Sequence[Entry],
    closes: Sequence[str | None],
    other: Sequence[str | None] | None = None,
    positions: dict[int, Position] | None = None,
    **assumed: str,
) -> list[Day]:
    def decimals(values: Sequence[str | None]) -> list[D | None]:
        return [None if value is None else D(value) for value in values]

    prices = Prices(
        0,
        {BTC: decimals(closes), ETH: decimals(other or closes)},
        {BTC: {int(place[1:]) for place in assumed}},
        {BTC: {int(place[1:]): code for place, code in assumed.items()}},
    )
    last = len(closes) - 1
    return list(daily_values(positions or POSITIONS, entries, prices, State(), first=0, last=last))


def growths(rows: Sequence[Day]) -> list[float | None]:
    return [None if row.growth is None else round(float(row.growth), 12) for row in rows]


def test_the_first_return_runs_from_the_purchase_to_the_close() -> None:
    rows = days([buy(0, "2", "100")], ["110", "121", "121"])
    assert [row.value for row in rows] == [D(220), D(242), D(242)]
    assert growths(rows) == [1.1, 1.1, 1.0]
    assert (rows[0].restart, rows[1].restart) == (Restart.EMPTY, Restart.NONE)
    assert (rows[0].external, rows[0].invested, rows[0].unrealized) == (D(200), D(200), D(20))


def test_money_put_in_does_not_count_as_a_return() -> None:
    """Twice the coins, bought within the day at 90: the return is that of the price, over 90 on the way."""
    rows = days([buy(0, "1", "100"), buy(1, "1", "90")], ["100", "110"])
    assert growths(rows) == [1.0, round(0.9 * 110 / 90, 12)]


def test_the_other_coins_are_valued_at_what_was_known_last() -> None:
    """Bitcoin is bought at 90 when ether stands at yesterday's 50: 140 held, 90 more, and 330 at the close."""
    rows = days([buy(0, "1", "100"), buy(0, "1", "50", key=2), buy(1, "1", "90")], ["100", "100"], ["50", "130"])
    assert growths(rows)[1] == pytest.approx(140 / 150 * 330 / 230)


def test_a_fee_of_a_purchase_is_a_loss_of_the_day() -> None:
    assert growths(days([buy(0, "1", "100", fee="1")], ["100"])) == [round(100 / 101, 12)]


def test_a_fee_of_a_sale_is_a_loss_of_the_day_and_nothing_is_left_behind() -> None:
    rows = days([buy(0, "1", "100"), sell(1, "1", "110", "100", fee="11")], ["100", "110", "110"])
    assert growths(rows) == [1.0, 0.99, None]
    assert (rows[1].value, rows[1].realized, rows[1].fees, rows[2].value) == (D(0), D(-1), D(11), D(0))


def test_a_deposit_of_cash_and_a_purchase_with_it_grow_by_the_price_only() -> None:
    deposit = Entry(0, (Leg(2, D(1000), D(0), D(1000), D(1), external=D(1000)),))
    bought = Entry(1, (Leg(1, D(5), D(0), D(500), D(100)), Leg(2, D(-500), D(0), D(-500), D(1))))
    rows = days([deposit, bought], ["100", "110"], ["1", "1"])
    assert growths(rows) == [1.0, 1.05]
    assert [row.external for row in rows] == [D(1000), D(0)]


def test_coins_paid_with_coins_are_no_flow() -> None:
    """Without a cash position each leg crosses the border; together they do not."""
    swap = Entry(
        1,
        (
            Leg(2, D(2), D(0), D(100), D(50), external=D(100)),
            Leg(1, D(-1), D(0), D(-100), D(100), external=D(-100)),
        ),
    )
    rows = days([buy(0, "1", "100"), swap], ["100", "100"], ["50", "55"])
    assert growths(rows) == [1.0, 1.1]


def test_entries_of_one_moment_in_disorder_lose_no_cost() -> None:
    """One is sold, at the average of both, before the other that was bought at the same moment is entered."""
    rows = days([buy(0, "1", "50"), sell(1, "1", "100", "75"), buy(1, "1", "100")], ["50", "100"])
    assert (rows[1].invested, rows[1].unrealized, rows[1].realized) == (D(75), D(25), D(25))


def test_a_split_changes_nothing() -> None:
    split = Entry(1, (Leg(1, D(9), D(0), D(0), None, splits=True),))
    more = buy(1, "10", "10")
    assert growths(days([buy(0, "1", "100"), split, more], ["100", "11"])) == [1.0, 1.1]


class TestUnknown:
    def test_a_day_without_a_price_is_unknown_and_named(self) -> None:
        rows = days([buy(0, "1", "100")], ["100", None, "121"])
        assert (rows[1].value, rows[1].unrealized, rows[1].missing) == (None, None, (BTC,))
        assert growths(rows) == [1.0, None, 1.21]  # nothing came or went meanwhile
        assert rows[2].restart == Restart.NONE

    def test_a_flow_into_the_unknown_breaks_the_chain(self) -> None:
        rows = days([buy(0, "1", "100"), buy(0, "1", "50", key=2), buy(2, "1", "60", key=2)],
                    ["100", None, None, "121"], ["50", "50", "60", "60"])  # fmt: skip
        assert [row.restart for row in rows][2] == Restart.UNKNOWN
        assert time_weighted(Period(D(0), rows)).value is None

    def test_a_trade_of_the_unknown_itself_tells_its_price(self) -> None:
        rows = days([buy(0, "1", "100"), buy(2, "1", "110")], ["100", None, "121"])
        assert growths(rows)[2] == pytest.approx(1.1 * 1.1)

    def test_what_was_assumed_is_named_on_its_day(self) -> None:
        rows = days([buy(0, "1", "100")], ["100", "101"], d1="manual_price")
        assert [(row.assumptions, row.carried) for row in rows] == [((), ()), (("manual_price",), (BTC,))]


def test_all_that_is_lost_is_lost_and_the_chain_starts_anew() -> None:
    short = {1: Position(1, BTC, is_short=True), 2: Position(2, ETH)}
    opened = Entry(0, (Leg(1, D(1), D(-150), D(50), D(100), external=D(50)),))
    rows = days([opened, buy(2, "1", "100", key=2)], ["100", "160", "160"], ["100", "100", "100"], short)
    assert [row.value for row in rows] == [D(50), D(-10), D(90)]
    assert growths(rows) == [1.0, 0.0, 1.0]


def test_a_leveraged_position_is_worth_its_margin_and_its_gain() -> None:
    """A margin of 50 holds coins of 200: 10 % more is 40 % more."""
    for is_short, cost, close in ((False, "200", "110"), (True, "-200", "90")):
        position = Position(1, BTC, is_short=is_short)
        opened = Entry(0, (Leg(1, D(2), D(cost) - 50, D(50), D(100), external=D(50)),))
        rows = days([opened], [close], positions={1: position, 2: POSITIONS[2]})
        assert (rows[0].value, rows[0].unrealized, rows[0].invested, growths(rows)) == (D(70), D(20), D(50), [1.4])


class TestMigration:
    """1 bitcoin becomes 2,000 new coins, and more is put in later that day: the return is that of the price."""

    positions: ClassVar = {1: Position(1, BTC), 2: Position(2, ETH)}
    swap = Entry(
        1,
        (
            Leg(1, D(-1), D(0), D(-100), carried=True),
            Leg(2, D(2000), D(0), D(100), carried=True),
        ),
    )

    def grown(self, other: Sequence[str | None], swap: Sequence[Entry]) -> list[float | None]:
        rows = days([buy(0, "1", "100"), *swap, buy(1, "1", "100")], ["100", "100"], other)
        assert [row.restart for row in rows] == [Restart.EMPTY, Restart.NONE]
        return growths(rows)

    @pytest.mark.parametrize("is_one_entry", [True, False])
    def test_a_coin_without_a_price_before_is_worth_what_was_given_for_it(self, is_one_entry: bool) -> None:
        halves = [self.swap] if is_one_entry else [Entry(1, (leg,)) for leg in self.swap.legs]
        assert self.grown([None, "0.055"], halves) == [1.0, pytest.approx(210 / 200)]

    def test_the_close_of_the_day_before_goes_first(self) -> None:
        assert self.grown(["0.052", "0.055"], [self.swap]) == [1.0, pytest.approx(1.04 * 210 / 204)]


AMOUNT = st.decimals("0.000001", "1000", places=6)
PRICE = st.decimals("0.01", "90000", places=8)


@st.composite
def ledgers(draw: st.DrawFn) -> tuple[list[Entry], Prices, int]:
    """Up to 30 entries in two coins over up to 25 days, with holes among the closes."""
    length = draw(st.integers(2, 25))
    held = {1: D(0), 2: D(0)}
    cost = {1: D(0), 2: D(0)}
    entries = []
    for day in sorted(draw(st.lists(st.integers(0, length - 1), max_size=30))):
        key, price, quantity = draw(st.sampled_from([1, 2])), draw(PRICE), draw(AMOUNT)
        fee = draw(st.sampled_from([D(0), D("0.01")]))
        if draw(st.booleans()) and held[key]:
            out = held[key] if draw(st.booleans()) else min(quantity, held[key])
            share = cost[key] if out == held[key] else (cost[key] * out / held[key]).quantize(D(1).scaleb(-18))
            received = out * price - fee
            legs = (Leg(key, -out, D(0), -share, price, -received, received - share, fee),)
        else:
            out, share = -quantity, -(quantity * price + fee)
            legs = (Leg(key, quantity, D(0), -share, price, -share, fee=fee),)
        held[key], cost[key] = held[key] - out, cost[key] - share
        entries.append(Entry(day, legs))
    closes = {asset: draw(st.lists(PRICE | st.none(), min_size=length, max_size=length)) for asset in (BTC, ETH)}
    return entries, Prices(0, closes), length


def state_after(entries: Sequence[Entry], prices: Prices, row: Day) -> State:
    """What a portfolio is at the end of a stored day with a known value."""
    state = State(base=row.value if row.value and row.value > 0 else None)
    state.realized, state.income, state.fees = row.realized, row.income, row.fees
    for entry in entries:
        for leg in entry.legs if entry.day <= row.day else ():
            state.quantity[leg.position_id] = state.quantity.get(leg.position_id, D(0)) + leg.quantity
            state.owed[leg.position_id] = state.owed.get(leg.position_id, D(0)) + leg.owed
            state.tied[leg.position_id] = plus(state.tied.get(leg.position_id, D(0)), leg.tied)
    for key in [key for key, quantity in state.quantity.items() if not quantity]:
        del state.quantity[key], state.owed[key], state.tied[key]
    for asset, closes in prices.closes.items():
        if (close := closes[row.day]) is not None:
            state.marks[asset] = close
    return state


@settings(max_examples=examples(80, 300), deadline=None)
@given(ledgers(), st.data())
def test_going_on_from_any_known_day_gives_what_counting_from_the_beginning_gives(
    ledger: tuple[list[Entry], Prices, int], data: st.DataObject
) -> None:
    entries, prices, length = ledger
    whole = list(daily_values(POSITIONS, entries, prices, State(), first=0, last=length - 1))
    known = [row for row in whole if row.value is not None]
    if not known:
        return
    row = data.draw(st.sampled_from(known))
    state = state_after(entries, prices, row)
    later = [entry for entry in entries if entry.day > row.day]
    rest = list(daily_values(POSITIONS, later, prices, state, first=row.day + 1, last=length - 1))
    assert rest == whole[row.day + 1 :]


@settings(max_examples=examples(80, 300), deadline=None)
@given(ledgers())
def test_realised_and_unrealised_are_worth_less_what_was_put_in_to_the_last_digit(
    ledger: tuple[list[Entry], Prices, int],
) -> None:
    entries, prices, length = ledger
    external = D(0)
    for row in daily_values(POSITIONS, entries, prices, State(), first=0, last=length - 1):
        assert row.external is not None
        external += row.external
        if row.value is not None and row.unrealized is not None and row.realized is not None:
            assert abs(row.realized + row.unrealized - (row.value - external)) <= D("1e-17")


@settings(max_examples=100, deadline=None)
@given(st.lists(PRICE, min_size=2, max_size=30), st.lists(st.tuples(st.integers(1, 28), AMOUNT), max_size=20))
def test_however_much_of_one_coin_is_bought_its_return_is_that_of_the_price(
    closes: list[Decimal], bought: list[tuple[int, Decimal]]
) -> None:
    entries = [Entry(0, (Leg(1, D(1), D(0), closes[0], closes[0], external=closes[0]),))]
    for day, quantity in sorted(bought):
        if day < len(closes):
            paid = quantity * closes[day]
            entries.append(Entry(day, (Leg(1, quantity, D(0), paid, closes[day], external=paid),)))
    prices = Prices(0, {BTC: closes})
    rows = list(daily_values({1: POSITIONS[1]}, entries, prices, State(), first=0, last=len(closes) - 1))
    found = time_weighted(Period(D(0), rows)).value
    assert found is not None
    assert float(found) == pytest.approx(float(closes[-1] / closes[0] - 1), rel=1e-9, abs=1e-9)
    assert profit(Period(D(0), rows)) is not None

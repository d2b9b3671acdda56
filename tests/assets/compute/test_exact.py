"""Amounts to the last digit: many at a time and one by one give the same, and both what plain fractions give."""

from decimal import Decimal
from fractions import Fraction
from math import floor

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.compute.exact import SENT, STORED, UNIT, exact_columns, exact_row

amounts = st.builds(
    lambda digits, places: f"{Decimal(digits).scaleb(-places):f}",
    st.integers(1, 10**14) | st.integers(1, 10**6) | st.integers(1, 10**28),
    st.integers(0, 18),
)
candles = st.tuples(*[amounts] * 5, st.none() | amounts | st.just("0"))


def frame(rows: list[tuple]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(SENT, pl.String), orient="row")


def half_up(value: Fraction, places: int) -> Fraction:
    return Fraction(floor(value * 10**places + Fraction(1, 2)), 10**places)


def reference(row: tuple) -> tuple:
    *prices, coins = map(Fraction, row[:5])
    if row[5] is None:
        return (*prices, half_up(coins * sum(prices) / 4, 2), coins, None)
    dollars = half_up(Fraction(row[5]), 2)
    return (*prices, dollars, coins, half_up(dollars / coins, 18) if dollars else None)


@settings(max_examples=100, deadline=None)
@given(st.lists(candles, min_size=1, max_size=5))
def test_both_ways_equal_plain_fractions(rows: list[tuple]) -> None:
    found = exact_columns(frame(rows))
    for row, stored in zip(rows, found.iter_rows(named=True), strict=True):
        slow = tuple(None if value is None else Fraction(value) for value in exact_row(*row))
        assert slow == reference(row)
        if stored["fits"]:
            assert tuple(None if stored[n] is None else Fraction(stored[n], UNIT) for n in STORED) == slow


@pytest.mark.parametrize(
    "row",
    [
        ("97000.12", "98000", "96000.5", "97500.01", "1234.56789", "120000000.12"),
        ("0.000008120000000001", "0.00001", "0.000008", "0.000009", "9000000000000.5", "80000000.33"),
        ("1", "1", "1", "1", "0", "0"),
        ("100.5", "110", "90", "101", "10", None),
        ("0.00000011", "0.00000012", "0.0000001", "0.00000011", "50000000000", None),
    ],
)
def test_what_exchanges_send_takes_the_fast_way(row: tuple) -> None:
    """Prices of eight digits, volumes up to trillions of coins: else the speed that was measured would not be met."""
    assert exact_columns(frame([row]))["fits"].to_list() == [True]


def test_no_coins_no_price_per_coin() -> None:
    found = exact_columns(frame([("1", "1", "1", "1", "0", "5.005")])).row(0, named=True)
    assert (found["vwap"], found["volume"]) == (None, 501 * UNIT // 100)
    assert exact_row("1", "1", "1", "1", "0", "5.005")[4:] == (Decimal("5.01"), Decimal(0), None)


@pytest.mark.parametrize("text", ["1e-7", "1E2", "5e-19", "1.5e-18", "0.0000000000000000014", "2.5e-18"])
def test_powers_of_ten_and_digits_beyond_the_last_place(text: str) -> None:
    found = exact_columns(frame([(text, text, text, text, "1", "1")])).row(0, named=True)
    assert found["fits"]
    assert Decimal(found["open_price"]).scaleb(-18) == exact_row(text, text, text, text, "1", "1").open_price


def test_numbers_are_taken_by_their_shortest_text() -> None:
    rows = pl.DataFrame({**{name: [0.1] for name in SENT[:4]}, "volume": [3.0], "quote_volume": [0.3]})
    found = exact_columns(rows).row(0, named=True)
    assert (found["open_price"], found["vwap"]) == (UNIT // 10, UNIT // 10)

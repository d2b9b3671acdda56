"""What following an advice brings: by hand."""

from decimal import Decimal

import numpy as np
import pytest

from trading.compute.advice import first_stop, returns


@pytest.mark.parametrize(
    ("side", "stop", "expected"),
    [
        (1, 95.0, (1, 95.0)),  # exact touch of the second low
        (1, 94.9, (2, 92.0)),  # the third candle opens below: its open
        (1, 80.0, None),
        (-1, 101.0, (0, 101.0)),  # exact touch of the first high
        (-1, 102.0, None),
    ],
)
def test_the_first_candle_that_reaches_a_stop(side: int, stop: float, expected: tuple[int, float] | None) -> None:
    opens, highs, lows = np.array([[100.0, 98, 92], [101.0, 99, 94], [97.0, 95, 90]])
    found = first_stop(stop, side, opens, highs, lows)
    assert (None if found is None else (found.candle, found.price)) == expected


def test_a_short_that_opens_beyond_its_stop_pays_the_open() -> None:
    found = first_stop(105, -1, np.array([110.0]), np.array([111.0]), np.array([109.0]))
    assert found is not None
    assert found.price == 110


@pytest.mark.parametrize(
    ("side", "shares", "end", "left_at", "expected"),
    [
        (1, ("1", "0.5"), "90", None, (-10, -5)),
        (1, ("1", "0"), "110", None, (10, 0)),
        (-1, ("1", "0.5"), "90", None, (10, 5)),
        (1, ("1", "1"), "90", "97", (-10, -3)),
        (-1, ("1", "1"), "120", "105", (-20, -5)),
        (1, ("0.25", "0.75"), "108", None, (2, 6)),
    ],
)
def test_results_of_doing_nothing_and_of_following(
    side: int, shares: tuple[str, str], end: str, left_at: str | None, expected: tuple[int, int]
) -> None:
    without, share = map(Decimal, shares)
    left = None if left_at is None else Decimal(left_at)
    assert returns(side, without, share, Decimal(100), Decimal(end), left) == tuple(map(Decimal, expected))

"""How many coins a paper portfolio takes: by hand."""

from decimal import Decimal

import pytest

from trading.compute.paper import coins


@pytest.mark.parametrize(
    ("price", "stop", "most", "fee", "expected"),
    [
        ("100", "90", 5, "0", "10"),  # 100 dollars of risk over 10
        ("100", "110", 5, "0", "10"),
        ("100", "99", 5, "0", "20"),  # a fifth of the capital
        ("100", "99", 5, "0.25", "16"),
        ("3", "1", 1, "0", "50"),
        ("300", "1", 1, "0", "0.33444816"),  # rounded down
        ("100", "100", 5, "0", None),
        ("1e15", "1", 5, "0", None),
    ],
)
def test_by_hand(price: str, stop: str, most: int, fee: str, expected: str | None) -> None:
    found = coins(Decimal(10_000), Decimal(1), most, Decimal(price), Decimal(stop), fee=Decimal(fee))
    assert found == (None if expected is None else Decimal(expected))

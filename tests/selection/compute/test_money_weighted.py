"""The money-weighted return: a rate only where it is the only one."""

from decimal import Decimal

import numpy as np
import pytest

from selection.compute.money_weighted import NoRate, discount_rates, money_weighted, sign_changes

D = Decimal
YEARS = [0, 365, 730]


def test_below_a_year_it_is_the_rate_of_the_period() -> None:
    found = money_weighted([D(-100), D(110)], [0, 100])
    assert found.value == found.period == pytest.approx(0.1)
    assert found.annual == pytest.approx(1.1 ** (365 / 100) - 1)


def test_from_a_year_up_it_is_a_years() -> None:
    assert money_weighted([D(-100), D(121)], [0, 730]).value == pytest.approx(0.1)
    assert money_weighted([D(-100), D(110)], [0, 365]).value == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("amounts", "reason"),
    [
        (["-100", "230", "-132"], NoRate.SEVERAL),  # 10 % and 20 %
        (["-100", "200", "-150"], NoRate.NO_ROOT),
        (["-100", "220", "-121"], NoRate.UNDECIDED),  # 10 % twice
        (["-100", "-5", "-1"], NoRate.ONE_SIGN),
        (["100", "5", "1"], NoRate.ONE_SIGN),
    ],
)
def test_there_is_none_where_no_single_one_exists(amounts: list[str], reason: NoRate) -> None:
    found = money_weighted([D(amount) for amount in amounts], YEARS)
    assert (found.value, found.period, found.annual, found.reason) == (None, None, None, reason)


def test_one_that_changes_its_sign_often_can_have_a_single_rate_still() -> None:
    amounts, days = ["-100", "60", "-10", "80"], [0, 100, 200, 300]
    found = money_weighted([D(amount) for amount in amounts], days)
    assert found.period is not None
    worth = sum(float(a) / (1 + found.period) ** (d / 300) for a, d in zip(amounts, days, strict=True))
    assert worth == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("amounts", "days"), [([], []), (["-100"], [0]), (["-100", "110"], [5, 5])])
def test_no_time_no_rate(amounts: list[str], days: list[int]) -> None:
    assert money_weighted([D(amount) for amount in amounts], days).reason == NoRate.NO_TIME


def test_amounts_of_one_day_are_one() -> None:
    assert money_weighted([D(-60), D(-40), D(110)], [0, 0, 365]).value == pytest.approx(0.1)


def test_every_amount_needs_its_day() -> None:
    with pytest.raises(ValueError, match="its day"):
        money_weighted([D(1)], [])


def test_a_total_loss_has_no_rate_that_could_be_invented() -> None:
    assert money_weighted([D(-100), D(0)], [0, 365]).reason == NoRate.NO_TIME
    found = money_weighted([D(-100), D("0.000000000000000001")], [0, 365])
    assert found.value == pytest.approx(-1, abs=1e-12)


def test_the_number_of_rates_is_that_of_a_dense_search() -> None:
    """400 series of several changes of sign: as many crossings on a fine grid as the proof says."""
    random, seen = np.random.default_rng(11), {"one": 0, "none": 0, "several": 0}
    grid = np.linspace(-40, 40, 40_001)
    for _series in range(400):
        count = int(random.integers(3, 7))
        times = np.concatenate([[0.0], np.sort(random.uniform(0.05, 0.95, count - 2)), [1.0]])
        amounts = random.normal(0, 100, count)
        if sign_changes(amounts) < 2:
            continue
        worths = (amounts * np.exp(-np.outer(grid, times) - np.abs(grid)[:, None])).sum(axis=1)
        crossings = int((np.sign(worths[1:]) != np.sign(worths[:-1])).sum())
        found = discount_rates(amounts, times)
        if found == NoRate.NO_ROOT:
            assert crossings == 0
            seen["none"] += 1
        elif found == NoRate.SEVERAL:
            assert crossings != 1
            seen["several"] += 1
        elif isinstance(found, float):
            assert crossings == (1 if abs(found) < 40 else 0)
            seen["one"] += 1
    assert min(seen.values()) > 20

"""Bitcoin's cycles: by hand, and with what was known."""

from datetime import UTC, datetime

import numpy as np
import pytest

from macro.compute.cycle import (
    EPOCH_LENGTH,
    Peak,
    below_peak,
    epoch_phase,
    halving_countdown,
    last_halving,
    monthly_returns,
    season,
)

DAY = 86400


def at(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def days(first: str, last: str) -> np.ndarray:
    return np.arange(int(at(first).timestamp()), int(at(last).timestamp()) + DAY, DAY, dtype=np.int64)


@pytest.mark.parametrize(
    ("day", "left"),
    [
        ("2024-04-19", 19),  # 1458 days after 2020-05-11 would have been 2024-05-08: nobody knew better
        ("2024-04-20", 1458),
        ("2024-06-30", 1387),
        ("2012-11-28", 1458),
    ],
)
def test_halving_countdown_uses_what_was_known(day: str, left: int) -> None:
    assert halving_countdown(at(day)) == left


def test_the_phase_runs_from_0_to_1() -> None:
    assert epoch_phase(at("2024-04-20")) == 0
    assert epoch_phase(at("2024-04-20") + EPOCH_LENGTH / 2) == 0.5
    assert epoch_phase(at("2024-04-20") + 2 * EPOCH_LENGTH) == 1  # overdue
    assert last_halving(at("2024-04-19")) == at("2020-05-11")


@pytest.mark.parametrize("asked", [halving_countdown, epoch_phase, last_halving])
def test_no_cycle_before_the_first_halving(asked) -> None:
    with pytest.raises(ValueError, match="first halving"):
        asked(at("2011-01-01"))


def test_distance_from_the_peak() -> None:
    assert below_peak(np.array([1.0, 4.0, 2.0, 4.0, 3.0])) == Peak(0.25, 1, 5)
    assert below_peak(np.array([5.0])) == Peak(0.0, 0, 1)


def test_months_that_are_over_and_whole() -> None:
    times = days("2024-01-20", "2024-04-15")
    close = np.exp(0.001 * np.arange(len(times)))
    months, returns = monthly_returns(times, close)
    assert (months % 12).tolist() == [1, 2]  # February and March; January began before, April runs
    assert returns == pytest.approx([0.029, 0.031])
    lacking = times != int(at("2024-02-29").timestamp())
    assert monthly_returns(times[lacking], close[lacking])[0].tolist() == []


def test_season_by_hand() -> None:
    """Junes rise by 20 %, other months by 1 %."""
    times = days("2018-12-31", "2023-05-31")
    months = times.astype("datetime64[s]").astype("datetime64[M]").astype(int)
    ends = np.append(months[1:] != months[:-1], True)
    steps = np.where(ends, np.where(months % 12 == 5, 0.2, 0.01), 0.0)
    close = 100 * np.exp(np.cumsum(steps))
    found = season(times, close, at("2023-06-10"))
    _, returns = monthly_returns(times, close)
    assert found.months == 4
    expected = (0.2 - returns.mean()) / (returns.std(ddof=1) / 2)
    assert found.score == pytest.approx(expected)
    assert season(times, close, at("2023-07-10")).score < 0
    assert np.isnan(season(times, close[:1].repeat(len(times)), at("2023-06-10")).score)
    young = times >= int(at("2021-12-31").timestamp())
    assert np.isnan(season(times[young], close[young], at("2023-06-10")).score)

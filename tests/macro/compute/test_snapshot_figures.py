"""Figures of the whole market: by hand, with holes, and without a look ahead."""

from datetime import UTC, datetime

import numpy as np
import pytest

from macro.compute.cycle import halving_countdown
from macro.compute.snapshot import Extremes, breadth, dominance, momentum_index, most_liquid, new_extremes


def test_breadth_counts_assets_above_their_average() -> None:
    rising = np.tile(np.arange(1.0, 61.0)[:, None], 15)
    falling = rising[::-1]
    close = np.hstack([rising, falling[:, :5]])
    found = breadth(close, 50)
    assert np.isnan(found[:49]).all()
    assert found[49:] == pytest.approx(np.full(11, 75.0))
    assert np.isnan(breadth(close[:, :19], 50)).all()  # too few to say anything


def test_breadth_sees_no_future() -> None:
    close = 100 * np.exp(np.cumsum(0.02 * np.random.default_rng(1).standard_normal((120, 30)), axis=0))
    whole = breadth(close)
    for cut in range(50, 120, 7):
        assert np.array_equal(breadth(close[: cut + 1]), whole[: cut + 1], equal_nan=True)


def test_new_extremes_by_hand() -> None:
    close = np.array([[1.0, 3.0, 2.0, 5.0, 1.0], [2.0, 2.0, 2.0, np.nan, 3.0], [3.0, 1.0, 2.0, 6.0, 2.0]])
    assert new_extremes(close, 2) == Extremes(highs=1, lows=1, counted=4)
    assert new_extremes(close, 5) == Extremes(0, 0, 0)


def test_momentum_is_return_over_volatility() -> None:
    steps = np.array([0.01, -0.02, 0.03, 0.02])
    close = np.exp(np.concatenate([[0.0], np.cumsum(steps)]))[:, None]
    assert momentum_index(close, 4) == pytest.approx(steps.sum() / (steps.std(ddof=1) * 2))
    assert np.isnan(momentum_index(close, 5))
    assert np.isnan(momentum_index(np.ones((9, 3)), 4))


def test_the_most_liquid_trade_now() -> None:
    close, volume = np.ones((40, 4)), np.tile([5.0, 9.0, 7.0, 8.0], (40, 1))
    close[-1, 1] = np.nan
    assert most_liquid(close, volume, 2).tolist() == [3, 2]


def test_dominance_adds_up() -> None:
    caps = {"BTC": 500.0, "ETH": 200.0, "USDT": 80.0, "DAI": 20.0, "SOL": 150.0, "XRP": 50.0}
    found = dominance(caps, {"USDT", "DAI"}, bitcoin="BTC", ether="ETH", tether="USDT")
    assert (found.total, found.bitcoin, found.ether, found.tether) == (1000, 50, 20, 8)
    assert found.bitcoin + found.ether + found.stablecoins + found.altcoins == pytest.approx(100)
    assert found.altcoins == pytest.approx(20)


@pytest.mark.parametrize("caps", [{"ETH": 1.0}, {"BTC": 1.0, "SHIB": 0.0}])
def test_dominance_refuses_unknown_caps(caps: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        dominance(caps, set(), bitcoin="BTC", ether="ETH", tether="USDT")


@pytest.mark.parametrize(
    ("day", "days"),
    [
        ("2024-04-19", 19),  # 1458 days after 2020-05-11 would have been 2024-05-08: nobody knew better
        ("2024-04-20", 1458),
        ("2024-06-30", 1387),
        ("2012-11-28", 1458),
    ],
)
def test_halving_countdown_uses_what_was_known(day: str, days: int) -> None:
    assert halving_countdown(datetime.fromisoformat(day).replace(tzinfo=UTC)) == days


def test_no_countdown_before_the_first_halving() -> None:
    with pytest.raises(ValueError, match="first halving"):
        halving_countdown(datetime(2011, 1, 1, tzinfo=UTC))

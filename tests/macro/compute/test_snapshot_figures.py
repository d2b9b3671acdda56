"""Figures of the whole market: by hand, with holes, and without a look ahead."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from macro.compute.snapshot import (
    Advance,
    Extremes,
    advances,
    breadth,
    largest,
    momentum_index,
    most_liquid,
    new_extremes,
)
from macro.compute.snapshot_caps import Coin, dominance, share_change, total_change


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


def test_the_largest_by_cap_then_by_volume() -> None:
    close, volume = np.ones((40, 5)), np.tile([5.0, 9.0, 7.0, 8.0, 6.0], (40, 1))
    close[-1, 4] = np.nan  # dead
    caps = np.array([np.nan, 10.0, 0.0, 20.0, 99.0])
    assert largest(caps, close, volume, 9).tolist() == [3, 1, 2, 0]
    assert largest(caps, close, volume, 3).tolist() == [3, 1, 2]
    assert largest(np.full(5, np.nan), close, volume, 9).tolist() == most_liquid(close, volume, 9).tolist()


def test_advances_by_hand() -> None:
    close = np.array([[1.0, 2.0, 3.0, np.nan, 5.0], [2.0, 1.0, 3.0, 4.0, np.nan]])
    assert advances(close, 1) == Advance(rose=1, fell=1)
    assert advances(close, 1).ratio == 0.5
    assert np.isnan(advances(np.ones((3, 4)), 1).ratio)
    assert advances(close, 2) == Advance(0, 0)


def coins(**caps: float) -> dict[str, Coin]:
    return {symbol: Coin(cap, symbol in {"USDT", "DAI"}) for symbol, cap in caps.items()}


NAMES = {"bitcoin": "BTC", "ether": "ETH", "tether": "USDT"}


def test_dominance_adds_up() -> None:
    found = dominance(coins(BTC=500, ETH=200, USDT=80, DAI=20, SOL=150, XRP=50), **NAMES)
    assert (found.total, found.bitcoin, found.ether, found.tether) == (1000, 50, 20, 8)
    assert found.ether is not None
    assert found.stablecoins is not None
    assert found.bitcoin + found.ether + found.stablecoins + found.altcoins == pytest.approx(100)
    assert found.altcoins == pytest.approx(20)


def test_what_is_not_known_has_no_share() -> None:
    found = dominance(coins(BTC=600, SOL=400), **NAMES)
    assert (found.ether, found.tether, found.stablecoins) == (None, None, None)
    assert found.altcoins == 40


@pytest.mark.parametrize("caps", [{"ETH": 1.0}, {"BTC": 1.0, "SHIB": 0.0}])
def test_dominance_refuses_unknown_caps(caps: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        dominance(coins(**caps), **NAMES)


@given(caps=st.lists(st.floats(1, 1e13), min_size=1, max_size=40))
def test_shares_add_up_to_100_on_any_caps(caps: list[float]) -> None:
    every = {"BTC": caps[0], "ETH": 7.0, "USDT": 3.0} | {f"C{i}": cap for i, cap in enumerate(caps[1:])}
    found = dominance(coins(**every), **NAMES)
    assert found.bitcoin + (found.ether or 0) + (found.stablecoins or 0) + found.altcoins == pytest.approx(100)


def test_changes_compare_what_is_known_at_both_moments() -> None:
    """An asset whose cap becomes known moves no share and no total."""
    then, now = {1: 50.0, 2: 50.0, 4: 9.0}, {1: 90.0, 2: 60.0, 3: 1000.0}
    assert share_change(now, then, 1) == pytest.approx(60 - 50)
    assert total_change(now, then) == pytest.approx(50)
    assert np.isnan(share_change(now, then, 3))
    assert np.isnan(share_change({1: 5.0}, {1: 4.0}, 1))
    assert np.isnan(total_change(now, {}))

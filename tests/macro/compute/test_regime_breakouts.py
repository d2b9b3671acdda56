"""Breakouts from Donchian channels, and swelling volatility: values by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macro.compute.regime import breakouts
from macro.compute.regime.breakouts import Breakout, newest_breakout
from macro.compute.regime.place import place, rolling_deviation


def found(closes: list[float], *, volumes: dict[int, float] | None = None, before: int = 80) -> Breakout | None:
    """The breakout of a market that first swings between 95 and 105, and then has the given closes."""
    calm = 100 + 5 * np.sin(np.arange(before) * 2 * np.pi / 10 + 1)
    close = np.concatenate([calm, closes])
    volume = np.full(len(close), 10.0)
    for at, value in (volumes or {}).items():
        volume[before + at] = value
    return newest_breakout(close + 0.5, close - 0.5, close, volume, 2.0)


class TestBreakouts:
    def test_channels_leave_the_present_candle_out(self) -> None:
        upper, lower = breakouts.channel(np.array([1.0, 5, 2, 9]), np.array([0.0, 3, 1, 8]), 2)
        assert np.array_equal(upper, [np.nan, np.nan, 5, 5], equal_nan=True)
        assert np.array_equal(lower, [np.nan, np.nan, 0, 1], equal_nan=True)

    def test_inside_the_channel_nothing_breaks_out(self) -> None:
        assert found([100, 101, 99]) is None

    def test_upwards_with_volume(self) -> None:
        one = found([107, 108, 110], volumes={0: 25})
        assert one is not None
        assert (one.place, one.is_up, one.period, one.holds, one.is_retested) == (80, True, 55, True, False)
        assert one.volume_ratio == pytest.approx(2.5)
        assert one.level == pytest.approx(105.4, abs=0.1)

    def test_downwards_mirrors(self) -> None:
        one = found([93, 92])
        assert one is not None
        assert (one.is_up, one.holds, one.period) == (False, True, 55)
        assert one.level == pytest.approx(94.6, abs=0.1)

    def test_a_retest_comes_back_to_the_level_and_closes_beyond_it(self) -> None:
        tested, far = found([108, 105.6, 108]), found([110, 109, 110])
        assert tested is not None
        assert far is not None
        assert tested.is_retested
        assert not far.is_retested

    def test_one_that_came_back_does_not_hold(self) -> None:
        one = found([107, 100, 99])
        assert one is not None
        assert not one.holds

    def test_it_is_news_for_ten_candles_even_while_the_rise_goes_on(self) -> None:
        rise = [107.0 + i for i in range(11)]
        assert found(rise[:10]) is not None
        assert found(rise) is None

    def test_only_twenty_candles_are_left(self) -> None:
        high_before = np.concatenate([np.full(20, 200.0), np.full(40, 100.0), [101.5]])
        one = newest_breakout(high_before + 0.5, high_before - 0.5, high_before, np.ones(61), 1.0)
        assert one is not None
        assert one.period == 20

    def test_without_volume_its_ratio_is_unknown(self) -> None:
        assert np.isnan(breakouts.volume_ratio(np.zeros(30), 29))
        assert np.isnan(breakouts.volume_ratio(np.ones(30), 10))
        assert breakouts.volume_ratio(np.append(np.ones(20), 3), 20) == 3

    @settings(max_examples=30, deadline=None)
    @given(st.integers(0, 10_000), st.integers(30, 199))
    def test_channels_are_blind_to_the_future(self, seed: int, cut: int) -> None:
        generator = np.random.default_rng(seed)
        high = 100 + generator.standard_normal(200)
        noise = np.concatenate([high[: cut + 1], 1e6 * generator.random(199 - cut)])
        for upper in (high[: cut + 1], noise):
            now = breakouts.channel(upper, upper - 1, 20)[0][: cut + 1]
            assert np.array_equal(now, breakouts.channel(high, high - 1, 20)[0][: cut + 1], equal_nan=True)


class TestExpansion:
    def test_swelling_and_dying_volatility(self) -> None:
        steps = 0.01 * np.random.default_rng(5).standard_normal(400)
        swelling, dying = steps.copy(), steps.copy()
        swelling[-8:] *= 6
        dying[-12:] *= 0.05
        assert breakouts.expansion(np.exp(np.cumsum(swelling))) > 0.98
        assert breakouts.expansion(np.exp(np.cumsum(dying))) < 0.02

    def test_without_movement_there_is_none(self) -> None:
        assert np.isnan(breakouts.expansion(np.ones(400)))
        assert np.isnan(breakouts.expansion(np.arange(1.0, 60.0)))


class TestPlace:
    def test_by_hand(self) -> None:
        values = np.array([1.0, 2, 3, 4, 3])
        assert place(values, least=4) == pytest.approx((2 + 0.5) / 4)
        assert place(values, least=2, span=2) == pytest.approx(0.25)
        assert place(np.array([np.nan, 1, 1, 2.0]), least=2) == 1
        assert np.isnan(place(values, least=5))
        assert np.isnan(place(np.array([1.0, np.nan]), least=1))

    def test_deviation(self) -> None:
        assert rolling_deviation(np.array([1.0, 3, 3]), 2).tolist()[1:] == [1, 0]
        assert np.isnan(rolling_deviation(np.array([1.0]), 2)).all()

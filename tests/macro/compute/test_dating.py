"""Ex-post dating: phases by hand, on generated histories, and of Bitcoin."""

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macro.compute import dating
from macro.compute.dating import BEAR, BULL, OPEN, lunde_timmermann, pagan_sossounov, turning_points


def legs(*turns: tuple[int, float]) -> np.ndarray:
    """Log-linear legs between (day, price)."""
    days, prices = zip(*turns, strict=True)
    return np.exp(np.interp(np.arange(days[-1] + 1), days, np.log(prices)))


def places(close: np.ndarray) -> list[tuple[int, bool]]:
    return [(turn.place, turn.is_peak) for turn in turning_points(close)]


class TestPaganSossounov:
    def test_a_rise_a_fall_and_a_rise(self) -> None:
        close = legs((0, 100), (200, 300), (400, 80), (700, 200))
        assert places(close) == [(200, True), (400, False)]
        labels = pagan_sossounov(close)
        assert set(labels[:201]) == {BULL}
        assert set(labels[201:401]) == {BEAR}
        assert set(labels[401:641]) == {BULL}
        assert set(labels[641:]) == {OPEN}

    def test_no_turning_point_within_sixty_days_of_an_end(self) -> None:
        assert places(legs((0, 100), (59, 300), (300, 80))) == []
        assert set(pagan_sossounov(legs((0, 100), (59, 300), (300, 80)))) == {OPEN}
        assert places(legs((0, 100), (60, 300), (300, 80))) == [(60, True)]
        assert places(legs((0, 100), (241, 300), (300, 80))) == []

    def test_of_two_peaks_in_a_row_the_higher_one_stays(self) -> None:
        """The peaks are 130 days apart: the lower one goes, and the trough after it, above where all began, as well."""
        close = legs((0, 100), (200, 300), (265, 200), (330, 320), (600, 80), (700, 90))
        assert places(close) == [(330, True), (600, False)]

    def test_a_short_cycle_needs_150_days(self) -> None:
        close = legs((0, 100), (200, 320), (280, 200), (349, 300), (600, 80), (700, 90))
        assert places(close) == [(200, True), (600, False)]
        longer = legs((0, 100), (200, 320), (280, 200), (350, 300), (600, 80), (700, 90))
        assert places(longer) == [(200, True), (280, False), (350, True), (600, False)]

    @pytest.mark.parametrize(("low", "count"), [(250, 1), (230, 3)])
    def test_a_short_phase_must_move_more_than_a_fifth(self, low: float, count: int) -> None:
        """300 to 250 in 50 days is 17 %, 300 to 230 is 23 %."""
        close = legs((0, 100), (200, 300), (250, low), (400, 400), (600, 300))
        assert len(places(close)) == count
        assert places(close)[-1] == (400, True)

    @pytest.mark.parametrize(("last", "count"), [(60, 1), (90, 2)])
    def test_a_last_trough_that_is_passed_is_none(self, last: float, count: int) -> None:
        close = legs((0, 100), (200, 300), (400, 80), (470, 130), (480, last))
        assert len(places(close)) == count

    def test_equal_days_count_once(self) -> None:
        close = np.concatenate([np.linspace(100, 200, 150), np.full(5, 200.0), np.linspace(200, 100, 150)])
        assert places(close) == [(149, True)]
        assert places(np.full(400, 7.0)) in ([], [(60, True)], [(60, False)])

    @settings(max_examples=40, deadline=None)
    @given(st.integers(0, 10_000))
    def test_what_always_holds(self, seed: int) -> None:
        close = np.exp(np.cumsum(0.04 * np.random.default_rng(seed).standard_normal(1500)))
        turns = turning_points(close)
        for before, after in pairwise(turns):
            assert before.is_peak != after.is_peak
            assert (after.value > before.value) == after.is_peak
            moved = abs(np.expm1(after.value - before.value))
            assert after.place - before.place >= dating.SHORTEST_PHASE or moved > dating.LARGE_MOVE
        for first, third in zip(turns, turns[2:], strict=False):
            assert third.place - first.place >= dating.SHORTEST_CYCLE
        for turn in turns:
            near = np.log(close[turn.place - dating.WINDOW : turn.place + dating.WINDOW + 1])
            assert turn.value == (near.max() if turn.is_peak else near.min())
        assert (pagan_sossounov(close)[-dating.WINDOW :] == OPEN).all()

    def test_bitcoin_as_the_world_remembers_it(self, shared: Path) -> None:
        with (shared / "data/macro/btc-yahoo-daily.csv").open() as file:
            rows = [row for row in csv.DictReader(file) if row["price"]]
        days = [row["date"] for row in rows]
        turns = turning_points(np.array([float(row["price"]) for row in rows]))
        named = {(days[turn.place], turn.is_peak) for turn in turns}
        assert {("2017-12-16", True), ("2018-12-15", False), ("2021-11-08", True), ("2022-11-21", False)} <= named


class TestLundeTimmermann:
    def test_only_large_moves_turn(self) -> None:
        close = legs((0, 100), (100, 200), (120, 150), (200, 240), (300, 100), (350, 135), (400, 90), (500, 180))
        labels = lunde_timmermann(close)
        assert set(labels[:201]) == {BULL}
        assert set(labels[201:401]) == {BEAR}
        assert set(labels[401:]) == {OPEN}

    def test_a_series_that_never_moves_is_open(self) -> None:
        assert set(lunde_timmermann(np.full(50, 3.0))) == {OPEN}

    def test_a_market_that_begins_with_a_fall(self) -> None:
        assert lunde_timmermann(legs((0, 100), (50, 60), (150, 120))).tolist() == [BEAR] * 51 + [OPEN] * 100

    @pytest.mark.parametrize(("rise", "fall"), [(0, 0.3), (0.4, 0), (0.4, 1)])
    def test_filters_that_are_refused(self, rise: float, fall: float) -> None:
        with pytest.raises(ValueError, match="rise"):
            lunde_timmermann(np.ones(9), rise=rise, fall=fall)


@pytest.mark.parametrize("bad", [np.array([1.0, np.nan]), np.array([1.0, 0.0]), np.ones((2, 2))])
def test_prices_that_are_refused(bad: np.ndarray) -> None:
    for date in (pagan_sossounov, lunde_timmermann):
        with pytest.raises(ValueError, match="above 0"):
            date(bad)

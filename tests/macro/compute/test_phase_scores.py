"""The figures of a judge against dated phases, by hand."""

import numpy as np
import pytest

from macro.compute import phase_scores


class TestScores:
    dated = np.repeat([1, 0, 1], [10, 10, 10])

    @pytest.mark.parametrize(
        ("judged", "expected"),
        [
            (np.repeat([1, 0, 1], [10, 10, 10]), (1.0, 0.0, 10.0, 2, 0)),
            (np.repeat([1, 0, 1], [13, 9, 8]), ((0.9 + 0.7) / 2, 2.5, 10.0, 2, 0)),
            (np.repeat([1, 0, 1], [3, 2, 25]), ((0.9 + 0.0) / 2, 5.0, 10.0, 2, 1)),
        ],
    )
    def test_by_hand(self, judged: np.ndarray, expected: tuple[float, ...]) -> None:
        one = phase_scores.score(judged, self.dated)
        found = (one.balanced_accuracy, one.delay_days, one.mean_length_days, one.switches, one.false_switches)
        assert found == pytest.approx(expected)

    def test_unknown_days_do_not_count(self) -> None:
        assert phase_scores.score(np.full(30, -1), self.dated).days == 0
        assert np.isnan(phase_scores.score(np.ones(30, dtype=int), np.full(30, 1)).balanced_accuracy)

    def test_brier_against_persistence(self) -> None:
        found = phase_scores.brier_ahead(np.full(30, 0.7), self.dated, self.dated, ahead=10)
        assert found == pytest.approx(((0.7**2 + 0.3**2) / 2, 1.0))

    def test_a_better_judge_gains(self) -> None:
        generator = np.random.default_rng(0)
        dated = np.repeat(generator.integers(0, 2, (15, 6)), 60, axis=0)
        better, worse = (np.where(generator.random(dated.shape) < share, 1 - dated, dated) for share in (0.1, 0.3))
        gain, low, high = phase_scores.bootstrap_difference(better, worse, dated, draws=200)
        assert low < gain < high
        assert 0.15 < low < high < 0.25
        assert phase_scores.bootstrap_difference(worse, worse, dated, draws=50)[:2] == (0, 0)

    def test_naive_rules(self) -> None:
        close = np.concatenate([np.linspace(100, 200, 250), np.linspace(200, 120, 100)])
        found = phase_scores.naive_phases(close)
        assert tuple(found) == phase_scores.NAIVE
        assert all(values[249] == 1 and values[-1] == 0 for values in found.values())
        assert (found["sma_200"][:199] == -1).all()

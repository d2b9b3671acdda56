"""Windows by hand, and equal to the last bit wherever they lie."""

import numpy as np
import pytest

from aimodels.compute.windows import decayed_mean, shifted, window_extreme, window_mean, window_sum

NAN = np.nan


def test_shifted_by_hand() -> None:
    assert np.array_equal(shifted(np.array([1.0, 2, 3]), 2), [NAN, NAN, 1], equal_nan=True)
    assert np.array_equal(shifted(np.array([1.0, 2]), 5, fill=0.0), [0, 0])


@pytest.mark.parametrize("rows", [1, 2, 3, 7, 8, 13])
def test_sums_and_extremes_are_those_of_the_last_rows(rows: int) -> None:
    values = np.random.default_rng(rows).standard_normal((40, 3))
    values[5, 0] = values[20:25, 2] = NAN
    for place in range(40):
        window = values[max(0, place + 1 - rows) : place + 1]
        assert window_sum(values, rows)[place] == pytest.approx(np.nansum(window, axis=0), abs=1e-12)
        for column in range(3):
            known = window[np.isfinite(window[:, column]), column]
            for highest, expected in ((True, known.max(initial=-9)), (False, known.min(initial=9))):
                found = window_extreme(values, rows, highest=highest)[place, column]
                assert found == expected if len(known) else np.isnan(found)


def test_a_mean_needs_enough_that_is_known() -> None:
    values = np.array([1.0, NAN, 3, NAN, NAN])
    assert np.array_equal(window_mean(values, 3, least=2), [NAN, NAN, 2, NAN, NAN], equal_nan=True)


def test_decayed_mean_by_hand() -> None:
    values = np.array([8.0, 4, NAN, 2])
    found = decayed_mean(values, 0.5, 2, least=2)
    assert np.isnan(found[0])
    assert found[1] == pytest.approx((4 + 0.5 * 8) / 1.5)
    assert found[3] == pytest.approx((2 + 0.25 * 4 + 0.125 * 8) / 1.375)


def test_a_short_panel_gives_the_same_bits_as_a_long_one() -> None:
    values = np.random.default_rng(0).standard_normal((5000, 4)) * 1e6
    values[::7, 1] = NAN
    for place in range(1000, 5000, 97):
        short = values[place + 1 - 256 : place + 1]
        assert np.array_equal(window_sum(short, 200)[-1], window_sum(values, 200)[place])
        same = decayed_mean(short, 0.98, 8, least=60)[-1], decayed_mean(values, 0.98, 8, least=60)[place]
        assert np.array_equal(*same)


def test_a_window_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        window_sum(np.ones(3), 0)

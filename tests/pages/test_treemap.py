"""Squarified rectangles."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cryptopredict.pages.sectors.treemap import squarified

SIZES = st.lists(st.floats(0.01, 1e6), min_size=1, max_size=30).map(lambda sizes: sorted(sizes, reverse=True))


@example([885704.178113415, 587573.0, 0.015625], 0.3125)
@given(SIZES, st.floats(0.3, 4))
def test_areas_are_in_proportion_and_fill_the_whole(sizes: list[float], aspect: float) -> None:
    tiles = squarified(sizes, aspect)
    assert [one.width * one.height for one in tiles] == pytest.approx([10_000 * size / sum(sizes) for size in sizes])
    assert all(one.x >= -1e-6 and one.y >= -1e-6 for one in tiles)
    assert all(one.x + one.width <= 100 + 1e-6 and one.y + one.height <= 100 + 1e-6 for one in tiles)


@given(SIZES)
def test_none_covers_another(sizes: list[float]) -> None:
    tiles = squarified(sizes, 1.5)
    for place, one in enumerate(tiles):
        for other in tiles[:place]:
            across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
            down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
            assert across < 1e-6 or down < 1e-6


def test_the_example_of_the_paper() -> None:
    """Areas 6, 6, 4, 3, 2, 2, 1 on 6 by 4 (Bruls et al. 2000, figure 4): two of 3 by 2 at the left, then 4 and 3."""
    tiles = squarified([6, 6, 4, 3, 2, 2, 1], 6 / 4)
    sides = [(one.width * 6 / 100, one.height * 4 / 100) for one in tiles]
    assert sides[0] == pytest.approx((3, 2))
    assert sides[1] == pytest.approx((3, 2))
    assert sides[2] == pytest.approx((12 / 7, 7 / 3))
    assert sides[3] == pytest.approx((9 / 7, 7 / 3))

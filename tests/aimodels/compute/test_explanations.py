"""What each feature added, by hand."""

import numpy as np
import pytest

from aimodels.compute.explanations import (
    Contributions,
    largest_gap,
    linear_contributions,
    rule_contributions,
    top_contributions,
)


def test_linear_terms_by_hand() -> None:
    found = linear_contributions(np.array([[3.0, np.nan]]), np.array([0.5, 9.0]), np.array([1.0, 7.0]), 0.2)
    assert found.values.tolist() == [[1.0, 0.0]]
    assert found.total == pytest.approx([1.2])


def test_rule_weights_by_hand() -> None:
    parts = np.array([[1.0, -1.0, 0.5], [1.0, np.nan, 0.5], [np.nan, np.nan, np.nan]])
    found = rule_contributions(parts, np.array([2.0, 1.0, 1.0]))
    assert found.values[0] == pytest.approx([0.5, -0.25, 0.125])
    assert found.values[1] == pytest.approx([2 / 3, 0, 1 / 6])
    assert found.total[2] == 0
    for weights in ([-1.0, 1.0, 1.0], [0.0, 0.0, 0.0]):
        with pytest.raises(ValueError, match="weights"):
            rule_contributions(parts, np.array(weights))


def test_the_top_ones_and_the_others_still_sum() -> None:
    found = Contributions(0.1, np.array([[0.0, 0.0, 0.0], [0.2, -0.5, 0.1]]))
    top = top_contributions(found, ("a", "b", "c"), 1, count=2)
    assert [name for name, _value in top] == ["b", "a", "others"]
    assert found.base + sum(value for _name, value in top) == pytest.approx(found.total[1])


def test_a_gap_is_seen() -> None:
    assert largest_gap(Contributions(0.0, np.ones((2, 1))), np.array([1.0, 1.5])) == 0.5

"""A return distribution by its five levels."""

import numpy as np
import pytest

from selection.compute.distribution import expected_return, possible_loss


def test_the_mean_of_a_known_distribution() -> None:
    """Normal log returns with a spread of 5 %: the mean is exp(0.05² / 2) - 1, to a twentieth of a percentage point."""
    moves = 0.05 * np.array([-1.644854, -0.67449, 0.0, 0.67449, 1.644854])
    assert expected_return(moves) == pytest.approx(np.expm1(0.00125), abs=5e-4)
    assert expected_return(moves + 0.1) == pytest.approx(np.exp(0.1) * (1 + expected_return(moves)) - 1)


def test_the_possible_loss() -> None:
    assert possible_loss(np.log([0.8, 0.9, 1, 1.1, 1.2])) == pytest.approx(0.2)
    assert possible_loss(np.log([1.1, 1.2, 1.3, 1.4, 1.5])) == 0


@pytest.mark.parametrize("moves", [np.zeros(4), np.array([np.nan, 0, 0, 0, 0])])
def test_anything_else_is_no_distribution(moves: np.ndarray) -> None:
    with pytest.raises(ValueError, match="five finite"):
        expected_return(moves)

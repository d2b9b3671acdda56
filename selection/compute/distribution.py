"""Figures of a forecast return distribution that is known at five levels: 5, 25, 50, 75 and 95 %."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SHARES = np.array([0.15, 0.225, 0.25, 0.225, 0.15])
"""How much of the probability lies nearest to each level."""


def expected_return(moves: Floats) -> float:
    """Mean simple return, a fraction: each level stands for the probability that lies nearest to it.

    Args:
        moves: log returns at the five levels, rising, shape (5,).
    Raises:
        ValueError: not five finite numbers.
    """
    if moves.shape != SHARES.shape or not np.isfinite(moves).all():
        raise ValueError("a distribution has five finite levels")
    return float(SHARES @ np.expm1(moves))


def possible_loss(moves: Floats) -> float:
    """What is lost, as a fraction of the price from 0 to 1, in the worst of twenty cases; 0 where even that gains."""
    return float(np.clip(-np.expm1(moves[0]), 0.0, 1.0))

"""What a judgement is worth when sources are missing: its probabilities move towards knowing nothing."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def widened(chances: Floats, completeness: float) -> Floats:
    """Probabilities after what is missing has been allowed for: ``c * p + (1 - c) / k``.

    The most probable state stays the most probable one. With everything known nothing changes; with nothing known all
    states are equally probable.

    Args:
        chances: probabilities, shape (k,), summing to 1.
        completeness: share of the sources that were there, by weight, 0-1.
    """
    if not 0 <= completeness <= 1:
        raise ValueError("completeness must lie between 0 and 1")
    return completeness * chances + (1 - completeness) / len(chances)

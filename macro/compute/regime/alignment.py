"""Whether the judgements of several timeframes point the same way."""

from collections.abc import Mapping
from dataclasses import dataclass

LEAST = 2
"""One timeframe alone agrees with nobody."""


@dataclass(frozen=True)
class Alignment:
    """Attributes:
    consensus: ``|sum of directions| / sum of |directions|``: 1 when all point one way, 0 when they cancel.
    direction: their mean, -1 (down) to 1 (up).
    agree: all bull phases, or none.
    """

    consensus: float
    direction: float
    agree: bool


def alignment(directions: Mapping[str, float], phases: Mapping[str, float]) -> Alignment | None:
    """How far timeframes agree; None with fewer than ``LEAST`` of them, or when none points anywhere.

    Args:
        directions: where each points, -1 to 1, finite.
        phases: probability of a bull phase in each, 0-1, of the same timeframes.
    """
    if directions.keys() != phases.keys():
        raise ValueError("each timeframe needs its direction and its phase")
    pull = sum(abs(value) for value in directions.values())
    if len(directions) < LEAST or pull == 0:
        return None
    total = sum(directions.values())
    bulls = sum(phase > 0.5 for phase in phases.values())
    return Alignment(abs(total) / pull, total / len(directions), bulls in (0, len(phases)))

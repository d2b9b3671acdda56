"""How often forecasts of a probability came true."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from psycopg import sql

from aimodels.selectors.outcomes import BINS, Chosen, summed

LEAST_FOR_ECE = 2000
"""Below this many forecasts the error is mostly chance: a perfect model shows 0.05 and more."""
BINNED = """
SELECT d.bin, sum(d.chance)::float8 / sum(d.n), sum(d.rises)::float8 / sum(d.n), sum(d.n)
FROM {rows} WHERE d.bin IS NOT NULL GROUP BY 1 HAVING sum(d.n) > 0 ORDER BY 1
"""


@dataclass(frozen=True)
class ReliabilityBin:
    """Forecasts of about one probability.

    Attributes:
        middle: middle of the bin, 0-1.
        forecast: their mean probability of a rise, 0-1.
        observed: share of rises among them, 0-1.
        n: how many.
    """

    middle: float
    forecast: float
    observed: float
    n: int


def reliability(chosen: Chosen | None = None) -> list[ReliabilityBin]:
    """Scored forecasts of a direction in bins of their probability of a rise; empty bins are left out."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(BINNED).format(rows=summed(chosen or Chosen())))
        return [ReliabilityBin((place + 0.5) / BINS, *figures) for place, *figures in cursor.fetchall()]


def expected_calibration_error(bins: Sequence[ReliabilityBin]) -> float | None:
    """Mean distance of forecast and observed share, weighted by n; None with too few forecasts to say."""
    n = sum(one.n for one in bins)
    if n < LEAST_FOR_ECE:
        return None
    return sum(one.n * abs(one.forecast - one.observed) for one in bins) / n

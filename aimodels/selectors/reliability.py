"""How often forecasts of a probability came true."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from psycopg import sql

from aimodels.selectors.outcomes import Chosen, scored

BINS = 20
LEAST_FOR_ECE = 2000
"""Below this many forecasts the error is mostly chance: a perfect model shows 0.05 and more."""
BINNED = """
SELECT least(floor(f.chance * {bins}), {bins} - 1)::int AS bin, avg(f.chance), avg((f.log_return > 0)::int)::float8,
       count(*)
FROM (SELECT (d.predicted_value ->> 'probability_up')::float8 AS chance, d.log_return FROM ({scored}) d
      WHERE d.prediction_type = 'direction') f
GROUP BY 1 ORDER BY 1
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
    query = sql.SQL(BINNED).format(bins=sql.Literal(BINS), scored=scored(chosen or Chosen()))
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [ReliabilityBin((place + 0.5) / BINS, *figures) for place, *figures in cursor.fetchall()]


def expected_calibration_error(bins: Sequence[ReliabilityBin]) -> float | None:
    """Mean distance of forecast and observed share, weighted by n; None with too few forecasts to say."""
    n = sum(one.n for one in bins)
    if n < LEAST_FOR_ECE:
        return None
    return sum(one.n * abs(one.forecast - one.observed) for one in bins) / n

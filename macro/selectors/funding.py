"""What perpetuals charged, as it was known at a moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from assets.choices import Market
from macro.selectors.series import DEMO_PREFIX, MAX_AGE

NEWEST = """
SELECT s.code, v.observed, v.rate
FROM external_series s
CROSS JOIN LATERAL (
    SELECT DISTINCT ON (observed_at) extract(epoch FROM observed_at)::bigint AS observed, value::float8 AS rate
    FROM external_values
    WHERE series_id = s.id AND known_at <= %(as_of)s AND observed_at > %(oldest)s
    ORDER BY observed_at DESC, known_at DESC LIMIT %(count)s
) v
WHERE s.kind = 'funding' AND (s.code LIKE %(demo)s) = %(is_demo)s
ORDER BY s.code, v.observed
"""
PREFIX = "FUNDING:"


@dataclass(frozen=True)
class Charges:
    """Charges of one perpetual, oldest first.

    Attributes:
        times: seconds since 1970, shape (n,).
        rates: fractions of the position per charge, shape (n,).
    """

    times: NDArray[np.int64]
    rates: NDArray[np.float64]


def newest_charges(market: Market, as_of: datetime, count: int = 2) -> dict[str, Charges]:
    """The newest charges of each perpetual that were known at ``as_of``, by symbol; none of one that ended before."""
    parameters: dict[str, Any] = {
        "as_of": as_of,
        "oldest": as_of - MAX_AGE["funding"] - timedelta(days=1),
        "count": count,
        "demo": f"{DEMO_PREFIX}%",
        "is_demo": market == Market.DEMO,
    }
    with connection.cursor() as cursor:
        cursor.execute(NEWEST, parameters)
        rows = cursor.fetchall()
    found: dict[str, list[tuple[int, float]]] = {}
    for code, observed, rate in rows:
        found.setdefault(code.removeprefix(DEMO_PREFIX).removeprefix(PREFIX), []).append((observed, rate))
    return {
        symbol: Charges(np.array([at for at, _ in charges], np.int64), np.array([rate for _, rate in charges]))
        for symbol, charges in found.items()
    }

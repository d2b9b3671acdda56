"""Values from outside as they were known at a moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from assets.choices import Market

MAX_AGE = {
    "macro": timedelta(days=7),
    "sentiment": timedelta(days=3),
    "onchain": timedelta(days=5),
    "funding": timedelta(days=2),
    "open_interest": timedelta(days=2),
    "taker_volume": timedelta(days=3),
    "market_cap": timedelta(days=3),
    "volume": timedelta(days=3),
}
"""How old a value may be and still stand for the present: weekends and holidays pass, an ended series does not."""
DEMO_PREFIX = "DEMO:"

LATEST = """
SELECT s.code, v.value::float8, s.kind, s.source, s.asset_id, v.observed_at, v.known_at
FROM external_series s
CROSS JOIN LATERAL (
    SELECT value, observed_at, known_at FROM external_values
    WHERE series_id = s.id AND known_at <= %(as_of)s AND observed_at > %(oldest)s
    ORDER BY observed_at DESC, known_at DESC LIMIT 1
) v
WHERE (s.code LIKE %(demo)s) = %(is_demo)s
ORDER BY s.code
"""
HISTORY = """
SELECT DISTINCT ON (v.observed_at) extract(epoch FROM v.observed_at)::bigint, v.value::float8
FROM external_values v JOIN external_series s ON s.id = v.series_id
WHERE s.code = %(code)s AND v.known_at <= %(as_of)s AND v.observed_at >= %(since)s
ORDER BY v.observed_at, v.known_at DESC
"""


@dataclass(frozen=True)
class Known:
    """A value and how old it is."""

    value: float
    kind: str
    source: str
    asset_id: int | None
    observed_at: datetime
    known_at: datetime

    def is_stale(self, as_of: datetime) -> bool:
        return as_of - self.observed_at > MAX_AGE[self.kind] + timedelta(days=1)


def latest_values(market: Market, as_of: datetime) -> dict[str, Known]:
    """The newest value of each series that was known at ``as_of``, by code (without the demo market's prefix)."""
    parameters: dict[str, Any] = {
        "as_of": as_of,
        "oldest": as_of - timedelta(days=400),
        "demo": f"{DEMO_PREFIX}%",
        "is_demo": market == Market.DEMO,
    }
    with connection.cursor() as cursor:
        cursor.execute(LATEST, parameters)
        rows = cursor.fetchall()
    return {code.removeprefix(DEMO_PREFIX): Known(*known) for code, *known in rows}


def daily_history(
    code: str, market: Market, as_of: datetime, days: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Values of a daily series of the last ``days`` days as they were known at ``as_of``.

    Returns:
        Days since 1970 and values, oldest first; days without a value are left out.
    """
    name = f"{DEMO_PREFIX}{code}" if market == Market.DEMO else code
    with connection.cursor() as cursor:
        cursor.execute(HISTORY, {"code": name, "as_of": as_of, "since": as_of - timedelta(days=days + 1)})
        rows = cursor.fetchall()
    epochs = np.array([row[0] for row in rows], dtype=np.int64)
    return epochs // 86400, np.array([row[1] for row in rows], dtype=np.float64)

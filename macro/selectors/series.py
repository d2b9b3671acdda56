"""Values from outside as they were known at a moment."""

from datetime import datetime, timedelta

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

HISTORY = """
SELECT DISTINCT ON (v.observed_at) date_part('epoch', v.observed_at)::bigint, v.value::float8
FROM external_values v JOIN external_series s ON s.id = v.series_id
WHERE s.code = %(code)s AND v.known_at <= %(as_of)s AND v.observed_at >= %(since)s
ORDER BY v.observed_at, v.known_at DESC
"""


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

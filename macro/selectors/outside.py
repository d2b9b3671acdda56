"""The mood and the markets outside at many moments, each as it was known then."""

from datetime import UTC, datetime, timedelta

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from assets.choices import Market
from macro.compute.known_values import standing_at
from macro.selectors.series import DEMO_PREFIX, MAX_AGE

KINDS = {"FNG": "sentiment", "VIX": "macro", "DXY": "macro"}
CHANGE = timedelta(days=7)
SLACK = timedelta(days=1)
"""A value is counted from the start of the day that it describes."""
VALUES = """
SELECT s.code, date_part('epoch', v.observed_at)::bigint, date_part('epoch', v.known_at)::bigint, v.value::float8
FROM external_values v JOIN external_series s ON s.id = v.series_id
WHERE s.code = ANY(%(codes)s) AND v.known_at <= %(as_of)s AND v.observed_at >= %(since)s
"""


def outside_lines(ends: NDArray[np.int64], market: Market, as_of: datetime) -> NDArray[np.float64]:
    """Columns as in ``OUTSIDE`` at each moment: levels, and changes of a week (of prices in logarithms); NaN: unknown.

    Args:
        ends: rising, seconds since 1970, shape (t,), t >= 1.
        market: real or demo.
        as_of: nothing that became known later is read.
    Returns:
        Shape (t, 5).
    """
    prefix = DEMO_PREFIX if market == Market.DEMO else ""
    ages = {code: MAX_AGE[kind] + SLACK for code, kind in KINDS.items()}
    since = datetime.fromtimestamp(int(ends[0]), UTC) - CHANGE - max(ages.values()) - SLACK
    with connection.cursor() as cursor:
        cursor.execute(VALUES, {"codes": [prefix + code for code in KINDS], "as_of": as_of, "since": since})
        rows = cursor.fetchall()
    week, now, before = int(CHANGE.total_seconds()), {}, {}
    for code, age in ages.items():
        own = [row[1:] for row in rows if row[0] == prefix + code]
        observed, known = (np.array([row[place] for row in own], dtype=np.int64) for place in (0, 1))
        values, oldest = np.array([row[2] for row in own], dtype=np.float64), int(age.total_seconds())
        now[code] = standing_at(ends, observed, known, values, oldest=oldest)
        before[code] = standing_at(ends - week, observed, known, values, oldest=oldest)
    return np.column_stack(
        [
            now["FNG"],
            now["FNG"] - before["FNG"],
            now["VIX"],
            np.log(now["VIX"] / before["VIX"]),
            np.log(now["DXY"] / before["DXY"]),
        ]
    )

"""Market caps of many assets over time, as they were known."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from assets.compute import periods
from macro.selectors.series import MAX_AGE
from sectors.compute.caps import carried_caps

KIND = "market_cap"
AGE = MAX_AGE[KIND] + timedelta(days=1)
"""Counted from the start of the day that a value describes."""
ENDS_OF_WEEKS = [4, 5, 6, 7]
"""Days, 1 = Monday, whose values can still stand for the end of a week."""
# One packed row per asset: a row per value would cost more on the way than all that is computed from it.
QUERY = """
SELECT s.asset_id, p.packed
FROM external_series s
CROSS JOIN LATERAL (
    SELECT string_agg(
        timestamptz_send(observed_at) || timestamptz_send(known_at) || float8send(value::float8), ''::bytea
    ) AS packed
    FROM external_values
    WHERE series_id = s.id AND value > 0 AND known_at <= %(as_of)s AND observed_at >= %(first)s
      AND (%(days)s::int[] IS NULL OR extract(isodow FROM observed_at AT TIME ZONE 'UTC')::int = ANY(%(days)s::int[]))
) p
WHERE s.kind = %(kind)s AND s.asset_id = ANY(%(ids)s) AND p.packed IS NOT NULL
ORDER BY s.asset_id
"""
PACKED = np.dtype([("observed", ">i8"), ("known", ">i8"), ("value", ">f8")])
MICROSECONDS = 1_000_000
YEAR_2000 = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())
"""From where PostgreSQL counts."""


def cap_panel(
    asset_ids: Sequence[int],
    timeframe: str,
    times: NDArray[np.int64],
    close: NDArray[np.float64],
    as_of: datetime,
) -> NDArray[np.float64]:
    """Market cap of each asset at the end of each candle, USD, in one query; NaN where it is not known.

    Args:
        asset_ids: whose caps, in the order of the columns.
        timeframe: length of the candles.
        times: their starts, seconds since 1970, shape (t,).
        close: USD, shape (t, n).
        as_of: a value that became known later is not read. A value of 0 says that the cap is not known.
    """
    parameters: dict[str, Any] = {
        "kind": KIND,
        "ids": list(asset_ids),
        "as_of": as_of,
        "first": datetime.fromtimestamp(int(times[0]), UTC) - AGE,
        "days": ENDS_OF_WEEKS if timeframe == "1w" else None,
    }
    with connection.cursor() as cursor:
        cursor.execute(QUERY, parameters)
        rows = cursor.fetchall()
    values = np.frombuffer(b"".join(bytes(packed) for _asset_id, packed in rows), PACKED)
    places = {asset_id: column for column, asset_id in enumerate(asset_ids)}
    counts = [len(packed) // PACKED.itemsize for _asset_id, packed in rows]
    return carried_caps(
        times + int(periods.LENGTHS[timeframe].total_seconds()),
        close,
        column=np.repeat(np.array([places[asset_id] for asset_id, _packed in rows], dtype=np.int64), counts),
        observed=values["observed"].astype(np.int64) // MICROSECONDS + YEAR_2000,
        known=values["known"].astype(np.int64) // MICROSECONDS + YEAR_2000,
        value=values["value"].astype(np.float64),
        max_age=int(AGE.total_seconds()),
    )

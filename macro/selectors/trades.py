"""Numbers of trades of an asset's candles, as they were known at a moment."""

from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from assets.choices import CandleField
from assets.compute import periods
from assets.selectors.revisions import known_then

QUERY = """
SELECT date_part('epoch', candle_time)::bigint, trade_count::float8 FROM {table}
WHERE asset_id = %(asset)s AND timeframe = %(timeframe)s AND trade_count IS NOT NULL
  AND candle_time >= %(first)s AND candle_time < %(end)s
"""
BOTH = " UNION ALL ".join(QUERY.format(table=table) for table in ("price_data", "price_data_archive"))


def trade_counts(asset_id: int, timeframe: str, as_of: datetime, times: NDArray[np.int64]) -> NDArray[np.float64]:
    """Trades of each candle; NaN where the source does not tell.

    Args:
        asset_id: whose candles.
        timeframe: length of the candles; not ``1M``.
        as_of: corrections that came later are not known.
        times: starts of closed candles, seconds since 1970, rising, shape (t,).
    """
    counts = np.full(len(times), np.nan)
    if not len(times):
        return counts
    first = datetime.fromtimestamp(int(times[0]), as_of.tzinfo)
    end = periods.end(datetime.fromtimestamp(int(times[-1]), as_of.tzinfo), timeframe)
    wanted: dict[str, Any] = {"asset": asset_id, "timeframe": timeframe, "first": first, "end": end}
    with connection.cursor() as cursor:
        cursor.execute(BOTH, wanted)
        found = dict(cursor.fetchall())
    before = known_then(timeframe, [asset_id], first, end, as_of).of(CandleField.TRADE_COUNT)
    found |= dict(zip(before.times.tolist(), before.values.tolist(), strict=True))
    for place, time in enumerate(times.tolist()):
        counts[place] = found.get(time, np.nan)
    return counts

"""Indicators of the newest candles, kept with them for lists and pages."""

from datetime import datetime
from typing import Any

import numpy as np
import orjson
from django.db import connection

from assets.compute.indicators import WARM_UP, indicators, nested
from assets.selectors.panel import CandlePanel, candle_panel, moment
from assets.selectors.universe import universe

STORE = """
UPDATE price_data p SET technical_indicators = s.value
FROM unnest(%(assets)s::bigint[], %(times)s::timestamptz[], %(values)s::jsonb[]) AS s(asset_id, candle_time, value)
WHERE p.asset_id = s.asset_id AND p.timeframe = %(timeframe)s AND p.candle_time = s.candle_time
  AND p.candle_time BETWEEN %(first)s AND %(last)s AND p.technical_indicators IS DISTINCT FROM s.value
"""


def cache_indicators(timeframe: str, as_of: datetime) -> int:
    """Put the indicators of every asset of the universe beside its newest closed candle. Repeatable.

    Returns:
        How many candles were written; 0 when nothing is new.
    """
    panel = candle_panel(universe(timeframe, as_of).asset_ids, timeframe, as_of, WARM_UP)
    values = [newest_indicators(panel, column) for column in range(len(panel.asset_ids))]
    times: list[datetime] = [value["candle_time"] for value in values]
    with connection.cursor() as cursor:
        cursor.execute(
            STORE,
            {
                "assets": panel.asset_ids.tolist(),
                "times": times,
                "values": [orjson.dumps(value["indicators"]).decode() for value in values],
                "timeframe": timeframe,
                "first": min(times),
                "last": max(times),
            },
        )
        return int(cursor.rowcount)


def newest_indicators(panel: CandlePanel, column: int) -> dict[str, Any]:
    """Indicators of one asset at its newest candle: that candle's time and the nested values.

    Missing candles are left out, so the neighbours of a hole are treated as neighbours.
    """
    present = np.isfinite(panel.close[:, column])
    series = (values[present, column] for values in (panel.high, panel.low, panel.close, panel.volume))
    candle_time = moment(panel.times[present][-1])
    values = nested({name: float(line[-1]) for name, line in indicators(*series).items()})
    return {"candle_time": candle_time, "indicators": values | {"computed_at": candle_time.isoformat()}}

"""What was known of candles that were corrected later."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from assets.choices import CandleField
from assets.selectors.columns import read_columns

FIELDS = tuple(CandleField.values)
QUERY = """
SELECT DISTINCT ON (asset_id, candle_time, field)
       asset_id, date_part('epoch', candle_time)::bigint, array_position({fields}::text[], field::text)::bigint,
       coalesce(old_value::float8, 'NaN')
FROM candle_revisions
WHERE timeframe = {timeframe} AND asset_id = ANY({ids}) AND candle_time >= {first} AND candle_time < {end}
      AND corrected_at > {as_of}
ORDER BY asset_id, candle_time, field, corrected_at
"""


@dataclass(frozen=True)
class KnownValues:
    """Values that stood in candles before they were corrected, one element per candle and field.

    Attributes:
        asset_ids: whose candle.
        times: start of the candle, seconds since 1970 UTC.
        fields: columns of ``price_data``, as ``CandleField`` has them.
        values: what was known; NaN where nothing was.
    """

    asset_ids: NDArray[np.int64]
    times: NDArray[np.int64]
    fields: NDArray[np.str_]
    values: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.values)

    def of(self, field: CandleField) -> "KnownValues":
        """Those of one field."""
        chosen = self.fields == field.value
        return KnownValues(self.asset_ids[chosen], self.times[chosen], self.fields[chosen], self.values[chosen])


def known_then(
    timeframe: str, asset_ids: Sequence[int], first: datetime, end: datetime, as_of: datetime
) -> KnownValues:
    """What to lay over candles read today, so that they read as they did at ``as_of``.

    Of several corrections after ``as_of`` the earliest tells what stood before. A candle that was not corrected since
    is not among them: what is stored now was known then.

    Args:
        timeframe: length of the candles.
        asset_ids: whose candles.
        first, end: starts of the candles, ``end`` excluded.
        as_of: a correction at this very moment was known.
    """
    rows = read_columns(
        sql.SQL(QUERY).format(
            fields=sql.Literal(list(FIELDS)),
            timeframe=sql.Literal(timeframe),
            ids=sql.Literal(list(map(int, asset_ids))),
            first=sql.Literal(first),
            end=sql.Literal(end),
            as_of=sql.Literal(as_of),
        ),
        ("asset_id", "time", "field", "value"),
        ("i8", "i8", "i8", "f8"),
    )
    return KnownValues(rows["asset_id"], rows["time"], np.array(FIELDS)[rows["field"] - 1], rows["value"])

"""Candles of one asset, as they were known at a moment."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from assets.choices import CandleField
from assets.compute import periods
from assets.selectors.columns import read_columns
from assets.selectors.revisions import known_then

Floats = NDArray[np.float64]
FIELDS = {
    "open": CandleField.OPEN,
    "high": CandleField.HIGH,
    "low": CandleField.LOW,
    "close": CandleField.CLOSE,
    "volume": CandleField.VOLUME,
}


@dataclass(frozen=True)
class Candles:
    """Closed candles of an asset, oldest first. A period without a candle is left out.

    Attributes:
        asset_id: whose.
        timeframe: their length.
        times: their starts, seconds since 1970 UTC, shape (n,), rising.
        open, high, low, close: USD, shape (n,).
        volume: USD per candle, shape (n,).
    """

    asset_id: int
    timeframe: str
    times: NDArray[np.int64]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def __len__(self) -> int:
        return len(self.times)


def candles(asset_id: int, timeframe: str, start: datetime, end: datetime, as_of: datetime) -> Candles:
    """Candles that start within a period and are closed at ``as_of``, from the table and its archive.

    A value that a source corrected after ``as_of`` reads as it stood then.

    Args:
        asset_id: whose candles.
        timeframe: their length.
        start: the first one starts here or later.
        end: the last one starts before this.
        as_of: nothing that ended or was corrected later is read.
    """
    end = min(end, periods.end(periods.last_closed(as_of, timeframe), timeframe))
    rows = read_columns(_query(asset_id, timeframe, start, end), ("time", *FIELDS), ("i8", *["f8"] * len(FIELDS)))
    rows = rows[np.argsort(rows["time"], kind="stable")]
    known = known_then(timeframe, [asset_id], start, end, as_of)
    for name, field in FIELDS.items():
        before = known.of(field)
        rows[name][np.searchsorted(rows["time"], before.times)] = before.values
    return Candles(asset_id, timeframe, *(rows[name] for name in ("time", *FIELDS)))


def _query(asset_id: int, timeframe: str, start: datetime, end: datetime) -> sql.Composed:
    """Literal bounds let the planner leave partitions out."""
    part = sql.SQL(
        "SELECT date_part('epoch', candle_time)::bigint, {values} FROM {table} "
        "WHERE asset_id = {asset} AND timeframe = {timeframe} AND candle_time >= {start} AND candle_time < {end}"
    )
    values = sql.SQL(", ").join(sql.SQL("{}::float8").format(sql.Identifier(field)) for field in FIELDS.values())
    return sql.SQL(" UNION ALL ").join(
        part.format(
            values=values,
            table=sql.Identifier(table),
            asset=sql.Literal(asset_id),
            timeframe=sql.Literal(timeframe),
            start=sql.Literal(start),
            end=sql.Literal(end),
        )
        for table in ("price_data", "price_data_archive")
    )

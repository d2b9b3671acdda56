"""Candles of many assets side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from assets.choices import CandleField
from assets.compute import periods
from assets.selectors.columns import read_columns
from assets.selectors.revisions import known_then

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
FIELDS = {
    "open": CandleField.OPEN,
    "high": CandleField.HIGH,
    "low": CandleField.LOW,
    "close": CandleField.CLOSE,
    "volume": CandleField.VOLUME,
}


@dataclass(frozen=True)
class CandlePanel:
    """Closed candles of n assets over t periods, oldest first; NaN where an asset has no candle.

    Attributes:
        timeframe: length of the candles.
        asset_ids: shape (n,).
        times: starts of the candles, seconds since 1970 UTC, shape (t,), without holes.
        open, high, low, close: USD, shape (t, n).
        volume: USD per candle, shape (t, n).
    """

    timeframe: str
    asset_ids: Integers
    times: Integers
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def column(self, asset_id: int) -> int:
        """Place of an asset in the second axis.

        Raises:
            KeyError: it is not in the panel.
        """
        return self._columns[asset_id]

    @cached_property
    def _columns(self) -> dict[int, int]:
        """Place of each asset: looked up thousands of times a run."""
        return {asset_id: place for place, asset_id in enumerate(self.asset_ids.tolist())}

    def take(self, asset_ids: Sequence[int]) -> "CandlePanel":
        """The same candles of some of its assets, in the given order."""
        places = [self.column(asset_id) for asset_id in asset_ids]
        if places == list(range(len(self.asset_ids))):
            return self
        return CandlePanel(
            self.timeframe,
            self.asset_ids[places],
            self.times,
            *(values[:, places] for values in (self.open, self.high, self.low, self.close, self.volume)),
        )


def candle_panel(
    asset_ids: Sequence[int], timeframe: str, as_of: datetime, bars: int, *, until: datetime | None = None
) -> CandlePanel:
    """The last ``bars`` periods that are closed at ``as_of``, from the table and its archive, with the values that were
    known at ``as_of``: what a source corrected later reads as it did then.

    Args:
        asset_ids: whose candles; the panel has a column for each, even without any candle.
        timeframe: length of the candles; not ``1M``.
        as_of: nothing that ended later is read.
        bars: how many periods back.
        until: back from there; from ``as_of`` without it. The values are those known at ``as_of`` all the same.
    """
    times, values = candle_values(asset_ids, timeframe, as_of, bars, tuple(FIELDS), until=until)
    return CandlePanel(timeframe, np.array(asset_ids, dtype=np.int64), times, *values.values())


def candle_values(
    asset_ids: Sequence[int],
    timeframe: str,
    as_of: datetime,
    bars: int,
    names: Sequence[str],
    *,
    until: datetime | None = None,
) -> tuple[Integers, dict[str, Floats]]:
    """Some of the figures of a panel: each that is read takes its time.

    Args:
        asset_ids, timeframe, as_of, bars, until: as of a panel.
        names: which figures, as the attributes of a panel are called.
    Returns:
        Starts of the candles, and for each name values of shape (bars, assets).
    """
    length = periods.LENGTHS[timeframe]
    last = periods.last_closed(min(as_of, until) if until else as_of, timeframe)
    first = last - (bars - 1) * length
    rows = read_columns(
        _query(asset_ids, timeframe, first, last + length, [FIELDS[name] for name in names]),
        ("asset_id", "time", *names),
        ("i8", "i8", *["f8"] * len(names)),
        by="asset_id",
    )
    step = int(length.total_seconds())
    origin = int(first.timestamp())
    ids = np.array(asset_ids, dtype=np.int64)
    order = np.argsort(ids)

    def places(times: Integers, assets: Integers) -> tuple[Integers, Integers]:
        return (times - origin) // step, order[np.searchsorted(ids, assets, sorter=order)]

    row, column = places(rows["time"], rows["asset_id"])
    known = known_then(timeframe, asset_ids, first, last + length, as_of)
    found = {}
    for name in names:
        values = np.full((bars, len(ids)), np.nan)
        values[row, column] = rows[name]
        before = known.of(FIELDS[name])
        values[places(before.times, before.asset_ids)] = before.values
        found[name] = values
    return origin + step * np.arange(bars, dtype=np.int64), found


def _query(
    asset_ids: Sequence[int], timeframe: str, first: datetime, end: datetime, fields: Sequence[CandleField]
) -> sql.Composed:
    # date_part: extract() would make a numeric of each moment, which takes as long as all the rest of a row.
    part = sql.SQL(
        "SELECT asset_id, date_part('epoch', candle_time)::bigint, {values} FROM {table} "
        "WHERE timeframe = {timeframe} AND candle_time >= {first} AND candle_time < {end} AND asset_id = ANY({ids})"
    )
    return sql.SQL(" UNION ALL ").join(
        part.format(
            values=sql.SQL(", ").join(sql.SQL("{}::float8").format(sql.Identifier(field)) for field in fields),
            table=sql.Identifier(table),
            timeframe=sql.Literal(timeframe),
            first=sql.Literal(first),
            end=sql.Literal(end),
            ids=sql.Literal(list(map(int, asset_ids))),
        )
        for table in ("price_data", "price_data_archive")
    )


def moment(epoch: int | np.int64) -> datetime:
    """Aware UTC time of seconds since 1970."""
    return datetime.fromtimestamp(int(epoch), UTC)

"""A batch of candles becomes rows of the table. Where nothing of its assets is stored yet, they are copied into it;
else they go through a staging table of the connection, and what a correction replaces is kept in the same statement."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from assets.choices import CandleField
from assets.compute.binary_copy import HEADER, TRAILER, binary_rows
from assets.compute.exact import SENT, exact_columns, exact_row
from assets.services.partitions import ARCHIVE, CANDLES, Partition, partition_homes

ROWS_AT_ONCE = 20_000
"""The database works on one part while the next one is computed."""
FEW = 20
"""Up to so many candles, a statement that holds their values is quicker than the staging table."""
COLUMNS = {
    "asset_id": "int8",
    "candle_time": "timestamptz",
    "open_price": "numeric",
    "high_price": "numeric",
    "low_price": "numeric",
    "close_price": "numeric",
    "volume": "numeric",
    "base_volume": "numeric",
    "vwap": "numeric",
    "trade_count": "int4",
    "is_derived": "bool",
    "is_validated": "bool",
    "timeframe": "varchar",
}
"""Columns that a source fills, and their types in COPY."""
KNOWN = """
SELECT EXISTS (SELECT FROM {table} WHERE timeframe = {timeframe} AND asset_id = ANY({assets})
               AND candle_time >= {first} AND candle_time <= {last})
"""
STAGING = """
CREATE TEMP TABLE IF NOT EXISTS candle_staging (
    asset_id bigint NOT NULL, candle_time timestamptz NOT NULL,
    open_price numeric(38, 18) NOT NULL, high_price numeric(38, 18) NOT NULL,
    low_price numeric(38, 18) NOT NULL, close_price numeric(38, 18) NOT NULL,
    volume numeric(30, 2) NOT NULL, base_volume numeric(38, 18) NOT NULL, vwap numeric(38, 18),
    trade_count integer, is_derived boolean NOT NULL, is_validated boolean NOT NULL, timeframe varchar(10) NOT NULL
) ON COMMIT DELETE ROWS
"""
MEMORY = "SELECT set_config('work_mem', '64MB', true)"
"""For the hash of a whole batch; until the transaction ends."""


def _new_values(s: str) -> dict[str, str]:
    """What a stored candle ``p`` becomes when ``s`` arrives. Without the dollars of the exchange the volume is an
    estimate, told by the missing vwap: an estimate never replaces a figure, and a null never a value."""
    same = ("open_price", "high_price", "low_price", "close_price", "base_volume", "is_derived")
    return {name: f"{s}.{name}" for name in same} | {
        "volume": f"CASE WHEN {s}.vwap IS NULL AND p.vwap IS NOT NULL THEN p.volume ELSE {s}.volume END",
        "trade_count": f"coalesce({s}.trade_count, p.trade_count)",
        "vwap": f"coalesce({s}.vwap, p.vwap)",
    }


def _differs(s: str) -> str:
    """Whether that is a change. What was aggregated from shorter candles never replaces what the source itself has."""
    new = _new_values(s)
    old = ", ".join(f"p.{name}" for name in new)
    return f"(p.is_derived OR NOT {s}.is_derived) AND ({old}) IS DISTINCT FROM ({', '.join(new.values())})"


def _update(s: str) -> str:
    return ", ".join([*(f"{name} = {value}" for name, value in _new_values(s).items()), "is_validated = true"])


MERGE = """
MERGE INTO {table} p
USING candle_staging s
ON p.asset_id = s.asset_id AND p.candle_time = s.candle_time AND p.timeframe = {timeframe}
   AND p.candle_time >= {first} AND p.candle_time <= {last} AND p.asset_id = ANY({assets})
WHEN MATCHED AND {differs} THEN UPDATE SET {update}
WHEN NOT MATCHED THEN INSERT ({columns}) VALUES ({values})
"""
# Waits for another writer of the same candles, and then sees what it wrote.
STAY = "LOCK TABLE ONLY {}, ONLY {} IN ROW EXCLUSIVE MODE"
"""As every writer locks what it writes to; a move wants both for itself, and gives way."""
UPSERT = """
INSERT INTO {table} AS p ({columns}) SELECT {values} FROM {source} s
ON CONFLICT (asset_id, timeframe, candle_time) DO UPDATE SET {update} WHERE {differs}
"""
# Only of candles that were there does a row carry values. A value that was not known before was not corrected.
RECORDED = """
WITH written AS (
    {statement}
    RETURNING old.asset_id IS NOT NULL AS was_there, new.asset_id, new.candle_time, {values}
), recorded AS (
    INSERT INTO candle_revisions (asset_id, timeframe, candle_time, field, old_value, new_value)
    SELECT asset_id, {timeframe}, candle_time, field, old_value, new_value
    FROM written CROSS JOIN LATERAL (VALUES {fields}) value (field, old_value, new_value)
    WHERE was_there AND old_value <> new_value
)
SELECT count(*) FILTER (WHERE NOT was_there), count(*) FILTER (WHERE was_there) FROM written
"""
RETURNED = ", ".join(
    f"old.{name} AS old_{name}, CASE WHEN old.asset_id IS NOT NULL THEN new.{name} END AS new_{name}"
    for name in CandleField.values
)
PAIRS = ", ".join(f"('{name}', old_{name}::numeric, new_{name}::numeric)" for name in CandleField.values)


@dataclass(frozen=True)
class Batch:
    """Candles that are written together.

    Attributes:
        timeframe: of all of them.
        candles: ``asset_id``, ``candle_time``, ``SENT`` amounts, ``trade_count``, ``is_derived``; sorted by asset and
            time, one row per candle, at least one.
    """

    timeframe: str
    candles: pl.DataFrame

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Start of the earliest and of the latest candle."""
        return _span(self.candles)


def _span(candles: pl.DataFrame) -> tuple[datetime, datetime]:
    first, last = candles["candle_time"].min(), candles["candle_time"].max()
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        raise TypeError("candle_time must hold times")
    return first, last


def write_batch(batch: Batch, *, beside_others: bool = False) -> tuple[int, int]:
    """Write a batch into the table, and into its archive where the partitions of its span lie there.

    Args:
        beside_others: wait for other writers of the same candles, and let no partition go from one table to the other
            between the look and the writing. Without this the database may report a candle as double that another
            one has just written, or one without a partition; nothing is written then.
    Returns:
        How many candles were new, and how many were changed.
    """
    new = changed = 0
    with connection.cursor() as cursor:
        if beside_others:
            both = (sql.Identifier(f"{table}_{batch.timeframe}") for table in (CANDLES, ARCHIVE))
            cursor.execute(sql.SQL(STAY).format(*both))
        for stretch in _stretches(batch):
            inserted, updated = _write(cursor, stretch, beside_others=beside_others)
            new, changed = new + inserted, changed + updated
    return new, changed


def _write(cursor: CursorWrapper, stretch: "_Stretch", *, beside_others: bool) -> tuple[int, int]:
    if stretch.candles.height <= FEW:
        return _merge(cursor, stretch, UPSERT, _values(stretch))
    if not beside_others and not _is_any_known(cursor, stretch):
        _copy(cursor, stretch.table, stretch)
        return stretch.candles.height, 0
    cursor.execute(MEMORY)
    cursor.execute(STAGING)
    cursor.execute("TRUNCATE candle_staging")
    _copy(cursor, "candle_staging", stretch)
    return _merge(cursor, stretch, UPSERT if beside_others else MERGE, sql.Identifier("candle_staging"))


def _is_any_known(cursor: CursorWrapper, stretch: "_Stretch") -> bool:
    cursor.execute(sql.SQL(KNOWN).format(**stretch.names))
    return bool(cursor.fetchone()[0])


def _merge(cursor: CursorWrapper, stretch: "_Stretch", template: str, source: sql.Composable) -> tuple[int, int]:
    """``MERGE`` or ``UPSERT``, with the record of what it corrects. Times are literals, so that only the partitions of
    the stretch are planned for."""
    arriving = "s" if template is MERGE else "excluded"
    statement = sql.SQL(template).format(
        **stretch.names,
        source=source,
        columns=sql.SQL(", ").join(map(sql.Identifier, COLUMNS)),
        values=sql.SQL(", ").join(sql.Identifier("s", name) for name in COLUMNS),
        differs=sql.SQL(_differs(arriving)),
        update=sql.SQL(_update(arriving)),
    )
    cursor.execute(
        sql.SQL(RECORDED).format(
            statement=statement,
            timeframe=stretch.names["timeframe"],
            values=sql.SQL(RETURNED),
            fields=sql.SQL(PAIRS),
        )
    )
    new, changed = cursor.fetchone()
    return new, changed


def _copy(cursor: CursorWrapper, target: str, stretch: "_Stretch") -> None:
    """Append the candles to a table."""
    types = COLUMNS | {"timeframe": f"text:{stretch.timeframe}"}
    copy_to = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(target), sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    )
    large = []
    with connection.wrap_database_errors, cursor.copy(copy_to + sql.SQL(" (FORMAT binary)")) as copy:
        copy.write(HEADER)
        for part in stretch.candles.iter_slices(ROWS_AT_ONCE):
            amounts = exact_columns(part)
            rows = part.select(
                "asset_id", "candle_time", "trade_count", "is_derived", is_validated=pl.lit(value=True)
            ).hstack(amounts)
            large.append(part.filter(~amounts["fits"]))
            for block in binary_rows(rows.filter("fits"), types):
                copy.write(block)
        copy.write(TRAILER)
    rest = pl.concat(large)
    if rest.height:
        with connection.wrap_database_errors, cursor.copy(copy_to) as copy:
            for row in one_by_one(rest):
                copy.write_row((*row, True, stretch.timeframe))


def one_by_one(candles: pl.DataFrame) -> Iterable[tuple]:
    """Rows of ``COLUMNS`` but the last two, each computed by itself."""
    texts = candles.select(
        "asset_id", "candle_time", *(pl.col(name).cast(pl.String) for name in SENT), "trade_count", "is_derived"
    )
    for asset, time, *sent, trades, is_derived in texts.iter_rows():
        yield asset, time, *exact_row(*sent), trades, is_derived


def _values(stretch: "_Stretch") -> sql.Composable:
    """The candles as a part of the statement."""
    types = {name: "integer" if kind == "int4" else kind for name, kind in COLUMNS.items()}
    rows = ((*row, True, stretch.timeframe) for row in one_by_one(stretch.candles))
    arrays = [
        sql.SQL("{}::{}[]").format(sql.Literal(list(column)), sql.SQL(kind))
        for column, kind in zip(zip(*rows, strict=True), types.values(), strict=True)
    ]
    return sql.SQL("(SELECT * FROM unnest({}) AS u ({}))").format(
        sql.SQL(", ").join(arrays), sql.SQL(", ").join(map(sql.Identifier, types))
    )


@dataclass(frozen=True)
class _Stretch:
    """Candles of a batch that live in the same table.

    Attributes:
        table: ``price_data`` or its archive.
        timeframe: of all of them.
        candles: as in ``Batch``, at least one.
        first, last: the earliest and the latest of them.
    """

    table: str
    timeframe: str
    candles: pl.DataFrame
    first: datetime
    last: datetime

    @property
    def names(self) -> dict[str, sql.Composable]:
        """What the statements call them."""
        return {
            "table": sql.Identifier(self.table),
            "timeframe": sql.Literal(self.timeframe),
            "assets": sql.Literal(self.candles["asset_id"].unique().sort().to_list()),
            "first": sql.Literal(self.first),
            "last": sql.Literal(self.last),
        }


def _stretches(batch: Batch) -> Iterable[_Stretch]:
    """The batch by where its candles live, in the order of time."""
    homes = _homes(batch)
    for table, first, end in homes:
        candles = batch.candles
        if len(homes) > 1:
            candles = candles.filter(pl.col("candle_time").is_between(first, end, closed="left"))
        if candles.height:
            yield _Stretch(table, batch.timeframe, candles, *_span(candles))


def _homes(batch: Batch) -> list[tuple[str, datetime, datetime]]:
    """Where the candles of a batch live: stretches of the table and of its archive, in order."""
    homes = partition_homes(batch.timeframe)
    stretches: list[tuple[str, datetime, datetime]] = []
    first, last = batch.span
    partition = Partition.of(first, batch.timeframe)
    while partition.first <= last:
        table = homes.get(partition.name, CANDLES)
        if stretches and stretches[-1][0] == table:
            stretches[-1] = (table, stretches[-1][1], partition.end)
        else:
            stretches.append((table, partition.first, partition.end))
        partition = partition.next()
    return stretches

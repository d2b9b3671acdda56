"""Candles enter the database: files, providers and uploads take this one way. The same batch again changes nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl
from django.db import IntegrityError, OperationalError, connection, transaction
from psycopg import errors

from assets.compute.batches import BatchGap, gaps_within
from assets.compute.checks import LINE, OPTIONAL, REQUIRED, CheckedCandles, Fault, check_candles
from assets.services.ingest_states import note_import
from assets.services.merging import Batch, write_batch
from assets.services.partitions import ensure_partitions, has_moved
from assets.services.running import drop_closed, see_running

ROWS_AT_ONCE = 200_000
"""Larger batches are written in parts, in one transaction: what a part needs of memory is bounded."""
ATTEMPTS = 3
NOT_CLOSED = "the candle is not closed yet"


@dataclass(frozen=True)
class Stored:
    """What storing a batch did, in rows."""

    new: int = 0
    changed: int = 0
    equal: int = 0

    def __add__(self, other: "Stored") -> "Stored":
        return Stored(self.new + other.new, self.changed + other.changed, self.equal + other.equal)


@dataclass(frozen=True)
class IngestReport:
    """What became of the rows that a source sent.

    Attributes:
        stored: closed candles: new, changed, equal to what was there.
        running: candles that are kept as running.
        rejected: rows that were refused, with reasons.
        gaps: holes between the first and the last candle of each asset. Whether they are gaps of the stored series
            is another question: what is missing here may have been there before.
    """

    stored: Stored = field(default_factory=Stored)
    running: int = 0
    rejected: tuple[Fault, ...] = ()
    gaps: tuple[BatchGap, ...] = ()


def ingest_candles(rows: pl.DataFrame, timeframe: str, now: datetime) -> IngestReport:
    """Check what a source sent, store the closed candles and keep the running ones apart.

    Args:
        rows: as ``check_candles`` takes them, with ``asset_id``: candles of any number of assets.
        timeframe: of all of them.
        now: when the source was asked.
    """
    checked = check_candles(rows, timeframe, now)
    return store_checked(checked, timeframe, now)


def store_checked(checked: CheckedCandles, timeframe: str, now: datetime) -> IngestReport:
    """The second half of ``ingest_candles``, for rows that were checked before."""
    with transaction.atomic():
        stored = store_batch(timeframe, checked.closed)
        running = see_running(timeframe, _whole(checked.running), now)
    return IngestReport(stored, running, tuple(checked.faults), gaps_within(checked.closed, timeframe))


def upload_candles(asset_id: int, timeframe: str, rows: Sequence[Mapping[str, object]], now: datetime) -> IngestReport:
    """Store candles that a person sends, and note their span, in which nothing should be missing. A running one is
    refused: who knows when it was seen.

    Args:
        asset_id: whose candles.
        timeframe: of all of them.
        rows: ``candle_time`` (ISO 8601 with its zone), ``open``, ``high``, ``low``, ``close``, ``volume`` (coins) and
            on request ``trade_count``, ``quote_volume`` (dollars), as text or numbers. They count from 1.
        now: nothing later is taken.
    """
    names = (*REQUIRED, *OPTIONAL)
    columns = {name: [_text(row.get(name)) for row in rows] for name in names}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String)).with_row_index(LINE, offset=1)
    checked = check_candles(frame.with_columns(asset_id=pl.lit(asset_id, pl.Int64)), timeframe, now)
    refused = [*checked.faults, *(Fault(line, NOT_CLOSED) for line in checked.running[LINE])]
    stored = store_batch(timeframe, checked.closed)
    if not checked.closed.is_empty():
        first, last = (checked.closed["candle_time"].item(place) for place in (0, -1))
        note_import(asset_id, timeframe, first, last, rejected=len(refused))
    faults = tuple(sorted(refused, key=lambda fault: fault.line))
    return IngestReport(stored, 0, faults, gaps_within(checked.closed, timeframe))


def _text(value: object) -> str | None:
    text = "" if value is None else value.isoformat() if isinstance(value, datetime) else str(value)
    return text or None


def store_candles(asset_id: int, timeframe: str, candles: pl.DataFrame) -> Stored:
    """Store checked candles of one asset, all or none: ``store_batch`` without its column ``asset_id``."""
    return store_batch(timeframe, candles.with_columns(asset_id=pl.lit(asset_id, pl.Int64)))


def store_parts(asset_id: int, timeframe: str, parts: Iterable[pl.DataFrame]) -> Stored:
    """Store checked candles that arrive part by part, all or none. No candle is in two parts."""
    total = Stored()
    with transaction.atomic():
        for part in parts:
            total += store_candles(asset_id, timeframe, part)
    return total


def store_batch(timeframe: str, candles: pl.DataFrame) -> Stored:
    """Store checked, closed candles of any number of assets, all or none.

    Args:
        timeframe: of all of them.
        candles: ``asset_id``, ``candle_time`` (UTC), ``open``, ``high``, ``low``, ``close``, ``volume`` (coins),
            ``trade_count``, ``quote_volume`` (dollars), as decimal text or numbers, and on request ``is_derived``:
            aggregated from shorter candles. One row per asset and time.
    """
    if candles.is_empty():
        return Stored()
    batch = Batch(timeframe, _whole(candles).sort("asset_id", "candle_time"))
    ensure_partitions(timeframe, *batch.span)
    for _ in range(ATTEMPTS - 1):
        try:
            return _store(batch)
        except OperationalError as error:
            # Two writers of several batches may wait for each other; the database then ends one of them.
            if not isinstance(error.__cause__, errors.DeadlockDetected) or connection.in_atomic_block:
                raise
    return _store(batch)


def _whole(candles: pl.DataFrame) -> pl.DataFrame:
    """With the column that most sources leave out."""
    return candles if "is_derived" in candles.columns else candles.with_columns(is_derived=pl.lit(value=False))


@transaction.atomic
def _store(batch: Batch) -> Stored:
    total = Stored()
    for part in batch.candles.iter_slices(ROWS_AT_ONCE):
        new, changed = _write(Batch(batch.timeframe, part))
        total += Stored(new, changed, part.height - new - changed)
    drop_closed(batch.timeframe, batch.candles)
    return total


def _write(batch: Batch) -> tuple[int, int]:
    """Another writer may store the same candles between our look and our insert; then they are waited for. A partition
    may go to the archive, or come back, in between; before the next look it is held where it is. Candles that break a
    rule of the table break it every time."""
    try:
        with transaction.atomic():
            return write_batch(batch)
    except IntegrityError as error:
        if not isinstance(error.__cause__, errors.UniqueViolation) and not has_moved(error):
            raise
    with transaction.atomic():
        return write_batch(batch, beside_others=True)

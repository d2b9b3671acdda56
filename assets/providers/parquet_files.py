"""Reading Parquet files of rows: the same columns as in CSV, of any type that says the same."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import polars as pl

from assets.compute.checks import LINE
from assets.providers.text_files import UnreadableFile

LARGEST = 20_000_000
"""Rows. More than one file of candles ever has: 38 years of minutes."""


def read_rows(path: Path, required: Sequence[str], optional: Sequence[str] = ()) -> pl.DataFrame:
    """All rows as text, numbered from 1. Times without a zone count as UTC; whole numbers are milliseconds since 1970.

    Args:
        path: the file.
        required: columns that it must have, in any order and case.
        optional: columns that it may have; absent ones come back as null.
    Raises:
        UnreadableFile: no Parquet, too large, a column is missing or of a type that cannot be candles.
    """
    try:
        table = pl.scan_parquet(path, glob=False)
        schema = table.collect_schema()
        rows = table.select(pl.len()).collect().item()
        if rows > LARGEST:
            raise UnreadableFile(f"it has {rows} rows, more than {LARGEST}")
        names = _names(schema, required, optional)
        frame = table.select(pl.col(stored).alias(name) for name, stored in names.items()).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UnreadableFile(f"no readable Parquet file ({str(error).splitlines()[0][:100]})") from None
    except pl.exceptions.PanicException:  # what the reader does on some damaged files
        raise UnreadableFile("no readable Parquet file") from None
    if frame.is_empty():
        raise UnreadableFile("the file is empty")
    texts = [_text(frame[name]) for name in names]
    missing = [pl.lit(None, pl.String).alias(name) for name in optional if name not in names]
    return pl.DataFrame(texts).with_row_index(LINE, offset=1).with_columns(missing).select(LINE, *required, *optional)


def _names(schema: pl.Schema, required: Sequence[str], optional: Sequence[str]) -> dict[str, str]:
    """The file's own name of each column."""
    stored = {name.strip().lower(): name for name in schema}
    lacking = [name for name in required if name not in stored]
    if lacking:
        raise UnreadableFile(f"it lacks {', '.join(lacking)}; its columns are {', '.join(schema)[:120]!r}")
    return {name: stored[name] for name in (*required, *optional) if name in stored}


def _text(column: pl.Series) -> pl.Series:
    """A column as text, as CSV would have it; exact, and without powers of ten."""
    kind = column.dtype
    if column.name == "candle_time":
        if kind.is_integer():
            column, kind = column.cast(pl.Datetime("ms")), pl.Datetime("ms")
        if kind == pl.Date:
            column, kind = column.cast(pl.Datetime("us")), pl.Datetime("us")
        if isinstance(kind, pl.Datetime):
            aware = column.dt.replace_time_zone("UTC") if kind.time_zone is None else column.dt.convert_time_zone("UTC")
            return aware.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f%:z").alias("candle_time")
    if kind == pl.String or kind.is_integer() or kind.is_decimal() or kind == pl.Null:
        return column.cast(pl.String)
    if kind.is_float():
        text = column.cast(pl.String)
        powers = text.str.contains("e").fill_null(value=False)
        if not powers.any():
            return text
        return pl.Series(column.name, [_plain(value) for value in text], dtype=pl.String)
    raise UnreadableFile(f"its column {column.name} holds {kind}, which cannot be candles")


def _plain(text: str | None) -> str | None:
    return format(Decimal(text), "f") if text is not None and "e" in text else text

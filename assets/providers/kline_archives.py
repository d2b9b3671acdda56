"""The exchange's own archives of candles: ``BTCUSDT-1h-2024-01.zip``, a month or a day (``…-2024-01-15.zip``).

One CSV of the same name inside, twelve columns, with a header line or without. Times are milliseconds; those of the
spot market are microseconds from 2025 on. Both markets use the same names, so the folder says which one it is.
"""

import re
import zipfile
import zlib
from pathlib import Path

import polars as pl

from assets.choices import Timeframe
from assets.compute.checks import LINE, OPTIONAL, REQUIRED
from assets.providers.text_files import Reject, UnreadableFile

NAME = re.compile(rf"([A-Z0-9]+)-({'|'.join(Timeframe.values)})-\d{{4}}-\d{{2}}(?:-\d{{2}})?\.zip")
FIELDS = 12
PLACES = {
    "candle_time": 0,
    "open": 1,
    "high": 2,
    "low": 3,
    "close": 4,
    "volume": 5,
    "trade_count": 8,
    "quote_volume": 7,
}
"""Where the columns stand; between them the time of the close, behind them what takers bought."""
LARGEST = 64 * 2**20
"""Bytes of the unpacked CSV: a month of minutes has seven million."""
MICROSECONDS_FROM = 10**14
"""A larger time counts microseconds: as milliseconds it would lie in the year 5138."""


def read_rows(path: Path) -> tuple[pl.DataFrame, list[Reject]]:
    """All rows as text, each with its line in the CSV, and what could not be read.

    Raises:
        UnreadableFile: it is no such archive: damaged, encrypted, too large, or with other contents.
    """
    rows: list[tuple[str | int | None, ...]] = []
    rejects: list[Reject] = []
    for line, text in enumerate(_text(path).split("\n"), 1):  # no field is ever quoted
        fields = text.rstrip("\r").split(",") if text.strip() else []
        if not fields or (line == 1 and fields[0] == "open_time"):
            continue
        if len(fields) != FIELDS:
            rejects.append(Reject(path.name, line, f"{len(fields)} fields instead of {FIELDS}"))
        else:
            rows.append((line, *(fields[place] or None for place in PLACES.values())))
    if not rows:
        raise UnreadableFile("its CSV has no row of candles")
    frame = pl.DataFrame(rows, schema={LINE: pl.UInt32} | dict.fromkeys(PLACES, pl.String), orient="row")
    return frame.with_columns(_time()).select(LINE, *REQUIRED, *OPTIONAL), rejects


def _time() -> pl.Expr:
    """Milliseconds or microseconds as ISO 8601; anything else as it is, for the checks to refuse."""
    text = pl.col("candle_time")
    number = text.cast(pl.Int64, strict=False)
    microseconds = pl.when(number >= MICROSECONDS_FROM).then(number).otherwise(number * 1000)
    is_time = text.str.contains(r"^\d{12,16}$")
    moment = pl.from_epoch(pl.when(is_time).then(microseconds), time_unit="us").dt.replace_time_zone("UTC")
    return pl.coalesce(moment.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f%:z"), text).alias("candle_time")


def _text(path: Path) -> str:
    """The CSV inside."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            wanted = f"{path.stem}.csv"
            if [entry.filename for entry in entries] != [wanted]:
                raise UnreadableFile(f"it holds {len(entries)} files instead of {wanted} alone")
            if entries[0].header_offset < 0:
                raise UnreadableFile("no readable zip archive (it is cut off at its beginning)")
            if entries[0].file_size > LARGEST:
                raise UnreadableFile(f"its CSV has more than {LARGEST} bytes")
            with archive.open(entries[0]) as member:
                content = member.read(LARGEST + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OverflowError) as error:
        raise UnreadableFile(f"no readable zip archive ({str(error)[:100]})") from None
    if len(content) > LARGEST:
        raise UnreadableFile(f"its CSV has more than {LARGEST} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"not text in UTF-8 (byte {error.start})") from None

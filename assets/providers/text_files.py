"""Reading text files of rows: plain or gzip, with or without byte-order mark, any line ending; faults by line."""

import csv
import gzip
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import polars as pl

LINE = "line"


@dataclass(frozen=True)
class Reject:
    """A row that was not stored. ``line`` counts from 1, the header; 0 means the file as a whole."""

    file: str
    line: int
    reason: str


class UnreadableFile(Exception):
    """Nothing in the file can be used; the text says why."""


def read_rows(path: Path, required: Sequence[str], optional: Sequence[str] = ()) -> tuple[pl.DataFrame, list[Reject]]:
    """All rows as text, each with its line number, and what could not be read.

    Args:
        path: ``.csv`` or ``.csv.gz``.
        required: columns that the header must name, in any order and case.
        optional: columns that it may name; absent ones come back as null.
    Returns:
        Columns ``line``, ``required`` and ``optional`` (text, empty = null), and the rows that were too short or long.
    Raises:
        UnreadableFile: empty, not text, or another header.
    """
    text, rejects = _read_text(path)
    header, _, _ = text.partition("\n")
    names = [name.strip().lower() for name in next(csv.reader([header.rstrip("\r")]), [])]
    if not any(names):
        raise UnreadableFile("the file is empty")
    lacking = [name for name in required if name.lower() not in names]
    if lacking:
        raise UnreadableFile(f"the header lacks {', '.join(lacking)}; it reads {header.strip()[:120]!r}")
    columns = [*required, *optional]
    frame, short = _parse(text, names)
    rejects += [Reject(path.name, line, reason) for line, reason in short]
    frame = frame.rename({name: name.lower() for name in frame.columns})
    frame = frame.with_columns(pl.lit(None, pl.String).alias(name) for name in optional if name.lower() not in names)
    return frame.select(LINE, *(pl.col(name.lower()).alias(name) for name in columns)), rejects


def _read_text(path: Path) -> tuple[str, list[Reject]]:
    """The text of a file; of a truncated archive the whole lines that it holds."""
    raw, rejects = path.read_bytes(), []
    if path.suffix == ".gz":
        raw, complete = _inflate(raw)
        if not complete:
            raw = raw[: raw.rfind(b"\n") + 1]
            rejects.append(
                Reject(path.name, raw.count(b"\n") + 1, "the gzip file ends here, in the middle of its data")
            )
    try:
        return raw.decode("utf-8-sig"), rejects
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"not text in UTF-8 (byte {error.start})") from None


def _inflate(raw: bytes) -> tuple[bytes, bool]:
    """Unpacked bytes, and whether the archive was whole."""
    try:
        return gzip.decompress(raw), True
    except (EOFError, zlib.error, gzip.BadGzipFile):
        inflater = zlib.decompressobj(wbits=31)
        try:
            unpacked = inflater.decompress(raw)
        except zlib.error:
            raise UnreadableFile("not a gzip file") from None
        return unpacked, False


def _parse(text: str, names: list[str]) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """Rows as text columns. The fast reader refuses ragged lines, so a file that has one is read line by line."""
    try:
        frame = pl.read_csv(
            text.encode(),
            infer_schema=False,
            has_header=True,
            new_columns=names,
            row_index_name=LINE,
            row_index_offset=2,
        )
    except pl.exceptions.PolarsError:
        frame = None
    # A short line is filled up with nulls by the fast reader; only the slow one can name it.
    if frame is not None and frame.select(pl.col(names[-1]).null_count()).item() in (0, frame.height):
        return frame, []
    return _parse_slowly(text, names)


def _parse_slowly(text: str, names: list[str]) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    rows, ragged = [], []
    reader = csv.reader(StringIO(text, newline=""))
    next(reader)
    for row in reader:
        if not row:
            continue
        if len(row) != len(names):
            ragged.append((reader.line_num, f"{len(row)} fields instead of {len(names)}"))
        else:
            rows.append((reader.line_num, *(value if value != "" else None for value in row)))
    schema = {LINE: pl.UInt32} | dict.fromkeys(names, pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row"), ragged

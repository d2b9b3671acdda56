"""Reading text files of rows: plain or gzip, with or without byte-order mark, any line ending; faults by line.

A row is one line, so a quotation mark that is never closed costs its own row and no other.
"""

import csv
import gzip
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import polars as pl

LINE = "LINE"
"""Column of the line number; no column of a file is called so, for those are read in lower case."""


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
        UnreadableFile: empty, not text, or a header that lacks a column or names one twice.
    """
    text, rejects = _read_text(path)
    header, _, _ = text.partition("\n")
    names = _names(header)
    lacking = [name for name in required if name.lower() not in names]
    if lacking:
        raise UnreadableFile(f"the header lacks {', '.join(lacking)}; it reads {header.strip()[:120]!r}")
    columns = [*required, *optional]
    frame, short = _parse(text, names)
    rejects += [Reject(path.name, line, reason) for line, reason in short]
    frame = frame.with_columns(pl.lit(None, pl.String).alias(name) for name in optional if name.lower() not in names)
    return frame.select(LINE, *(pl.col(name.lower()).alias(name) for name in columns)), rejects


def _names(header: str) -> list[str]:
    """The columns that a header names, in lower case."""
    try:
        names = [name.strip().lower() for name in next(csv.reader([header], strict=True), [])]
    except csv.Error as error:
        raise UnreadableFile(f"the header is no CSV ({error})") from None
    if not any(names):
        raise UnreadableFile("the file is empty")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UnreadableFile(f"the header names the column {twice!r} twice")
    return names


def _read_text(path: Path) -> tuple[str, list[Reject]]:
    """The text of a file, its lines ended by line feeds; of a truncated archive the whole lines that it holds."""
    raw, rejects = path.read_bytes(), []
    if path.suffix == ".gz":
        raw, complete = _inflate(raw)
        if not complete:
            raw = raw[: raw.rfind(b"\n") + 1]
            rejects.append(
                Reject(path.name, raw.count(b"\n") + 1, "the gzip file ends here, in the middle of its data")
            )
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n"), rejects
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
    """Rows as text columns. The fast reader refuses ragged lines and lets a quoted field run on over the next lines, so
    a file that has either is read line by line."""
    frame = None
    if '"' not in text:
        with suppress(pl.exceptions.PolarsError):
            frame = pl.read_csv(
                text.encode(),
                infer_schema=False,
                has_header=True,
                new_columns=names,
                row_index_name=LINE,
                row_index_offset=2,
            )
    # A short line is filled up with nulls by the fast reader; only the slow one can name it.
    if frame is not None and frame.select(pl.col(names[-1]).null_count()).item() in (0, frame.height):
        return frame, []
    return _parse_slowly(text, names)


def _parse_slowly(text: str, names: list[str]) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    rows, faulty = [], []
    for number, line in enumerate(text.split("\n")[1:], 2):
        try:
            row = next(csv.reader([line], strict=True), [])
        except csv.Error as error:
            faulty.append((number, f"no CSV ({error})"))
            continue
        if row and len(row) != len(names):
            faulty.append((number, f"{len(row)} fields instead of {len(names)}"))
        elif row:
            rows.append((number, *(value if value != "" else None for value in row)))
    schema = {LINE: pl.UInt32} | dict.fromkeys(names, pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row"), faulty

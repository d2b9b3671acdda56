"""Reading text files of rows: plain or gzip, with or without byte-order mark, any line ending; faults by line.

A row is one line, so a quotation mark that is never closed costs its own row and no other.
"""

import csv
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from assets.compute.checks import LINE
from assets.providers.text_blocks import CutShort, UnreadableFile, text_blocks


@dataclass(frozen=True)
class Reject:
    """A row that was not stored. ``line`` counts from 1, the header; 0 means the file as a whole."""

    file: str
    line: int
    reason: str


def read_rows(path: Path, required: Sequence[str], optional: Sequence[str] = ()) -> tuple[pl.DataFrame, list[Reject]]:
    """All rows as text, each with its line number, and what could not be read.

    Args:
        path: ``.csv`` or ``.csv.gz``.
        required: columns that the header must name, in any order and case.
        optional: columns that it may name; absent ones come back as null.
    Returns:
        Columns ``LINE``, ``required`` and ``optional`` (text, empty = null), and the rows that were too short or long.
    Raises:
        UnreadableFile: empty, not text, or a header that lacks a column or names one twice.
    """
    parts = list(read_row_parts(path, required, optional))
    return pl.concat(rows for rows, _ in parts), [reject for _, rejects in parts for reject in rejects]


def read_row_parts(
    path: Path, required: Sequence[str], optional: Sequence[str] = ()
) -> Iterator[tuple[pl.DataFrame, list[Reject]]]:
    """The same part by part, in the order of the file, at least one: memory is needed for a part only."""
    header, line = "", 2
    names: list[str] = []
    try:
        for text in text_blocks(path):
            rows = text
            if not names:
                header, _, rows = text.partition("\n")
                names = _names(header)
                lacking = [name for name in required if name.lower() not in names]
                if lacking:
                    raise UnreadableFile(f"the header lacks {', '.join(lacking)}; it reads {header.strip()[:120]!r}")
            frame, short = _parse(f"{header}\n{rows}", names, line)
            yield _named(frame, names, required, optional), [Reject(path.name, *fault) for fault in short]
            line += rows.count("\n")
    except CutShort:
        empty = _named(_parse(header, names, line)[0], names, required, optional)
        yield empty, [Reject(path.name, line, "the gzip file ends here, in the middle of its data")]


def _named(frame: pl.DataFrame, names: list[str], required: Sequence[str], optional: Sequence[str]) -> pl.DataFrame:
    """The columns that are asked for, called so."""
    frame = frame.with_columns(pl.lit(None, pl.String).alias(name) for name in optional if name.lower() not in names)
    return frame.select(LINE, *(pl.col(name.lower()).alias(name) for name in (*required, *optional)))


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


def _parse(text: str, names: list[str], first: int) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """Rows below a header as text columns, numbered from ``first``. The fast reader refuses ragged lines and lets a
    quoted field run on over the next lines, so a text that has either is read line by line."""
    frame = None
    if '"' not in text:
        with suppress(pl.exceptions.PolarsError):
            frame = pl.read_csv(
                text.encode(),
                infer_schema=False,
                has_header=True,
                new_columns=names,
                row_index_name=LINE,
                row_index_offset=first,
            )
    # The fast reader fills a short line up with nulls and passes an empty one over; only the slow one can name it.
    if frame is not None and _is_even(text, frame.height, len(names)):
        return frame, []
    return _parse_slowly(text, names, first)


def _is_even(text: str, height: int, width: int) -> bool:
    """Whether every line below the header, none of them empty, has all of its fields."""
    return text.rstrip("\n").count("\n") == height and text.count(",") == (height + 1) * (width - 1)


def _parse_slowly(text: str, names: list[str], first: int) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    rows, faulty = [], []
    for number, line in enumerate(text.split("\n")[1:], first):
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

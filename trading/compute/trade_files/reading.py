"""From bytes to rows: bounded, in one pass, in the encoding that the file is in and no other."""

import codecs
import csv
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Protocol

from trading.compute.trade_files.lines import BadValue

BLOCK = 2**16
LONGEST_LINE = 2**17
"""Characters; a longer line is no row of trades, and would fill the memory."""
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
LINE_FEED = b"\n"
DELIMITERS = (",", ";", "\t")


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True)
class Row:
    """Fields of a row, and the line of the file where it begins, from 1."""

    line: int
    fields: Sequence[str]


class Source:
    """A file, read once from its start.

    Args:
        file: opened for bytes.
        largest: bytes; a file that goes on is refused when it passes them, not before it is read whole.
    """

    def __init__(self, file: Readable | IO[bytes], largest: int) -> None:
        self.file, self.largest = file, largest
        self.digest = hashlib.sha256()
        self.size = 0

    def lines(self) -> Iterator[str]:
        """Lines of text, ended by a line feed whatever the file ends them with.

        Raises:
            BadValue: too large, empty, not in a known encoding, or a line without end. ``shown`` names the place.
        """
        blocks = self._blocks()
        first = next(blocks, b"")
        if not first:
            raise BadValue("file", "empty")
        mark, encoding = next(((m, name) for m, name in MARKS if first.startswith(m)), (b"", "utf-8"))
        decoder = codecs.getincrementaldecoder(encoding)()
        rest, line, place = "", 1, len(mark)
        for block, is_last in _with_last(first[len(mark) :], blocks):
            try:
                text = rest + decoder.decode(block, final=is_last)
            except UnicodeDecodeError as error:
                raise BadValue("file", "encoding", _place(error, place, line, block)) from None
            if "\0" in text:  # UTF-16 without its mark, or no text at all
                at = block.find(0)
                raise BadValue("file", "encoding", f"byte {place + at + 1}, line {line + block[:at].count(LINE_FEED)}")
            place += len(block)
            *whole, rest = text.replace("\r\n", "\n").split("\n")
            for one in whole:
                yield f"{one}\n"
            line += len(whole)
            if len(rest) > LONGEST_LINE:
                raise BadValue("file", "long_line", str(line))
        if rest:
            yield rest

    def _blocks(self) -> Iterator[bytes]:
        while block := self.file.read(BLOCK):
            self.size += len(block)
            if self.size > self.largest:
                raise BadValue("file", "too_large_file", str(self.largest))
            self.digest.update(block)
            yield block


def _with_last(first: bytes, blocks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The blocks, each with whether it is the last one."""
    present = first
    for following in blocks:
        yield present, False
        present = following
    yield present, True


def _place(error: UnicodeDecodeError, place: int, line: int, block: bytes) -> str:
    """Where a file stops being text: byte and line, from 1. The decoder may have kept the end of the block before."""
    kept = len(error.object) - len(block)
    lines = error.object[: error.start].count(LINE_FEED)
    return f"byte {place - kept + error.start + 1}, line {line + lines}"


def rows(lines: Iterator[str], delimiter: str, first_line: int) -> Iterator[Row | BadValue]:
    """Rows of a text; a row that is no CSV comes as its fault, with the line in ``shown``.

    Args:
        lines: of the text, from a row's beginning.
        delimiter: between fields.
        first_line: number of the first of the lines.
    """
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        begin = first_line + reader.line_num
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield BadValue("row", "no_csv", str(begin))
            continue
        if any(field.strip() for field in fields):
            yield Row(begin, fields)


def split(line: str, delimiter: str) -> list[str]:
    """Fields of one line; nothing if it is no row by itself."""
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []

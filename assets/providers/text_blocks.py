"""Text files block by block, plain or gzip, so that a large one never stands in memory as a whole."""

import zlib
from collections.abc import Iterator
from pathlib import Path

BLOCK = 2**20
"""Bytes of text that are handed over at once, about."""
LONGEST = 16 * 2**20
"""Bytes of a line; what goes on for longer is no file of rows, and would fill the memory."""
MARK = b"\xef\xbb\xbf"


class UnreadableFile(Exception):
    """Nothing in the file can be used; the text says why."""


class CutShort(Exception):
    """The archive ends in the middle of its data; every whole line before has been handed over."""


def text_blocks(path: Path) -> Iterator[str]:
    """Whole lines, ended by line feeds whatever the file ends them with; without the byte-order mark.

    Raises:
        UnreadableFile: not text, no archive, or without lines.
        CutShort: at the end, see there.
    """
    rest, place = b"", 0
    try:
        for piece in _pieces(path):
            rest += piece
            if len(rest) < BLOCK:
                continue
            # A carriage return at the very end may be half of a line's end.
            whole = max(rest.rfind(b"\n"), rest.rfind(b"\r", 0, len(rest) - 1)) + 1
            if whole:
                yield _text(rest[:whole], place)
                rest, place = rest[whole:], place + whole
            if len(rest) > LONGEST:
                raise UnreadableFile(f"it has a line of more than {LONGEST // 2**20} MB")
    except CutShort:
        whole = rest.rfind(b"\n") + 1
        yield _text(rest[:whole], place)
        raise
    yield _text(rest, place)


def _text(raw: bytes, place: int) -> str:
    if not place:
        raw = raw.removeprefix(MARK)
    try:
        return raw.decode().replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"not text in UTF-8 (byte {place + error.start})") from None


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        if path.suffix != ".gz":
            while piece := file.read(BLOCK):
                yield piece
            return
        inflater, is_first = zlib.decompressobj(wbits=31), True
        packed = file.read(BLOCK)
        while packed:
            try:
                yield inflater.decompress(packed, BLOCK)
            except zlib.error:
                if is_first:
                    raise UnreadableFile("not a gzip file") from None
                raise CutShort from None
            packed = inflater.unconsumed_tail or inflater.unused_data or file.read(BLOCK)
            if inflater.eof:  # an archive may be several, one behind the other, and zeros after them
                packed = packed.lstrip(b"\0")
                if packed:
                    inflater, is_first = zlib.decompressobj(wbits=31), False
        if file.tell() and not inflater.eof:
            raise CutShort

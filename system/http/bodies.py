"""Reading a body without being flooded: bounded before, while and after it is unpacked."""

import zlib
from collections.abc import Iterable, Mapping

from system.http.errors import BadAnswer, NoAnswer


def read_body(pieces: Iterable[bytes], headers: Mapping[str, str], limit: int) -> bytes:
    """The whole body, unpacked.

    Raises:
        BadAnswer: larger than ``limit`` bytes, packed in a way that we did not ask for, or broken.
        NoAnswer: the packed body ends too early.
    """
    length = headers.get("content-length", "0")
    if length.isdecimal() and int(length[:20]) > limit:
        raise too_large(limit)
    packing = headers.get("content-encoding", "").strip().lower()
    if packing in {"gzip", "x-gzip"}:
        return unpacked(pieces, limit)
    if packing not in {"", "identity"}:
        raise BadAnswer(f"the answer is packed as {packing[:20]!r}, which was not asked for")
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > limit:
            raise too_large(limit)
    return bytes(body)


def unpacked(pieces: Iterable[bytes], limit: int) -> bytes:
    """A gzip body; of a bomb never more than the limit is unpacked."""
    unpacker = zlib.decompressobj(wbits=31)
    body = bytearray()
    try:
        for piece in pieces:
            body += unpacker.decompress(piece, limit + 1 - len(body))
            if len(body) > limit:
                raise too_large(limit)
    except zlib.error as error:
        raise BadAnswer(f"the packed answer is broken ({error})") from None
    if not unpacker.eof:
        raise NoAnswer("the packed answer ends too early")
    return bytes(body)


def too_large(limit: int) -> BadAnswer:
    return BadAnswer(f"the answer is larger than {limit / 1048576:g} MB")

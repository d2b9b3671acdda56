"""Files that were damaged, or made to harm: sound ones with some of their bytes changed, for generated tests."""

import random
from collections.abc import Sequence

from hypothesis import strategies as st

NASTY = (
    b"", b"\x00", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x00" * 8, b"\xff" * 8, b"\n", b"\r", b"\r\n", b'"', b"'",
    b",", b";", b"=1+1", b"-1", b"1e400", b"NaN", b"9" * 40, b"9" * 5_000, b"0001-01-01", b"9999-12-31T23:59:59Z",
    b"<", b">", b"&x;", b"<!ENTITY x 'y'>", b"]]>", b"</item>", b"\xf0\x9f\x98\x80", b"\xed\xa0\x80", b"\xef\xbb\xbf",
    b"\xe2\x80\xae", b"PK\x03\x04", b"PK\x01\x02", b"PAR1", b"[" * 5_000, b"x" * 70_000,
)  # fmt: skip
"""What readers stumble over."""
MOST_CHANGES = 6


@st.composite
def damaged(draw: st.DrawFn, sound: Sequence[bytes]) -> bytes:
    """One of these files with some bytes flipped, taken out, put in, doubled, exchanged, or cut off."""
    body = bytearray(draw(st.sampled_from(sound)))
    choose = random.Random(draw(st.integers(0, 2**32)))  # noqa: S311 - to damage, not to guard
    for _change in range(draw(st.integers(1, MOST_CHANGES))):
        at, length = choose.randrange(len(body) + 1), choose.choice((1, 1, 2, 4, 8, 40))
        match choose.randrange(7):
            case 0 | 1 if at < len(body):
                body[at] ^= 1 << choose.randrange(8)
            case 2:
                body[at : at + length] = choose.choice(NASTY)
            case 3:
                body[at:at] = choose.choice(NASTY)
            case 4:
                del body[at : at + length]
            case 5:
                other = choose.randrange(len(body) + 1)
                body[at:at] = body[other : other + 10 * length]
            case _:
                body[at : at + length] = choose.randbytes(length)
    return bytes(body[: draw(st.integers(0, len(body)))] if draw(st.integers(0, 5)) == 0 else body)

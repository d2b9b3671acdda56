"""Pictures that people send: read as pixels and written anew, so that nothing of the file but what is seen is kept."""

import hashlib
import io
import struct
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from django.utils.translation import gettext as _

from system.exceptions import InvalidInput, LimitExceeded

if TYPE_CHECKING:
    from PIL import Image

READ = ("PNG", "JPEG", "WEBP")
"""Formats that are read; no other decoder is tried."""
WRITTEN, MEDIA_TYPE, SUFFIX = "WEBP", "image/webp", ".webp"
LONGEST = 4096
"""Longest side that is kept, pixels; a larger picture is made smaller."""
QUALITY = 90
BROKEN = (
    OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError, TypeError, MemoryError, OverflowError,
    struct.error, zlib.error,
)  # fmt: skip
"""What decoders raise on files that are damaged or made to harm."""


@dataclass(frozen=True)
class Picture:
    """A picture without anything but its pixels.

    Attributes:
        content: of the file.
        width, height: pixels.
        sha256: of the content.
    """

    content: bytes
    width: int
    height: int
    sha256: str


def clean_picture(file: IO[bytes], *, most_bytes: int, most_pixels: int) -> Picture:
    """Read a picture and write it anew, upright, without its metadata.

    Args:
        file: opened for bytes.
        most_bytes: how large the file may be.
        most_pixels: how many pixels it may unpack to; no more are ever unpacked.
    Raises:
        LimitExceeded: it is too large, or would unpack to too much.
        InvalidInput: it is no picture of a format that is read.
    """
    from PIL import Image  # loaded where a picture is sent, not by every process

    content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise LimitExceeded(_("This picture is larger than is taken."), field="file", code="too_large")
    try:
        with Image.open(io.BytesIO(content), formats=READ) as picture:
            if picture.width * picture.height > most_pixels:
                raise _too_many()
            pixels = _upright(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many() from None
    except BROKEN:
        raise InvalidInput(_("This is no picture (PNG, JPEG or WebP)."), field="file", code="no_picture") from None
    return _written(pixels)


def _upright(picture: "Image.Image") -> "Image.Image":
    """The pixels of the first frame alone, as they are meant to be seen."""
    from PIL import Image, ImageOps

    picture.load()
    turned = ImageOps.exif_transpose(picture)
    has_alpha = "A" in turned.getbands() or "transparency" in turned.info
    seen = turned.convert("RGBA" if has_alpha else "RGB")
    seen.thumbnail((LONGEST, LONGEST))
    alone = Image.new(seen.mode, seen.size)
    alone.paste(seen)
    return alone


def _written(pixels: "Image.Image") -> Picture:
    file = io.BytesIO()
    pixels.save(file, WRITTEN, quality=QUALITY, method=4)
    content = file.getvalue()
    return Picture(content, pixels.width, pixels.height, hashlib.sha256(content).hexdigest())


def _too_many() -> LimitExceeded:
    return LimitExceeded(_("This picture has more pixels than are taken."), field="file", code="too_many_pixels")

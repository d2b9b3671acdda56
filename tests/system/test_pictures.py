"""Pictures: only pixels are kept, and nothing that is too large is ever unpacked."""

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from system.exceptions import InvalidInput, LimitExceeded
from system.pictures import LONGEST, Picture, clean_picture

GPS = 0x8825


def file_of(image: Image.Image, kind: str, **options: Any) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def clean(content: bytes, **limits: int) -> Picture:
    return clean_picture(io.BytesIO(content), **{"most_bytes": 10**6, "most_pixels": 10**6} | limits)


def with_place() -> Image.Exif:
    """Where the picture was taken, by which camera, and that it lies on its side."""
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    exif[0x0112] = 6
    exif.get_ifd(GPS).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    return exif


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_where_a_picture_was_taken_is_gone(kind: str) -> None:
    content = file_of(Image.new("RGB", (40, 20), "red"), kind, exif=with_place())
    sent = Image.open(io.BytesIO(content))
    assert sent.getexif().get_ifd(GPS)[1] == "N"
    picture = clean(content)
    kept = Image.open(io.BytesIO(picture.content))
    assert (dict(kept.getexif()), kept.getexif().get_ifd(GPS)) == ({}, {})
    assert not {"exif", "icc_profile", "xmp", "comment"} & kept.info.keys()
    assert b"A camera" not in picture.content
    assert (kept.size, picture.width, picture.height) == ((20, 40), 20, 40)  # upright


def test_texts_and_profiles_are_gone() -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "my name and address")
    content = file_of(Image.new("RGBA", (4, 4), (1, 2, 3, 128)), "PNG", pnginfo=words, icc_profile=b"a profile" * 30)
    assert b"my name" in content
    picture = clean(content)
    assert b"my name" not in picture.content
    kept = Image.open(io.BytesIO(picture.content))
    assert "icc_profile" not in kept.info
    assert kept.mode == "RGBA"


def test_what_is_behind_the_picture_is_gone() -> None:
    content = file_of(Image.new("RGB", (4, 4)), "JPEG") + b"PK\x03\x04 something else"
    assert b"something else" not in clean(content).content


def test_only_the_first_frame_is_kept() -> None:
    frames = [Image.new("RGB", (4, 4), color) for color in ("red", "blue")]
    content = file_of(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    assert getattr(Image.open(io.BytesIO(clean(content).content)), "n_frames", 1) == 1


def test_a_large_picture_is_made_smaller() -> None:
    picture = clean(file_of(Image.new("RGB", (LONGEST + 4, 2)), "PNG"))
    assert picture.width == LONGEST


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is huge, and would unpack to zeros."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\x00" * 10**6, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(1001, 1000), (10_000, 10_000), (60_000, 60_000)])
def test_a_bomb_is_refused_before_it_is_unpacked(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    def unpacked(*_arguments: Any) -> None:
        raise AssertionError("it was unpacked")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", unpacked)
    with pytest.raises(LimitExceeded) as caught:
        clean(bomb(*size))
    assert caught.value.code == "too_many_pixels"


def test_a_file_that_is_too_large_is_not_read_to_its_end() -> None:
    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            assert 0 < size <= 1001
            return b"x" * size

    with pytest.raises(LimitExceeded) as caught:
        clean_picture(Endless(), most_bytes=1000, most_pixels=1000)  # type: ignore[arg-type]
    assert caught.value.code == "too_large"


GIF = file_of(Image.new("P", (4, 4)), "GIF")
JPEG = file_of(Image.effect_noise((60, 60), 50).convert("RGB"), "JPEG")
PNG = file_of(Image.effect_noise((60, 60), 50), "PNG")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    "content",
    [b"", b"text", SVG, GIF, PNG[:40], PNG[: len(PNG) // 2], JPEG[: len(JPEG) // 2], JPEG[:20]],
    ids=["empty", "text", "svg", "gif", "header", "half png", "half jpeg", "start"],
)
def test_what_is_no_picture(content: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        clean(content)
    assert (caught.value.field, caught.value.code) == ("file", "no_picture")


def test_every_byte_of_a_picture_turned_over_is_a_picture_or_a_refusal() -> None:
    for content in (PNG, JPEG):
        for place in range(0, min(len(content), 600), 3):
            broken = bytearray(content)
            broken[place] ^= 0xFF
            try:
                assert clean(bytes(broken)).width <= LONGEST
            except (InvalidInput, LimitExceeded):
                continue

"""Packages of a person that were damaged or made to harm: read as they were written, or refused with a reason."""

import hashlib
import io
import json
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from cryptopredict.portability import package
from cryptopredict.portability.importing import import_person
from cryptopredict.portability.package import MANIFEST, Reader, Writer
from system.exceptions import DomainError, InvalidInput, TooLargeError
from tests.damage import damaged
from tests.factories import AssetFactory, UserFactory
from tests.rounds import examples

LISTS, PORTFOLIO, JOURNAL = "selection/watchlists.json", "portfolios/001/portfolio.json", "portfolios/001/journal.csv"
ENTRY = {"symbol": "AAA", "position_type": "long", "weight": "0.5"}
CONTENT = {
    LISTS: json.dumps([{"name": "mine", "max_assets": 5, "entries": [ENTRY]}]).encode(),
    PORTFOLIO: json.dumps([{"name": "coins", "base_currency": "USD", "positions": []}]).encode(),
    JOURNAL: b"time,kind,symbol,quantity,price\n2024-06-01T01:02:03Z,buy,AAA,1,2\n",
    "accounts/profile.json": b"[\n]\n",
    "trading/screenshots/a.webp": bytes(range(256)) * 300,
}


def packed(content: dict[str, bytes]) -> bytes:
    """A package as the product writes it."""
    file = io.BytesIO()
    writer = Writer(file)
    for name, body in content.items():
        writer.file(name, [body])
    writer.close(version="1", exported_at="2026-01-01T00:00:00+00:00", person="a@example.com")
    return file.getvalue()


SOUND = packed(CONTENT)


def read(body: bytes) -> dict[str, bytes] | None:
    """What is in a package; None if it is refused, with words."""
    refusal = ""
    try:
        reader = Reader(io.BytesIO(body))
        return {name: reader.bytes(name) for name in reader.names()}
    except DomainError as refused:
        refusal = str(refused)
    assert refusal
    return None


def test_what_is_damaged_is_whole_without_it() -> None:
    assert read(SOUND) == CONTENT


@settings(max_examples=examples(150, 20_000), deadline=None)
@given(body=damaged([SOUND]))
def test_a_damaged_package_is_what_was_written_or_refused(body: bytes) -> None:
    found = read(body)
    for name, content in (found or {}).items():
        assert content == CONTENT.get(name, content)


@settings(max_examples=examples(60, 5_000), deadline=None)
@given(body=st.binary(max_size=2_000))
def test_noise_is_refused(body: bytes) -> None:
    assert read(body) is None


@pytest.mark.django_db
@settings(max_examples=examples(40, 4_000), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from([LISTS, PORTFOLIO, JOURNAL]), data=st.data())
def test_damaged_contents_are_brought_in_or_refused(name: str, data: st.DataObject) -> None:
    """The package is whole, and what is in it is not."""
    body = packed(CONTENT | {name: data.draw(damaged([CONTENT[name]]))})
    with transaction.atomic():
        AssetFactory(symbol="AAA")
        user: User = UserFactory()
        refusal = None
        try:
            import_person(user, io.BytesIO(body))
        except DomainError as refused:
            refusal = str(refused)
        assert refusal != ""
        transaction.set_rollback(True)


def encrypted(body: bytes) -> bytes:
    """Every member says that a password is needed."""
    spoiled = bytearray(body)
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = spoiled.find(mark)
        while at >= 0:
            spoiled[at + place] |= 1
            at = spoiled.find(mark, at + 4)
    return bytes(spoiled)


def inflated_wrongly(body: bytes) -> bytes:
    """The compressed bytes of a member are others."""
    with zipfile.ZipFile(io.BytesIO(body)) as sound:
        place = sound.getinfo("trading/screenshots/a.webp")
    at = place.header_offset + 30 + len(place.filename) + 40
    return body[:at] + b"\xff" * 20 + body[at + 20 :]


def otherwise_packed(body: bytes) -> bytes:
    """By a way of packing that takes memory which no directory tells."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as sound, zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as other:
        for name in sound.namelist():
            other.writestr(name, sound.read(name))
    return file.getvalue()


def cut_off_at_the_beginning(body: bytes) -> bytes:
    """Its members seem to lie before the beginning of the file."""
    return body[100:]


@pytest.mark.parametrize("spoil", [encrypted, inflated_wrongly, otherwise_packed, cut_off_at_the_beginning])
def test_what_zip_readers_stumble_over(spoil: Callable[[bytes], bytes], tmp_path: Path) -> None:
    (tmp_path / "package.zip").write_bytes(spoil(SOUND))
    with (tmp_path / "package.zip").open("rb") as file, pytest.raises(InvalidInput, match="no export of a person"):
        Reader(file)


@pytest.mark.parametrize(
    ("bound", "most", "words"),
    [
        ("MOST_FILES", 5, "more than 5 files"),
        ("LARGEST_WHOLE", 70_000, "package is larger"),
        ("LARGEST", 60, "larger than"),
    ],
)
def test_bounds_are_held_before_anything_is_unpacked(
    bound: str, most: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unpack(*_: Any) -> None:
        raise AssertionError("something is unpacked")

    monkeypatch.setattr(package, bound, most)
    monkeypatch.setattr(zipfile.ZipFile, "open", unpack)
    with pytest.raises(TooLargeError, match=words):
        Reader(io.BytesIO(SOUND))


def test_a_package_beyond_the_bounds_says_so_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MOST_FILES", len(CONTENT))
    with zipfile.ZipFile(io.BytesIO(packed(CONTENT))) as written:
        assert json.loads(written.read(MANIFEST))["too_large"] == [MANIFEST]


def test_a_file_that_says_less_than_it_holds_is_not_unpacked_further() -> None:
    """The directory says 100 bytes of what comes to 64 MB: no more than these, and no more memory, is ever used."""
    size, said = 64 * 2**20, 100
    content = bytes(size)
    file = io.BytesIO()
    files = {"accounts/a.json": {"sha256": hashlib.sha256(content).hexdigest(), "bytes": size}}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("accounts/a.json", content)
        bomb.writestr(MANIFEST, json.dumps({"schema_version": 1, "files": files}))
    body = file.getvalue().replace(size.to_bytes(4, "little"), said.to_bytes(4, "little"))
    assert zlib.crc32(content).to_bytes(4, "little") in body
    tracemalloc.start()
    try:
        with pytest.raises(InvalidInput):
            Reader(io.BytesIO(body))
        assert tracemalloc.get_traced_memory()[1] < 2 * 2**20
    finally:
        tracemalloc.stop()

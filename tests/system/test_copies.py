"""Copies on this machine of files that lie elsewhere."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from system.stores.cache import DRAFT, DRAFT_AGE, Cache


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "copies", 10)


def names(cache: Cache) -> list[str]:
    return sorted(path.name for path in cache.folder.iterdir())


def used(cache: Cache, key: str, seconds_ago: float) -> None:
    moment = time.time() - seconds_ago
    os.utime(cache.folder / key, (moment, moment))


def test_a_copy_comes_back_and_what_is_not_there_is_none(cache: Cache) -> None:
    assert (cache.path("a"), cache.content("a")) == (None, None)
    path = cache.add("a", [b"on", b"e"])
    assert (cache.path("a"), cache.content("a")) == (path, b"one")
    assert (path.stat().st_mode & 0o777, cache.folder.stat().st_mode & 0o777) == (0o600, 0o700)
    cache.add("a", [b"two"])
    assert cache.content("a") == b"two"


def test_those_go_that_were_not_used_for_longest(cache: Cache) -> None:
    for key, age in (("a", 30), ("b", 20), ("c", 10)):
        cache.add(key, [b"123"])
        used(cache, key, age)
    assert cache.content("a") == b"123"  # it counts as used from now on
    cache.add("d", [b"123"])
    assert names(cache) == ["a", "c", "d"]
    cache.add("large", [b"12345678901234567890"])
    assert names(cache) == ["large"]


def test_what_broke_off_is_no_copy_and_goes(cache: Cache) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionError("cut")

    with pytest.raises(ConnectionError):
        cache.add("a", broken())
    assert names(cache) == []
    for name in ("killed", "fresh"):
        (cache.folder / f"{DRAFT}{name}").write_bytes(b"half")
    used(cache, f"{DRAFT}killed", DRAFT_AGE + 10)
    cache.add("a", [b"one"])
    assert names(cache) == [f"{DRAFT}fresh", "a"]

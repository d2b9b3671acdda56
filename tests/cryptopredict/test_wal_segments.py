"""Files of the write-ahead log: their order, gaps, what a base backup needs; and the script that archives them."""

import gzip
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptopredict.backups.segments import (
    SIZE,
    Base,
    Segment,
    bases_to_keep,
    past_of,
    position,
    reach,
    segments_to_drop,
)
from cryptopredict.embedded.wal import SCRIPT, Archive
from cryptopredict.environment import wal_archive
from system.exceptions import InvalidInput
from tests.cryptopredict.moments import replaced

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HISTORY = "1\t0/3000158\tbefore 2026-11-22 12:00:00+00\n\n2\t1/200000A0\tno recovery target specified\n"


def base(number: int, days: float = 0, timeline: int = 1) -> Base:
    """A copy of so many days ago that needs the log from a segment on."""
    at = NOW - days * DAY
    return Base(f"{at:%Y%m%dT%H%M%SZ}", at, at, timeline, number * SIZE + 40, number * SIZE + 9000)


def minutes(*numbers: int, timeline: int = 1) -> dict[Segment, datetime]:
    """Segments, each last written to a minute after the one before."""
    return {Segment(timeline, number): NOW + timedelta(minutes=number) for number in numbers}


@given(st.integers(1, 2**32 - 1), st.integers(0, 2**40 - 1))
def test_names_go_both_ways(timeline: int, number: int) -> None:
    one = Segment(timeline, number)
    assert Segment.of(one.name) == one
    assert len(one.name) == 24


@pytest.mark.parametrize(
    ("name", "number"),
    [("0000000100000000000000FF", 255), ("000000020000000100000000", 256), ("0000000100000002000000A1", 2 * 256 + 161)],
)
def test_a_log_has_256_segments(name: str, number: int) -> None:
    found = Segment.of(name)
    assert found is not None
    assert found.number == number == position(f"{name[8:16]}/{name[22:]}000000") // SIZE
    assert Segment.of("000000010000000000000100") is None, "that place is in no log"
    assert Segment.of("00000002.history") is None


def test_the_way_to_a_timeline() -> None:
    way = past_of(3, HISTORY)
    assert [(one.timeline, one.begin, one.end) for one in way] == [
        (1, 0, 0x3000158), (2, 0x3000158, 0x1200000A0), (3, 0x1200000A0, None),
    ]  # fmt: skip
    assert [one.timeline for one in way if one.has(3)] == [1, 2], "both have a part of that segment"
    assert base(2).is_on(way)
    assert not base(3).is_on(way), "made in a future that is no longer"
    assert not base(2, timeline=4).is_on(way)


def test_the_log_is_followed_to_its_end_and_to_a_gap() -> None:
    way = past_of(1, "")
    whole = reach(3, way, minutes(3, 4, 5))
    assert (whole.until, whole.missing.number, whole.is_gap) == (NOW + timedelta(minutes=5), 6, False)
    broken = reach(3, way, minutes(3, 4, 6, 7))
    assert (broken.until, broken.missing.number, broken.is_gap) == (NOW + timedelta(minutes=4), 5, True)
    assert reach(3, way, minutes(3, 4, 6, 7), NOW + timedelta(minutes=3, seconds=30)).log == (
        Segment(1, 3),
        Segment(1, 4),
    ), "what comes later is not asked for"
    nothing = reach(3, way, {})
    assert (nothing.until, nothing.missing.number, nothing.is_gap) == (None, 3, False)


def test_on_a_new_timeline_its_own_segment_goes_before_that_of_the_old_one() -> None:
    way = past_of(2, "1\t0/5000000\tx\n")
    there = minutes(3, 4, 5, 6, timeline=1) | minutes(5, 6, timeline=2)
    assert reach(3, way, there).log == (Segment(1, 3), Segment(1, 4), Segment(2, 5), Segment(2, 6))
    assert reach(3, way, minutes(3, 4, 5, 6, timeline=1)).missing == Segment(2, 6), "the old future does not count"


@given(
    st.lists(st.tuples(st.integers(0, 400), st.floats(0, 40)), max_size=12),
    st.sets(st.integers(0, 420), max_size=60),
    st.integers(1, 30),
)
def test_what_is_kept_is_enough_for_every_moment_of_the_last_days(
    made: list[tuple[int, float]], segments: set[int], days: int
) -> None:
    """Later copies begin later in the log; then nothing that a kept one needs goes, and every moment has one."""
    numbers, ages = sorted(number for number, _ in made), sorted((age for _, age in made), reverse=True)
    bases = [base(number, age) for number, age in zip(numbers, ages, strict=True)]
    names = bases_to_keep(bases, days, NOW)
    kept = [one for one in bases if one.name in names]
    dropped = segments_to_drop((Segment(1, number) for number in segments), kept)
    for one in kept:
        assert all(gone.number < one.first for gone in dropped)
    oldest = NOW - days * DAY
    for moment in [oldest, *(one.ended_at for one in bases if one.ended_at >= oldest)]:
        if any(one.ended_at <= moment for one in bases):
            assert any(one.ended_at <= moment for one in kept)
    if bases:
        assert max(bases, key=lambda one: one.ended_at).name in names
    if not kept:
        assert not dropped


def archived(tmp_path: Path, content: bytes, name: str = "000000010000000000000003") -> "subprocess.CompletedProcess":
    """What the script makes of a file."""
    source = tmp_path / "pg_wal" / name
    source.parent.mkdir(exist_ok=True)
    source.write_bytes(content)
    os.utime(source, (1_700_000_000, 1_700_000_000))
    (tmp_path / "wal").mkdir(exist_ok=True)
    command = ["/bin/sh", str(SCRIPT), f"pg_wal/{name}", name, str(tmp_path / "wal")]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)


def test_the_script_keeps_a_file_once_and_never_replaces_it(tmp_path: Path) -> None:
    content = os.urandom(1000) + bytes(100_000)
    assert archived(tmp_path, content).returncode == 0
    (kept,) = (tmp_path / "wal").iterdir()
    assert gzip.decompress(kept.read_bytes()) == content
    assert kept.stat().st_size < 3000
    assert kept.stat().st_mtime == 1_700_000_000, "when it was last written to is told by the copy"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert archived(tmp_path, content).returncode == 0, "the same again is well"
    refused = archived(tmp_path, b"another")
    assert refused.returncode == 1
    assert "another content" in refused.stderr
    assert [gzip.decompress(path.read_bytes()) for path in (tmp_path / "wal").iterdir()] == [content]


def test_a_file_that_cannot_be_kept_whole_has_no_name(tmp_path: Path) -> None:
    """A disk without room for it, as far as a limit of the size of files can play one."""
    name = "000000010000000000000003"
    (tmp_path / "wal").mkdir()
    (tmp_path / name).write_bytes(os.urandom(200_000))
    command = f'ulimit -f 20; exec /bin/sh "{SCRIPT}" {name} {name} "{tmp_path}/wal"'
    done = subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, capture_output=True, check=False)
    assert 0 < done.returncode < 126, "PostgreSQL tries again, and does not give up archiving"
    assert not [path for path in (tmp_path / "wal").iterdir() if not path.name.startswith(".")]


def test_the_commands_stand_every_name_of_a_directory(tmp_path: Path) -> None:
    """A directory with a blank, a quote and a per cent sign: as the server's shell sees the commands."""
    archive = Archive(tmp_path / "o'ne 50%f")
    archive.segments.mkdir(parents=True)
    (archive.root / SCRIPT.name).write_bytes(SCRIPT.read_bytes())
    (tmp_path / "000000010000000000000003").write_bytes(b"log")
    opened = tmp_path / "o'pened 50%p"
    for command in (archive.options()["archive_command"], archive.restore_command(), archive.restore_command(opened)):
        place = "back" if "gzip" in command else "000000010000000000000003"
        said = replaced(command, {"%p": place, "%f": "000000010000000000000003", "%%": "%"})
        subprocess.run(["/bin/sh", "-c", said], cwd=tmp_path, check=True)
    assert (tmp_path / "back").read_bytes() == b"log"
    opened.mkdir()
    (opened / "000000010000000000000003.gz").write_bytes(gzip.compress(b"opened"))
    said = replaced(archive.restore_command(opened), {"%p": "back", "%f": "000000010000000000000003", "%%": "%"})
    subprocess.run(["/bin/sh", "-c", said], cwd=tmp_path, check=True)
    assert (tmp_path / "back").read_bytes() == b"opened"
    missing = replaced(archive.restore_command(opened), {"%p": "none", "%f": "0" * 24, "%%": "%"})
    assert subprocess.run(["/bin/sh", "-c", missing], cwd=tmp_path, check=False).returncode == 1
    assert not (tmp_path / "none").exists()


def test_the_switch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for text, place in (
        ("", None), ("off", None), ("on", tmp_path / "wal"), ("TRUE", tmp_path / "wal"), ("/mnt/x", Path("/mnt/x")),
    ):  # fmt: skip
        monkeypatch.setenv("WAL_ARCHIVE", text)
        assert wal_archive(tmp_path, "wal") == place
    monkeypatch.setenv("WAL_ARCHIVE", "yess")
    with pytest.raises(InvalidInput, match="WAL_ARCHIVE must be on, off or a directory"):
        wal_archive(tmp_path, "wal")

"""A moment of the embedded cluster from an archive under a passphrase, by its real servers."""

import gzip
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from cryptopredict.backups.bases import bases_in, make_base, unsealed
from cryptopredict.backups.copies import WHOLE
from cryptopredict.backups.planning import check_log, place_of, plan_for
from cryptopredict.backups.point_in_time import restore_at
from cryptopredict.backups.recovering import unpack
from cryptopredict.backups.sealed import Opener
from cryptopredict.embedded.places import places, service_account
from cryptopredict.embedded.wal import Archive
from system.exceptions import InvalidInput
from tests.cryptopredict.installation import Installation, kill, wait_for
from tests.cryptopredict.moments import (
    PAUSE,
    Connection,
    archive_in,
    archives,
    begin,
    kept,
    rows,
    switched,
    used,
)

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
PASSPHRASE = "walnuts before noon, please"
MARKER = "somebody-would-find-this-in-the-archive"
MARK = "INSERT INTO marker SELECT %s::text || n FROM generate_series(1, 2000) AS n"


@pytest.fixture
def home(here: Installation, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home directory of an installation that archives its log."""
    return archives(here, settings, monkeypatch)


def seal(here: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the next start on."""
    passphrase = here.home.parent / "passphrase"
    passphrase.write_text(PASSPHRASE)
    monkeypatch.setenv("BACKUP_PASSPHRASE_FILE", str(passphrase))
    here.variables["BACKUP_PASSPHRASE_FILE"] = str(passphrase)


def mark(connection: Connection) -> None:
    """Rows that somebody would find."""
    connection.execute("CREATE TABLE marker (text text)")
    connection.execute(MARK, [MARKER])


def can_be_read(path: Path) -> bool:
    """Whether the marker stands in a file, as it is or compressed."""
    content = path.read_bytes()
    with suppress(gzip.BadGzipFile):
        content += gzip.decompress(content)
    return MARKER.encode() in content


def readable(archive: Archive) -> list[Path]:
    return [path for path in archive.root.rglob("*") if path.is_file() and can_be_read(path)]


def sealers(here: Installation) -> list[psutil.Process]:
    return [one for one in here.processes() if "cryptopredict.embedded.sealer" in " ".join(one.cmdline())]


@contextmanager
def damaged(path: Path) -> Iterator[None]:
    """A bit in the middle of a file is flipped for the length of the block."""
    content, place, written = path.read_bytes(), path.stat().st_size // 2, path.stat().st_mtime
    path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    yield
    path.write_bytes(content)
    os.utime(path, (written, written))


@pytest.mark.long
def test_a_moment_comes_back_from_a_sealed_archive(
    here: Installation, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The base backup and the log are sealed; who has another passphrase, or none, gets nothing; damage is found."""
    seal(here, monkeypatch)
    archive, times = [], []

    def work(connection: Connection) -> None:
        archive.append(archive_in(home))
        mark(connection)
        begin(connection, home)
        connection.execute("UPDATE marker SET text = text || 'again'")
        times.extend(rows(connection, 6))
        (sealer,) = sealers(here)
        assert sealer.uids().effective == service_account().uid, "it is who the server is, and no more"
        switched(connection, archive[0])
        kill(sealer)
        times.extend(rows(connection, 3, since=6))
        switched(connection, archive[0])  # by one that was started again

    used(home, work)
    (base,) = bases_in(archive[0])
    assert (base.is_sealed, unsealed(archive[0]), readable(archive[0])) == (True, 0, [])
    here.assert_nothing_left(10)

    moment = times[6][1] + timedelta(seconds=PAUSE / 2)
    plan = plan_for(archive[0].root.parent, home / "postgres", moment, None)
    with pytest.raises(InvalidInput, match="is sealed; name its passphrase with --passphrase-file"):
        check_log(plan)
    with pytest.raises(InvalidInput, match="is sealed with another passphrase"):
        check_log(plan, Opener("walnuts after noon, please"))
    segment = place_of(archive[0], plan.log[1])
    assert segment is not None
    with damaged(segment), pytest.raises(InvalidInput, match=f"{segment.name} is damaged: it is not as it was sealed"):
        check_log(plan, Opener(PASSPHRASE))
    copy = archive[0].bases / base.name / WHOLE
    with damaged(copy), pytest.raises(InvalidInput, match=f"{copy.name} is damaged: it is not as it was sealed"):
        unpack(plan, home.parent / "draft", places(home), Opener(PASSPHRASE))

    done = restore_at(home, moment, opener=Opener(PASSPHRASE))
    assert kept(home) == list(range(7))
    assert done.last_change is not None
    assert abs(done.last_change - times[6][1]) < timedelta(seconds=1)
    assert not [path for path in (home / "postgres").resolve().rglob("*") if "opened" in path.name]


@pytest.mark.full
def test_an_archive_that_was_sealed_later_leads_on(
    here: Installation, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a copy of before over a log of both kinds, and over a timeline that began sealed."""

    def work(connection: Connection, since: int) -> list[tuple[int, datetime]]:
        made = rows(connection, 3, since)
        switched(connection, archive_in(home))
        return made

    def begun(connection: Connection) -> list[tuple[int, datetime]]:
        mark(connection)
        begin(connection, home)
        return work(connection, 0)

    used(home, begun)
    archive = archive_in(home)
    assert readable(archive), "without a passphrase it could be read"
    before = set(readable(archive))
    seal(here, monkeypatch)
    times = used(home, lambda one: work(one, 3))
    assert set(readable(archive)) == before
    opener = Opener(PASSPHRASE)
    for path in archive.segments.iterdir():
        os.utime(path)  # as in a copy that was made without the times
    done = restore_at(home, times[1][1] + timedelta(seconds=PAUSE / 2), opener=opener)
    assert not done.plan.base.is_sealed
    assert kept(home) == list(range(5))

    assert used(home, lambda one: [make_base(archive), *work(one, 100)])[0].is_sealed
    assert [*archive.segments.glob("*.history.gz.sealed")]
    assert restore_at(home, None, opener=opener).plan.timeline == 2
    assert kept(home) == [*range(5), 100, 101, 102]
    with pytest.raises(InvalidInput, match="is sealed; name its passphrase"):
        restore_at(home, None, timeline=1)

    # Its copy lies in the place of another one.
    first, second = (archive.bases / one.name for one in sorted(bases_in(archive), key=lambda one: one.ended_at))
    for name in ("base.tar.gz", "pg_wal.tar.gz", "backup_manifest"):
        (first / name).unlink()
    (first / WHOLE).write_bytes((second / WHOLE).read_bytes())
    with pytest.raises(InvalidInput, match="is another copy than"):
        restore_at(home, times[1][1], timeline=1, opener=opener)


@pytest.mark.full
def test_the_product_says_that_its_passphrase_is_gone(
    here: Installation, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal(here, monkeypatch)
    Path(here.variables["BACKUP_PASSPHRASE_FILE"]).unlink()
    done = here.manage("with_services", "--", "true")
    assert done.returncode == 2
    assert "The passphrase in" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    here.assert_nothing_left(10)
    wait_for(lambda: not sealers(here), 5)

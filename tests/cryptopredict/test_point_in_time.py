"""The embedded cluster as it was at a moment: archived, copied, restored, by its real servers."""

import gzip
import json
import os
import shutil
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cryptopredict.backups.bases import FACTS, bases_in, segments_in
from cryptopredict.backups.planning import Plan, check_log, plan_for, told
from cryptopredict.backups.point_in_time import formers, put_in_place, restore_at
from cryptopredict.backups.segments import SIZE, Segment
from cryptopredict.embedded import attached
from cryptopredict.embedded.places import places
from cryptopredict.embedded.postgres import Postgres
from cryptopredict.embedded.wal import Archive
from system.exceptions import ConflictError, InvalidInput, NoData
from tests.cryptopredict.installation import Installation
from tests.cryptopredict.moments import (
    PAUSE,
    Connection,
    all_rows,
    archive_in,
    archives,
    begin,
    kept,
    refused,
    rows,
    switched,
    used,
)

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def home(here: Installation, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home directory of an installation that archives its log."""
    return archives(here, settings, monkeypatch)


@pytest.mark.long
def test_a_moment_comes_back_to_the_row(home: Path) -> None:
    """Rows each 100 ms: those up to the moment are there and no other."""
    written = used(home, lambda one: [*begin(one, home), *rows(one, 12)])
    done = restore_at(home, written[6][1] + timedelta(seconds=PAUSE / 2))
    assert done.former is not None
    assert (done.former / "PG_VERSION").exists(), "what was there is not lost"
    assert done.last_change is not None
    assert abs(done.last_change - written[6][1]) < timedelta(seconds=PAUSE / 2)
    assert kept(home) == list(range(7))


@pytest.mark.full
def test_the_log_leads_both_ways(home: Path) -> None:
    """After a restore it goes on under another name, and the future that was left can be gone back to."""
    written = used(home, lambda one: [*begin(one, home), *rows(one, 12)])
    (base,) = bases_in(archive_in(home))
    restore_at(home, written[6][1] + timedelta(seconds=PAUSE / 2))
    assert used(home, lambda one: [*all_rows(one), *rows(one, 2, since=100)])[:7] == list(range(7))
    again = restore_at(home, None)
    assert again.plan.timeline == 2
    assert kept(home) == [*range(7), 100, 101]
    first = restore_at(home, written[9][1] + timedelta(seconds=PAUSE / 2), timeline=1)
    assert first.plan.base == base
    assert kept(home) == list(range(10)), "the future that was left is still in the archive"
    assert len(formers(home / "postgres")) == 3

    # What the first restore set aside is put back: what is asked for now is its own log, not the newest.
    (home / "postgres").rename(home / "third")
    formers(home / "postgres")[0].rename(home / "postgres")
    assert kept(home) == list(range(12))
    used(home, lambda one: rows(one, 1, since=12))
    assert restore_at(home, None).plan.timeline == 1
    assert kept(home) == list(range(13))

    refused(home, base.ended_at - timedelta(seconds=1), "oldest base backup is of", told(base.ended_at))
    refused(home, datetime.now(UTC) + timedelta(hours=1), "nothing later was archived")


@pytest.mark.full
def test_it_says_what_is_missing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of the log that is gone, or damaged; no copy, no archive; servers that run."""

    def work(connection: Connection) -> list[datetime]:
        begin(connection, home)
        found = []
        for number in range(3):
            connection.execute("INSERT INTO kept VALUES (%s)", [number])
            found.append(connection.execute("SELECT clock_timestamp()").fetchone()[0])  # type: ignore[index]
            switched(connection, archive_in(home))
        return found

    times = used(home, work)
    archive = archive_in(home)
    middle = sorted(one for one in segments_in(archive) if one.number > bases_in(archive)[0].first)[1]
    path = archive.segments / f"{middle.name}.gz"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    refused(home, times[2], f"{middle.name}.gz is damaged", "nothing was replaced")
    path.unlink()
    refused(home, times[2], f"{middle.name} is missing", "The log goes from the base backup")
    path.write_bytes(content)

    with attached(home, {"postgres"}), pytest.raises(ConflictError, match="runs; end it"):
        restore_at(home, times[0])
    monkeypatch.setenv("WAL_ARCHIVE", str(home / "other"))
    with pytest.raises(NoData, match="no base backup"):
        restore_at(home, times[0])
    monkeypatch.setenv("WAL_ARCHIVE", "off")
    with pytest.raises(NoData, match="WAL_ARCHIVE is off"):
        restore_at(home, times[0])


@pytest.fixture
def cluster(tmp_path: Path) -> Archive:
    """As much of a cluster and of its archive as a plan is made from: a base backup, and four files of the log."""
    data = tmp_path / "postgres"
    (data / "global").mkdir(parents=True)
    (data / "global/pg_control").write_bytes((77).to_bytes(8, sys.byteorder))
    archive = Archive(tmp_path / "77")
    (archive.bases / "copy").mkdir(parents=True)
    facts = {"began_at": str(NOON), "ended_at": str(NOON), "timeline": 1, "begin": 3 << 24, "end": (3 << 24) + 99}
    (archive.bases / "copy" / FACTS).write_text(json.dumps(facts))
    archive.segments.mkdir()
    for number in range(3, 7):
        path = archive.segments / f"{Segment(1, number).name}.gz"
        path.write_bytes(gzip.compress(bytes(SIZE), 1))
        os.utime(path, (NOON.timestamp() + 60 * number, NOON.timestamp() + 60 * number))
    return archive


def planned(archive: Archive, until: datetime | None, timeline: int | None = None) -> Plan:
    return plan_for(archive.root.parent, archive.root.parent / "postgres", until, timeline)


def test_a_plan_names_what_is_missing(cluster: Archive) -> None:
    """The oldest moment, the newest, a gap, a damaged file, a timeline that there is not."""
    found = planned(cluster, NOON + timedelta(minutes=4))
    assert [one.number for one in found.log] == [3, 4, 5], "what was written later is not gone through"
    assert planned(cluster, None).reaches == NOON + timedelta(minutes=6)
    with pytest.raises(InvalidInput, match="oldest base backup is of 2026-11-22T12:00:00Z"):
        planned(cluster, NOON - timedelta(seconds=1))
    with pytest.raises(InvalidInput, match="to 2026-11-22T12:06:00Z, because nothing later was archived"):
        planned(cluster, NOON + timedelta(minutes=7))
    with pytest.raises(InvalidInput, match="no timeline 4"):
        planned(cluster, None, 4)

    check_log(planned(cluster, None))
    damaged = cluster.segments / f"{Segment(1, 5).name}.gz"
    content = bytearray(damaged.read_bytes())
    content[-5] ^= 1  # of its checksum
    damaged.write_bytes(content)
    with pytest.raises(InvalidInput, match=f"{damaged.name} is damaged"):
        check_log(planned(cluster, None))
    damaged.write_bytes(gzip.compress(b"short"))
    with pytest.raises(InvalidInput, match=r"is damaged \(5 bytes"):
        check_log(planned(cluster, None))
    damaged.unlink()
    with pytest.raises(InvalidInput, match=f"to 2026-11-22T12:04:00Z, because {Segment(1, 5).name} is missing"):
        planned(cluster, NOON + timedelta(minutes=5))
    shutil.rmtree(cluster.bases)
    with pytest.raises(NoData, match="no base backup"):
        planned(cluster, None)


def test_what_the_present_cluster_has_not_archived_counts(cluster: Archive) -> None:
    """It waits, or is being written; what was made ready for later does not count."""
    log = cluster.root.parent / "postgres/pg_wal"
    (log / "archive_status").mkdir(parents=True)
    for number, minute in ((7, 7), (8, 8), (9, 1)):
        (log / Segment(1, number).name).write_bytes(b"log")
        os.utime(log / Segment(1, number).name, (NOON.timestamp() + 60 * minute,) * 2)
    (log / "archive_status" / f"{Segment(1, 7).name}.ready").touch()
    found = planned(cluster, None)
    assert [one.number for one in found.log] == [3, 4, 5, 6, 7, 8]
    assert found.reaches == NOON + timedelta(minutes=8)


def test_a_restore_that_was_broken_off_in_its_last_step_is_finished(here: Installation) -> None:
    """Between the two names: the database is never begun with an empty one instead."""
    home = places(here.home)
    server = Postgres(home)
    assert not server.finish_restore(), "there is nothing to finish"
    draft = home.home / "draft"
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18\n")
    (server.data / "PG_VERSION").write_text("18\n")
    former = put_in_place(draft, server.data)
    assert former is not None
    assert (former / "PG_VERSION").exists()
    server.data.rename(server.restored)  # as it was a moment before the end
    again = Postgres(home)
    assert list(again.data.iterdir()) == []
    assert again.finish_restore()
    assert (again.data / "PG_VERSION").exists()
    assert not again.restored.exists()


@pytest.mark.full
@pytest.mark.parametrize("is_sealed", [False, True])
def test_by_the_commands_with_everything_in_it(here: Installation, *, is_sealed: bool) -> None:
    """A migrated database with a person who is deleted by mistake: refused without --force, then he is back."""
    archive, passphrase = here.home.parent / "o'ne archive", here.home.parent / "a passphrase"
    passphrase.write_text("walnuts before noon, please")
    here.variables |= {"WAL_ARCHIVE": str(archive), "DATABASE_URL": "", "DATABASE_OWNER_URL": ""}
    here.variables |= {"BACKUP_PASSPHRASE_FILE": str(passphrase)} if is_sealed else {}
    for command in (("migrate", "-v0"), ("bootstrap",), ("backup", "--base")):
        done = here.manage(*command, seconds=300)
        assert done.returncode == 0, done.stderr
    connect = "import os, psycopg; c = psycopg.connect(os.environ['DATABASE_OWNER_URL'], autocommit=True)"
    copy = (
        "c.execute('CREATE TEMP TABLE one AS SELECT * FROM users')",
        "c.execute(\"UPDATE one SET id = id + 7, email = 'a@example.com'\")",
        "c.execute('INSERT INTO users SELECT * FROM one')",
    )
    delete = "c.execute(\"UPDATE users SET email = 'gone@example.com' WHERE email = 'a@example.com'\")"
    look = "print(*[email for (email,) in c.execute('SELECT email FROM users ORDER BY id').fetchall()][1:])"
    said = here.python_with_services(connect, *copy, look)
    assert said.stdout.strip() == "a@example.com", said.stderr
    at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    time.sleep(0.5)
    assert here.python_with_services(connect, delete, look).stdout.strip() == "gone@example.com"

    if is_sealed:
        assert not [*archive.glob("*/wal/*.gz"), *archive.glob("*/bases/2*/*.gz")]
        here.variables["BACKUP_PASSPHRASE_FILE"] = ""
        told_why = here.manage("restore", "--at", at, "--force", seconds=300).stderr
        assert "is sealed; name its passphrase with --passphrase-file" in told_why
        here.variables["BACKUP_PASSPHRASE_FILE"] = str(passphrase)
    assert "holds people or prices" in here.manage("restore", "--at", at, seconds=300).stderr
    done = here.manage("restore", "--at", at, "--force", "--json", seconds=300)
    assert done.returncode == 0, done.stderr
    came_of_it = json.loads(done.stdout)
    assert (came_of_it["migrated"], came_of_it["remarks"], came_of_it["timeline"]) == (0, [], 1)
    assert here.python_with_services(connect, look).stdout.strip() == "a@example.com"
    assert Path(came_of_it["former"]).is_dir()
    assert here.manage("restore", "--drop-former").returncode == 0
    assert not Path(came_of_it["former"]).exists()
    assert len(list(archive.glob("*/bases/2*"))) == 2, "another one was made at once"
    assert "does not say of which time zone it is" in here.manage("restore", "--at", "2026-11-22T12:34:56").stderr
    here.assert_nothing_left(10)

"""What is told of the archive of the database's log, and when a base backup is begun."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from cryptopredict import inspection
from cryptopredict.backups import archiving, bases, keeping
from cryptopredict.backups.archiving import Archiving, waiting
from cryptopredict.backups.bases import Archive, Gone, bases_in, is_base_due, sweep
from cryptopredict.backups.copies import WHOLE
from cryptopredict.backups.policy import known
from cryptopredict.backups.sealed import Sealing
from cryptopredict.backups.segments import Segment
from cryptopredict.measuring import parts
from cryptopredict.observing import gauges
from cryptopredict.pages.admin_home import page
from system.exceptions import InvalidInput
from system.models import BackgroundTask

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WELL = Archiving(NOW, NOW - timedelta(minutes=1), "", 0)


@pytest.mark.parametrize(
    ("change", "is_late"),
    [
        ({}, False),
        ({"waiting": 3}, False),  # a minute is no delay
        ({"waiting": 1, "last_at": NOW - timedelta(minutes=11)}, True),
        ({"waiting": 0, "last_at": NOW - timedelta(days=3)}, False),  # nobody has written anything
        ({"waiting": None, "last_at": None}, False),
        ({"failed": "000000010000000000000003"}, True),
    ],
)
def test_it_is_late_when_something_waits(change: dict[str, Any], is_late: bool) -> None:
    assert replace(WELL, **change).is_late is is_late


def test_full_files_are_counted() -> None:
    assert waiting("0000000100000000000000FE", "000000020000000100000001") == 2
    assert waiting("0000000100000000000000FF", "000000010000000100000000") == 0
    assert waiting(None, "000000010000000100000000") is None
    assert waiting("00000002.history", "000000010000000100000000") is None


def test_without_an_archive_nothing_is_wrong() -> None:
    """The database of the tests has none: its own server is asked."""
    assert archiving.archiving() is None
    assert inspection.log_archive().is_well
    assert inspection.log_archive().text.startswith("is off")
    assert [list(one.samples) for one in gauges.log_archive()] == [[], [], []]
    assert not keeping.keep_bases(timezone.now())


def test_one_that_does_not_keep_up_is_told_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    behind = replace(WELL, failed="000000010000000000000003", waiting=7)
    for module in (inspection, parts, gauges, page):
        monkeypatch.setattr(module, "archiving", lambda: behind)
    monkeypatch.setattr(inspection, "archive_in_use", lambda: None)
    now = timezone.now()
    assert "The archive of the database log does not keep up" in page.of_backup(page.backups(now), now)
    assert "The archive of the database log does not keep up" not in page.of_backup(known(), now)
    assert str(parts.backups(now)[0]) == "warning"
    assert parts.backups(now)[1]["log_waiting"] == 7
    assert "000000010000000000000003 cannot be archived" in inspection.log_archive().text
    assert not inspection.log_archive().is_well
    found = {one.name.removeprefix("cryptopredict_log_archive_"): one.samples[0].value for one in gauges.log_archive()}
    assert behind.last_at is not None
    assert found == {"last_timestamp_seconds": behind.last_at.timestamp(), "waiting": 7, "failing": 1}


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """The archive of the database in use."""
    made = Archive(tmp_path / "wal")
    made.segments.mkdir(parents=True)
    made.bases.mkdir()
    for module in (keeping, inspection):
        monkeypatch.setattr(module, "archive_in_use", lambda: made)
    return made


def add_base(archive: Archive, days: float, number: int) -> None:
    """A base backup of so many days ago."""
    at = (timezone.now() - timedelta(days=days)).isoformat()
    folder = archive.bases / f"base{number}"
    folder.mkdir()
    facts = f'"began_at": "{at}", "ended_at": "{at}", "timeline": 1, "begin": {number << 24}, "end": {number << 24}'
    (folder / bases.FACTS).write_text(f"{{{facts}}}")


def test_a_base_backup_is_begun_when_it_is_due(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[list[str]] = []

    class Process:
        def __init__(self, command: list[str], **_: Any) -> None:
            begun.append(command[-3:])

        def poll(self) -> int:
            return 0

    monkeypatch.setattr(keeping.process, "spawn", Process)
    monkeypatch.setattr(keeping, "_begun", [])
    monkeypatch.setenv("WAL_KEEP_DAYS", "7")
    assert keeping.keep_bases(timezone.now()), "there is none"
    add_base(archive, 2.99, 3)
    assert not keeping.keep_bases(timezone.now())
    assert keeping.keep_bases(timezone.now() + timedelta(minutes=20))
    assert begun == [["backup", "--gently", "--base"]] * 2
    BackgroundTask.objects.create(task_name=bases.BASE, task_type="backup", status="failed")
    assert not keeping.keep_bases(timezone.now() + timedelta(minutes=20)), "not again at once"
    assert keeping.keep_bases(timezone.now() + timedelta(minutes=60))


def test_a_log_that_is_not_sealed_beside_backups_that_are_is_told(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(inspection, "archiving", lambda: WELL)
    monkeypatch.delenv("BACKUP_PASSPHRASE_FILE", raising=False)
    add_base(archive, 1, 1)
    assert "sealed" not in inspection.log_archive().text.lower()
    monkeypatch.setenv("BACKUP_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    found = inspection.log_archive()
    assert found.text.startswith("is NOT SEALED as backups are; the last file on")
    assert (found.is_well, found.remedy) == (False, "start the product anew"), "it was started without the passphrase"

    monkeypatch.setattr(inspection, "archiving", lambda: replace(WELL, is_sealed=True))
    (archive.segments / f"{Segment(1, 1).name}.gz").touch()
    (archive.segments / f"{Segment(1, 2).name}.gz.sealed").touch()
    assert inspection.log_archive().text.endswith("; sealed, but for 2 files of before, which go after WAL_KEEP_DAYS")
    (archive.segments / f"{Segment(1, 1).name}.gz").unlink()
    (archive.bases / "base1" / WHOLE).touch()
    assert inspection.log_archive().text.endswith("; sealed")
    assert inspection.log_archive().is_well


def test_another_passphrase_has_a_base_backup_made_at_once(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """So that a restore from then on asks for no other."""
    now, passphrase = timezone.now(), tmp_path / "passphrase"
    monkeypatch.setenv("BACKUP_PASSPHRASE_FILE", str(passphrase))
    add_base(archive, 1, 1)
    with pytest.raises(InvalidInput, match="cannot be read"):
        is_base_due(archive, now)
    passphrase.write_text("walnuts before noon")
    assert is_base_due(archive, now), "there is one now"
    (archive.bases / "base1" / WHOLE).write_bytes(b"".join(Sealing("walnuts before noon").seal("a", [b""])))
    assert not is_base_due(archive, now)
    passphrase.write_text("walnuts after noon")
    assert is_base_due(archive, now), "it is another one"
    monkeypatch.delenv("BACKUP_PASSPHRASE_FILE")
    assert not is_base_due(archive, now), "none is asked for any more"


def test_sweeping_leaves_what_is_needed(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four base backups, of which two are enough for a week; the log before them goes, histories stay."""
    monkeypatch.setenv("WAL_KEEP_DAYS", "7")
    for number, days in ((2, 20), (5, 13), (9, 8), (14, 1)):
        add_base(archive, days, number)
    for number in range(1, 17):
        ending = ".gz" if number < 12 else ".gz.sealed"
        (archive.segments / f"{Segment(1, number).name}{ending}").touch()
    (archive.segments / f"{Segment(1, 8).name}.gz.sealed").touch()
    (archive.segments / "00000002.history.gz").touch()
    assert sweep(archive, timezone.now()) == Gone(["base5", "base2"], 8)
    assert {one.name for one in bases_in(archive)} == {"base9", "base14"}
    left = {path.name for path in archive.segments.iterdir()}
    plain, sealed = range(9, 12), range(12, 17)
    assert left == {
        "00000002.history.gz",
        *(f"{Segment(1, number).name}.gz" for number in plain),
        *(f"{Segment(1, number).name}.gz.sealed" for number in sealed),
    }


def test_the_doctor_asks_for_a_base_backup(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "archiving", lambda: WELL)
    monkeypatch.setattr(inspection, "begun_at", lambda: timezone.now() - timedelta(hours=2))
    assert inspection.log_archive().remedy == "run: python manage.py backup --base"
    add_base(archive, 1, 3)
    assert inspection.log_archive().text == "the last file on 2026-11-22 11:59 UTC"

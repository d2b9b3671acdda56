"""Backups in a store that speaks S3: a real server, over a line that is cut and one that spoils what it carries."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from cryptopredict.backups import files
from cryptopredict.backups.bucket import Bucket, at_hand, place_of
from cryptopredict.backups.making import send_backup
from cryptopredict.backups.manifest import NAME, SECRETS
from cryptopredict.backups.policy import BACKUP
from cryptopredict.backups.restoring import check
from cryptopredict.backups.shelf import name_at
from system.choices import TaskStatus
from system.exceptions import InvalidInput, NoData, UnavailableError
from system.models import BackgroundTask
from tests.buckets import Line, asked, objects
from tests.factories import PredictionFactory, UserFactory

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "owner"]), pytest.mark.long]
PASSPHRASE = "correct horse battery staple"
MARK = b"a piece of a model that is easily found "
MODEL = MARK * 1_000_000
"""40 MB: more than one part of an upload."""


@pytest.fixture
def home(settings: Any, tmp_path: Path) -> Path:
    """An installation with a large model, a picture and rows."""
    home = tmp_path / "home"
    settings.CRYPTOPREDICT_HOME, settings.MEDIA_ROOT = home, home / "media"
    for name in SECRETS:
        setattr(settings, name.upper(), f"{name}-that-nobody-guesses")
    for name, content in {"models/a.npz": MODEL, "media/b.png": b"a picture"}.items():
        (home / name).parent.mkdir(parents=True)
        (home / name).write_bytes(content)
    PredictionFactory()
    UserFactory(email="somebody@example.com")
    return home


def test_what_is_sent_is_what_is_fetched_and_passes_every_check(line: Line, home: Path) -> None:
    bucket = Bucket("s3://shelf/some/where")
    name = send_backup(bucket, passphrase=PASSPHRASE)
    assert bucket.backups() == [name]
    assert [*home.rglob("*.dump")] == []
    told = StringIO()
    call_command("backup", "--to", str(bucket), "--list", stdout=told)
    assert told.getvalue().startswith(f"{bucket}/{name}  ")
    with at_hand(f"{bucket}/newest", home) as (backup, called):
        assert called == f"{bucket}/{name}"
        manifest, key = check(backup, PASSPHRASE)
        assert b"".join(files.content_of(backup, "models/a.npz", key)) == MODEL
        assert objects(bucket) == {f"{name}/{inside}" for inside in [*manifest.files, NAME]}
        assert MARK not in (backup / "models/a.npz").read_bytes()
    assert not backup.exists()
    row = BackgroundTask.objects.get(task_name=BACKUP)
    assert row.status == TaskStatus.COMPLETED
    assert (row.result_data or {})["backup"] == f"{bucket}/{name}"


def test_a_line_that_is_cut_leaves_nothing_that_looks_like_a_backup(line: Line, home: Path) -> None:
    bucket = Bucket("s3://shelf/cut")
    line.left = 20 << 20  # in the midst of the model
    with pytest.raises(UnavailableError, match="The store of s3://shelf/cut did not do it"):
        send_backup(bucket)
    assert BackgroundTask.objects.get(task_name=BACKUP).status == TaskStatus.FAILED
    line.left = float("inf")
    there = objects(bucket)
    assert not any(NAME in path for path in there)
    assert bucket.backups() == []
    with pytest.raises(NoData, match="no backup"):
        bucket.newest()
    assert bucket.sweep(datetime.now(UTC)) == []
    left = {path.partition("/")[0] for path in there}
    assert {*bucket.sweep(datetime.now(UTC) + timedelta(days=2))} == left
    assert objects(bucket) == set()
    name = send_backup(bucket)
    assert bucket.backups() == [name]


def test_what_comes_back_as_something_else_is_no_backup(line: Line, home: Path) -> None:
    bucket = Bucket("s3://shelf")
    line.spoil = lambda piece: piece.replace(b"easily", b"hardly")
    with pytest.raises(UnavailableError, match=r"models/a\.npz came back as something else"):
        send_backup(bucket)
    assert objects(bucket) == set()


def test_a_dump_that_breaks_off_leaves_neither_objects_nor_parts(line: Line, s3_server: tuple[str, int]) -> None:
    def broken() -> Iterator[bytes]:
        yield from (MODEL, MODEL)
        raise UnavailableError("pg_dump failed")

    with pytest.raises(UnavailableError, match="pg_dump failed"):
        Bucket("s3://shelf").put("b", "database.dump", broken(), None)
    assert objects(Bucket("s3://shelf")) == set()
    assert b"<Upload>" not in asked("GET", s3_server, "shelf?uploads")


def test_what_somebody_has_changed_there_is_found(line: Line, home: Path) -> None:
    import obstore

    bucket = Bucket("s3://shelf/changed")
    name = send_backup(bucket)
    obstore.put(bucket.store, f"{name}/media/b.png", b"a pictura")
    with (
        at_hand(f"{bucket}/{name}", home) as (backup, _called),
        pytest.raises(InvalidInput, match=r"media/b\.png is not as it was written"),
    ):
        check(backup, None)


def test_the_oldest_go_and_the_store_of_the_settings_is_used(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = Bucket("s3://shelf/old")
    now = datetime(2026, 11, 23, tzinfo=UTC)
    names = [name_at(now - timedelta(days=days)) for days in range(4)]
    for name in names:
        for inside in ("database.dump", NAME):
            bucket.put(name, inside, [b"{}"], None)
    rules = {"keep_daily": 2, "keep_weekly": 0, "keep_monthly": 0}
    assert bucket.rotate(rules) == sorted(names[2:])
    assert bucket.backups() == names[:2]
    assert objects(bucket) == {f"{name}/{inside}" for name in names[:2] for inside in ("database.dump", NAME)}
    monkeypatch.setenv("BACKUP_DIRECTORY", "s3://shelf/old/")
    found = place_of(None)
    assert isinstance(found, Bucket)
    assert found.newest() == names[0]
    assert place_of("/mnt/disk") == Path("/mnt/disk")


@pytest.mark.parametrize("address", ["s3://", "s3://UPPER", "s3://a/b?c", "s3://a b"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(InvalidInput, match="no place in a store"):
        Bucket(address)


@pytest.mark.full
def test_a_backup_in_the_store_is_tried_out(line: Line, home: Path) -> None:
    send_backup(Bucket("s3://shelf/drill"))
    told = StringIO()
    call_command("drill", "s3://shelf/drill/newest", "--json", stdout=told)
    found = json.loads(told.getvalue())
    assert (found["fault"], found["forecasts"]) == ("", 1)
    assert found["backup"].startswith("s3://shelf/drill/cryptopredict-")

"""Backups of a full database: made, spoiled, restored over it; the last test makes an installation of its own."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import psycopg
import pytest
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from accounts.models import User
from accounts.services import check_code
from aimodels.models import Prediction
from aimodels.services.artefacts import keep_artefact, load_artefact
from cryptopredict import rotation
from cryptopredict.backups import database, servers
from cryptopredict.backups.drilling import drill
from cryptopredict.backups.making import make_backup
from cryptopredict.backups.manifest import NAME, SECRETS, Manifest, Stored, Table, read_manifest
from cryptopredict.backups.restoring import Restored, restore
from cryptopredict.embedded.locks import FileLock
from system.exceptions import ConflictError, DomainError, InvalidInput, UnavailableError
from system.fences import FENCED
from system.models import BackgroundTask
from system.sealing import seal
from system.services.roles import grant_application_role
from system.stores.artefacts import Artefacts
from tests.accounts.factors import code
from tests.buckets import objects
from tests.conftest import KEPT, ROOT
from tests.cryptopredict.installation import started, wait_for
from tests.factories import ExchangeAccountFactory, PredictionFactory, TotpDeviceFactory, UserFactory
from trading.providers.connection import Key
from trading.services import exchange_accounts

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
PASSPHRASE = "correct horse battery staple"
MODEL, PICTURE = b"a model of 1 byte and more", b"a picture"


@pytest.fixture
def home(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home directory of an installation with a model, a picture and keys."""
    for name in SECRETS:
        monkeypatch.delenv(name.upper(), raising=False)
    return move_to(settings, tmp_path / "home", "one", {"models/a.npz": MODEL, "media/screenshots/b.png": PICTURE})


def move_to(settings: Any, home: Path, keys: str, files: dict[str, bytes]) -> Path:
    """Work with another home directory and other keys."""
    settings.CRYPTOPREDICT_HOME, settings.MEDIA_ROOT = home, home / "media"
    for name in SECRETS:
        setattr(settings, name.upper(), f"{keys}-{name}-that-nobody-guesses")
        files = files | {f"secrets/{name}": f"{keys}-{name}-that-nobody-guesses".encode()}
    for name, content in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(content)
    return home


@pytest.fixture
def rows() -> Iterator[None]:
    """Somebody and three forecasts. After the test the database of all the others is put back in its place."""
    for _ in range(3):
        PredictionFactory()
    UserFactory(email="somebody@example.com")
    for kept in KEPT:
        kept.close()
    yield
    connections.close_all()
    name = servers.name_in_use()
    with servers.maintenance() as server:
        former = servers.names(server, f"{name}{servers.BEFORE}")
        if former:
            servers.drop(server, name)
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            server.execute(rename.format(sql.Identifier(former[0]), sql.Identifier(name)))
        for left in former[1:]:
            servers.drop(server, left)


@pytest.fixture
def plain(home: Path, rows: None, tmp_path: Path) -> Path:
    """A backup without a passphrase."""
    return make_backup(tmp_path / "shelf")


def databases() -> list[str]:
    """The database in use, and what restores have left beside it."""
    with psycopg.connect(**database.owner_parameters(servers.MAINTENANCE), autocommit=True) as server:
        return servers.names(server, servers.name_in_use())


def seen() -> tuple[list[str], int]:
    """People and forecasts."""
    return sorted(User.objects.filter(is_active=True).values_list("email", flat=True)), Prediction.objects.count()


def refused(backup: Path, *words: str, error: type[DomainError] = InvalidInput, force: bool = True) -> None:
    """A restore that is refused leaves what was there, and nothing beside it."""
    before = seen()
    with pytest.raises(error) as told:
        restore(backup, force=force)
    for word in words:
        assert word in str(told.value)
    assert str(told.value).endswith((".", ")"))
    assert seen() == before
    assert databases() == [servers.name_in_use()]


def reseal(folder: Path, change: Callable[[Manifest], dict[str, Any]]) -> None:
    """Change a manifest as somebody would who knows how it is made."""
    made = read_manifest(folder)
    (folder / NAME).write_text(Manifest(**vars(made) | change(made)).sealed(None).text())


def test_a_sealed_backup_brings_everything_back(home: Path, rows: None, settings: Any, tmp_path: Path) -> None:
    """Made between the two steps of an exchange of keys: what people have sealed rests on the former one still."""
    (home / "media/exports").mkdir()
    (home / "media/exports/c.zip").write_bytes(b"of a person, for a day")
    started(home, settings)
    user, account = User.objects.get(email="somebody@example.com"), ExchangeAccountFactory()
    TotpDeviceFactory.of(user)
    account.sealed_key = seal('["the key", "its secret"]', purpose=exchange_accounts.PURPOSE, owner=str(account.pk))
    account.save()
    rotation.exchange("sealing_secret")
    started(home, settings)
    keys = {name: getattr(settings, name.upper()) for name in SECRETS}
    found = make_backup(tmp_path / "shelf", passphrase=PASSPHRASE)
    assert rotation.finish("sealing_secret") == 2, "and the rows of then are only in the backup"
    manifest = read_manifest(found)
    assert manifest.tables["predictions"].rows == 3
    assert set(manifest.files) == {
        "database.dump", "configuration.json", "secrets.json", "models/a.npz", "media/screenshots/b.png",
    }  # fmt: skip
    for path in [found, *found.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    everything = b"".join(path.read_bytes() for path in found.rglob("*") if path.is_file())
    for secret in ("somebody@example.com", MODEL, PICTURE, "that-nobody-guesses", *keys.values()):
        assert (secret if isinstance(secret, bytes) else secret.encode()) not in everything

    before = seen()
    User.objects.filter(email="somebody@example.com").update(email="changed@example.com")
    PredictionFactory()
    other = move_to(settings, tmp_path / "other", "two", {})
    started(other, settings)
    refused(found, "is encrypted", "--passphrase-file")
    done = restore(found, passphrase=PASSPHRASE, force=True)
    assert (done.migrated, done.forecasts, done.remarks) == (0, 3, [])
    assert seen() == before
    assert User.objects.create(email="new@example.com").pk > User.objects.get(email="somebody@example.com").pk
    assert (other / "models/a.npz").read_bytes() == MODEL
    assert (other / "media/screenshots/b.png").read_bytes() == PICTURE
    assert not (other / "media/exports").exists()
    for name in SECRETS:
        assert (other / "secrets" / name).read_text() == keys[name]
        (former,) = (other / "secrets").glob(f"{name}.before-*")
        assert former.read_text() == f"two-{name}-that-nobody-guesses"
    started(other, settings)
    assert settings.SEALING_FALLBACKS == ["one-sealing_secret-that-nobody-guesses"]
    assert check_code(user, code())
    account.refresh_from_db()
    assert exchange_accounts.opened_key(account) == Key("the key", "its secret")
    assert rotation.finish("sealing_secret") == 2, "the exchange can be finished there"
    assert done.former in databases(), "what was there is not lost"
    assert BackgroundTask.objects.values_list("task_type", "status").get() == ("backup", "completed"), (
        "the row of the backup itself is not in it, that of the restore is"
    )


@pytest.mark.long
def test_without_the_keys_it_says_what_follows(plain: Path, settings: Any, tmp_path: Path) -> None:
    move_to(settings, tmp_path / "other", "two", {})
    done: Restored = restore(plain, force=True)
    (remark,) = done.remarks
    assert "other keys (sealing_secret, secret_key, token_pepper)" in remark


def test_it_is_refused_over_what_is_there(home: Path, plain: Path) -> None:
    refused(plain, "holds people or prices", "--force", error=ConflictError, force=False)
    lock = FileLock(home / "up.lock")
    assert lock.try_alone()
    refused(plain, "The product runs", error=ConflictError)
    lock.close()
    with psycopg.connect(**database.owner_parameters()):
        refused(plain, "1 connections to the database", error=ConflictError)


def test_a_flipped_byte_is_named(plain: Path) -> None:
    dump = plain / "database.dump"
    content = bytearray(dump.read_bytes())
    content[len(content) // 2] ^= 1
    dump.write_bytes(content)
    refused(plain, str(dump), "not as it was written")
    # Where somebody made the manifest anew, what came of it tells.
    half = content[: len(content) // 2]
    dump.write_bytes(half)
    present = Stored(len(half), sha256(half).hexdigest())
    reseal(plain, lambda made: {"files": {**made.files, "database.dump": present}})
    refused(plain, "pg_restore failed", error=UnavailableError)


@pytest.mark.long
def test_what_is_not_as_the_manifest_says_is_refused(plain: Path) -> None:
    reseal(plain, lambda made: {"tables": {**made.tables, "predictions": Table(3, "1")}})
    refused(plain, "The table predictions came back as 3 rows", "instead of 3 rows (1); nothing was replaced")
    reseal(plain, lambda _: {"migrations": ("assets.0999_later",)})
    refused(plain, "does not know (assets.0999_later)")
    reseal(plain, lambda _: {"migrations": (), "postgres": "99.1"})
    refused(plain, "PostgreSQL 99", "upgrade it")


@pytest.mark.long
def test_an_older_backup_is_brought_up_to_this_program(home: Path, rows: None, tmp_path: Path) -> None:
    """Made before the newest migrations of the audit had run; those of the table that notes the backup itself had."""
    call_command("migrate", "system", "0015_trace_of_task", verbosity=0)
    try:
        found = make_backup(tmp_path / "shelf")
    finally:
        call_command("migrate", verbosity=0)
        grant_application_role()
    assert "system.0016_halves" not in read_manifest(found).migrations
    done = restore(found, force=True)
    assert (done.migrated >= 1, done.forecasts) == (True, 3)
    assert call_command("migrate", "--check", verbosity=0) is None
    assert seen() == (["somebody@example.com"], 3)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        assert {name for (name,) in cursor.fetchall()} == FENCED


@pytest.mark.long
def test_fences_are_raised_when_all_else_stands(plain: Path) -> None:
    """Two jobs may add a foreign key after a fence is up and before its policy is there: then no row is seen."""
    dump = plain / "database.dump"
    before, fences = database.without_fences(database.run_restore("--list", str(dump)))
    assert {line.split()[-2] for line in fences} == FENCED
    keys, policies = ([line for line in before if kind in line] for kind in (" FK CONSTRAINT ", " POLICY "))
    order = plain / "order"
    order.write_text("\n".join([line for line in before if line not in keys + policies] + fences + keys + policies))
    options = ("--exit-on-error", "--no-owner", "--no-privileges", database.BEHIND_NO_FENCE, f"--use-list={order}")
    with servers.maintenance() as server:
        unlucky = servers.create(server, datetime(2024, 1, 1, tzinfo=UTC))
        with pytest.raises(UnavailableError, match="violates foreign key"):
            database.run_restore(*options, str(dump), database=unlucky)
        lucky = servers.create(server, datetime(2024, 1, 2, tzinfo=UTC))
        database.load_file(lucky, dump, 2)
        servers.drop(server, lucky)


def test_a_dump_that_fails_leaves_nothing(
    home: Path, rows: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTGRES_PROGRAMS", str(pretended(tmp_path, "echo 'pg_dump: error: no more tea' >&2; exit 1")))
    with pytest.raises(UnavailableError, match="no more tea"):
        make_backup(tmp_path / "shelf")
    assert list((tmp_path / "shelf").iterdir()) == []
    assert BackgroundTask.objects.values_list("status", "error_message").get() == (
        "failed",
        "UnavailableError: pg_dump failed: pg_dump: error: no more tea.",
    )


def pretended(folder: Path, script: str) -> Path:
    """A directory with a ``pg_dump`` of ours."""
    programs = folder / "programs"
    programs.mkdir()
    (programs / "pg_dump").write_text(f"#!/bin/sh\n{script}\n")
    (programs / "pg_dump").chmod(0o755)
    return programs


def url(alias: str) -> str:
    """Address of a role's database, as a variable holds it."""
    one = connections[alias].settings_dict
    host = one["HOST"] or one["OPTIONS"]["host"]
    return f"postgresql://{one['USER']}:{quote(one['PASSWORD'], safe='')}@/{one['NAME']}?host={host}"


def test_a_backup_that_is_broken_off_is_none(home: Path, rows: None, tmp_path: Path) -> None:
    """Killed in the middle of the dump. Meanwhile there is no second one; afterwards there is nothing in the way."""
    shelf = tmp_path / "shelf"
    programs = pretended(tmp_path, "head -c 3000000 /dev/zero; exec sleep 300")
    addresses = {"DATABASE_URL": url("default"), "DATABASE_OWNER_URL": url("owner")}
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "backup", "--to", str(shelf)],
        env=os.environ | addresses | {"POSTGRES_PROGRAMS": str(programs), "CRYPTOPREDICT_HOME": str(home)},
        start_new_session=True,
    )
    try:
        wait_for(lambda: any(path.stat().st_size > 0 for path in shelf.rglob("*.dump")), 300)
        with pytest.raises(ConflictError, match="Another backup is being made"):
            make_backup(shelf)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    (draft,) = shelf.iterdir()
    assert draft.name.startswith(".draft-")
    wait_for(lambda: is_free(shelf), 60)
    states = list(BackgroundTask.objects.order_by("pk").values_list("status", "error_message"))
    assert states == [("failed", "broken off"), ("completed", None)]


def is_free(shelf: Path) -> bool:
    """The server notices after a moment that the one who was killed is gone."""
    try:
        return bool(make_backup(shelf))
    except ConflictError:
        return False


@pytest.mark.long
def test_a_drill_tries_everything_and_leaves_nothing_behind(home: Path, plain: Path) -> None:
    done = drill(plain, passphrase_file=None, passphrase=None)
    assert done.fault == ""
    assert (done.forecasts, done.migrated, done.files) == (3, 0, 4)
    assert done.rows == sum(table.rows for table in read_manifest(plain).tables.values())
    assert set(done.requests.values()) == {200}
    assert {"/readyz", "/record", "/api/v1/assets", "/api/v1/predictions"} <= set(done.requests)
    assert any("/candles" in path for path in done.requests)
    kept = BackgroundTask.objects.get(task_name__endswith="drilling.drill")
    assert (kept.status, (kept.result_data or {})["rows"]) == ("completed", done.rows)
    assert not list(home.glob("drill-*"))

    model = plain / "models/a.npz"
    model.write_bytes(MODEL.replace(b"1", b"2"))
    spoiled = drill(plain, passphrase_file=None, passphrase=None)
    assert spoiled.fault == f"{model} is not as it was written (its checksum differs); the backup is damaged"
    assert BackgroundTask.objects.filter(status="failed", error_message=spoiled.fault).count() == 1
    assert spoiled.seconds.keys() == {"files"}, "nothing was restored"


@pytest.mark.full
def test_what_lay_in_a_bucket_is_restored_into_it_and_tried_out(
    files_bucket: Artefacts, rows: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARTEFACTS_URL", str(files_bucket))
    move_to(settings, settings.CRYPTOPREDICT_HOME, "one", {})
    name = keep_artefact({"numbers": np.arange(3)}, {"horizon": 60})
    found = make_backup(tmp_path / "shelf")
    assert f"models/{name}" in read_manifest(found).files
    files_bucket.delete(f"models/{name}")
    tried = drill(found, passphrase_file=None, passphrase=None)
    assert (tried.fault, tried.forecasts) == ("", 3)
    assert objects(files_bucket) == set(), "the installation of the drill has its own files"
    assert restore(found, force=True).forecasts == 3
    assert load_artefact(name, fresh=True)[1] == {"horizon": 60}

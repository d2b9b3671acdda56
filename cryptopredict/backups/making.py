"""Making a backup, while the product runs. What is broken off is never taken for one."""

import logging
import secrets
import shutil
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from cryptopredict.backups import configuration, database, files
from cryptopredict.backups.bucket import Bucket
from cryptopredict.backups.disk import read, settle
from cryptopredict.backups.encryption import Key
from cryptopredict.backups.manifest import NAME, Manifest, Stored, marks_of, new_encryption
from cryptopredict.backups.policy import BACKUP, KIND
from cryptopredict.backups.shelf import DRAFT, name_at, rotate, sweep_drafts
from system.choices import TaskStatus
from system.exceptions import ConflictError, UnavailableError
from system.models import BackgroundTask
from system.services.background import background_task

LEAST_FREE = 1 << 28
Put = Callable[[str, Iterable[bytes], Key | None], Stored]
"""Puts a file where the backup is made: its name there, what is in it, what it is sealed with."""
logger = logging.getLogger(__name__)


def make_backup(
    directory: Path,
    *,
    passphrase: str | None = None,
    keep: Mapping[str, Any] | None = None,
    say: Callable[[str], object] = lambda _: None,
) -> Path:
    """Write a backup of this moment into a new directory below ``directory``.

    Args:
        passphrase: what everything in it is sealed with; without one it holds no keys of the installation.
        keep: how many backups stay (``to_keep``); None: all.
        say: is told what is being done.
    Returns:
        The backup.
    Raises:
        ConflictError: another one is being made.
        UnavailableError: PostgreSQL or the disk refused.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    asked = {"directory": str(directory), "encrypted": passphrase is not None}
    # The row of this work comes after the snapshot: in the backup it would go on for ever.
    with database.snapshot() as (connection, name), background_task(BACKUP, KIND, asked) as row:
        close_broken_off(row)
        sweep_drafts(directory, datetime.now(UTC))
        (moment, size) = connection.execute("SELECT now(), pg_database_size(current_database())").fetchone() or ()
        require_room(directory, size)
        backup = directory / name_at(moment)
        draft = directory / f"{DRAFT}{backup.name}-{secrets.token_hex(4)}"  # one of this second may be broken off
        if backup.exists():
            raise ConflictError(f"{backup} is there already; try again in a second.")
        try:
            draft.mkdir(mode=0o700)
            manifest = write(partial(files.put, draft), backup.name, moment, connection, name, passphrase, say)
            for folder in {path.parent for path in draft.rglob("*")}:
                settle(folder)
            settle(draft)
            draft.rename(backup)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        settle(directory)
        gone = [] if keep is None else rotate(directory, keep)
        row.result_data = facts(backup, manifest) | {"removed": gone}
    return backup


def send_backup(
    bucket: Bucket,
    *,
    passphrase: str | None = None,
    keep: Mapping[str, Any] | None = None,
    say: Callable[[str], object] = lambda _: None,
) -> str:
    """The same into a store: sent while it is made, nothing of it lies on the disk here.

    Returns:
        The name of the backup there.
    Raises:
        ConflictError: another one is being made.
        UnavailableError: PostgreSQL or the store refused. What was sent until then is taken away again.
    """
    asked = {"directory": str(bucket), "encrypted": passphrase is not None}
    with database.snapshot() as (connection, name), background_task(BACKUP, KIND, asked) as row:
        close_broken_off(row)
        bucket.sweep(datetime.now(UTC))
        (moment,) = connection.execute("SELECT now()").fetchone() or ()
        backup = name_at(moment)
        if backup in bucket.backups():
            raise ConflictError(f"{bucket}/{backup} is there already; try again in a second.")
        try:
            manifest = write(partial(bucket.put, backup), backup, moment, connection, name, passphrase, say)
        except BaseException:
            take_back(bucket, backup)
            raise
        gone = [] if keep is None else bucket.rotate(keep)
        row.result_data = facts(f"{bucket}/{backup}", manifest) | {"removed": gone}
    return backup


def take_back(bucket: Bucket, backup: str) -> None:
    """Remove what came of a backup that was broken off. Where the store is gone, the next one sweeps it after a day; it
    has no manifest, so that nobody takes it for a backup."""
    try:
        bucket.remove(backup)
    except UnavailableError as error:
        logger.warning("What was sent of %s stays until it is swept: %s", backup, error)


def close_broken_off(row: BackgroundTask) -> None:
    """Say of rows whose process was killed that nothing came of it: while we have the lock, nobody else is at work."""
    left = BackgroundTask.objects.filter(task_name=BACKUP, status=TaskStatus.RUNNING).exclude(pk=row.pk)
    left.update(status=TaskStatus.FAILED, error_message="broken off", completed_at=timezone.now())


def write(
    put: Put,
    name: str,
    moment: datetime,
    connection: database.Connection,
    snapshot: str,
    passphrase: str | None,
    say: Callable[[str], object],
) -> Manifest:
    """Everything that belongs to a backup; the manifest comes last."""
    encryption = None if passphrase is None else new_encryption()
    key = None
    if encryption is not None and passphrase is not None:
        cost = {part: encryption[part] for part in ("n", "r", "p")}
        key = Key.of(passphrase, bytes.fromhex(encryption["salt"]), cost)
    stored: dict[str, Stored] = {}
    say("database")
    with database.dumping(snapshot) as dump:
        stored[files.DUMP] = put(files.DUMP, read(dump), key)
    say("counts and checksums of the tables")
    tables = database.content(connection)
    say("models and media")
    for kept in files.kept_files():
        if (one := put_file(put, kept, key)) is not None:
            stored[kept.name] = one
    stored[files.CONFIGURATION] = put(files.CONFIGURATION, [configuration.variables()], key)
    if key is not None:
        stored[files.SECRETS] = put(files.SECRETS, [configuration.secrets()], key)
    made = Manifest(
        name=name,
        made_at=moment.astimezone(UTC),
        product=settings.VERSION,
        postgres=connection.info.parameter_status("server_version") or "",
        migrations=database.migrations(connection),
        tables=tables,
        files=stored,
        encryption=encryption,
        marks=marks_of(configuration.keys()),
    ).sealed(key)
    put(NAME, [made.text().encode()], None)
    return made


def put_file(put: Put, kept: files.Kept, key: Key | None) -> Stored | None:
    """Copy a file into the backup; None: it was swept in the meantime, and no row of the snapshot needs it."""
    try:
        file = kept.open()
    except FileNotFoundError:
        return None
    with file:
        return put(kept.name, read(file), key)


def require_room(directory: Path, size: int) -> None:
    """A dump is smaller than its database; a disk that runs full takes the database with it.

    Raises:
        UnavailableError: there is too little room.
    """
    needed = size // 2 + sum(one.size for one in files.kept_files()) + LEAST_FREE
    free = shutil.disk_usage(directory).free
    if free < needed:
        raise UnavailableError(
            f"{directory} has room for {free >> 20} MB, and a backup may need {needed >> 20} MB; free some space, "
            "keep fewer backups, or set BACKUP_DIRECTORY to another disk."
        )


def facts(backup: Path | str, manifest: Manifest) -> dict[str, Any]:
    """What the list of background work says of a backup."""
    return {
        "backup": str(backup),
        "made_at": manifest.made_at.isoformat(),
        "bytes": sum(one.bytes for one in manifest.files.values()),
        "files": len(manifest.files),
        "tables": len(manifest.tables),
        "rows": sum(one.rows for one in manifest.tables.values()),
        "encrypted": manifest.encryption is not None,
    }

"""Making a backup, while the product runs. What is broken off is never taken for one."""

import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from cryptopredict.backups import configuration, database, files
from cryptopredict.backups.encryption import Key
from cryptopredict.backups.manifest import NAME, Manifest, Stored, marks_of, new_encryption
from cryptopredict.backups.policy import BACKUP, KIND
from cryptopredict.backups.shelf import DRAFT, name_at, rotate, sweep_drafts
from system.choices import TaskStatus
from system.exceptions import ConflictError, UnavailableError
from system.models import BackgroundTask
from system.services.background import background_task

LEAST_FREE = 1 << 28


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
            manifest = write(draft, backup.name, moment, connection, name, passphrase, say)
            files.settle(draft)
            draft.rename(backup)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        files.settle(directory)
        gone = [] if keep is None else rotate(directory, keep)
        row.result_data = facts(backup, manifest) | {"removed": gone}
    return backup


def close_broken_off(row: BackgroundTask) -> None:
    """Say of rows whose process was killed that nothing came of it: while we have the lock, nobody else is at work."""
    left = BackgroundTask.objects.filter(task_name=BACKUP, status=TaskStatus.RUNNING).exclude(pk=row.pk)
    left.update(status=TaskStatus.FAILED, error_message="broken off", completed_at=timezone.now())


def write(
    draft: Path,
    name: str,
    moment: datetime,
    connection: database.Connection,
    snapshot: str,
    passphrase: str | None,
    say: Callable[[str], object],
) -> Manifest:
    """Everything that belongs to a backup; the manifest comes last."""
    draft.mkdir(mode=0o700)
    encryption = None if passphrase is None else new_encryption()
    key = None
    if encryption is not None and passphrase is not None:
        cost = {part: encryption[part] for part in ("n", "r", "p")}
        key = Key.of(passphrase, bytes.fromhex(encryption["salt"]), cost)
    stored: dict[str, Stored] = {}
    say("database")
    with database.dumping(snapshot) as dump:
        stored[files.DUMP] = files.put(draft, files.DUMP, files.read(dump), key)
    say("counts and checksums of the tables")
    tables = database.content(connection)
    say("models and media")
    for inside, path in files.kept_files():
        if (one := put_file(draft, inside, path, key)) is not None:
            stored[inside] = one
    stored[files.CONFIGURATION] = files.put(draft, files.CONFIGURATION, [configuration.variables()], key)
    if key is not None:
        stored[files.SECRETS] = files.put(draft, files.SECRETS, [configuration.secrets()], key)
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
    files.put(draft, NAME, [made.text().encode()], None)
    for folder in {path.parent for path in draft.rglob("*")}:
        files.settle(folder)
    return made


def put_file(draft: Path, name: str, path: Path, key: Key | None) -> Stored | None:
    """Copy a file into the backup; None: it was swept in the meantime, and no row of the snapshot needs it."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    with file:
        return files.put(draft, name, files.read(file), key)


def require_room(directory: Path, size: int) -> None:
    """A dump is smaller than its database; a disk that runs full takes the database with it.

    Raises:
        UnavailableError: there is too little room.
    """
    needed = size // 2 + sum(path.stat().st_size for _name, path in present_files()) + LEAST_FREE
    free = shutil.disk_usage(directory).free
    if free < needed:
        raise UnavailableError(
            f"{directory} has room for {free >> 20} MB, and a backup may need {needed >> 20} MB; free some space, "
            "keep fewer backups, or set BACKUP_DIRECTORY to another disk."
        )


def present_files() -> Iterator[tuple[str, Path]]:
    """Those that have not been swept since they were listed."""
    return ((name, path) for name, path in files.kept_files() if path.exists())


def facts(backup: Path, manifest: Manifest) -> dict[str, Any]:
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

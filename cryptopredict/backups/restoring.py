"""Restoring: all is checked, then filled in beside what is there, checked again, and only then put in place.

Until the two databases change their names the former one is untouched; afterwards it stays under another name. Files
are added, never replaced: models are named by their content and pictures at random.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

from accounts.services.people import SYSTEM_EMAIL
from aimodels.selectors.recounted import differing_sums
from aimodels.services.verification import verify_ledger
from cryptopredict.backups import configuration, database, files, servers
from cryptopredict.backups.encryption import Key
from cryptopredict.backups.manifest import Manifest, Table, marks_of, read_manifest
from cryptopredict.backups.policy import KIND
from cryptopredict.bootstrap import bootstrap
from cryptopredict.embedded.locks import is_held
from system.exceptions import ConflictError, InvalidInput
from system.selectors.trail import verify_trail
from system.services.background import background_task
from system.stores.artefacts import bucket

RESTORE = "cryptopredict.backups.restoring.restore"
IS_LIVE = "SELECT EXISTS (SELECT FROM users WHERE email <> %s) OR EXISTS (SELECT FROM price_data)"
MOST_JOBS = 4
Say = Callable[[str], object]


@dataclass
class Restored:
    """What a restore came to.

    Attributes:
        former: name under which the database stays that was there before.
        migrated: how many migrations the backup was behind.
        forecasts, chains: of the ledger, verified.
        audited: sealed entries of the audit, verified.
        remarks: what the operator has to see to.
    """

    manifest: Manifest
    former: str = ""
    migrated: int = 0
    forecasts: int = 0
    chains: int = 0
    audited: int = 0
    remarks: list[str] = field(default_factory=list)


def check(backup: Path, passphrase: str | None, say: Say = lambda _: None) -> tuple[Manifest, Key | None]:
    """Whether a backup is whole and can be restored by this program.

    Returns:
        Its manifest, and what its files are opened with.
    Raises:
        InvalidInput: it cannot; the text names what is wrong.
    """
    manifest = read_manifest(backup)
    key = manifest.key(passphrase)
    files.check_files(backup, manifest, lambda name: say(f"checking {name}") if name == files.DUMP else None)
    if unknown := sorted(set(manifest.migrations) - known_migrations()):
        raise InvalidInput(
            f"{backup} was made by CryptoPredict {manifest.product}, which has migrations that this one "
            f"({settings.VERSION}) does not know ({unknown[0]}); restore it with that program."
        )
    return manifest, key


def known_migrations() -> set[str]:
    """Every migration of this program, and those that it took the place of."""
    disk = MigrationLoader(None).disk_migrations
    taken = {f"{app}.{name}" for one in disk.values() for app, name in one.replaces}
    return taken | {f"{app}.{name}" for app, name in disk}


def restore(backup: Path, *, passphrase: str | None = None, force: bool = False, say: Say = lambda _: None) -> Restored:
    """Put what a backup holds in the place of what is there.

    Args:
        force: also where people or prices are there already.
        say: is told what is being done.
    Raises:
        ConflictError: the product runs, or there is something to lose and no ``force``.
        InvalidInput: the backup is damaged, or what came of it is not what it says.
    """
    manifest, key = check(backup, passphrase, say)
    now = datetime.now(UTC)
    done = Restored(manifest)
    with servers.maintenance() as server:
        require_stopped(server, force=force)
        require_version(server, manifest)
        draft = servers.create(server, now)
        try:
            fill(draft, backup, manifest, key, done, say)
            say("models and media")
            add_files(backup, manifest, key)
            done.former = servers.put_in_place(server, draft, now)
        except BaseException:
            servers.drop(server, draft)
            raise
    restore_keys(backup, manifest, key, done, now)
    with background_task(RESTORE, KIND, {"backup": str(backup), "made_at": manifest.made_at.isoformat()}) as row:
        row.result_data = {"former": done.former, "migrated": done.migrated, "forecasts": done.forecasts}
    return done


def require_stopped(server: database.Connection, *, force: bool) -> None:
    """Nobody works with the database in use, and nothing would be lost by surprise.

    Raises:
        ConflictError: otherwise.
    """
    if is_held(Path(settings.CRYPTOPREDICT_HOME) / "up.lock"):
        raise ConflictError("The product runs; end it (Ctrl-C in manage.py up), and restore again.")
    place = servers.name_in_use()
    servers.require_nobody(server, place)
    if not force and is_live(place):
        raise ConflictError(
            f"The database {place} holds people or prices; to put the backup in its place, restore with --force "
            "(what is there now stays under another name)."
        )


def is_live(place: str) -> bool:
    """Whether a database holds what somebody would miss."""
    with psycopg.connect(**database.owner_parameters(place)) as connection:
        try:
            (found,) = connection.execute(IS_LIVE, [SYSTEM_EMAIL]).fetchone() or (False,)
        except psycopg.errors.UndefinedTable:  # nothing has ever been migrated
            return False
    return bool(found)


def require_version(server: database.Connection, manifest: Manifest) -> None:
    """The server is not older than the one that the backup is of.

    Raises:
        InvalidInput: it is.
    """
    ours = server.info.server_version // 10_000
    theirs = int(manifest.postgres.partition(".")[0])
    if theirs > ours:
        raise InvalidInput(f"The backup is of PostgreSQL {theirs}, and the server is PostgreSQL {ours}; upgrade it.")


def fill(draft: str, backup: Path, manifest: Manifest, key: Key | None, done: Restored, say: Say) -> None:
    """Fill an empty database, hold it against the manifest, bring it up to this program, and verify its ledger and its
    audit.

    Raises:
        InvalidInput: what came of it is not what the manifest says, or the ledger or the audit does not hold.
    """
    say("database")
    if key is None:
        database.load_file(draft, backup / files.DUMP, min(MOST_JOBS, os.cpu_count() or 1))
    else:
        database.load(draft, files.content_of(backup, files.DUMP, key))
    say("counts and checksums of the tables")
    compare(draft, manifest)
    say("migrations")
    with servers.working_in(draft):
        done.migrated = len(known_now() - set(manifest.migrations))
        call_command("migrate", database="owner", interactive=False, verbosity=0)
        bootstrap()
        with psycopg.connect(**database.owner_parameters(draft), autocommit=True) as connection:
            connection.execute("ANALYZE")
        say("ledger of the forecasts")
        done.chains, done.forecasts = verify()
        say("chain of the audit")
        done.audited = verify_audit()


def known_now() -> set[str]:
    """Every migration of this program."""
    return {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}


def compare(place: str, manifest: Manifest) -> None:
    """The database holds row by row what the backup was made of.

    Raises:
        InvalidInput: a table differs; it is named.
    """
    compare_tables(place, manifest.tables)


def compare_tables(place: str, tables: Mapping[str, Table]) -> None:
    """The database holds these tables, row by row.

    Raises:
        InvalidInput: one differs; it is named.
    """
    with database.looked_at(place) as connection:
        there = database.content(connection)
    for name in sorted({*there, *tables}):
        is_there, was = there.get(name), tables.get(name)
        if is_there != was:
            told = [f"{one.rows} rows ({one.checksum})" if one else "nothing" for one in (is_there, was)]
            raise InvalidInput(f"The table {name} came back as {told[0]} instead of {told[1]}; nothing was replaced.")


def verify() -> tuple[int, int]:
    """The ledger of the database that is worked in.

    Returns:
        Its chains, and the forecasts in them.
    Raises:
        InvalidInput: it does not hold.
    """
    chains = verify_ledger(database="owner")
    for chain in chains:
        if chain.fault is not None:
            raise InvalidInput(
                f"The ledger of {chain.model} {chain.version} does not hold: {chain.fault.meaning}; "
                "nothing was replaced."
            )
    if differing := differing_sums("owner"):
        raise InvalidInput(f"The sums over the forecasts of {differing[0].model} do not hold; nothing was replaced.")
    return len(chains), sum(chain.length for chain in chains)


def verify_audit() -> int:
    """The audit of the database that is worked in.

    Returns:
        Its sealed entries.
    Raises:
        InvalidInput: it does not hold.
    """
    found = verify_trail(database="owner")
    if found.fault is not None:
        raise InvalidInput(f"The audit does not hold {found.fault}; nothing was replaced.")
    return found.length - found.forgotten


def add_files(backup: Path, manifest: Manifest, key: Key | None) -> None:
    """Put files of models and media back that are not there; whole or not at all. They go where they are meant to lie
    now, whatever the installation of the backup did.

    Raises:
        UnavailableError: that is a bucket, and it does not answer.
    """
    there = bucket()
    for folder, root in files.roots().items():
        for name, stored in manifest.files.items():
            inside = name.removeprefix(f"{folder}/")
            if inside == name:
                continue
            if there is None:
                add_file(root / inside, files.content_of(backup, name, key))
            elif there.stored(name) is None:
                there.write(name, files.content_of(backup, name, key), stored.bytes)


def add_file(place: Path, content: Iterator[bytes]) -> None:
    """Write a file, unless it is there."""
    if place.exists():
        return
    draft = place.with_name(f".restoring-{place.name}")
    draft.unlink(missing_ok=True)
    files.put(draft.parent, draft.name, content, None)
    draft.rename(place)


def restore_keys(backup: Path, manifest: Manifest, key: Key | None, done: Restored, now: datetime) -> None:
    """Take over the keys of the backup; where that cannot be, say what follows from it.

    A key that was being exchanged comes with the one before it: what was not sealed anew yet rests on that one. It may
    be missing where the keys are the same, because the exchange was finished since the backup.
    """
    marks: Mapping[str, str] = manifest.marks
    present = marks_of(configuration.keys(), marks["salt"])
    others = [name for name in sorted(marks) if marks[name] != present.get(name)]
    if not others:
        return
    if files.SECRETS not in manifest.files:
        done.remarks.append(
            f"The backup is of an installation with other keys ({', '.join(others)}), and holds none, because it was "
            "made without a passphrase. Put that installation's secrets/ in place; else people log in anew, tokens "
            "end, and keys with exchanges and channels have to be entered again."
        )
        return
    found: dict[str, Any] = json.loads(b"".join(files.content_of(backup, files.SECRETS, key)))
    for name in others:
        variable = name.replace(".", "_").upper()
        if os.environ.get(variable):
            done.remarks.append(f"Set {variable} to that of the backup: the variable wins over the file.")
        write_key(name, found["keys"][name], now)
    for name in sorted(set(present) - set(marks)):  # of an exchange that the backup knows nothing of
        set_aside(Path(settings.CRYPTOPREDICT_HOME) / "secrets" / name, now)


def write_key(name: str, text: str, now: datetime) -> None:
    """Replace a key in one piece; the former one stays beside it."""
    folder = Path(settings.CRYPTOPREDICT_HOME) / "secrets"
    path = folder / name
    draft = f".{name}.restoring"
    (folder / draft).unlink(missing_ok=True)
    files.put(folder, draft, [text.encode()], None)
    if path.exists():
        os.link(path, before(path, now))
    (folder / draft).replace(path)


def set_aside(path: Path, now: datetime) -> None:
    """A key that goes on under another name only; one that comes from a variable has no file."""
    if path.exists():
        path.rename(before(path, now))


def before(path: Path, now: datetime) -> Path:
    """Where a key stays that was there before a restore."""
    return path.with_name(f"{path.name}.before-{now:%Y%m%d%H%M%S}")

"""Restoring the embedded cluster as it was at a moment: the last base backup before it, and the log up to it.

The present data directory is not touched until what was restored has been checked; then it stays under another name.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import redis
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from accounts.services.people import SYSTEM_EMAIL
from cryptopredict import environment
from cryptopredict.backups import database
from cryptopredict.backups.alone import alone, require_stopped
from cryptopredict.backups.bases import make_base, root_in_use
from cryptopredict.backups.planning import (
    Plan,
    check_log,
    histories_in,
    left_in,
    open_log,
    place_of,
    plan_for,
)
from cryptopredict.backups.policy import KIND
from cryptopredict.backups.recovering import Recovering, TooFar, give, unpack
from cryptopredict.backups.restoring import IS_LIVE, known_migrations, known_now, verify, verify_audit
from cryptopredict.backups.sealed import CLOSED, Opener
from cryptopredict.bootstrap import bootstrap
from cryptopredict.embedded import ServicesError, attached, wanted
from cryptopredict.embedded.places import Places, places, server_directory
from cryptopredict.embedded.postgres import DATABASE, Postgres
from system.exceptions import ConflictError, DomainError, InvalidInput, NoData
from system.http.gate import server
from system.services.background import background_task

RESTORE = "cryptopredict.backups.point_in_time.restore_at"
Say = Callable[[str], object]
OPENED = "opened"
"""Directory in the one that is restored, while it is: what was sealed of the log."""
ADDRESSES = {"default": ("DATABASE_URL",), "owner": ("DATABASE_OWNER_URL", "DATABASE_URL")}


@dataclass
class Rewound:
    """What a restore came to.

    Attributes:
        last_change: when the last transaction was completed that it has; None: nothing had changed since the copy.
        former: where the data directory is that was there before.
        migrated: how many migrations it was behind.
        forecasts, chains: of the ledger, verified.
        audited: sealed entries of the audit, verified.
    """

    plan: Plan
    last_change: datetime | None = None
    former: Path | None = None
    migrated: int = 0
    forecasts: int = 0
    chains: int = 0
    audited: int = 0


def restore_at(
    home: Path,
    until: datetime | None,
    *,
    timeline: int | None = None,
    force: bool = False,
    opener: Opener = CLOSED,
    say: Say = lambda _: None,
) -> Rewound:
    """Put the cluster of a moment in the place of the present one.

    Args:
        until: the moment; None: as late as can be.
        timeline: of the log, where there are several; None: the present one.
        force: also where people or prices are there already.
        opener: opens what is sealed in the archive.
        say: is told what is being done.
    Raises:
        ConflictError: the product runs, or there is something to lose and no ``force``.
        InvalidInput: the moment cannot be restored; the text says why, and which can. Or the archive is sealed, and not
            with what the opener has.
        NoData: there is no archive.
    """
    here = places(home)
    root = root_in_use(here)
    if root is None:
        raise NoData("There is no archive of the write-ahead log: WAL_ARCHIVE is off.")
    require_stopped(here)
    data = server_directory(here, Postgres.key)
    look_at_present(here, data, force=force)
    with alone(here):
        plan = plan_for(root, data, until, timeline, opener)
        done = Rewound(plan)
        draft = data.with_name(f"{data.name}.restoring")
        shutil.rmtree(draft, ignore_errors=True)
        try:
            play_back(done, here, draft, data, opener, say)
            done.former = put_in_place(draft, data)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
    return done


def look_at_present(here: Places, data: Path, *, force: bool) -> None:
    """Whether anything would be lost by surprise. To look, the server is started and stopped again: with that the end
    of its log comes into the archive.

    Raises:
        ConflictError: there would, or it cannot be found out, and no ``force``.
    """
    if not (data / "PG_VERSION").exists():
        return
    try:
        with attached(here.home, {Postgres.key}):
            found = is_live(here)
    except ServicesError as error:
        if not force:
            raise ConflictError(
                f"What is in {data} cannot be looked at ({str(error).rstrip('.')}); to restore over it, add --force "
                "(what is there now stays under another name)."
            ) from None
        return
    if found and not force:
        raise ConflictError(
            f"The database in {data} holds people or prices; to restore an earlier moment over it, add --force "
            "(what is there now stays under another name)."
        )


def is_live(here: Places) -> bool:
    """Whether it holds what somebody would miss."""
    try:
        with Postgres(here).connect(DATABASE) as connection:
            (found,) = connection.execute(IS_LIVE, [SYSTEM_EMAIL]).fetchone() or (False,)
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidCatalogName):  # nothing has ever been migrated
        return False
    return bool(found)


def play_back(done: Rewound, here: Places, draft: Path, data: Path, opener: Opener, say: Say) -> None:
    """Write the copy out, play the log back, and check what came of it.

    Raises:
        InvalidInput: it is of a newer program, its ledger does not hold, or it cannot be opened.
    """
    plan, opened = done.plan, draft / OPENED
    say("checking the log")
    check_log(plan, opener)
    say(f"base backup {plan.base.name}")
    unpack(plan, draft, here, opener)
    add_left(plan, here, draft, data)
    opened.mkdir()
    open_log([*(place_of(plan.archive, one) for one in plan.log), *histories_in(plan.archive)], opened, opener)
    give(opened, here)
    say("log")
    recovering = Recovering(here, draft, plan, opened)
    try:
        recover(recovering, opener)
        done.last_change = recovering.last_change()
        with connected_to(recovering.variables()):
            check(done, say)
    finally:
        recovering.end()
    shutil.rmtree(opened)


def recover(recovering: Recovering, opener: Opener) -> None:
    """Play the log back up to the moment.

    Raises:
        InvalidInput: what is sealed of it cannot be opened.
    """
    with suppress(TooFar):
        recovering.recover()
        return
    recovering.end()
    # How far a file reaches is told by when it was written, which a copy of the archive may have lost.
    plan = recovering.plan
    if open_log((place_of(plan.archive, one) for one in plan.rest), recovering.opened, opener):
        give(recovering.opened, recovering.here)
        with suppress(TooFar):
            recovering.recover()
            return
        recovering.end()
    # The log reaches the moment, but nothing was completed behind it: all of it is what there was then.
    recovering.until = None
    recovering.recover()


def add_left(plan: Plan, here: Places, draft: Path, data: Path) -> None:
    """Give the copy what the present cluster has of the log and has not archived."""
    names = [segment.name for segment in left_in(data, plan.archive)]
    for path in [*(data / "pg_wal" / name for name in names), *data.glob("pg_wal/*.history")]:
        place = draft / "pg_wal" / path.name
        shutil.copy2(path, place)
        shutil.chown(place, here.account.uid, here.account.gid)


@contextmanager
def connected_to(variables: dict[str, str]) -> Iterator[None]:
    """Django works with the database of these variables for the length of the block."""
    before = {alias: dict(connections[alias].settings_dict) for alias in ADDRESSES}
    present = {name: os.environ.get(name) for name in variables}
    connections.close_all()
    os.environ.update(variables)
    for alias, names in ADDRESSES.items():
        connections[alias].settings_dict.update(environment.database(*names))
    try:
        yield
    finally:
        connections.close_all()
        for alias, found in before.items():
            connections[alias].settings_dict.update(found)
        for name, value in present.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def check(done: Rewound, say: Say) -> None:
    """Bring what was restored up to this program, and verify its ledger and its audit.

    Raises:
        InvalidInput: it is of a newer program, or its ledger does not hold.
    """
    with psycopg.connect(**database.owner_parameters()) as connection:
        try:
            ran = set(database.migrations(connection))
        except psycopg.errors.UndefinedTable:  # of before the first migration: there is nothing to check
            return
    if unknown := sorted(ran - known_migrations()):
        raise InvalidInput(f"It has migrations that this program does not know ({unknown[0]}); install a newer one.")
    say("migrations")
    done.migrated = len(known_now() - ran)
    call_command("migrate", database="owner", interactive=False, verbosity=0)
    bootstrap()
    say("ledger of the forecasts")
    done.chains, done.forecasts = verify()
    say("chain of the audit")
    done.audited = verify_audit()


def put_in_place(draft: Path, data: Path) -> Path | None:
    """The present cluster gets another name, and what was restored takes its place. Whoever starts the server after a
    crash in between finishes that (``Postgres.finish_restore``).

    Returns:
        Where the present one is now; None: there was none.
    """
    restored = data.with_name(f"{data.name}.restored")
    shutil.rmtree(restored, ignore_errors=True)
    draft.rename(restored)
    former = None
    if any(data.iterdir()):
        former = data.with_name(f"{data.name}.before-{datetime.now(UTC):%Y%m%d%H%M%S}")
        data.rename(former)
    restored.rename(data)
    return former


def formers(data: Path) -> list[Path]:
    """Data directories that restores have left, the oldest first."""
    return sorted(path for path in data.parent.glob(f"{data.name}.before-*") if path.is_dir())


def take_up(home: Path, done: Rewound, say: Say) -> list[str]:
    """Start what was restored as usual: Redis is emptied, a row is kept, and a new base backup made, because the log
    goes on under another name from here.

    Returns:
        What the operator has to see to.
    """
    remarks = []
    with attached(home, wanted()) as running, connected_to(running.variables):
        say("new base backup")
        try:
            server(os.environ.get("REDIS_URL", settings.REDIS_URL)).flushdb()  # it is of the former rows
        except redis.exceptions.RedisError as error:
            remarks.append(f"Redis could not be emptied ({error}); empty it before you start the product.")
        until = done.plan.until.isoformat() if done.plan.until else None
        with background_task(RESTORE, KIND, {"base": done.plan.base.name, "until": until}) as row:
            row.result_data = {"former": str(done.former or ""), "migrated": done.migrated}
        try:
            make_base(done.plan.archive)
        except DomainError as error:
            remarks.append(f"No new base backup was made ({str(error).rstrip('.')}); run: manage.py backup --base.")
    return remarks

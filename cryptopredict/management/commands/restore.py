"""Restore a backup, or the embedded database as it was at a moment."""

import json
import shutil
import time
from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cryptopredict.backups import servers
from cryptopredict.backups.bases import home_in_use
from cryptopredict.backups.bucket import at_hand
from cryptopredict.backups.passphrase import passphrase_in
from cryptopredict.backups.point_in_time import Rewound, formers, restore_at, take_up
from cryptopredict.backups.restoring import restore
from cryptopredict.backups.sealed import Opener
from cryptopredict.embedded.postgres import Postgres
from cryptopredict.progress import steps
from system.http.gate import server

LATEST = "latest"


class Command(BaseCommand):
    help = (
        "Check a backup, restore it beside what is there, verify it, and put it in place; or with --at do so with the "
        "embedded database as it was at a moment, from a base backup and the archived log (WAL_ARCHIVE). Refuses while "
        "the product runs, and over people or prices without --force. The former database stays under another name "
        "until --drop-former."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "backup", nargs="?", help="its directory, s3://bucket/prefix/name, or newest (that of BACKUP_DIRECTORY)"
        )
        parser.add_argument("--at", type=moment, help="a moment such as 2026-11-22T12:34:56Z, or latest")
        parser.add_argument("--timeline", type=int, help="with --at: of the log, as it was before an earlier restore")
        parser.add_argument("--passphrase-file", type=Path, help="of what is sealed (default: BACKUP_PASSPHRASE_FILE)")
        parser.add_argument("--force", action="store_true", help="over people and prices that are there")
        parser.add_argument("--json", action="store_true", help="print what came of it as one JSON line")
        parser.add_argument("--drop-former", action="store_true", help="remove databases that restores have left")

    def handle(self, *_: Any, **options: Any) -> None:
        if options["at"] is not None:
            if options["backup"] is not None or options["drop_former"]:
                raise CommandError("--at restores from the archive of the log; name no backup with it.")
            self.rewind(options)
            return
        if options["drop_former"]:
            self.drop_former()
        elif options["backup"] is None:
            raise CommandError("Name the backup: its directory, or newest; or a moment with --at.")
        if options["backup"] is not None:
            self.restore(options)

    def restore(self, options: dict[str, Any]) -> None:
        started = time.perf_counter()
        passphrase = passphrase_in(options["passphrase_file"])
        with at_hand(options["backup"], Path(settings.CRYPTOPREDICT_HOME)) as (backup, _called):
            done = restore(backup, passphrase=passphrase, force=options["force"], say=steps(self.stderr))
        try:
            server(settings.REDIS_URL).flushdb()  # what waits and what is kept there is of the former rows
        except redis.exceptions.RedisError as error:
            done.remarks.append(f"Redis could not be emptied ({error}); empty it before you start the product.")
        rows = sum(table.rows for table in done.manifest.tables.values())
        if options["json"]:
            names = ("former", "migrated", "forecasts", "chains", "audited", "remarks")
            found = {name: getattr(done, name) for name in names}
            self.stdout.write(json.dumps(found | {"tables": len(done.manifest.tables), "rows": rows}))
            return
        self.stdout.write(
            f"{backup.name} of {done.manifest.made_at:%Y-%m-%d %H:%M:%S} UTC is in place: "
            f"{len(done.manifest.tables)} tables, {rows} rows, as in the manifest; {done.migrated} migrations run; "
            f"{done.forecasts} forecasts in {done.chains} chains and "
            f"{done.audited} sealed entries of the audit hold; {time.perf_counter() - started:.1f} s"
        )
        self.stdout.write(f"What was there is in the database {done.former}; remove it: restore --drop-former")
        for remark in done.remarks:
            self.stderr.write(self.style.WARNING(remark))

    def rewind(self, options: dict[str, Any]) -> None:
        """Restore a moment."""
        started, say, at = time.perf_counter(), steps(self.stderr), options["at"]
        until = None if at == LATEST else at
        home = Path(settings.CRYPTOPREDICT_HOME)
        # Where it was exchanged, older files are sealed with the named one and newer ones with that of the settings.
        opener = Opener(*filter(None, {passphrase_in(options["passphrase_file"]), passphrase_in(None)}))
        done = restore_at(home, until, timeline=options["timeline"], force=options["force"], opener=opener, say=say)
        remarks = take_up(home, done, say)
        if options["json"]:
            self.stdout.write(json.dumps(facts_of(done) | {"remarks": remarks}))
        else:
            last = f"{done.last_change:%Y-%m-%d %H:%M:%S.%f} UTC" if done.last_change else "none since the base backup"
            self.stdout.write(
                f"The database of {f'{until:%Y-%m-%d %H:%M:%S} UTC' if until else 'the end of the log'} is in place: "
                f"last change {last}; base backup {done.plan.base.name} and {len(done.plan.log)} files of the log; "
                f"{done.migrated} migrations run; {done.forecasts} forecasts in {done.chains} chains and "
                f"{done.audited} sealed entries of the audit hold; "
                f"{time.perf_counter() - started:.1f} s"
            )
            if done.former:
                self.stdout.write(f"What was there is in {done.former}; remove it: restore --drop-former")
        for remark in remarks:
            self.stderr.write(self.style.WARNING(remark))

    def drop_former(self) -> None:
        with servers.maintenance() as connection:
            for name in servers.names(connection, f"{servers.name_in_use()}{servers.BEFORE}"):
                servers.drop(connection, name)
                self.stdout.write(f"{name} is removed")
        for folder in formers((home_in_use().home / Postgres.key).resolve()):
            shutil.rmtree(folder)
            self.stdout.write(f"{folder} is removed")


def moment(text: str) -> datetime | str:
    """A moment of the command line; it says where it is meant, for a wrong hour is a wrong database."""
    if text == LATEST:
        return text
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no moment such as 2026-11-22T12:34:56Z") from None
    if found.tzinfo is None:
        raise ArgumentTypeError(f"{text!r} does not say of which time zone it is; add Z for UTC")
    return found.astimezone(UTC)


def facts_of(done: Rewound) -> dict[str, Any]:
    """What came of a restore, as JSON."""
    return {
        "base": done.plan.base.name,
        "timeline": done.plan.timeline,
        "until": done.plan.until.isoformat() if done.plan.until else None,
        "last_change": done.last_change.isoformat() if done.last_change else None,
        "former": str(done.former) if done.former else None,
        "migrated": done.migrated,
        "forecasts": done.forecasts,
        "chains": done.chains,
        "audited": done.audited,
    }

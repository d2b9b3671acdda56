"""Make a backup of the installation."""

import os
import signal
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cryptopredict.backups.bases import archive_in_use, bases_in, make_base
from cryptopredict.backups.bucket import Bucket, place_of
from cryptopredict.backups.making import make_backup, send_backup
from cryptopredict.backups.manifest import Manifest, read_manifest
from cryptopredict.backups.passphrase import passphrase_in
from cryptopredict.backups.planning import told
from cryptopredict.backups.shelf import backups_in
from cryptopredict.progress import steps
from system.services import setting


class Command(BaseCommand):
    help = (
        "Write the database, models, media and configuration of this moment into a new directory with a manifest, "
        "while the product runs. Without a passphrase it holds no keys of the installation. In the directory of the "
        "settings the oldest backups go, as the setting backup says; in one named with --to all stay. With --base: a "
        "copy of the embedded cluster that its archived log goes on from (WAL_ARCHIVE)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", help="a directory, or s3://bucket/prefix (default: BACKUP_DIRECTORY)")
        parser.add_argument("--passphrase-file", type=Path, help="seal everything (default: BACKUP_PASSPHRASE_FILE)")
        parser.add_argument("--list", action="store_true", help="list the backups that there are, and make none")
        parser.add_argument("--base", action="store_true", help="copy the embedded cluster for restores of a moment")
        parser.add_argument("--gently", action="store_true", help="let everything else on this machine go first")

    def handle(self, *_: Any, **options: Any) -> None:
        place = place_of(options["to"])
        if options["list"]:
            self.show(place)
            return
        if options["gently"]:
            os.nice(10)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # what is half done is taken away
        started = time.perf_counter()
        if options["base"]:
            self.base(options["passphrase_file"], gently=options["gently"])
            return
        passphrase = passphrase_in(options["passphrase_file"])
        keep = None if options["to"] else setting("backup")
        say = steps(self.stderr)
        if isinstance(place, Bucket):
            name = send_backup(place, passphrase=passphrase, keep=keep, say=say)
            made, manifest = f"{place}/{name}", place.manifest(name)
        else:
            directory = make_backup(place, passphrase=passphrase, keep=keep, say=say)
            made, manifest = str(directory), read_manifest(directory)
        rows = sum(table.rows for table in manifest.tables.values())
        size = sum(file.bytes for file in manifest.files.values()) / 1e6
        self.stdout.write(
            f"{made}: {len(manifest.tables)} tables, {rows} rows, {len(manifest.files)} files, {size:.1f} MB, "
            f"{'encrypted' if passphrase else 'not encrypted'}; {time.perf_counter() - started:.1f} s"
        )
        if not passphrase:
            self.stderr.write(
                self.style.WARNING(
                    "Whoever has it can read it, and it holds no keys of this installation: keep secrets/ elsewhere "
                    "too, or seal it with --passphrase-file."
                )
            )

    def show(self, place: Path | Bucket) -> None:
        """List the backups and the base backups that there are."""
        for one, manifest in listed(place):
            size = sum(file.bytes for file in manifest.files.values()) / 1e6
            sealed = "encrypted" if manifest.encryption else "not encrypted"
            self.stdout.write(f"{one}  {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC  {size:.1f} MB  {sealed}")
        archive = archive_in_use()
        if archive is None:
            return
        for base in bases_in(archive):
            kind = "sealed base backup" if base.is_sealed else "base backup"
            self.stdout.write(f"{archive.bases / base.name}  {kind}, moments from {told(base.ended_at)} on")

    def base(self, passphrase: Path | None, *, gently: bool) -> None:
        """Make a base backup."""
        started = time.perf_counter()
        archive = archive_in_use()
        if archive is None:
            raise CommandError("The embedded database has no archive of its log; set WAL_ARCHIVE, and start it anew.")
        made = make_base(archive, passphrase=passphrase, gently=gently, say=steps(self.stderr))
        size = sum(path.stat().st_size for path in (archive.bases / made.name).iterdir()) / 1e6
        kind = "sealed, whole and checked" if made.is_sealed else "whole and checked"
        self.stdout.write(
            f"{archive.bases / made.name}: {size:.1f} MB, {kind}; every moment from {told(made.ended_at)} on can be "
            f"restored (restore --at); {time.perf_counter() - started:.1f} s"
        )


def listed(place: Path | Bucket) -> Iterator[tuple[str, Manifest]]:
    """The backups at a place, the newest first: where each is, and what it says of itself."""
    if isinstance(place, Bucket):
        yield from ((f"{place}/{name}", place.manifest(name)) for name in place.backups())
    else:
        yield from ((str(path), read_manifest(path)) for path in backups_in(place))

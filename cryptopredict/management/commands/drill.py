"""Try a backup out."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from cryptopredict.backups.bucket import NEWEST, at_hand
from cryptopredict.backups.drilling import Drill, drill
from cryptopredict.backups.passphrase import passphrase_file, passphrase_in
from cryptopredict.progress import steps


class Command(BaseCommand):
    help = (
        "Restore a backup into an installation of its own with its own servers, compare every table with the manifest, "
        "verify the ledger of the forecasts and the audit, and ask for a few pages; nothing of the installation in use "
        "is touched. "
        "Exit status: 0 it can be restored, 1 it cannot, and the fault is named."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "backup", nargs="?", default=NEWEST,
            help="its directory, or s3://bucket/prefix/name (default: newest of BACKUP_DIRECTORY)",
        )  # fmt: skip
        parser.add_argument("--passphrase-file", type=Path, help="of a sealed backup (default: BACKUP_PASSPHRASE_FILE)")
        parser.add_argument("--json", action="store_true", help="print what came of it as one JSON line")

    def handle(self, *_: Any, **options: Any) -> None:
        phrase = passphrase_file(options["passphrase_file"])
        with at_hand(options["backup"], Path(settings.CRYPTOPREDICT_HOME)) as (backup, called):
            found = drill(
                backup,
                passphrase_file=phrase,
                passphrase=passphrase_in(phrase),
                called=called,
                say=steps(self.stderr),
            )
        self.stdout.write(json.dumps(asdict(found)) if options["json"] else told(found))
        if found.fault:
            sys.exit(1)


def told(found: Drill) -> str:
    """What came of it, in lines."""
    seconds = ", ".join(f"{part} {length:.1f} s" for part, length in found.seconds.items())
    if found.fault:
        return f"{found.backup} CANNOT be restored: {found.fault} ({seconds})"
    lines = [
        f"{found.backup} of {found.made_at} can be restored",
        f"  files       {found.files} with {found.bytes} bytes have the checksums of the manifest",
        f"  tables      {found.tables} with {found.rows} rows: counts and checksums as in the manifest",
        f"  migrations  {found.migrated} run to bring it up to this program",
        f"  ledger      {found.forecasts} forecasts in {found.chains} chains hold",
        f"  audit       {found.audited} sealed entries hold",
        f"  requests    {len(found.requests)} answered: {', '.join(found.requests)}",
        f"  time        {seconds}",
    ]
    return "\n".join(lines)

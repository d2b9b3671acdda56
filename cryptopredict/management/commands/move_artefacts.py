"""Move files of the home directory into the bucket of the files."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cryptopredict.moving import move_files
from cryptopredict.progress import steps


class Command(BaseCommand):
    help = (
        "Send what lies in the home directory of models, media and reports of backtests into the bucket that "
        "ARTEFACTS_URL names. Each file is held against its checksum, read back, and then taken away here. Broken off, "
        "it goes on where it was. It ends with status 1 if a file had to stay."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--keep", action="store_true", help="send them, and leave them here as well")

    def handle(self, *_: Any, **options: Any) -> None:
        done = move_files(keep=options["keep"], say=steps(self.stderr))
        for reason in done.left:
            self.stderr.write(self.style.WARNING(reason))
        verb = "copied" if options["keep"] else "moved"
        self.stdout.write(
            f"{verb} {done.moved} files ({done.bytes / 1e6:.1f} MB); {done.present} were there already; "
            f"{len(done.left)} stay"
        )
        if done.left:
            raise CommandError(f"{len(done.left)} files were not moved.")

"""Write everything of a person into one file."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from cryptopredict.portability.exporting import export_person


class Command(BaseCommand):
    help = "Write everything that is stored about a person into a zip of JSON and CSV with a manifest; no secrets."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("file", type=Path, help="a new file; only its owner can read it")

    def handle(self, *_: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].lower()).first()
        if user is None:
            raise CommandError(f"There is nobody called {options['email']}.")
        try:
            descriptor = os.open(options["file"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CommandError(str(error)) from None
        with os.fdopen(descriptor, "wb") as file:
            too_large = export_person(user, file)
        self.stdout.write(f"{options['file']}: {options['file'].stat().st_size} bytes")
        for name in too_large:
            self.stderr.write(self.style.WARNING(f"{name} is larger than an import takes."))

"""Bring the lists, portfolios and journals of an export into this installation."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from cryptopredict.portability.importing import import_person
from system.exceptions import DomainError


class Command(BaseCommand):
    help = (
        "Bring the lists, portfolios and journals of an export of a person into this installation. The same file again "
        "adds nothing. Exit status: 0 all of it, 1 something was left out."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="whose they become")
        parser.add_argument("file", type=Path)

    def handle(self, *_: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].lower()).first()
        if user is None:
            raise CommandError(f"There is nobody called {options['email']}.")
        try:
            with options["file"].open("rb") as file:
                brought = import_person(user, file)
        except (DomainError, OSError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"{brought.watchlists} lists, {brought.portfolios} portfolios, {brought.entries} journal entries"
        )
        for text in brought.left_out:
            self.stderr.write(f"left out: {text}")
        if brought.left_out:
            sys.exit(1)

"""Take everything of a person away for good."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from cryptopredict.portability.erasing import erase_person
from system.exceptions import DomainError


class Command(BaseCommand):
    help = (
        "Take everything of a person away for good whose account is closed: portfolios, journals, lists, alerts, "
        "messages, logins, and what the audit says of them. What was forecast stays. Backups are not touched."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="of the closed account")
        parser.add_argument("--yes", action="store_true", help="do it; without, only what is told")

    def handle(self, *_: Any, **options: Any) -> None:
        user = User.objects.all_with_deleted().filter(email=options["email"].lower()).first()
        if user is None:
            raise CommandError(f"There is nobody called {options['email']}.")
        if not options["yes"]:
            raise CommandError(f"Everything of account {user.pk} would go, for good. Say it with --yes.")
        try:
            gone = erase_person(user)
        except DomainError as refusal:
            raise CommandError(str(refusal)) from None
        for table, rows in sorted(gone.items()):
            self.stdout.write(f"{table}: {rows}")
        self.stdout.write(f"Account {user.pk} is without a person now.")

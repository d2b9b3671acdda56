"""Take the second factors of somebody away who has lost them, where no other admin can."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.services import reset_second_factor
from system.exceptions import DomainError


class Command(BaseCommand):
    help = (
        "Take the second factors of an account away whose owner has lost them: the telephone, passkeys and recovery "
        "codes. The password alone opens it then. It is audited, and the owner gets a mail."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="address of the account")

    def handle(self, *_: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].strip().lower()).first()
        if user is None:
            raise CommandError(f"There is no account with the address {options['email']}.")
        try:
            reset_second_factor(user, actor=None)
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{user} logs in with the password alone now.")

"""Enter a key with an exchange, to read an account."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from selection.models import Portfolio
from system.exceptions import DomainError
from trading.providers.accounts import READERS
from trading.services.exchange_accounts import connect_account


class Command(BaseCommand):
    help = (
        "Connect an account at an exchange with a portfolio. The key and its secret are asked for, or read from two "
        "lines of the standard input; they are sealed and never shown again. A key that may withdraw is refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("portfolio", type=int, help="number of the portfolio")
        parser.add_argument("exchange", choices=sorted(READERS))
        parser.add_argument("label", help="your name for the account")
        parser.add_argument("--pair", action="append", default=[], help="pair to ask for besides those that are found")
        parser.add_argument("--accept-missing", action="store_true", help="book what was never brought in, marked")

    def handle(self, *_: Any, **options: Any) -> None:
        key, secret = _asked("Key: "), _asked("Secret: ")
        try:
            portfolio = Portfolio.objects.select_related("user").get(pk=options["portfolio"])
            account = connect_account(
                portfolio,
                actor=portfolio.user,
                exchange=options["exchange"],
                label=options["label"],
                key=key,
                secret=secret,
                pairs=options["pair"],
                accepts_missing=options["accept_missing"],
            )
        except (DomainError, Portfolio.DoesNotExist) as error:
            raise CommandError(str(error)) from None
        told = ", ".join(account.permissions) or "the exchange does not tell"
        self.stdout.write(f"Account {account.pk} {account.key_hint} is connected; the key may: {told}.")


def _asked(question: str) -> str:
    """A line that does not show on a screen."""
    return getpass.getpass(question) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")

"""Read accounts at exchanges."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from system.exceptions import DomainError
from trading.models import ExchangeAccount
from trading.services.exchange_sync import active_accounts, sync_account


class Command(BaseCommand):
    help = (
        "Read what is new in accounts at exchanges, and book it. Exit status: 0 all read, 1 one was not, or something "
        "in it waits."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("accounts", nargs="*", type=int, help="numbers of accounts; none = all that are active")

    def handle(self, *_: Any, **options: Any) -> None:
        is_whole = True
        for number in options["accounts"] or active_accounts():
            try:
                report = sync_account(number)
            except (DomainError, ExchangeAccount.DoesNotExist) as error:
                self.stderr.write(f"{number}: {error}")
                is_whole = False
                continue
            self.stdout.write(f"{number}: {report.fetched} read, {report.booked} booked, {report.waiting} waiting")
            for fault in report.faults:
                self.stderr.write(f"{number}: {fault}")
            is_whole = is_whole and report.is_complete and not (report.waiting or report.faults)
        if not is_whole:
            sys.exit(1)

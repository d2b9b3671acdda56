"""A portfolio on paper that follows signals by itself."""

from argparse import ArgumentParser
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from system.exceptions import DomainError
from trading.services import PaperRules, open_paper_portfolio


class Command(BaseCommand):
    help = "Open a paper portfolio for a person: live signals are booked into it by themselves. It sends no orders."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="whose")
        parser.add_argument("name", help="name of the portfolio")
        parser.add_argument("capital", help="dollars that it begins with")
        parser.add_argument("--unproven", action="store_true", help="follow signals without a measured edge too")
        parser.add_argument("--risk", default="1", help="percent of the capital that a stop costs")
        parser.add_argument("--most", type=int, default=10, help="signals followed at once")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            user = User.objects.get(email=options["email"])
            rules = PaperRules(options["unproven"], Decimal(options["risk"]), options["most"])
            paper = open_paper_portfolio(user, options["name"], Decimal(options["capital"]), rules)
        except InvalidOperation:
            raise CommandError("capital and --risk are numbers.") from None
        except (DomainError, User.DoesNotExist) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"Paper portfolio {paper.pk} follows signals of runs from {paper.opened_at:%Y-%m-%d %H:%M} UTC."
        )

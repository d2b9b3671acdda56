"""Derive positions, lots and gains anew from the trade journal."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts.services import ensure_system_user
from selection.models import Portfolio
from trading.services import rebuild_portfolio


class Command(BaseCommand):
    help = "Derive positions, lots and gains anew from the trade journal; says what was not as the journal says."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("portfolio", nargs="*", type=int, help="ids; all of them if none is given")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        portfolios = Portfolio.objects.order_by("id")
        if options["portfolio"]:
            portfolios = portfolios.filter(pk__in=options["portfolio"])
        actor, differed = ensure_system_user(), 0
        for portfolio in portfolios:
            since = rebuild_portfolio(portfolio, actor=actor)
            if since is not None:
                differed += 1
                self.stdout.write(f"portfolio {portfolio.pk}: differed from {since:%Y-%m-%d %H:%M} UTC on")
        self.stdout.write(f"{differed} of {len(portfolios)} portfolios differed from their journal.")

"""Withdrawals and deposits that are one transfer between own venues."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from selection.models import Portfolio
from system.exceptions import DomainError
from trading.models import TradeAction
from trading.selectors.transfers import Proposal, transfer_proposals
from trading.services import join_transfer

MINUTE = "%Y-%m-%d %H:%M"


class Command(BaseCommand):
    help = (
        "Show what left one venue and may have arrived at another, and join what is one transfer: --join SENT ARRIVED, "
        "or --sure for all whose venues name the same transaction. Joined coins keep their cost and dates."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("portfolio", type=int, help="number of the portfolio")
        parser.add_argument(
            "--join", nargs=2, type=int, action="append", default=[], metavar=("SENT", "ARRIVED"), help="entries"
        )
        parser.add_argument("--sure", action="store_true", help="join all that are sure")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            portfolio = Portfolio.objects.select_related("user").get(pk=options["portfolio"])
            pairs = [(self._entry(portfolio, one), self._entry(portfolio, other)) for one, other in options["join"]]
            if options["sure"]:
                pairs += [(one.sent, one.arrived) for one in transfer_proposals(portfolio) if one.is_sure]
            pairs = list(dict.fromkeys(pairs))
            with transaction.atomic():  # all of them or none
                for sent, arrived in pairs:
                    join_transfer(sent, arrived, actor=portfolio.user)
        except (DomainError, Portfolio.DoesNotExist) as error:
            raise CommandError(str(error)) from None
        if pairs:
            self.stdout.write(f"{len(pairs)} joined.")
        self._tell(transfer_proposals(portfolio))

    def _entry(self, portfolio: Portfolio, number: int) -> TradeAction:
        found = TradeAction.objects.filter(pk=number, portfolio_asset__portfolio=portfolio).first()
        if found is None:
            raise CommandError(f"Portfolio {portfolio.pk} has no entry {number}.")
        return found

    def _tell(self, proposals: list[Proposal]) -> None:
        self.stdout.write(f"{len(proposals)} may be transfers.")
        for one in proposals:
            sent, arrived = one.sent, one.arrived
            symbol = sent.portfolio_asset.asset.symbol
            basis = "the same transaction" if one.has_same_id else "by coin, amount and time"
            doubt = "" if one.is_only else "; others fit too"
            left = f"{sent.quantity.normalize():f} {symbol} left {sent.venue or '?'} on {sent.executed_at:{MINUTE}}"
            came = f"{arrived.quantity.normalize():f} came to {arrived.venue or '?'} on {arrived.executed_at:{MINUTE}}"
            self.stdout.write(f"--join {sent.pk} {arrived.pk}: {left}, {came} ({basis}{doubt})")

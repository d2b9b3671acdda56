"""Import trades from a file into a portfolio."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assets.models import Asset
from selection.models import Portfolio
from system.exceptions import DomainError, InvalidInput
from trading.models import TradeImport
from trading.services.import_words import sentence
from trading.services.imports import choose_symbols, confirm_import, preview_import

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Preview a file of trades (own format, Binance, Coinbase, Kraken; told by its header) for a portfolio, and "
        "book it with --confirm. The same file again adds nothing. Exit status: 0 all sound, 1 some rows refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("portfolio", type=int, help="number of the portfolio")
        parser.add_argument("file", type=Path)
        parser.add_argument("--confirm", action="store_true", help="book what is sound")
        parser.add_argument("--decimal-comma", action="store_true", help="numbers are written 1.234,56")
        parser.add_argument("--accept-missing", action="store_true", help="book what was never brought in, marked")
        parser.add_argument(
            "--symbol",
            action="append",
            default=[],
            metavar="SYMBOL=ASSET",
            help="what a symbol means; SYMBOL= leaves it out",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            row = self._preview(options)
            if options["confirm"]:
                row = confirm_import(row, actor=row.created_by)
        except (DomainError, OSError, Portfolio.DoesNotExist) as error:
            raise CommandError(str(error)) from None
        self._tell(row)
        if row.faulty or row.unknown_symbols:
            sys.exit(1)

    def _preview(self, options: dict[str, Any]) -> TradeImport:
        portfolio = Portfolio.objects.select_related("user").get(pk=options["portfolio"])
        with options["file"].open("rb") as file:
            row = preview_import(
                portfolio,
                file,
                actor=portfolio.user,
                name=options["file"].name,
                decimal_comma=options["decimal_comma"],
                accepts_missing=options["accept_missing"],
            )
        chosen = dict(self._meaning(text) for text in options["symbol"])
        wanted = {symbol: asset for symbol, asset in chosen.items() if symbol in row.unknown_symbols}
        return choose_symbols(row, wanted, actor=portfolio.user) if wanted else row

    def _meaning(self, text: str) -> tuple[str, int | None]:
        symbol, _equals, name = text.upper().partition("=")
        if not name:
            return symbol, None
        asset = Asset.objects.filter(symbol=name).first()
        if asset is None:
            raise InvalidInput(f"There is no asset {name}.", field="symbol")
        return symbol, asset.pk

    def _tell(self, row: TradeImport) -> None:
        counts = f"{row.new} new, {row.known} known, {row.left_out} left out, {row.faulty} rows refused"
        self.stdout.write(f"{row.layout}, {row.status}: {counts}")
        for fault in row.errors[:SHOWN]:
            self.stderr.write(sentence(fault))
        for symbol, count in sorted(row.unknown_symbols.items()):
            self.stderr.write(
                f"{symbol} ({count} rows) is not known: --symbol {symbol}=ASSET, or {symbol}= to leave out"
            )

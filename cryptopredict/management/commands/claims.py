"""Measures what the product claims of itself."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cryptopredict import scaling
from cryptopredict.claims import Book


class Command(BaseCommand):
    help = "Run the commands of docs/claims.toml and rewrite docs/claims.md with what they show."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--only", action="append", default=[], metavar="ID", help="a claim to measure; repeatable")
        parser.add_argument("--list", action="store_true", help="show the claims and measure nothing")

    def handle(self, *_: Any, **options: Any) -> None:
        book = Book.read()
        known = {claim.id: claim for run in book.runs for claim in run.claims}
        if options["list"]:
            for claim in known.values():
                self.stdout.write(f"{claim.id}\t{claim.says}")
            return
        if unknown := sorted(set(options["only"]) - known.keys()):
            raise CommandError(f"No claim is called {', '.join(unknown)}; see: manage.py claims --list")
        missed = book.measure(options["only"], say=self.stdout.write)
        book.write()
        scaling.write()
        if missed:
            self.stdout.write(f"Missed: {', '.join(missed)}.")

"""Another secret for the installation."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cryptopredict import rotation
from system.exceptions import DomainError


class Command(BaseCommand):
    help = (
        "Exchange a secret of the installation. The former one stays beside the new one until the second step "
        "(--finish); token_pepper has one step, and ends every token."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", choices=rotation.SECRETS)
        parser.add_argument("--dry-run", action="store_true", help="say what would follow, and change nothing")
        parser.add_argument("--finish", action="store_true", help="second step: seal anew and forget the former one")
        parser.add_argument("--yes", action="store_true", help="needed for token_pepper: people have to log in again")

    def handle(self, *_: Any, **options: Any) -> None:
        name = options["name"]
        try:
            if options["finish"]:
                self.finish(name, dry=options["dry_run"])
            else:
                self.exchange(name, dry=options["dry_run"], sure=options["yes"])
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal

    def exchange(self, name: str, *, dry: bool, sure: bool) -> None:
        for sentence in rotation.what_rests_on(name):
            self.stdout.write(sentence)
        if dry:
            rotation.place_of(name)
            self.stdout.write("Nothing was changed.")
            return
        if name == "token_pepper" and not sure:
            raise CommandError("Say --yes if that is meant.")
        path = rotation.exchange(name)
        self.stdout.write(f"{path} holds a new secret. Restart every process of the product now, on every machine.")
        if name != "token_pepper":
            self.stdout.write(f"Then: manage.py rotate_secret {name} --finish")

    def finish(self, name: str, *, dry: bool) -> None:
        if name == "token_pepper":
            raise CommandError("token_pepper has no second step.")
        if dry:
            for what, count in rotation.under_former().items() if name == "sealing_secret" else ():
                self.stdout.write(f"{count} {what} would be sealed anew.")
            self.stdout.write("Nothing was changed.")
            return
        done = rotation.finish(name)
        told = f"{done} rows are sealed anew. " if name == "sealing_secret" else ""
        self.stdout.write(f"{told}The former secret is forgotten; if {name.upper()}_FORMER is set, take that away.")

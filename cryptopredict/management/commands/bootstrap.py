"""Prepare a migrated database for work."""

from typing import Any

from django.core.management.base import BaseCommand

from cryptopredict.bootstrap import bootstrap


class Command(BaseCommand):
    help = "Make roles, partitions, settings, sectors, default lists, rules and schedules. Repeatable."

    def handle(self, *_: Any, **__: Any) -> None:
        made = bootstrap()
        self.stdout.write(", ".join(f"{count} {what} made" for what, count in made.items()))

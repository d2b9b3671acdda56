"""The page that says where the design documents live in the database."""

from typing import Any

from django.core.management.base import BaseCommand

from cryptopredict import erd_mapping
from cryptopredict.environment import BASE_DIR


class Command(BaseCommand):
    help = "Write docs/erd-mapping.md from the models and docs/erd-mapping.csv."
    requires_system_checks = []

    def handle(self, *_: Any, **__: Any) -> None:
        changed = erd_mapping.write()
        name = erd_mapping.PAGE.relative_to(BASE_DIR)
        self.stdout.write(f"{name} {'written' if changed else 'is up to date'}.")

"""The bill of materials."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from cryptopredict import sbom


class Command(BaseCommand):
    help = "Write what the program is made of, in CycloneDX: packages with versions, licences and digests."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--file", type=Path, help="where to; without it to standard output")

    def handle(self, *_: Any, **options: Any) -> None:
        if options["file"] is None:
            self.stdout.write(sbom.text(), ending="")
            return
        options["file"].parent.mkdir(parents=True, exist_ok=True)
        options["file"].write_text(sbom.text())
        found = sbom.components()
        unknown = [one.name for one in found if not one.licence]
        self.stdout.write(f"{options['file']}: {len(found)} packages.")
        if unknown:
            self.stdout.write(f"Not installed on this machine, so without a licence: {', '.join(unknown)}.")

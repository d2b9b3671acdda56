"""Model cards from the registry."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from aimodels.models import AIModel
from cryptopredict.cards import model_card
from system.exceptions import InvalidInput


class Command(BaseCommand):
    help = (
        "Print the card of a model version in Markdown: what it forecasts, what it was trained on, what it has shown, "
        "and why it may not serve. Without a version: of every one in force, and of the newest of each other name."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", default="", help="name of the model; default: all")
        parser.add_argument("--version-of", default="", metavar="VERSION", help="this version of it")
        parser.add_argument("--output", type=Path, help="folder for one file each, instead of printing them")

    def handle(self, *_: Any, **options: Any) -> None:
        found = AIModel.objects.order_by("name", "-is_active", "-created_at", "-pk")
        if options["name"]:
            found = found.filter(name=options["name"])
        if options["version_of"]:
            found = found.filter(version=options["version_of"])
        chosen = list(found if options["version_of"] else found.distinct("name"))
        if not chosen:
            raise InvalidInput("There is no such version in the registry.", field="name")
        for model in chosen:
            card = model_card(model)
            if options["output"] is None:
                self.stdout.write(card + "\n")
                continue
            options["output"].mkdir(parents=True, exist_ok=True)
            path = options["output"] / f"{model.name}-{model.version}.md"
            path.write_text(card + "\n")
            self.stdout.write(str(path))

"""Writes the OpenAPI document into docs/api/."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

WORDS = ("description", "summary", "example", "examples", "x-access")
"""What a promise does not need."""


def document() -> dict[str, Any]:
    """The document as it is served."""
    from drf_spectacular.generators import SchemaGenerator

    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    plain: dict[str, Any] = json.loads(json.dumps(found, default=str))
    return plain


def text(of: dict[str, Any]) -> str:
    """As it is kept: a line for each value, so that a change is seen."""
    return json.dumps(of, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def without_words(part: Any, *, are_names: bool = False) -> Any:
    """A part of the document without what is for people.

    Args:
        are_names: its keys are names of ours, which may be called ``description`` too.
    """
    if isinstance(part, list):
        return [without_words(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        name: without_words(one, are_names=name in {"properties", "schemas", "paths"} and not are_names)
        for name, one in part.items()
        if are_names or name not in WORDS
    }


class Command(BaseCommand):
    help = "Write docs/api/openapi.json, the document of the API, from the serializers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say whether it is up to date")
        parser.add_argument(
            "--promise", action="store_true", help="write docs/api/promised.json too: what a release promises"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        place: Path = settings.BASE_DIR / "docs" / "api"
        made = document()
        if options["check"]:
            if (place / "openapi.json").read_text() != text(made):
                raise CommandError("docs/api/openapi.json is not up to date: run python manage.py openapi")
            return
        (place / "openapi.json").write_text(text(made))
        self.stdout.write("docs/api/openapi.json is written.")
        if options["promise"]:
            (place / "promised.json").write_text(text(without_words(made)))
            self.stdout.write("docs/api/promised.json is written; empty docs/api/breaking.toml.")

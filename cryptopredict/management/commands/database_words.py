"""The words of the database as texts of the program, where those who translate find them."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation import override

from system import column_words

PLACE = Path("cryptopredict") / "database_words.py"
HEAD = '''"""Names and meanings of the columns, as the catalogue collects them; nobody imports it.

Written from the models: python manage.py database_words
"""
# ruff: noqa: E501
# fmt: off

from django.utils.translation import pgettext_lazy

'''


def text() -> str:
    """The module."""
    tables = column_words.own_tables()
    with override(None):
        parts = (
            ("NAMES", column_words.NAME, column_words.names(tables)),
            ("MEANINGS", column_words.MEANING, column_words.meanings(tables)),
        )
    return HEAD + "".join(listed(*part) for part in parts)


def listed(name: str, context: str, words: set[str]) -> str:
    """One of its tuples."""
    lines = [f"    pgettext_lazy({quoted(context)}, {quoted(word)}),\n" for word in sorted(words)]
    return f"{name} = (\n{''.join(lines)})\n"


def quoted(word: str) -> str:
    """A text as the formatter writes it."""
    return f'"{word}"' if '"' not in word and "\\" not in word else repr(word)


class Command(BaseCommand):
    help = "Write cryptopredict/database_words.py: names and meanings of the columns, to be translated."
    requires_system_checks = []

    def handle(self, *_: Any, **__: Any) -> None:
        (settings.BASE_DIR / PLACE).write_text(text(), encoding="utf-8")
        self.stdout.write(f"{PLACE} written.")

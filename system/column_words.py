"""Names and meanings of columns in the language of the reader.

Django makes the name of a column from its attribute, in English; what it means is its comment in the database. Both
are translated from outside the models, so that no migration and no schema knows of it.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils.translation import pgettext, pgettext_lazy

NAME, MEANING = "column", "meaning of a column"
"""Contexts of the catalogue: elsewhere the same word may be something else."""
NOTATION = re.compile(r"[{\[].*[}\]]", re.DOTALL)
"""Shape of a JSON column in a comment: its keys, no words."""

Table = type[models.Model]


def own_tables() -> list[Table]:
    """Models of the apps that lie here."""
    ours = [app for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR]
    return [table for app in ours for table in app.get_models()]


def translate_names(tables: Iterable[Table]) -> None:
    """Give each column that nobody named a translated name. Migrations take only those that models state."""
    for column in unnamed(tables):
        column.verbose_name = pgettext_lazy(NAME, str(column.verbose_name))


def unnamed(tables: Iterable[Table]) -> Iterator[Any]:
    """Columns and many-to-many relations that Django named."""
    for table in tables:
        for column in chain(table._meta.local_fields, table._meta.local_many_to_many):
            stated = column._verbose_name  # type: ignore[attr-defined]  # noqa: SLF001 - what a migration would take
            is_named = stated is not None and not column.auto_created
            if not is_named and not isinstance(column, models.CompositePrimaryKey):
                yield column


def meaning(column: "models.Field[Any, Any]") -> str:
    """What a column says, as the schema has it."""
    comment = column.db_comment or ""
    return pgettext(MEANING, comment) if is_words(comment) else comment


def is_words(comment: str) -> bool:
    """Whether a comment says more than a shape."""
    return bool(NOTATION.sub("", comment).strip())


def names(tables: Iterable[Table]) -> set[str]:
    """Names to translate."""
    return {str(column.verbose_name) for column in unnamed(tables)}


def meanings(tables: Iterable[Table]) -> set[str]:
    """Comments to translate."""
    comments = {column.db_comment or "" for table in tables for column in table._meta.concrete_fields}
    return {one for one in comments if is_words(one)}

"""Rows that follow from others: only those that differ are written."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import models
from django.db.models import TextField
from django.db.models.functions import Cast

BATCH = 2000
MARKS = "assumptions"


@lru_cache(maxsize=1024)
def marks_of(text: str) -> tuple[str, ...]:
    """The assumptions of a row from their JSON. There are few different ones, and to read the same in each of ten
    thousand rows takes about a tenth of the time of an edit."""
    return tuple(json.loads(text))


def replace_rows(
    model: type[models.Model],
    positions: Collection[int],
    columns: Sequence[str],
    wanted: Iterable[tuple[Any, ...]],
    *,
    key: int,
) -> list[tuple[Any, ...]]:
    """Make the rows of the positions the wanted ones.

    Args:
        model: table of rows that belong to a position each.
        positions: whose rows.
        columns: attributes that make up a row, ``position_id`` and ``assumptions`` among them.
        wanted: their values, row by row, the assumptions as a sorted tuple.
        key: how many of the first columns tell nearly every row from the others.
    Returns:
        Rows that were taken away or added.
    """
    place = columns.index(MARKS)
    present: dict[tuple[Any, ...], list[tuple[int, tuple[Any, ...]]]] = defaultdict(list)
    rows = model._default_manager.filter(position_id__in=positions).annotate(marks_text=Cast(MARKS, TextField()))
    lifted = [*columns[:place], "marks_text", *columns[place + 1 :]]
    for pk, *values in rows.values_list("id", *lifted):
        values[place] = marks_of(values[place])
        present[tuple(values[:key])].append((pk, tuple(values)))
    new = []
    for row in wanted:
        alike = present.get(row[:key], [])
        same = next((number for number, (_pk, values) in enumerate(alike) if values == row), None)
        if same is None:
            new.append(row)
        else:
            alike.pop(same)
    gone = [found for alike in present.values() for found in alike]
    if gone:
        model._default_manager.filter(pk__in=[pk for pk, _values in gone]).delete()
    model._default_manager.bulk_create(
        (model(**dict(zip(columns, row, strict=True)) | {MARKS: list(row[place])}) for row in new),
        batch_size=BATCH,
    )
    return [values for _pk, values in gone] + new


def earliest(rows: Iterable[tuple[Any, ...]], place: int) -> datetime | None:
    """The earliest time among rows."""
    return min((row[place] for row in rows), default=None)

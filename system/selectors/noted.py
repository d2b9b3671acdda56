"""What the database has noted of changes, as people read it: who it was, and each column before and after."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models.functions import Cast, Substr
from django.utils.translation import gettext as _

from system.models import RowChange
from system.trail import AUDITED

NEWEST = 50
PERSON = re.compile(r"user:([0-9]{1,18})")


@dataclass(frozen=True)
class Noted:
    """A change of a row, who made it, and each column that it concerns: its name, before, after."""

    change: RowChange
    who: str
    columns: list[tuple[str, Any, Any]]


def noted_of(row: models.Model, most: int = NEWEST) -> list[Noted]:
    """What the database has noted of a row, the newest first; nothing of tables that are not audited."""
    table = row._meta.db_table
    if table not in AUDITED:
        return []
    changes = list(RowChange.objects.filter(table_name=table, row_id=row.pk).order_by("-pk")[:most])
    names = names_of(change.actor for change in changes)
    return [Noted(change, names[change.actor], columns_of(change)) for change in changes]


def columns_of(change: RowChange) -> list[tuple[str, Any, Any]]:
    """Columns of both sides; of a row that came or went those that said something."""
    before, after = change.before or {}, change.after or {}
    is_whole = not (before and after)
    found = [(name, before.get(name), after.get(name)) for name in {**before, **after}]
    return [one for one in found if not is_whole or (one[1], one[2]) != (None, None)]


def with_emails(changes: models.QuerySet[RowChange]) -> models.QuerySet[RowChange]:
    """Changes, with the address of the person who made each beside it."""
    number = Cast(Substr("actor", len("user:") + 1), models.BigIntegerField())
    person = models.Case(models.When(actor__regex=r"^user:[0-9]{1,18}$", then=number))
    people = get_user_model().objects.all_with_deleted().filter(pk=models.OuterRef("person")).values("email")
    return changes.annotate(person=person).annotate(email=models.Subquery(people))


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """Actors as people know them; those who are no people keep their keys."""
    keys = set(actors)
    people = {int(person[1]): key for key in keys if (person := PERSON.fullmatch(key))}
    found = get_user_model().objects.all_with_deleted().filter(pk__in=people) if people else None
    known = {} if found is None else dict(found.values_list("pk", "email"))
    words = {"guest": _("somebody who was not logged in"), "service": _("the system")}
    named = {key: known[pk] for pk, key in people.items() if pk in known}
    return {key: named.get(key) or words.get(key) or key for key in keys}

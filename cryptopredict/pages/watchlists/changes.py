"""Changes of lists in words: the audit trail keeps them in English."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext, gettext_noop

from selection.models import Watchlist
from system.formats import digits
from system.models import AuditLog

SHOWN = 12
PATTERNS = (
    gettext_noop("add %(asset)s to %(list)s"),
    gettext_noop("remove %(asset)s from %(list)s"),
    gettext_noop("move %(asset)s on %(list)s from %(first)s to %(last)s"),
    gettext_noop("change %(asset)s on %(list)s: %(fields)s"),
    gettext_noop("order %(list)s: %(some)s of %(all)s moved"),
    gettext_noop("promote %(asset)s from %(list)s to %(other)s"),
    gettext_noop("demote %(asset)s from %(list)s to %(other)s"),
    gettext_noop("transfer %(asset)s from %(list)s to %(other)s"),
    gettext_noop("exchange %(asset)s of %(list)s and %(second)s of %(other)s"),
    gettext_noop("weigh %(asset)s on %(list)s"),
    gettext_noop("create %(list)s"),
    gettext_noop("duplicate %(list)s"),
    gettext_noop("update %(list)s (%(fields)s)"),
    gettext_noop("delete %(list)s (%(fields)s)"),
)
"""Words of the audit trail; a name in brackets stands for what varies."""
TAKEN_BACK, DONE_AGAIN = "undo: ", "redo: "
_KNOWN = tuple(
    (known, re.compile(re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+?)", re.escape(known)) + r"\Z", re.DOTALL))
    for known in PATTERNS
)


@dataclass(frozen=True)
class Change:
    """A change of a list. ``who`` is empty for the program itself."""

    at: datetime
    words: str
    who: str


def changes(watchlist: Watchlist) -> list[Change]:
    """The last changes of a list, the newest first."""
    rows = AuditLog.objects.filter(table_name=Watchlist._meta.db_table, record_id=watchlist.pk)
    newest = rows.select_related("changed_by").order_by("-changed_at", "-pk")[:SHOWN]
    return [
        Change(row.changed_at, words(row.details or ""), row.changed_by.full_name if row.changed_by else "")
        for row in newest
    ]


def words(details: str) -> str:
    """A change in the language of the reader; words that nobody has translated stay as they are."""
    if details.startswith(TAKEN_BACK):
        return gettext("taken back: %(change)s") % {"change": words(details.removeprefix(TAKEN_BACK))}
    if details.startswith(DONE_AGAIN):
        return gettext("done again: %(change)s") % {"change": words(details.removeprefix(DONE_AGAIN))}
    for known, pattern in _KNOWN:
        if found := pattern.match(details):
            named: dict[str, Any] = found.groupdict()
            counted = {name: digits(named[name]) for name in ("first", "last", "some", "all") if name in named}
            return gettext(known) % (named | counted)
    return details

"""Views of a page that a person keeps by name: a name and the query of the page's address."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.activities import record_activity
from system.exceptions import InvalidInput

KEY = "views"
"""Where ``users.preferences`` keeps them: by page, then by name."""
MOST = 20
LONGEST_NAME = 40
LONGEST_QUERY = 1000


@dataclass(frozen=True)
class SavedView:
    """A view: its name, and the query of its address without the question mark."""

    name: str
    query: str


def saved_views(user: User, page: str) -> list[SavedView]:
    """The views of a page that a person has kept, by name; what cannot be understood any more is passed over."""
    return [SavedView(name, query) for name, query in sorted(_kept(user, page).items()) if isinstance(query, str)]


@transaction.atomic
def save_view(user: User, page: str, *, name: str, query: str) -> SavedView:
    """Keep a view; one of the same name is replaced.

    Raises:
        InvalidInput: no name or too long a one, too long a query, or too many views.
    """
    name = " ".join(name.replace("\x00", "").split())
    if not name:
        raise InvalidInput(_("Give the view a name."), field="name")
    if len(name) > LONGEST_NAME:
        raise InvalidInput(_("A name has at most %(n)s characters.") % {"n": LONGEST_NAME}, field="name")
    if len(query) > LONGEST_QUERY:
        raise InvalidInput(_("This view is too long to be kept."), field="name")
    row = User.objects.select_for_update().get(pk=user.pk)
    kept = _kept(row, page)
    if name not in kept and len(kept) >= MOST:
        raise InvalidInput(_("You have %(n)s views; delete one first.") % {"n": len(kept)}, field="name")
    _keep(user, row, page, {**kept, name: query}, {"page": page, "saved": name})
    return SavedView(name, query)


@transaction.atomic
def delete_view(user: User, page: str, *, name: str) -> bool:
    """Forget a view; whether there was one. Doing it again changes nothing."""
    row = User.objects.select_for_update().get(pk=user.pk)
    kept = _kept(row, page)
    if name not in kept:
        return False
    _keep(user, row, page, {one: query for one, query in kept.items() if one != name}, {"page": page, "deleted": name})
    return True


def _kept(user: User, page: str) -> dict[str, Any]:
    pages = (user.preferences or {}).get(KEY)
    found = pages.get(page) if isinstance(pages, dict) else None
    return found if isinstance(found, dict) else {}


def _keep(user: User, row: User, page: str, views: dict[str, Any], details: dict[str, str]) -> None:
    before = (row.preferences or {}).get(KEY)
    pages = before if isinstance(before, dict) else {}
    if pages.get(page) == views:
        return
    row.preferences = {**(row.preferences or {}), KEY: {**pages, page: views}}
    row.save(update_fields=["preferences", "updated_at"])
    user.preferences = row.preferences
    record_activity(user, activity_type="preferences", action="update", entity=user, details=details)

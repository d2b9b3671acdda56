"""How many entries a list may have, now and at any past moment, and how many lists a person."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from selection.models import Watchlist
from selection.selectors.tiers import state_at
from selection.selectors.visible import capacity
from selection.services.watchlists.access import lock_owner
from system.exceptions import InvalidInput, LimitExceeded
from system.services import setting


def limit(watchlist: Watchlist, at: datetime) -> int:
    """How many entries a list may have by its own limit, else by the settings, of a moment."""
    return state_at(watchlist, at).max_assets or configured(watchlist, at)


def configured(watchlist: Watchlist, at: datetime) -> int:
    """How many entries a list without a limit of its own may have."""
    return capacity(Watchlist(tier=watchlist.tier), setting("watchlist_limits", at))


def require_room(watchlist: Watchlist, before: int, after: int, at: datetime) -> None:
    """A list never grows beyond its limit. One that the settings have overtaken may still be ordered and shortened.

    Raises:
        LimitExceeded: it would.
    """
    most = limit(watchlist, at)
    if after > max(most, before):
        raise LimitExceeded(
            _("%(list)s is full (%(limit)s assets).") % {"list": watchlist.name, "limit": most},
            code="watchlist_full",
        )


def require_own_limit(watchlist: Watchlist, most: int | None, actor: User) -> None:
    """People may limit their lists further, and not beyond the settings; admins may.

    Raises:
        InvalidInput: beyond the settings.
    """
    if most is None or actor.is_staff:
        return
    allowed = configured(watchlist, timezone.now())
    if most > allowed:
        raise InvalidInput(_("max_assets is at most %(limit)s.") % {"limit": allowed}, field="max_assets")


def require_one_more(owner: User) -> QuerySet[Watchlist]:
    """Lock a person who may have one more list.

    Returns:
        The lists that they have.
    Raises:
        LimitExceeded: as many as the settings allow.
    """
    lists = Watchlist.objects.filter(user=lock_owner(owner), is_active=True)
    most = setting("watchlist_limits")["personal_lists_max"]
    if lists.count() >= most:
        raise LimitExceeded(_("There are %(limit)s lists already, the most.") % {"limit": most}, code="too_many_lists")
    return lists

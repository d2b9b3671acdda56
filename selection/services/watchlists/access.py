"""Who may change a list, and one change after the other."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from accounts.models import User
from selection.choices import WatchlistType
from selection.models import Watchlist
from system.exceptions import ConflictError, NotAllowed


def lock(watchlist: Watchlist, actor: User) -> Watchlist:
    """The list, locked: two changes of one list follow one another.

    Raises:
        ConflictError: the list has been deleted.
        NotAllowed: a default list and no admin, or somebody else's personal list.
    """
    return lock_all([watchlist], actor)[0]


def lock_all(watchlists: Iterable[Watchlist], actor: User, *, deleted_too: bool = False) -> list[Watchlist]:
    """Several lists that somebody changes together, locked in the order of their keys and returned as they were given.

    Raises:
        ConflictError: one has been deleted.
        NotAllowed: one is not theirs to change.
    """
    wanted = list(watchlists)
    locked = {one.pk: one for one in lock_lists(wanted)}
    for asked in wanted:
        found = locked.get(asked.pk)
        if found is None or not (found.is_active or deleted_too):
            raise ConflictError(_("%(list)s has been deleted.") % {"list": asked.name}, code="list_deleted")
        require_curator(found, actor)
    return [locked[asked.pk] for asked in wanted]


def lock_lists(watchlists: Iterable[Watchlist]) -> list[Watchlist]:
    """Several lists, locked in the order of their keys: two changes of the same lists never wait for each other."""
    keys = [watchlist.pk for watchlist in watchlists]
    return list(Watchlist.objects.select_for_update().filter(pk__in=keys).order_by("pk"))


def lock_owner(owner: User) -> User:
    """A person, locked against a second list made or ordered at the same moment; rows that only name them may go on."""
    return User.objects.select_for_update(no_key=True).get(pk=owner.pk)


def require_curator(watchlist: Watchlist, actor: User) -> None:
    """Default lists are the admins', personal lists their owners' and the admins'.

    Raises:
        NotAllowed: not theirs.
    """
    if watchlist.watchlist_type == WatchlistType.DEFAULT:
        require_admin(actor)
    elif watchlist.user_id != actor.pk and not actor.is_staff:
        raise NotAllowed(_("This is not your list."))


def require_admin(actor: User) -> None:
    """An admin whose account is active, or the system itself.

    Raises:
        NotAllowed: somebody else.
    """
    if not actor.is_staff and actor.pk != User.objects.system().pk:
        raise NotAllowed(_("Only admins change default lists."), code="admin_only")

"""Changes of watchlists. Each is one transaction with its audit row; order stays dense, and the past stays readable."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.models.users import SYSTEM_EMAIL
from accounts.services import record_activity
from assets.choices import DEMO_SOURCE, Market
from assets.models import Asset
from selection.choices import PositionType, Tier, WatchlistType
from selection.models import Watchlist, WatchlistAsset
from selection.selectors import members
from selection.services.history import keep_history, set_members
from system.choices import LIVE, AuditOperation
from system.exceptions import ConflictError, InvalidInput, LimitExceeded, NotAllowed
from system.services import change_row, record_change, setting

SEEDS = (
    ("Admin Tier 1", Tier.TIER1, "High-confidence cryptocurrency selections"),
    ("Admin Tier 2", Tier.TIER2, "Medium-confidence cryptocurrency selections"),
)


def ensure_default_watchlists() -> int:
    """One default list per tier. Repeatable.

    Returns:
        How many were missing.
    """
    missing = 0
    for name, tier, description in SEEDS:
        exists = Watchlist.objects.filter(watchlist_type=WatchlistType.DEFAULT, tier=tier, is_active=True).exists()
        if not exists:
            create_default_watchlist(name, tier, actor=User.objects.system(), description=description)
            missing += 1
    return missing


@transaction.atomic
def create_default_watchlist(name: str, tier: str, *, actor: User, description: str | None = None) -> Watchlist:
    """A default list of a tier that has none.

    Raises:
        InvalidInput: no name, or no such tier.
        NotAllowed: the actor is no admin.
        ConflictError: the tier has an active list.
    """
    name = name.strip()
    if not 1 <= len(name) <= 100:
        raise InvalidInput(_("A list needs a name of at most 100 characters."), field="name")
    if tier not in Tier.values:
        raise InvalidInput(_("tier must be one of: %(tiers)s.") % {"tiers": ", ".join(Tier.values)}, field="tier")
    _require_admin(actor)
    watchlist = Watchlist(name=name, tier=tier, watchlist_type=WatchlistType.DEFAULT, description=description)
    try:
        with transaction.atomic():
            watchlist.save()
    except IntegrityError:
        raise ConflictError(_("There is an active default list of this tier already."), field="tier") from None
    _note(watchlist, actor, AuditOperation.INSERT, "create", {"type": "default", "name": name, "tier": tier})
    return watchlist


@transaction.atomic
def add_to_watchlist(
    watchlist: Watchlist,
    asset: Asset,
    *,
    actor: User,
    position_type: str = PositionType.LONG,
    position: int | None = None,
    notes: str = "",
    at: datetime | None = None,
) -> WatchlistAsset:
    """Put an asset on a list, at the end or at a position.

    Raises:
        NotAllowed: not their list.
        InvalidInput: an asset without data, or a position out of range.
        ConflictError: it is there already.
        LimitExceeded: the list is full.
    """
    watchlist = lock(watchlist, actor)
    if not asset.is_supported or not asset.is_active:
        raise InvalidInput(
            _("%(asset)s is not supported.") % {"asset": asset.symbol}, field="asset_id", code="unsupported_asset"
        )
    entries = list(watchlist.entries.order_by("sort_order"))
    if any(entry.asset_id == asset.pk and entry.position_type == position_type for entry in entries):
        raise ConflictError(
            _("%(asset)s is on this list already.") % {"asset": asset.symbol}, field="asset_id", code="already_listed"
        )
    most = limit(watchlist, at or timezone.now())
    if len(entries) >= most:
        raise LimitExceeded(
            _("%(list)s is full (%(limit)s assets).") % {"list": watchlist.name, "limit": most},
            code="watchlist_full",
        )
    entry = WatchlistAsset(
        watchlist=watchlist,
        asset=asset,
        position_type=position_type,
        sort_order=len(entries) + 1,
        notes=notes or None,
        added_by=actor,
        last_modified_by=actor,
    )
    entry.clean_fields(exclude=["watchlist", "asset"])
    entry.save()
    if position is not None:
        _place(entry, position, [*entries, entry])
    _changed(watchlist, actor, "create", {"asset": asset.symbol, "position": entry.sort_order}, at)
    return entry


@transaction.atomic
def remove_from_watchlist(entry: WatchlistAsset, *, actor: User, at: datetime | None = None) -> None:
    """Take an asset off its list; those behind it move up.

    Raises:
        NotAllowed: not their list.
        ConflictError: somebody else has removed it.
    """
    watchlist = lock(entry.watchlist, actor)
    row = watchlist.entries.select_related("asset").filter(pk=entry.pk).first()
    if row is None:
        raise ConflictError(_("This entry is not on the list any more."))
    symbol = row.asset.symbol
    row.delete()
    renumber(watchlist)
    _changed(watchlist, actor, "delete", {"asset": symbol}, at)


@transaction.atomic
def move_in_watchlist(entry: WatchlistAsset, *, position: int, actor: User) -> WatchlistAsset:
    """Move an entry to another position; the others close ranks.

    Raises:
        NotAllowed: not their list.
        InvalidInput: there is no such position.
    """
    watchlist = lock(entry.watchlist, actor)
    entries = list(watchlist.entries.select_related("asset").order_by("sort_order"))
    row = next((row for row in entries if row.pk == entry.pk), None)
    if row is None:
        raise ConflictError(_("This entry is not on the list any more."))
    before = row.sort_order
    _place(row, position, entries)
    if before != position:
        _changed(watchlist, actor, "update", {"asset": row.asset.symbol, "from": before, "to": position}, None)
    return row


def awaits_members(watchlist: Watchlist, market: Market, *, at: datetime, series: str = LIVE) -> bool:
    """Whether the system may give a default list its members of a moment.

    It may where nobody has put anything on the list, paused entries included, and where all of it is of the demo market
    while the real one is known. Whether the members have fresh prices does not matter. What is on the list today does
    not speak for a moment before the list began.
    """
    history = watchlist.history.filter(series=series)
    listed = {member.asset_id for member in members(watchlist, at, series)}
    begins_later = history.filter(valid_from__gt=at).exists() and not history.filter(valid_from__lte=at).exists()
    if series == LIVE and not begins_later:
        listed.update(watchlist.entries.values_list("asset_id", flat=True))
    if not listed:
        return True
    real = Asset.objects.filter(pk__in=listed).exclude(data_source=DEMO_SOURCE)
    return market == Market.REAL and not real.exists()


@transaction.atomic
def fill_default_list(watchlist: Watchlist, assets: Sequence[Asset], *, at: datetime, series: str = LIVE) -> None:
    """Give a default list that ``awaits_members`` at a moment its members of then; a system change.

    Demo assets leave when real ones come: a list never mixes the two. Where the list has a later history, or in a
    replay, only the past is written.
    """
    actor = User.objects.system()
    watchlist = Watchlist.objects.select_for_update().get(pk=watchlist.pk)
    places = [(asset.pk, PositionType.LONG.value, place) for place, asset in enumerate(assets, 1)]
    if series != LIVE or watchlist.history.filter(series=LIVE, valid_from__gt=at).exists():
        set_members(watchlist, places, at=at, actor=actor, series=series)
        return
    watchlist.entries.all().delete()
    WatchlistAsset.objects.bulk_create(
        WatchlistAsset(watchlist=watchlist, asset_id=asset_id, sort_order=place, added_by=actor, last_modified_by=actor)
        for asset_id, _kind, place in places
    )
    symbols = [asset.symbol for asset in assets]
    _changed(watchlist, actor, "bulk_update", {"asset_count": len(assets), "assets": symbols, "reason": "empty"}, at)


@transaction.atomic
def change_watchlist(watchlist: Watchlist, *, actor: User, changes: Mapping[str, Any]) -> Watchlist:
    """Change name, description or limit of a list.

    Raises:
        NotAllowed: not their list.
        InvalidInput: a value breaks a rule of the table.
        ConflictError: there are more entries than the new limit.
    """
    watchlist = lock(watchlist, actor)
    most, entries = changes.get("max_assets"), watchlist.entries.count()
    if most is not None and most < entries:
        raise ConflictError(
            _("There are %(entries)s assets on the list; remove some before it is limited to %(limit)s.")
            % {"entries": entries, "limit": most},
            field="max_assets",
        )
    return change_row(watchlist, actor=actor, changes=changes)


def limit(watchlist: Watchlist, at: datetime) -> int:
    """How many entries a list may have by the settings of a moment."""
    if watchlist.max_assets is not None:
        return watchlist.max_assets
    limits = setting("watchlist_limits", at)
    return int(limits[f"{watchlist.tier}_max" if watchlist.tier else "personal_max"])


def lock(watchlist: Watchlist, actor: User) -> Watchlist:
    """The list, locked: two changes of one list follow one another.

    Raises:
        NotAllowed: a default list and no admin, or somebody else's personal list.
    """
    watchlist = Watchlist.objects.select_for_update().get(pk=watchlist.pk)
    if watchlist.watchlist_type == WatchlistType.DEFAULT:
        _require_admin(actor)
    elif watchlist.user_id != actor.pk and not actor.is_staff:
        raise NotAllowed(_("This is not your list."))
    return watchlist


def lock_lists(watchlists: Iterable[Watchlist]) -> list[Watchlist]:
    """Several lists, locked in the order of their keys: two changes of the same lists never wait for each other."""
    keys = [watchlist.pk for watchlist in watchlists]
    return list(Watchlist.objects.select_for_update().filter(pk__in=keys).order_by("pk"))


def renumber(watchlist: Watchlist) -> None:
    """Positions 1 to n without holes, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH ranked AS (SELECT id, row_number() OVER (ORDER BY sort_order, updated_at DESC, id) AS place "
            "FROM watchlist_assets WHERE watchlist_id = %s) "
            "UPDATE watchlist_assets w SET sort_order = ranked.place FROM ranked "
            "WHERE ranked.id = w.id AND w.sort_order <> ranked.place",
            [watchlist.pk],
        )


def _place(entry: WatchlistAsset, position: int, entries: list[WatchlistAsset]) -> None:
    """Order the entries so that one stands at a position."""
    if not 1 <= position <= len(entries):
        raise InvalidInput(_("position must lie between 1 and %(last)s.") % {"last": len(entries)}, field="position")
    others = [row for row in entries if row.pk != entry.pk]
    others.insert(position - 1, entry)
    moved = []
    for place, row in enumerate(others, 1):
        if row.sort_order != place:
            row.sort_order = place
            moved.append(row)
    WatchlistAsset.objects.bulk_update(moved, ["sort_order"])


def _changed(watchlist: Watchlist, actor: User, action: str, details: dict[str, Any], at: datetime | None) -> None:
    """What follows every change of entries: touched list, history, notes, and the order judged now, not at commit."""
    moment = at or timezone.now()
    Watchlist.objects.filter(pk=watchlist.pk).update(updated_at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS unique_watchlist_asset_order IMMEDIATE")
        cursor.execute("SET CONSTRAINTS unique_watchlist_asset_order DEFERRED")
    keep_history(watchlist, at=moment, actor=actor)
    _note(watchlist, actor, AuditOperation.UPDATE, action, details)


def _note(watchlist: Watchlist, actor: User, operation: AuditOperation, action: str, details: dict[str, Any]) -> None:
    """The rows that say who did it."""
    kind = "admin_action" if watchlist.watchlist_type == WatchlistType.DEFAULT else "watchlist_update"
    record_activity(actor, activity_type=kind, action=action, entity=watchlist, details=details)
    by = None if actor.email == SYSTEM_EMAIL else actor
    record_change(watchlist, operation, actor=by, new=details, details=f"{action} {watchlist.name}")


def _require_admin(actor: User) -> None:
    if not actor.is_staff and actor.pk != User.objects.system().pk:
        raise NotAllowed(_("Only admins change default lists."))

"""Default lists that nobody has put anything on: the system gives them their first members."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.models import User
from assets.choices import DEMO_SOURCE, Market
from assets.models import Asset
from selection.choices import PositionType
from selection.models import Watchlist
from selection.selectors import members
from selection.selectors.membership import Member
from selection.services.history import set_members
from selection.services.watchlists.items import Item, items_of
from selection.services.watchlists.landing import Deed, Turn, land_turns
from system.choices import LIVE


def awaits_members(watchlist: Watchlist, market: Market, *, at: datetime, series: str = LIVE) -> bool:
    """Whether the system may give a default list its members of a moment.

    It may where nobody has put anything on the list, paused entries included, and where all of it is of the demo market
    while the real one is known. Whether the members have fresh prices does not matter. What is on the list today does
    not speak for a moment before the list began. A list that has been deleted gets nothing more.
    """
    if series == LIVE and not watchlist.is_active:
        return False
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
    if series != LIVE or watchlist.history.filter(series=LIVE, valid_from__gt=at).exists():
        wanted = [Member(asset.pk, PositionType.LONG.value, place) for place, asset in enumerate(assets, 1)]
        set_members(watchlist, wanted, at=at, actor=actor, series=series)
        return
    before = items_of(watchlist)
    after = [Item(asset_id=asset.pk, symbol=asset.symbol, added_by_id=actor.pk) for asset in assets]
    why = {"reason": "empty"}
    deed = Deed(
        actor,
        "bulk_update",
        f"fill {watchlist.name} with {len(assets)} assets",
        {"asset_count": len(assets), "assets": [asset.symbol for asset in assets], **why},
        about=why,
        at=at,
    )
    land_turns([Turn(watchlist, before, after)], deed)


def begin_copy(watchlist: Watchlist, *, at: datetime, series: str) -> list[Member]:
    """Give a replay its copy of a list as that stood at a moment, once; what it has is its own from then on.

    Returns:
        The members of the copy that was made now; none where there is one, or where the list had no members.
    """
    if watchlist.history.filter(series=series).exists():
        return []
    copied = members(watchlist, at)
    set_members(watchlist, copied, at=at, actor=None, series=series)
    return copied

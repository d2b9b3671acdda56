"""The members of a sector: how much each weighs, what each did."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import gettext

from assets.choices import AssetType, Market
from assets.models import Asset
from assets.selectors.shown import assets_of
from cryptopredict.pages.sectors.map import Sized
from sectors.models import Sector, SectorMapping
from sectors.selectors.members import STABLECOINS
from sectors.selectors.standing import current_members

WHOLE = Decimal(1)
BEST = 3
WRAPPED = "a wrapped coin repeats another and counts nowhere"
ELSEWHERE = "a stablecoin counts in the sector of the stablecoins only"
NO_CAP = "its market cap is not known"
CHANGES = {
    "24h": "price_change_percentage_24h",
    "7d": "price_change_percentage_7d",
    "30d": "price_change_percentage_30d",
}


@dataclass(frozen=True)
class Member:
    """A present member.

    Attributes:
        part: how much of it counts in this sector, 0-1; the rest counts in its other ones.
        weight: of the sector, percent; None with the reason in ``missing``.
    """

    asset: Asset
    is_primary: bool
    part: Decimal
    weight: Decimal | None
    missing: str


@dataclass(frozen=True)
class Column:
    """A column that the members can be sorted by."""

    key: str
    label: Callable[[], str]
    value: Callable[[Member], Any]
    is_number: bool = True


COLUMNS = (
    Column("symbol", lambda: gettext("Asset"), lambda one: one.asset.symbol, is_number=False),
    Column("weight", lambda: gettext("Weight"), lambda one: one.weight),
    Column("price", lambda: gettext("Price, USD"), lambda one: one.asset.current_price),
    Column("24h", lambda: gettext("24 h"), lambda one: one.asset.price_change_percentage_24h),
    Column("7d", lambda: gettext("7 d"), lambda one: one.asset.price_change_percentage_7d),
    Column("30d", lambda: gettext("30 d"), lambda one: one.asset.price_change_percentage_30d),
    Column("cap", lambda: gettext("Market cap, USD"), lambda one: one.asset.market_cap),
    Column("volume", lambda: gettext("Volume 24 h, USD"), lambda one: one.asset.total_volume),
)
USUAL = "-weight"


@dataclass(frozen=True)
class Head:
    """The head of a column: the query that sorts by it, and how the table is sorted now."""

    column: Column
    label: str
    query: str
    sorted: str


def members(sector: Sector, market: Market, *, by_cap: bool) -> list[Member]:
    """Present members of one market, in two queries.

    Args:
        sector: whose.
        market: only assets of it.
        by_cap: whether the index weighs them by market cap; all alike otherwise.
    """
    found = list(
        current_members().filter(sector=sector, weight__gt=0, asset__in=assets_of(market)).select_related("asset")
    )
    shares = (
        current_members()
        .filter(asset__in=[one.asset_id for one in found], sector__is_active=True)
        .values_list("asset")
        .annotate(Sum("weight"))
        .order_by("asset")
    )
    sums: dict[int, Decimal] = dict(shares)
    parts = {one.asset_id: part_of(one, sector, sums) for one in found}
    sizes = {one.asset_id: size_of(one.asset, parts[one.asset_id], by_cap=by_cap) for one in found}
    whole = sum((size for size in sizes.values() if size is not None), Decimal(0))
    return [_member(one, sector, parts[one.asset_id], sizes[one.asset_id], whole) for one in found]


def _member(one: SectorMapping, sector: Sector, part: Decimal, size: Decimal | None, whole: Decimal) -> Member:
    weight = 100 * size / whole if size is not None and whole else None
    missing = "" if weight is not None else reason_of(one.asset, sector)
    return Member(one.asset, one.is_primary_sector, part, weight, missing)


def part_of(one: SectorMapping, sector: Sector, sums: Mapping[int, Decimal]) -> Decimal:
    """How much of an asset counts in a sector, as its index has it: an asset of several is split by its weights."""
    if is_wrapped(one.asset) or is_foreign(one.asset, sector):
        return Decimal(0)
    return one.weight / max(sums.get(one.asset_id, WHOLE), WHOLE)


def size_of(asset: Asset, part: Decimal, *, by_cap: bool) -> Decimal | None:
    """What an asset is weighed by; None where that is not known or it does not count."""
    if not part:
        return None
    if not by_cap:
        return part
    return asset.market_cap * part if asset.market_cap else None


def is_wrapped(asset: Asset) -> bool:
    return asset.asset_type != AssetType.STABLECOIN and "pegged_to" in (asset.metrics_details or {})


def is_foreign(asset: Asset, sector: Sector) -> bool:
    """Whether it is a stablecoin in another sector than theirs."""
    return asset.asset_type == AssetType.STABLECOIN and sector.coingecko_id != STABLECOINS


def reason_of(asset: Asset, sector: Sector) -> str:
    """Why a member has no weight."""
    return WRAPPED if is_wrapped(asset) else ELSEWHERE if is_foreign(asset, sector) else NO_CAP


def ordered(found: Sequence[Member], sort: str) -> list[Member]:
    """Sorted by a column; what is unknown comes last either way, and equals by symbol."""
    column = next(one for one in COLUMNS if one.key == sort.removeprefix("-"))
    by_symbol = sorted(found, key=lambda one: one.asset.symbol)
    known = [one for one in by_symbol if column.value(one) is not None]
    rest = [one for one in by_symbol if column.value(one) is None]
    return sorted(known, key=column.value, reverse=sort.startswith("-")) + rest


def known_sort(sort: str) -> str:
    """The sort that was asked for, if there is such a column."""
    return sort if sort.removeprefix("-") in {one.key for one in COLUMNS} else USUAL


def heads(sort: str, query: Mapping[str, str]) -> list[Head]:
    """The heads of all columns. ``query``: what else the address asks for."""
    return [_head(column, sort, query) for column in COLUMNS]


def _head(column: Column, sort: str, query: Mapping[str, str]) -> Head:
    up, down = column.key, f"-{column.key}"
    first, second = (down, up) if column.is_number else (up, down)
    wanted = second if sort == first else first
    rest = {name: value for name, value in query.items() if name != "sort"}
    asked = urlencode(rest | ({} if wanted == USUAL else {"sort": wanted}))
    return Head(column, column.label(), asked, {up: "ascending", down: "descending"}.get(sort, "none"))


def sized(one: Member, span: str) -> Sized:
    """A member as a tile: as large as its part of it."""
    asset = one.asset
    return Sized(
        asset.symbol,
        reverse("asset", args=[asset.symbol]),
        asset.market_cap * one.part if asset.market_cap is not None else None,
        asset.total_volume * one.part if asset.total_volume is not None else None,
        getattr(asset, CHANGES[span]),
        "no price of that moment",
    )


def best_and_worst(found: Sequence[Member], span: str) -> tuple[list[Member], list[Member]]:
    """The members that did best and those that did worst; nobody is both."""
    known = [one for one in found if getattr(one.asset, CHANGES[span]) is not None]
    ranked = sorted(known, key=lambda one: (-getattr(one.asset, CHANGES[span]), one.asset.symbol))
    best = ranked[: min(BEST, (len(ranked) + 1) // 2)]
    return best, ranked[len(best) :][-BEST:][::-1]

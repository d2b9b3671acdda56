"""Which asset belongs to which sector, over time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

from django.db import connection, transaction
from django.utils import timezone

from assets.catalogue import symbols_by_name
from assets.models import Asset
from sectors.models import Sector, SectorMapping


class SectorSeed(TypedDict):
    """A sector that every installation has."""

    name: str
    coingecko_id: str
    color_code: str
    description: str
    characteristics: dict[str, str]


def seed(name: str, coingecko_id: str, color: str, description: str, **characteristics: str) -> SectorSeed:
    return {
        "name": name,
        "coingecko_id": coingecko_id,
        "color_code": color,
        "description": description,
        "characteristics": characteristics,
    }


SEEDS = (
    seed("DeFi", "decentralized-finance-defi", "#1B4F72", "Decentralized finance protocols and tokens",
         focus="lending, dex, yield", type="application", maturity="medium"),
    seed("Layer 1", "layer-1", "#148F77", "Base layer blockchains (Bitcoin, Ethereum, Solana, ...)",
         focus="consensus, security", type="platform", maturity="high"),
    seed("Layer 2", "layer-2", "#D68910", "Scaling solutions for layer 1 blockchains",
         focus="scaling, speed", type="infrastructure", maturity="medium"),
    seed("Gaming", "gaming", "#A569BD", "Blockchain gaming and metaverse tokens",
         focus="gaming, nft, virtual", type="application", maturity="medium"),
    seed("NFT", "non-fungible-tokens-nft", "#E74C3C", "Non-fungible token platforms and marketplaces",
         focus="art, collectibles", type="application", maturity="medium"),
    seed("Infrastructure", "infrastructure", "#5D6D7E", "Blockchain infrastructure and tooling",
         focus="oracles, bridges", type="infrastructure", maturity="medium"),
    seed("Meme", "meme-token", "#F39C12", "Community-driven meme tokens",
         focus="community, social", type="speculative", maturity="low"),
    seed("Payments", "payment-solutions", "#27AE60", "Payment-focused cryptocurrencies",
         focus="payments, remittance", type="utility", maturity="high"),
    seed("Privacy", "privacy-coins", "#2E4057", "Privacy-focused cryptocurrencies",
         focus="privacy, anonymity", type="utility", maturity="medium"),
    seed("Stablecoins", "stablecoins", "#85929E", "Price-stable cryptocurrencies",
         focus="stability, pegged", type="utility", maturity="high"),
    seed("Smart Contract Platforms", "smart-contract-platform", "#34495E", "Smart contract platforms",
         type="platform", maturity="high"),
    seed("Bitcoin", "local:bitcoin", "#F7931A", "Store of value and digital gold", type="base_layer", maturity="high"),
    seed("AI", "artificial-intelligence", "#2980B9", "Artificial intelligence tokens",
         type="application", maturity="low"),
    seed("RWA", "real-world-assets-rwa", "#7D6608", "Tokenised real-world assets", type="application", maturity="low"),
)  # fmt: skip
SAME_AS = {"defi": "decentralized-finance-defi", "meme": "meme-token", "payments": "payment-solutions"}
"""Short names of categories in files, and CoinGecko's id of the same."""


def ensure_sectors() -> int:
    """The sectors that every installation has. Repeatable.

    Returns:
        How many were missing.
    """
    missing = 0
    for row in SEEDS:
        _sector, created = Sector.objects.get_or_create(coingecko_id=row["coingecko_id"], defaults=dict(row))
        missing += created
    return missing


@dataclass(frozen=True)
class Membership:
    """A line of a file that puts coins into categories."""

    line: int
    coin: str
    category: str
    rank: int


@dataclass(frozen=True)
class Assigned:
    """What assigning did, in memberships.

    Attributes:
        new: began.
        changed: ended, or became primary.
        equal: stayed as they were.
        unknown: lines whose coin or category nobody here knows, with the reason.
    """

    new: int
    changed: int
    equal: int
    unknown: list[tuple[int, str]]


@transaction.atomic
def assign_memberships(
    memberships: Iterable[Membership], *, now: datetime | None = None, is_complete: bool = False
) -> Assigned:
    """Put assets into sectors. A membership that is there already stays as it is.

    An asset's first memberships hold since ever; what changes afterwards holds from ``now`` on, and the past stays.
    The category in which a coin ranks best becomes its primary sector, unless it has one.

    Args:
        memberships: coins by name or symbol, sectors by name or CoinGecko id.
        now: the moment from which a change holds; None = this one.
        is_complete: the assets that are named belong to no other sectors, so their other memberships end.
    """
    lock_memberships()
    places, named, unknown = _places(memberships)
    before = SectorMapping.objects.select_for_update().filter(asset_id__in=named)
    known = {mapping.asset_id for mapping in before}
    current = {(m.asset_id, m.sector_id): m for m in before if m.valid_to is None}
    ended = [mapping for key, mapping in current.items() if is_complete and key not in places]
    has_primary = {m.asset_id for m in current.values() if m.is_primary_sector and m not in ended}
    moment = after(now or timezone.now(), current.values())
    new, changed = [], len(ended)
    for asset_id, sector_id in places:
        mapping = current.get((asset_id, sector_id))
        is_primary = asset_id not in has_primary
        has_primary.add(asset_id)
        if mapping is not None and not is_primary:
            continue
        fresh = SectorMapping(asset_id=asset_id, sector_id=sector_id, is_primary_sector=is_primary)
        fresh.valid_from = moment if asset_id in known else None
        if mapping is not None:
            fresh.weight = mapping.weight
            ended.append(mapping)
            changed += 1
        new.append(fresh)
    SectorMapping.objects.filter(pk__in=[mapping.pk for mapping in ended]).update(valid_to=moment)
    SectorMapping.objects.bulk_create(new)
    began = len(set(places) - set(current))
    return Assigned(began, changed, len(places) - len(new), unknown)


def _places(memberships: Iterable[Membership]) -> tuple[dict[tuple[int, int], None], set[int], list[tuple[int, str]]]:
    """What the lines mean: pairs of asset and sector, best ranks first; the assets named; and lines that mean none."""
    sectors = {key: row for row in Sector.objects.all() for key in (row.coingecko_id, row.name.lower())}
    assets = {asset.symbol: asset for asset in Asset.objects.all()}
    by_name = {asset.name.lower(): asset for asset in assets.values()}
    places: dict[tuple[int, int], None] = {}
    named, unknown = set(), []
    for member in sorted(memberships, key=lambda member: (member.rank, member.line)):
        symbol = symbols_by_name().get(member.coin.lower(), member.coin)
        asset = assets.get(symbol) or by_name.get(member.coin.lower())
        sector = sectors.get(SAME_AS.get(member.category.lower(), member.category.lower()))
        if asset is not None:
            named.add(asset.pk)
        if sector is None:
            unknown.append((member.line, f"unknown sector {member.category}"))
        elif asset is None:
            unknown.append((member.line, f"no asset called {member.coin} is tracked"))
        else:
            places[asset.pk, sector.pk] = None
    return places, named, sorted(unknown)


def lock_memberships() -> None:
    """Whoever changes memberships waits for those who do, to the end of the transaction: the flag of an asset's primary
    sector moves between its rows, and locks of rows would be taken in two orders."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('sector_mapping'))")


def after(now: datetime, current: Iterable[SectorMapping]) -> datetime:
    """``now``, or just after the last beginning of a membership, if a clock was ahead: none ends before it began."""
    beginnings = [mapping.valid_from for mapping in current if mapping.valid_from is not None]
    return max([now, *(began + timedelta(microseconds=1) for began in beginnings)])

"""Which pairs an exchange trades, and since when: names land at the assets, spans in the listings."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from assets.choices import DEMO_SOURCE, AssetType
from assets.models import Asset, AssetListing
from assets.providers.base import Listing
from assets.providers.sources import candle_source
from assets.services.registration import register_asset
from assets.services.sources import PERPETUAL
from system.services import setting


@dataclass
class ListingsSynced:
    """What bringing the pairs of an exchange up to date did.

    Attributes:
        pairs: assets that it trades.
        named: assets that got the name of their pair.
        ended: listings that ended.
        rejects: entries that could not be used: the entry, and why.
    """

    pairs: int = 0
    named: int = 0
    ended: int = 0
    rejects: tuple[tuple[str, str], ...] = ()


def sync_listings(now: datetime) -> ListingsSynced:
    """Bring the pairs of the exchange that candles are fetched from up to date, with the perpetuals of their coins.

    Spot pairs join assets that are known, by their symbol. A perpetual becomes an asset of its own. A pair that is
    traded no more ends its listing now, unless the exchange says when it ended. Repeatable.

    Raises:
        DomainError: the exchange did not tell.
    """
    wanted = setting("collection")
    done = ListingsSynced()
    for is_perpetual in (False, True):
        source = candle_source(wanted["exchange"], is_perpetual=is_perpetual)
        if source is None or not hasattr(source, "listings"):
            continue
        told = source.listings()
        done.rejects += told.rejects
        ours = [
            listing
            for listing in told.listings
            if listing.quote == wanted["quote"] and listing.is_perpetual == is_perpetual
        ]
        _land(ours, source.name, is_perpetual=is_perpetual, now=now, done=done)
    return done


@transaction.atomic
def _land(listings: Iterable[Listing], source: str, *, is_perpetual: bool, now: datetime, done: ListingsSynced) -> None:
    coins = {
        asset.symbol: asset
        for asset in Asset.objects.exclude(data_source=DEMO_SOURCE).filter(
            asset_type__in=[AssetType.CRYPTO, AssetType.STABLECOIN]
        )
    }
    told = AssetListing.objects.filter(source=source).order_by(F("delisted_at").asc(nulls_last=True))
    newest = {row.asset_id: row for row in told}
    for listing in listings:
        asset = coins.get(f"{listing.pair}{PERPETUAL}" if is_perpetual else listing.base)
        if asset is None and is_perpetual and listing.base in coins and listing.is_trading:
            asset = register_asset(
                f"{listing.pair}{PERPETUAL}",
                data_source=source,
                quote=listing.quote,
                exchange_pair=listing.pair,
                name=f"{coins[listing.base].name} perpetual"[:100],
            )
            done.named += 1
        if asset is None:
            continue
        if source not in (asset.external_ids or {}) and listing.is_trading:
            asset.external_ids = {**(asset.external_ids or {}), source: listing.pair}
            asset.save(update_fields=["external_ids", "updated_at"])
            done.named += 1
        if (asset.external_ids or {}).get(source) == listing.pair:
            done.pairs += listing.is_trading
            done.ended += _span(asset, source, listing, newest.get(asset.pk), now)


def _span(asset: Asset, source: str, listing: Listing, known: AssetListing | None, now: datetime) -> bool:
    """Keep since when, and until when; whether a listing ended.

    Args:
        known: the newest listing that is known, the open one if there is one.
    """
    begin, last = listing.listed_at, None if known is None else known.delisted_at
    if begin is not None and begin <= now and (known is None or (last is not None and last <= begin)):
        end = None if listing.is_trading else listing.delisted_at or now
        if end is None or end > begin:
            AssetListing.objects.create(asset=asset, source=source, listed_at=begin, delisted_at=end)
        return False
    if known is None or listing.is_trading == (last is None):
        return False
    # Who is traded again without having been listed anew was halted: what is missing of that time are gaps.
    known.delisted_at = None if listing.is_trading else listing.delisted_at or now
    known.save(update_fields=["delisted_at", "updated_at"])
    return not listing.is_trading

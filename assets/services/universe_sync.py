"""Which coins there are and how large they are: facts of the universe land in the rows of the assets."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from assets.models import Asset
from assets.providers.coin_facts import UNKNOWN_AT_ZERO, CoinFacts
from assets.providers.coingecko import NAME, CoinGeckoSource, Universe
from assets.services.registration import register_coin

OF_CANDLES = frozenset(
    {
        "current_price",
        "total_volume",
        "price_change_percentage_24h",
        "price_change_percentage_7d",
        "price_change_percentage_30d",
    }
)
"""Where an asset has candles of its own these figures come from them, and from nobody else."""
WRITTEN = (
    *("market_cap", "market_cap_rank", "circulating_supply", "total_supply", "max_supply"),
    *("ath", "ath_date", "atl", "atl_date", "logo_url", "name", "metrics_details", "last_price_update"),
    *sorted(OF_CANDLES),
)


@dataclass
class UniverseSynced:
    """What bringing the universe up to date did.

    Attributes:
        new, changed, unchanged: coins.
        rejects: what is refused: the coin, and why.
        error: why not all coins came; None when they did.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejects: list[tuple[str, str]] = field(default_factory=list)
    error: str | None = None


def sync_universe(as_of: datetime, *, count: int = 250) -> UniverseSynced:
    """Bring ranks, market caps, supplies and extremes of the ``count`` largest coins up to date. Repeatable.

    A figure that the source does not have leaves the stored one alone. Only a rank that now belongs to another coin is
    taken away, and only when all ranks came.

    Args:
        as_of: the present; facts of a later time are refused.
        count: how many coins.
    """
    universe = CoinGeckoSource().universe(count, now=as_of)
    return _store(universe)


@transaction.atomic
def _store(universe: Universe) -> UniverseSynced:
    done = UniverseSynced(rejects=list(universe.rejects), error=universe.error)
    ids = [coin.coingecko_id for coin in universe.coins]
    known = {(asset.external_ids or {})[NAME]: asset for asset in Asset.objects.filter(external_ids__coingecko__in=ids)}
    changed: list[Asset] = []
    for coin in universe.coins:
        asset = known.get(coin.coingecko_id)
        is_new = asset is None
        try:
            asset = asset or _register(coin)
        except ValidationError as error:
            done.rejects.append((coin.coingecko_id, "; ".join(error.messages)))
            continue
        differs = _apply(asset, coin)
        done.new, done.changed = done.new + is_new, done.changed + (differs and not is_new)
        done.unchanged += not differs and not is_new
        if differs:
            changed.append(asset)
    if universe.complete:
        changed += _out_of_rank(ids, [coin.rank for coin in universe.coins if coin.rank is not None])
    Asset.objects.bulk_update(changed, WRITTEN, batch_size=200)
    return done


def _register(coin: CoinFacts) -> Asset:
    with transaction.atomic():
        return register_coin(coin.coingecko_id, coin.symbol)


def _apply(asset: Asset, coin: CoinFacts) -> bool:
    """Take over what is known; whether anything differs."""
    facts: dict[str, Any] = {**coin.amounts, **coin.changes, **coin.dates}
    facts |= {"market_cap_rank": coin.rank, "logo_url": coin.image}
    if asset.data_source == NAME:
        facts |= {"name": coin.name, "last_price_update": coin.updated_at}
        if coin.sparkline:
            facts["metrics_details"] = {**(asset.metrics_details or {}), "sparkline_7d": [*map(str, coin.sparkline)]}
    else:
        facts = {column: value for column, value in facts.items() if column not in OF_CANDLES}
    differs = False
    for column, value in facts.items():
        stored = _as_stored(column, value)
        if stored is not None and stored != getattr(asset, column):
            setattr(asset, column, stored)
            differs = True
    return differs


def _as_stored(column: str, value: Any) -> Any:
    """A figure to the digit of its column; None where nothing of it is left."""
    kind = Asset._meta.get_field(column)
    if not isinstance(value, Decimal) or not isinstance(kind, models.DecimalField):
        return value
    rounded = round(value, kind.decimal_places or 0)
    return None if rounded == 0 and column in UNKNOWN_AT_ZERO else rounded


def _out_of_rank(ids: Iterable[str], ranks: Iterable[int]) -> list[Asset]:
    """Coins whose rank is among those that came, and belongs to others now. One that was refused keeps its own."""
    gone = list(
        Asset.objects.filter(market_cap_rank__in=list(ranks), external_ids__has_key=NAME).exclude(
            external_ids__coingecko__in=list(ids)
        )
    )
    for asset in gone:
        asset.market_cap_rank = None
    return gone

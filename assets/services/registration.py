"""Assets come to be."""

from typing import Any

from django.db import transaction

from assets.catalogue import coins, symbols_by_coingecko_id
from assets.choices import AssetType
from assets.models import Asset
from assets.providers.candle_files import MAX_SYMBOL


@transaction.atomic
def register_asset(
    symbol: str, *, data_source: str, quote: str | None = None, exchange_pair: str | None = None, **fields: Any
) -> Asset:
    """The asset of that symbol; made if nobody has seen it yet, with what the catalogue knows.

    An asset has one pair at each exchange: the first stays, a known asset without one gets it.

    Args:
        symbol: ticker, upper case; a perpetual ends with ``-PERP``.
        data_source: where its figures come from.
        quote: currency its price is quoted in.
        exchange_pair: name of the pair at the exchange.
        fields: further columns.
    """
    existing = Asset.objects.filter(symbol=symbol).first()
    if existing:
        if exchange_pair and data_source not in (existing.external_ids or {}):
            existing = Asset.objects.select_for_update().get(pk=existing.pk)
            existing.external_ids = {data_source: exchange_pair} | (existing.external_ids or {})
            existing.save(update_fields=["external_ids", "updated_at"])
        return existing
    coin = coins().get(symbol)
    identities = {data_source: exchange_pair} if exchange_pair else {}
    if coin is not None:
        fields = {"name": coin.name, "asset_type": coin.asset_type} | fields
        if coin.coingecko_id and not Asset.objects.filter(external_ids__coingecko=coin.coingecko_id).exists():
            identities["coingecko"] = coin.coingecko_id
        if coin.pegged_to:
            fields.setdefault("metrics_details", {"pegged_to": coin.pegged_to})
    fields = {"name": symbol, "asset_type": AssetType.CRYPTO} | fields
    asset = Asset(symbol=symbol, data_source=data_source, quote_currency=quote, external_ids=identities, **fields)
    asset.full_clean()
    asset.save()
    return asset


@transaction.atomic
def register_coin(coingecko_id: str, symbol: str) -> Asset:
    """The asset of a CoinGecko id. Its symbol may be taken by another coin: then it gets a suffix (``UNI-2``)."""
    existing = Asset.objects.filter(external_ids__coingecko=coingecko_id).first()
    if existing:
        return existing
    symbol = symbols_by_coingecko_id().get(coingecko_id, symbol.upper()[: MAX_SYMBOL - 3])
    holder = Asset.objects.select_for_update().filter(symbol=symbol).first()
    known = coins().get(symbol)
    if holder is not None and "coingecko" not in (holder.external_ids or {}) and known is None:
        holder.external_ids = {**(holder.external_ids or {}), "coingecko": coingecko_id}
        holder.save(update_fields=["external_ids", "updated_at"])
        return holder
    number, free = 1, symbol
    while (known and known.coingecko_id != coingecko_id and number == 1) or Asset.objects.filter(symbol=free).exists():
        number += 1
        free = f"{symbol}-{number}"
    return register_asset(
        free, data_source="coingecko", quote="USD", exchange_pair=coingecko_id, name=_title(coingecko_id, free)
    )


def _title(coingecko_id: str, symbol: str) -> str:
    """A readable name: the catalogue's, else the id with spaces."""
    coin = coins().get(symbol)
    return coin.name if coin else coingecko_id.replace("-", " ").title()[:100]

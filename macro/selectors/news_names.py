"""What the tracked coins are called."""

from django.db.models import F

from assets.catalogue import coins
from assets.choices import DEMO_SOURCE, AssetType
from assets.models import Asset
from macro.compute.news_tags import Named

PERPETUAL = "-PERP"
COINS = (AssetType.CRYPTO, AssetType.STABLECOIN)


def tracked_coins() -> list[Named]:
    """Every coin of the real market with its names, the largest first, so that it gets a name that two have.

    A perpetual is a contract on a coin and has no name of its own; what is no longer traded is still in the news.
    """
    known = coins()
    rows = (
        Asset.objects.exclude(data_source=DEMO_SOURCE)
        .exclude(symbol__endswith=PERPETUAL)
        .filter(asset_type__in=COINS)
        .order_by(F("market_cap_rank").asc(nulls_last=True), "pk")
        .values_list("pk", "symbol", "name")
    )
    return [
        Named(pk, symbol, (name, *((coin.name, *coin.aliases) if (coin := known.get(symbol)) else ())))
        for pk, symbol, name in rows
    ]

"""The index assets of sectors and of the total market: which one is the index of what, and how coins go with them."""

import math
from datetime import datetime

from assets.choices import DEMO_SOURCE, AssetType, Market
from assets.compute.series import correlation, log_returns
from assets.models import Asset
from assets.selectors import candle_panel
from sectors.models import Sector

SOURCE = "cryptopredict"
"""``data_source`` of real indexes, and where an index keeps what it is the index of."""
MONTH = 30


def index_assets(kind: Market) -> dict[str, Asset]:
    """Index assets of a market by what they are the index of."""
    indexes = Asset.objects.filter(asset_type=AssetType.INDEX, external_ids__has_key=SOURCE)
    is_demo = {"data_source": DEMO_SOURCE}
    rows = indexes.filter(**is_demo) if kind == Market.DEMO else indexes.exclude(**is_demo)
    return {(asset.external_ids or {})[SOURCE]: asset for asset in rows}


def index_key(sector: Sector) -> str:
    """What the index of a sector calls it."""
    return f"sector:{sector.coingecko_id}"


def correlation_with_sector(asset: Asset, sector: Sector, as_of: datetime) -> float | None:
    """How the daily returns of an asset went with those of its sector's index over 30 days, -1 to 1; None with fewer
    than 20 common days."""
    market = Market.DEMO if asset.data_source == DEMO_SOURCE else Market.REAL
    index = index_assets(market).get(index_key(sector))
    if index is None:
        return None
    close = candle_panel([asset.pk, index.pk], "1d", as_of, MONTH + 1).close
    found = correlation(*log_returns(close).T)
    return found if math.isfinite(found) else None

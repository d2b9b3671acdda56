"""Writes of the market data."""

from assets.services.archival import archive_prices
from assets.services.ingest import Stored, store_candles
from assets.services.partitions import ensure_partitions, ensure_partitions_ahead
from assets.services.quotes import refresh_quotes
from assets.services.registration import register_asset, register_coin

__all__ = [
    "Stored",
    "archive_prices",
    "ensure_partitions",
    "ensure_partitions_ahead",
    "refresh_quotes",
    "register_asset",
    "register_coin",
    "store_candles",
]

"""Assets and candles."""

from assets.models.assets import Asset
from assets.models.candles import PriceData, PriceDataArchive

__all__ = [
    "Asset",
    "PriceData",
    "PriceDataArchive",
]

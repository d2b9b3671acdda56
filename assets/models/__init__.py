"""Assets and candles."""

from assets.models.assets import Asset
from assets.models.candles import PriceData, PriceDataArchive
from assets.models.completeness import AssetListing, CandleGap, IngestState
from assets.models.revisions import CandleRevision, OpenCandle

__all__ = [
    "Asset",
    "AssetListing",
    "CandleGap",
    "CandleRevision",
    "IngestState",
    "OpenCandle",
    "PriceData",
    "PriceDataArchive",
]

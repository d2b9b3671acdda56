"""Reads of the market data that end in arrays or frozen dataclasses."""

from assets.selectors.indicators import indicator_frame
from assets.selectors.lifting import Part, lift, unpacked
from assets.selectors.market import MarketView, market_view, remembered_views
from assets.selectors.panel import CandlePanel, candle_panel, moment
from assets.selectors.shown import is_collected, shown_market
from assets.selectors.universe import Universe, universe

__all__ = [
    "CandlePanel",
    "MarketView",
    "Part",
    "Universe",
    "candle_panel",
    "indicator_frame",
    "is_collected",
    "lift",
    "market_view",
    "moment",
    "remembered_views",
    "shown_market",
    "universe",
    "unpacked",
]

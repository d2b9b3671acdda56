"""Reads of the market data that end in arrays or frozen dataclasses."""

from assets.selectors.market import MarketView, market_view, remembered_views
from assets.selectors.panel import CandlePanel, candle_panel, moment
from assets.selectors.universe import Universe, universe

__all__ = [
    "CandlePanel",
    "MarketView",
    "Universe",
    "candle_panel",
    "market_view",
    "moment",
    "remembered_views",
    "universe",
]

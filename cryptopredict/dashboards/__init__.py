"""What the dashboards of the API show: the market in four layers, one's own portfolios, and what is open."""

from cryptopredict.dashboards.layers import LayerCard, layer_cards
from cryptopredict.dashboards.overview import casual, main, market_overview, overview, overviews
from cryptopredict.dashboards.own import QuickStats, open_signals, own_values, quick_stats
from cryptopredict.dashboards.product import product
from cryptopredict.dashboards.professional import professional

__all__ = [
    "LayerCard",
    "QuickStats",
    "casual",
    "layer_cards",
    "main",
    "market_overview",
    "open_signals",
    "overview",
    "overviews",
    "own_values",
    "product",
    "professional",
    "quick_stats",
]

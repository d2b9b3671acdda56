"""The built-in demo market: a seeded simulation to try the product with. It proves nothing, and every page says so."""

from assets.providers.demo.candles import DemoCandles, aggregate, hourly_candles, price_at, running_day
from assets.providers.demo.coins import COINS, PLACES, SUFFIX, DemoCoin
from assets.providers.demo.frames import candle_frame
from assets.providers.demo.simulation import START, DemoPaths, Regime, simulate
from assets.providers.demo.source import DemoSource

__all__ = [
    "COINS",
    "PLACES",
    "START",
    "SUFFIX",
    "DemoCandles",
    "DemoCoin",
    "DemoPaths",
    "DemoSource",
    "Regime",
    "aggregate",
    "candle_frame",
    "hourly_candles",
    "price_at",
    "running_day",
    "simulate",
]

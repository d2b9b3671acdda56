"""Which source stands behind the name in ``assets.data_source``."""

from functools import cache

from assets.choices import DEMO_SOURCE
from assets.providers.base import CandleSource
from assets.providers.binance import BinanceSource
from assets.providers.connection import is_known
from assets.providers.demo import DemoSource
from assets.providers.exchange import ExchangeSource

WITHOUT_CANDLES = frozenset({"coingecko", "coinmetrics", "file"})
"""Names of ``data_source`` that no candles can be fetched from."""


@cache
def candle_source(name: str, *, is_perpetual: bool = False) -> CandleSource | None:
    """The source of that name; None for one that gives no candles, or that nobody knows.

    Args:
        name: as in ``assets.data_source``: ``binance``, or any exchange's id in ccxt.
        is_perpetual: the asset is a perpetual; only Binance's are known.
    """
    if name == DEMO_SOURCE:
        return DemoSource()
    if name == "binance":
        return BinanceSource(is_perpetual)
    if is_perpetual or name in WITHOUT_CANDLES or not is_known(name):
        return None
    return ExchangeSource(name)

"""Assets, candles and other series."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

import factory
from factory.django import DjangoModelFactory

from assets.choices import AssetType
from assets.compute import periods
from assets.models import Asset, PriceData
from macro.models import ExternalSeries, NewsEvent
from tests.factories.base import EPOCH, moment


class AssetFactory(DjangoModelFactory):
    """A crypto coin with a price."""

    class Meta:
        model = Asset

    symbol = factory.Sequence(lambda n: f"COIN{n}")
    name = factory.Sequence(lambda n: f"Coin {n}")
    asset_type = AssetType.CRYPTO
    external_ids = factory.LazyAttribute(lambda asset: {"coingecko": asset.symbol.lower()})
    current_price = Decimal("100.5")
    market_cap_rank = factory.Sequence(lambda n: n + 1)


def add_candles(
    asset: Asset, closes: Iterable[float | Decimal], *, timeframe: str = "1d", first: datetime = EPOCH, **columns: Any
) -> list[PriceData]:
    """Candles with the given closes, one after the other, where ``tests/conftest.py`` has made room.

    Each candle opens at its close and spans one percent to either side.
    """
    candles, time = [], periods.start(first, timeframe)
    for value in closes:
        close = Decimal(str(value))
        values = {
            "open_price": close,
            "high_price": close * Decimal("1.01"),
            "low_price": close * Decimal("0.99"),
            "close_price": close,
            "volume": Decimal(1000),
        }
        candles.append(PriceData(asset=asset, timeframe=timeframe, candle_time=time, **(values | columns)))
        time = periods.end(time, timeframe)
    return PriceData.objects.bulk_create(candles)


class ExternalSeriesFactory(DjangoModelFactory):
    class Meta:
        model = ExternalSeries

    code = factory.Sequence(lambda n: f"SERIES{n}")
    name = factory.Sequence(lambda n: f"Series {n}")
    kind = "macro"
    unit = "points"
    source = "test"


class NewsEventFactory(DjangoModelFactory):
    class Meta:
        model = NewsEvent

    source = "rss"
    title = factory.Sequence(lambda n: f"Headline {n}")
    published_at = factory.Sequence(moment)

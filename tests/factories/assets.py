"""Assets, candles and other series."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import factory
from django.db import connection
from django.utils import timezone
from factory.django import DjangoModelFactory
from psycopg import sql
from psycopg.types.json import Jsonb

from assets.choices import AssetType, CandleField, IngestStatus
from assets.compute import periods
from assets.models import Asset, AssetListing, CandleGap, CandleRevision, IngestState, OpenCandle
from macro.models import ExternalSeries, NewsEvent
from tests.factories.base import EPOCH, moment

MOVING = ("candle_time", "open_price", "high_price", "low_price", "close_price")
"""Columns in which the candles of ``add_candles`` differ."""
HIGHER, LOWER = Decimal("1.01"), Decimal("0.99")


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


class ListingFactory(DjangoModelFactory):
    """An asset that is still traded."""

    class Meta:
        model = AssetListing

    asset = factory.SubFactory(AssetFactory)
    source = "binance"
    listed_at = EPOCH


class GapFactory(DjangoModelFactory):
    """An hour that nobody fetched yet."""

    class Meta:
        model = CandleGap

    asset = factory.SubFactory(AssetFactory)
    timeframe = "1h"
    starts_at = EPOCH
    ends_at = EPOCH + timedelta(hours=1)
    missing = 1


class RevisionFactory(DjangoModelFactory):
    """A close that was corrected."""

    class Meta:
        model = CandleRevision

    asset = factory.SubFactory(AssetFactory)
    timeframe = "1h"
    candle_time = EPOCH
    field = CandleField.CLOSE
    old_value = Decimal(100)
    new_value = Decimal(101)


class IngestStateFactory(DjangoModelFactory):
    """A complete fetch."""

    class Meta:
        model = IngestState

    asset = factory.SubFactory(AssetFactory)
    timeframe = "1h"
    source = "binance"
    status = IngestStatus.DONE
    asked_from = EPOCH
    asked_until = EPOCH + timedelta(hours=1)
    expected = 1
    stored = 1
    started_at = EPOCH


class OpenCandleFactory(DjangoModelFactory):
    """A running hour."""

    class Meta:
        model = OpenCandle

    asset = factory.SubFactory(AssetFactory)
    timeframe = "1h"
    candle_time = EPOCH
    open_price = Decimal(100)
    high_price = Decimal(102)
    low_price = Decimal(99)
    close_price = Decimal(101)
    volume = Decimal(1000)
    seen_at = EPOCH


def add_candles(
    asset: Asset, closes: Iterable[float | Decimal], *, timeframe: str = "1d", first: datetime = EPOCH, **columns: Any
) -> None:
    """Candles with the given closes, one after the other, where ``tests/conftest.py`` has made room.

    Each candle opens at its close and spans one percent to either side. They are copied in, past the models, because
    markets have thousands of them.
    """
    now, time = timezone.now(), periods.start(first, timeframe)
    same = {"asset_id": asset.pk, "timeframe": timeframe, "volume": 1000, "created_at": now, "updated_at": now} | {
        name: Jsonb(value) if isinstance(value, dict) else value for name, value in columns.items()
    }
    own = [place for place, name in enumerate(MOVING) if name not in same]
    names = sql.SQL(", ").join(map(sql.Identifier, (*(MOVING[place] for place in own), *same)))
    statement = sql.SQL("COPY price_data ({}) FROM STDIN").format(names)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for value in closes:
            close = Decimal(str(value))
            moving = (time, close, close * HIGHER, close * LOWER, close)
            copy.write_row([*(moving[place] for place in own), *same.values()])
            time = periods.end(time, timeframe)


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

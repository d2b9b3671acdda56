"""A partition that moves to the archive and back, and what the tests of it share."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
import pytest
from django.db import connections

from assets.models import Asset, PriceData, PriceDataArchive
from assets.selectors.candle_json import candles_json
from assets.selectors.candles import candles
from assets.selectors.coverage import coverage
from assets.selectors.panel import candle_panel
from assets.services import ensure_partitions, restore_prices
from assets.services.partitions import CANDLES, stored_partitions
from tests.assets.other_process import addresses
from tests.factories import AssetFactory, add_candles

HOUR = timedelta(hours=1)
MAY, JUNE, JULY = (datetime(2013, month, 1, tzinfo=UTC) for month in (5, 6, 7))
NOW = datetime(2015, 6, 15, tzinfo=UTC)
"""Two years after the end of May 2013, but not yet after the end of June."""
NAME = "price_1h_y2013m05"
SOON = timedelta(seconds=0.3)


@pytest.fixture
def room() -> Iterator[None]:
    """Partitions outlive a test: those that it made go, the others return to where they were. Older ones, which other
    tests have left, would move too, and go at once."""
    for one in stored_partitions():
        if one.end <= NOW:
            owner(f'DROP TABLE "{one.name}"')
    before = {one.name: one.home for one in stored_partitions()}
    ensure_partitions("1h", MAY, JUNE)
    yield
    for one in stored_partitions():
        if one.name not in before:
            owner(f'DROP TABLE "{one.name}"')
    restore_prices([name for name, home in before.items() if home == CANDLES])
    connections["owner"].close()


@pytest.fixture
def other() -> Iterator["psycopg.Connection[Any]"]:
    """Another session of the application's role."""
    with psycopg.connect(addresses()["DATABASE_URL"]) as session:
        yield session


def owner(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall() if cursor.description else []


def asset_with_candles(hours: int = 24 * 61) -> Asset:
    """Hourly candles from the first of May 2013 on; all of May and June unless told otherwise."""
    asset: Asset = AssetFactory()
    add_candles(asset, [100 + i % 7 for i in range(hours)], timeframe="1h", first=MAY)
    return asset


def counts() -> tuple[int, int]:
    return PriceData.objects.count(), PriceDataArchive.objects.count()


def everything_read(asset: Asset) -> tuple[Any, ...]:
    """What readers of history see of May and June."""
    panel = candle_panel([asset.pk], "1h", JULY, 24 * 61)
    arrays = [getattr(panel, name).tobytes() for name in ("times", "open", "high", "low", "close", "volume")]
    line = candles(asset.pk, "1h", MAY, JULY, JULY)
    arrays += [getattr(line, name).tobytes() for name in ("times", "open", "high", "low", "close", "volume")]
    text = candles_json(asset.pk, "1h", first=MAY, end=JULY, limit=5000, archive=True)
    return *arrays, int(np.isfinite(panel.close).sum()), text, coverage(asset.pk, "1h")


def forget_timeframe_of_bounds() -> None:
    """The CHECK as it was made before it named the timeframe."""
    owner(f"ALTER TABLE {NAME} DROP CONSTRAINT {NAME}_bounds")
    owner(f"ALTER TABLE {NAME} ADD CONSTRAINT {NAME}_bounds CHECK (candle_time >= '2013-05-01+00')")

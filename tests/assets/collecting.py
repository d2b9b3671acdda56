"""What tests of collecting share: a history of two days, and listed assets."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assets.models import Asset, PriceData
from system.services import change_setting, setting
from tests.factories import AdminFactory, AssetFactory

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
UNTIL = datetime(2024, 6, 10, tzinfo=UTC)
FIRST = UNTIL - 2 * DAY


@pytest.fixture
def two_days() -> None:
    """History of two days, so that a test can count."""
    configure(enabled=True, history_days={**setting("collection")["history_days"], "1h": 2})


def configure(**changes: Any) -> None:
    change_setting("collection", {**setting("collection"), **changes}, actor=AdminFactory())


def listed_asset(**columns: Any) -> Asset:
    asset: Asset = AssetFactory(data_source="binance", **columns)
    asset.external_ids = {"binance": f"{asset.symbol}USDT"}
    asset.save()
    return asset


def stored(asset: Asset) -> list[datetime]:
    return list(PriceData.objects.filter(asset=asset).order_by("candle_time").values_list("candle_time", flat=True))

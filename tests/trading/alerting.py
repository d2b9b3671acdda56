"""Alerts on hourly candles, in tests: the newest closed at noon."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from macro.models import MetricsSnapshot
from tests import factories as make
from trading.models import AlertFiring, SignalAlert
from trading.services import check_alerts

NOW = datetime(2024, 6, 10, 12, 0, 5, tzinfo=UTC)
CLOSE = NOW.replace(second=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def hourly(closes: list[float], *, until: datetime = NOW, **columns: Any) -> Any:
    """An asset whose newest candle closed at the last full hour."""
    asset = make.AssetFactory()
    first = until.replace(minute=0, second=0) - len(closes) * HOUR
    make.add_candles(asset, closes, timeframe="1h", first=first, **columns)
    return asset


def alert(asset: Any, limit: float, condition: str = "above", **values: Any) -> SignalAlert:
    """An alert that was armed 90 minutes ago: the newest candle began and ended after, the one before ended after."""
    armed = {"armed_at": NOW - 3 * HOUR / 2, "asset": asset, "condition": condition}
    return make.AlertFactory(**(armed | {"trigger_value": Decimal(str(limit))} | values))


def fires(one: SignalAlert, now: datetime = NOW) -> AlertFiring | None:
    check_alerts(now)
    return AlertFiring.objects.filter(alert=one).order_by("-number").first()


def regimes(*words: str, series: str = "live", until: datetime = NOW) -> None:
    """One per day, the newest at the last midnight."""
    midnight = until.replace(hour=0, minute=0, second=0)
    for number, word in enumerate(reversed(words)):
        when = midnight - number * DAY
        known = MetricsSnapshot.objects.filter(snapshot_time=when).first()
        snapshot = known or make.MetricsSnapshotFactory(snapshot_time=when)
        make.RegimeFactory(metrics_snapshot=snapshot, current_regime=word, series=series)

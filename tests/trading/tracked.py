"""Candles that signals are followed on, in tests of tracking."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from assets.models import Asset, PriceData
from system.models import PipelineRun
from tests.factories import AssetFactory, MetricsSnapshotFactory, SignalFactory
from trading.models import AITradingSignal, SignalOutcome, SignalTrack

START = datetime(2024, 6, 3, tzinfo=UTC)
HOURS = timedelta(hours=1)
LENGTH = {"5m": timedelta(minutes=5), "15m": timedelta(minutes=15), "1h": HOURS, "4h": 4 * HOURS, "1d": 24 * HOURS}
Bar = tuple[float, float, float, float]
NAMES = ("open_price", "high_price", "low_price", "close_price")
CALM: Bar = (100, 105, 95, 100)
UP: Bar = (101, 121, 99, 118)
DOWN: Bar = (99, 101, 89, 92)
BOTH: Bar = (100, 125, 85, 100)


def add_bars(asset: Asset, bars: Sequence[Bar | None], timeframe: str = "4h", first: datetime = START) -> None:
    PriceData.objects.bulk_create(
        PriceData(
            asset=asset, timeframe=timeframe, candle_time=first + place * LENGTH[timeframe],
            **{name: Decimal(str(price)) for name, price in zip(NAMES, bar, strict=True)},
        )
        for place, bar in enumerate(bars)
        if bar is not None
    )  # fmt: skip


def add_signal(asset: Asset, as_of: datetime = START, timeframe: str = "4h", **columns: Any) -> Any:
    """A long of 3 days: entry 100, target 120, stop 90."""
    series = columns.get("series", "live")
    run, _new = PipelineRun.objects.get_or_create(timeframe=timeframe, as_of=as_of, series=series)
    snapshot = MetricsSnapshotFactory._meta.model.objects.filter(snapshot_time=as_of, timeframe=timeframe).first()
    values: dict[str, Any] = {
        "asset": asset,
        "run": run,
        "metrics_snapshot": snapshot or MetricsSnapshotFactory(snapshot_time=as_of, timeframe=timeframe),
        "expires_at": as_of + timedelta(hours=72),
    }
    return SignalFactory(**values | columns)


def bars(count: int) -> datetime:
    """The end of the n-th candle of four hours."""
    return START + count * 4 * HOURS


def outcome(signal: AITradingSignal) -> Any:
    return SignalOutcome.objects.get(signal=signal)


def everything() -> list[Any]:
    """All that tracking writes, without when it was written."""
    columns = [f.attname for f in SignalOutcome._meta.concrete_fields if f.attname not in ("created_at", "judged_at")]
    tracks = [f.attname for f in SignalTrack._meta.concrete_fields if f.attname != "known_at"]
    signals = ("pk", "status", "actual_entry_price", "max_favorable_excursion", "max_adverse_excursion",
               "signal_successful", "invalidated_at")  # fmt: skip
    return [
        list(SignalOutcome.objects.order_by("pk").values_list(*columns)),
        list(SignalTrack.objects.order_by("pk").values_list(*tracks)),
        list(AITradingSignal.objects.order_by("pk").values_list(*signals)),
    ]


def made_market() -> list[Any]:
    """Signals that end in every way, made at different moments."""
    walks: tuple[list[Bar | None], ...] = (
        [CALM, CALM, UP], [CALM, DOWN], [CALM] * 9, [BOTH], [CALM, None, UP], [CALM, (80, 85, 79, 82)],
        [CALM, (125, 126, 124, 125)],
    )  # fmt: skip
    made = []
    for place, walk in enumerate(walks):
        signal = add_signal(AssetFactory(), as_of=bars(place % 3), expires_at=bars(6 + place))
        add_bars(signal.asset, [*walk, *[CALM] * 9][:9], first=bars(place % 3))
        made.append(signal)
    return made

"""A market in the database, and what runs of the pipeline have left there, in tests."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from django.utils import timezone

from aimodels.models import Prediction
from assets.compute.periods import LENGTHS
from assets.models import Asset, PriceData
from cryptopredict.importing import ImportReport, import_files
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from sectors.models import AISectorAnalysis
from selection.models import (
    AISuggestion,
    AIWatchlistAnalysis,
    WatchlistAsset,
)
from system.models import OutboxEvent, PipelineRun
from tests.factories import add_candles
from trading.models import AITradingSignal, Recommendation

AS_OF = datetime(2024, 6, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def load(paths: list[Path]) -> ImportReport:
    report = import_files(paths, timezone.now(), lambda _file: None)
    assert not report.rejects
    return report


def counts() -> dict[str, int]:
    models = (
        MetricsSnapshot, AIRegimeAnalysis, AISectorAnalysis, Prediction, AIWatchlistAnalysis, AISuggestion,
        AITradingSignal, Recommendation, PipelineRun, WatchlistAsset, OutboxEvent,
    )  # fmt: skip
    found = {model.__name__: model.objects.count() for model in models}
    return found | {"OutboxEvent": OutboxEvent.objects.exclude(topic="price.updated").count()}


def add_own_candles(timeframe: str, count: int) -> None:
    """Candles of another length for the assets of the own market, up to ``AS_OF``."""
    generator = np.random.default_rng(7)
    first = AS_OF - count * LENGTHS[timeframe]
    PriceData.objects.filter(timeframe=timeframe, is_derived=True).delete()
    for asset in Asset.objects.filter(asset_type="crypto").order_by("symbol"):
        closes = 50 * np.exp(np.cumsum(0.004 * generator.standard_normal(count)))
        add_candles(asset, closes.round(6), timeframe=timeframe, first=first)

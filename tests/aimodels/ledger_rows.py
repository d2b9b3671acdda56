"""Forecasts for the tests of the ledger: many rows of one model, written by one statement."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from aimodels.models import AIModel, Prediction
from assets.models import Asset, CandleRevision, PriceData
from tests.factories.base import clock_at

AS_OF = datetime(2024, 6, 10, tzinfo=UTC)
DAY = timedelta(days=1)


def forecasts(model: AIModel, asset: Asset, count: int, *, first: int = 0, **columns: Any) -> list[Prediction]:
    """Unsaved price forecasts, a day apart."""
    return [
        Prediction(
            **{
                "asset": asset,
                "ai_model": model,
                "model_name": model.name,
                "model_version": model.version,
                "predicted_price": Decimal(100 + number),
                "predicted_value": {"quantiles": {"0.05": 90, "0.95": 110 + number / 7}},
                "input_price": Decimal(100),
                "confidence_score": Decimal("0.9"),
                "prediction_horizon": 24,
                "as_of": AS_OF + number * DAY,
                "target_datetime": AS_OF + (number + 1) * DAY,
            }
            | columns
        )
        for number in range(first, first + count)
    ]


def write(rows: Sequence[Prediction], database: str = "default", *, at: datetime | None = None) -> list[Prediction]:
    """Save them all at once; as of now, or at another moment."""
    with clock_at(at or datetime.now(UTC)):
        return Prediction.objects.using(database).bulk_create(rows)


def correct(asset: Asset, close: float, *, after: int) -> None:
    """The source gives the close of the day of ``AS_OF`` anew, some seconds from now."""
    candle = PriceData.objects.filter(asset=asset, timeframe="1d", candle_time=AS_OF)
    old = candle.get().close_price
    candle.update(close_price=close, low_price=1)
    CandleRevision.objects.create(
        asset=asset, timeframe="1d", candle_time=AS_OF, field="close_price", old_value=old, new_value=close,
        corrected_at=datetime.now(UTC) + timedelta(seconds=after),
    )  # fmt: skip

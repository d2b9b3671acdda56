"""Forecasts for the tests of the ledger: many rows of one model, written by one statement."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from aimodels.models import AIModel, Prediction
from assets.models import Asset

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


def write(rows: Sequence[Prediction], database: str = "default") -> list[Prediction]:
    return Prediction.objects.using(database).bulk_create(rows)

"""Forecasts that wait for their outcome."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import F, Min, QuerySet

from aimodels.models import Prediction
from system.choices import LIVE


@dataclass(frozen=True)
class OpenForecast:
    """The newest forecast of an asset over one horizon: its direction and its price side by side.

    Attributes:
        probability_up: chance of a rise, 0-1; None where no direction was forecast.
        quantiles: price by level (``"0.05"`` … ``"0.95"``), USD; empty where no price was forecast.
        ids: keys of the rows in the ledger.
    """

    horizon_hours: int
    as_of: datetime
    due: datetime
    input_price: Decimal
    model: str
    probability_up: float | None
    quantiles: dict[str, float]
    ids: list[int]


def outstanding() -> QuerySet[Prediction]:
    """Live forecasts of the system that have not been scored; none that was written after its target."""
    live = Prediction.objects.filter(series=LIVE, user__isnull=True, is_realized=False)
    return live.filter(created_at__lt=F("target_datetime"))


def open_forecasts(asset_id: int) -> list[OpenForecast]:
    """The newest unscored forecasts of an asset, the shortest horizon first."""
    newest = (
        outstanding()
        .filter(asset=asset_id, prediction_type__in=["direction", "price"])
        .order_by("prediction_horizon", "prediction_type", "-as_of", "-pk")
        .distinct("prediction_horizon", "prediction_type")
    )
    by_horizon: dict[int, list[Prediction]] = {}
    for row in newest:
        by_horizon.setdefault(row.prediction_horizon, []).append(row)
    return [_side_by_side(rows) for rows in by_horizon.values()]


def _side_by_side(rows: list[Prediction]) -> OpenForecast:
    latest = max(row.as_of for row in rows)
    same = [row for row in rows if row.as_of == latest]
    values = {row.prediction_type: row.predicted_value or {} for row in same}
    first = same[0]
    return OpenForecast(
        horizon_hours=first.prediction_horizon,
        as_of=first.as_of,
        due=first.target_datetime,
        input_price=first.input_price,
        model=f"{first.model_name} {first.model_version}",
        probability_up=values.get("direction", {}).get("probability_up"),
        quantiles=values.get("price", {}).get("quantiles", {}),
        ids=[row.pk for row in same],
    )


def next_due(asset_ids: list[int]) -> datetime | None:
    """When the next unscored forecast of some assets falls due."""
    found: datetime | None = (
        outstanding().filter(asset__in=asset_ids).aggregate(Min("target_datetime"))["target_datetime__min"]
    )
    return found

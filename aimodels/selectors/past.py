"""Price forecasts of an asset whose outcome is known, to be laid beside what came."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import F

from aimodels.models import Prediction
from system.choices import LIVE


@dataclass(frozen=True)
class PastForecast:
    """What was said of a moment, and what came.

    Attributes:
        due: the moment.
        quantiles: price by level (``"0.05"`` … ``"0.95"``), USD.
        actual: the price then, as it was corrected last.
        is_inside: whether it lay inside the 90 % interval; None where that was not measured.
    """

    due: datetime
    quantiles: dict[str, float]
    actual: Decimal | None
    is_inside: bool | None


def past_forecasts(asset_id: int, horizon_hours: int, since: datetime, most: int) -> list[PastForecast]:
    """The newest scored price forecasts of the live series over one horizon, oldest first; none that was written after
    its target.

    Args:
        asset_id: of what.
        horizon_hours: how far ahead they looked.
        since: due then or later.
        most: how many at most.
    """
    rows = (
        Prediction.objects.filter(
            series=LIVE,
            user__isnull=True,
            asset=asset_id,
            prediction_type="price",
            prediction_horizon=horizon_hours,
            is_realized=True,
            target_datetime__gte=since,
            created_at__lt=F("target_datetime"),
        )
        .select_related("score")
        .prefetch_related("revisions")
        .order_by("-target_datetime", "-pk")[:most]
    )
    return [_past(row) for row in reversed(rows)]


def _past(row: Prediction) -> PastForecast:
    corrected = max(row.revisions.all(), key=lambda one: one.number, default=None)
    counted = corrected or getattr(row, "score", None)
    return PastForecast(
        due=row.target_datetime,
        quantiles=(row.predicted_value or {}).get("quantiles") or {},
        actual=counted.actual_price if counted else row.actual_price,
        is_inside=counted.in_interval_90 if counted else None,
    )

"""How often forecasts of a probability came true."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Avg, Case, Count, F, FloatField, QuerySet, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Floor, Least

from aimodels.models import Prediction

BINS = 20
LEAST_FOR_ECE = 2000
"""Below this many forecasts the error is mostly chance: a perfect model shows 0.05 and more."""


@dataclass(frozen=True)
class ReliabilityBin:
    """Forecasts of about one probability.

    Attributes:
        middle: middle of the bin, 0-1.
        forecast: their mean probability of a rise, 0-1.
        observed: share of rises among them, 0-1.
        n: how many.
    """

    middle: float
    forecast: float
    observed: float
    n: int


def reliability(forecasts: QuerySet[Prediction]) -> list[ReliabilityBin]:
    """Scored forecasts of a direction in bins of their probability of a rise; empty bins are left out."""
    rose = Case(When(actual_price__gt=F("input_price"), then=Value(1.0)), default=Value(0.0), output_field=FloatField())
    rows = (
        forecasts.filter(prediction_type="direction", is_realized=True)
        .annotate(chance=Cast(KT("predicted_value__probability_up"), FloatField()))
        .annotate(bin=Least(Floor(F("chance") * BINS), Value(BINS - 1.0)))
        .values("bin")
        .annotate(n=Count("pk"), forecast=Avg("chance"), observed=Avg(rose))
        .order_by("bin")
    )
    return [ReliabilityBin((row["bin"] + 0.5) / BINS, row["forecast"], row["observed"], row["n"]) for row in rows]


def expected_calibration_error(bins: Sequence[ReliabilityBin]) -> float | None:
    """Mean distance of forecast and observed share, weighted by n; None with too few forecasts to say."""
    n = sum(one.n for one in bins)
    if n < LEAST_FOR_ECE:
        return None
    return sum(one.n * abs(one.forecast - one.observed) for one in bins) / n

"""How often forecasts came true, in parts."""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from aimodels.models import Prediction, PredictionRevision

LAYERS = (1, 2, 3, 4)
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Hits:
    """Forecasts with an outcome, and how many of them came true."""

    realized: int
    accurate: int

    @property
    def accuracy(self) -> float | None:
        """Share that came true, 0-1; None without any."""
        return self.accurate / self.realized if self.realized else None


@dataclass(frozen=True)
class HitRecord:
    """Hits as a whole, of each layer, of each horizon in hours and of each model, the best model first."""

    whole: Hits
    layers: dict[int, Hits]
    horizons: dict[int, Hits]
    models: dict[str, Hits]


def hit_record(predictions: QuerySet[Prediction], *, since: datetime, until: datetime) -> HitRecord:
    """Hits of forecasts whose target lies in a period, by the outcome that counts: the last correction, else the first.
    One that was written when its target had passed proves nothing, and is left out.

    Args:
        predictions: among these.
        since, until: of the target; the second excluded.
    """
    corrected = PredictionRevision.objects.filter(prediction=OuterRef("pk")).order_by("-number")
    counted = (
        predictions.filter(is_realized=True, target_datetime__gte=since, target_datetime__lt=until)
        .filter(created_at__lt=F("target_datetime"))
        .annotate(came_true=Coalesce(Subquery(corrected.values("is_accurate")[:1]), F("is_accurate")))
        .filter(came_true__isnull=False)
        .order_by()
        .values_list("layer_source", "prediction_horizon", "model_name")
        .annotate(realized=Count("pk"), accurate=Count("pk", filter=Q(came_true=True)))
    )
    rows = list(counted)
    models = sorted(
        _sums((model, realized, accurate) for _layer, _hours, model, realized, accurate in rows).items(),
        key=lambda one: (-(one[1].accuracy or 0), -one[1].realized, one[0]),
    )
    none = Hits(0, 0)
    layers = _sums((layer, realized, accurate) for layer, _hours, _model, realized, accurate in rows)
    horizons = _sums((hours, realized, accurate) for _layer, hours, _model, realized, accurate in rows)
    return HitRecord(
        whole=_sums(("", realized, accurate) for *_keys, realized, accurate in rows).get("", none),
        layers={layer: layers.get(layer, none) for layer in LAYERS},
        horizons=dict(sorted(horizons.items())),
        models=dict(models),
    )


def _sums(counts: Iterable[tuple[Key, int, int]]) -> dict[Key, Hits]:
    """Counts of the same key added up."""
    realized: Counter[Key] = Counter()
    accurate: Counter[Key] = Counter()
    for key, found, hits in counts:
        realized[key] += found
        accurate[key] += hits
    return {key: Hits(found, accurate[key]) for key, found in realized.items()}

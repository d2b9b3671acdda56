"""Every forecast of the record, one after the other, and what they can be chosen by."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from psycopg import sql

from aimodels.models import Prediction, PredictionSum
from aimodels.selectors.outcomes import Chosen
from system.choices import LIVE

PAGE = """
SELECT d.id FROM predictions d
WHERE {condition} AND {in_time} AND d.prediction_type IN ('direction', 'price') AND {after}
ORDER BY d.created_at DESC, d.id DESC LIMIT {count}
"""


@dataclass(frozen=True)
class Cursor:
    """Where a list goes on: behind the forecast that was issued then and has this key."""

    issued: datetime
    key: int

    @classmethod
    def of(cls, forecast: Prediction) -> "Cursor":
        return cls(forecast.created_at, forecast.pk)

    @classmethod
    def read(cls, text: str) -> "Cursor | None":
        """What ``written`` gave; None for anything else."""
        at, _, key = text.partition("~")
        try:
            issued = datetime.fromisoformat(at)
        except ValueError:
            return None
        is_key = key.isascii() and key.isdecimal() and len(key) <= len(str(2**63 - 1)) - 1
        return cls(issued, int(key)) if is_key and issued.tzinfo is not None else None

    @property
    def written(self) -> str:
        return f"{self.issued.isoformat()}~{self.key}"


INPUTS = ("features_used", "model_parameters", "input_features", "context_data", "debug_info")
"""What a forecast was made from. No list shows it, and of thousands of rows it is most of the bytes."""


def listed(chosen: Chosen, after: Cursor | None, count: int) -> list[Prediction]:
    """Chosen forecasts of a direction or price, the newest first, with asset, score and corrections.

    Args:
        chosen: which ones.
        after: only those behind it.
        count: how many at most.
    """
    behind: sql.Composable = sql.SQL("true")
    if after is not None:
        behind = sql.SQL("(d.created_at, d.id) < ({}, {})").format(sql.Literal(after.issued), sql.Literal(after.key))
    query = sql.SQL(PAGE).format(
        condition=chosen.condition(), in_time=chosen.in_time(), after=behind, count=sql.Literal(count)
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        keys = [key for (key,) in cursor.fetchall()]
    rows = Prediction.objects.defer(*INPUTS).select_related("score").prefetch_related("asset", "revisions")
    found = rows.in_bulk(keys)
    return [found[key] for key in keys]


@dataclass(frozen=True)
class Kinds:
    """What the live forecasts of a layer can be chosen by.

    Attributes:
        horizons: hours, rising.
        models: names of the models that made them.
        regimes: states of the market in which they were made.
    """

    horizons: list[int]
    models: list[str]
    regimes: list[str]


def kinds(layer: int) -> Kinds:
    """Of the forecasts that the system made."""
    found = PredictionSum.objects.filter(series=LIVE, layer_source=layer).order_by()
    rows = list(found.values_list("prediction_horizon", "model_name", "market_conditions").distinct())
    return Kinds(
        horizons=sorted({hours for hours, _model, _regime in rows}),
        models=sorted({model for _hours, model, _regime in rows}),
        regimes=sorted({regime for _hours, _model, regime in rows if regime}),
    )

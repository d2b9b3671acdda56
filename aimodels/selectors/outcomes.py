"""Scored forecasts with the outcome that counts: the last correction of one whose candle was wrong, else the first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import sql

from system.choices import LIVE

MEASURES = ("log_return", "brier", "brier_naive", "log_loss", "log_loss_naive", "pinball", "pinball_naive",
            "in_interval_90", "in_interval_50")  # fmt: skip
SCORED = """
SELECT d.id, d.as_of, d.prediction_type, d.prediction_horizon, d.asset_id, d.model_name, d.market_conditions,
       d.confidence_score, d.predicted_value, coalesce(r.is_accurate, d.is_accurate) AS is_accurate, {measures}
FROM predictions d JOIN prediction_scores s ON s.prediction_id = d.id
LEFT JOIN (SELECT DISTINCT ON (prediction_id) * FROM prediction_revisions ORDER BY prediction_id, number DESC) r
    ON r.prediction_id = d.id
WHERE {condition} AND {in_time}
"""
IN_TIME = "d.created_at < d.target_datetime"
"""Of a row of ``predictions`` called ``d``: it was written before its target, so nobody could know how it would end."""


@dataclass(frozen=True)
class Chosen:
    """Which forecasts are looked at: those that the system made, none that a user asked for.

    Attributes:
        series: which series.
        horizon_hours: only this horizon.
        model: only models of this name.
        layer: only forecasts of this layer, 1-4.
        asset_ids: only these assets.
        regime: only forecasts made in this regime.
        since, until: only forecasts issued then, by ``as_of``; the second excluded.
    """

    series: str = LIVE
    horizon_hours: int | None = None
    model: str | None = None
    layer: int | None = None
    asset_ids: Sequence[int] | None = None
    regime: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def condition(self) -> sql.Composed:
        """Of rows of ``predictions`` called ``d``."""
        filters: dict[str, Any] = {
            "d.series = {}": self.series,
            "d.prediction_horizon = {}": self.horizon_hours,
            "d.model_name = {}": self.model,
            "d.layer_source = {}": self.layer,
            "d.asset_id = ANY({}::bigint[])": None if self.asset_ids is None else list(self.asset_ids),
            "d.market_conditions = {}": self.regime,
            "d.as_of >= {}": self.since,
            "d.as_of < {}": self.until,
        }
        parts = [sql.SQL(text).format(sql.Literal(value)) for text, value in filters.items() if value is not None]
        return sql.SQL(" AND ").join([sql.SQL("d.user_id IS NULL"), *parts])

    def in_time(self) -> sql.SQL:
        """Which of them count, as a condition of its own. A live forecast that was written when its target had passed
        proves nothing: it is kept, and left out. A replay makes all of its forecasts afterwards, and says so."""
        return sql.SQL(IN_TIME if self.series == LIVE else "true")


def scored(chosen: Chosen) -> sql.Composed:
    """Query of the scored ones among them that count: a row each, with the measures of ``prediction_scores``."""
    measures = sql.SQL(", ").join(
        sql.SQL("coalesce(r.{name}, s.{name}) AS {name}").format(name=sql.Identifier(name)) for name in MEASURES
    )
    return sql.SQL(SCORED).format(measures=measures, condition=chosen.condition(), in_time=chosen.in_time())

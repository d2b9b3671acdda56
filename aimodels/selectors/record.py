"""The forecast record: how good the forecasts of a series were, next to the naive ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection
from psycopg import sql

from aimodels.compute.scores import block_bootstrap_skill, skill
from system.choices import LIVE

BY_MOMENT = """
SELECT extract(epoch FROM d.as_of)::bigint, count(*),
       sum(((d.predicted_value ->> 'probability_up')::float8 - (d.actual_price > d.input_price)::int) ^ 2),
       sum(((d.predicted_value ->> 'naive_probability_up')::float8 - (d.actual_price > d.input_price)::int) ^ 2),
       sum(d.is_accurate::int), sum((d.actual_price > d.input_price)::int)
FROM predictions d
WHERE d.prediction_type = 'direction' AND d.is_realized AND {condition}
GROUP BY d.as_of ORDER BY d.as_of
"""
INTERVALS = """
SELECT count(*),
       avg((d.actual_price BETWEEN (d.predicted_value #>> '{{quantiles,0.05}}')::numeric
                               AND (d.predicted_value #>> '{{quantiles,0.95}}')::numeric)::int)::float8,
       avg((d.actual_price BETWEEN (d.predicted_value #>> '{{quantiles,0.25}}')::numeric
                               AND (d.predicted_value #>> '{{quantiles,0.75}}')::numeric)::int)::float8
FROM predictions d
WHERE d.prediction_type = 'price' AND d.is_realized AND {condition}
"""
ISSUED = "SELECT count(*), count(*) FILTER (WHERE d.is_realized) FROM predictions d WHERE {condition}"


@dataclass(frozen=True)
class ForecastRecord:
    """Figures over the scored forecasts of a series. What cannot be said yet is None.

    Attributes:
        issued, scored: forecasts, of all kinds.
        n: scored direction forecasts; ``moments`` is from how many moments they come.
        hit_rate: share of directions that came true, 0-1.
        base_rate: share of rises among them, 0-1.
        brier, brier_naive: mean squared error of the probabilities, theirs and the naive ones'.
        skill: ``1 - brier / brier_naive``, with a 95 % interval by block bootstrap.
        coverage_90, coverage_50: share of prices that came to lie inside the interval, 0-1, over ``n_intervals``.
    """

    issued: int
    scored: int
    n_intervals: int
    coverage_90: float | None
    coverage_50: float | None
    n: int = 0
    moments: int = 0
    hit_rate: float | None = None
    base_rate: float | None = None
    brier: float | None = None
    brier_naive: float | None = None
    skill: float | None = None
    skill_low: float | None = None
    skill_high: float | None = None

    @property
    def is_proven(self) -> bool:
        """Whether the skill is above 0 beyond chance."""
        return self.skill_low is not None and self.skill_low > 0


def forecast_record(
    series: str = LIVE,
    *,
    horizon_hours: int | None = None,
    model: str | None = None,
    asset_id: int | None = None,
    asset_ids: Sequence[int] | None = None,
    regime: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> ForecastRecord:
    """The record of a series: forecasts that the system made, none that a user asked for.

    Args:
        series: which series.
        horizon_hours: only this horizon; without it the longest one rules the blocks of the interval.
        model: only models of this name.
        asset_id: only this asset.
        asset_ids: only these assets.
        regime: only forecasts made in this regime.
        since, until: only forecasts issued then, by ``as_of``.
    """
    filters: dict[str, Any] = {
        "d.series = {}": series,
        "d.prediction_horizon = {}": horizon_hours,
        "d.model_name = {}": model,
        "d.asset_id = {}": asset_id,
        "d.asset_id = ANY({}::bigint[])": None if asset_ids is None else list(asset_ids),
        "d.market_conditions = {}": regime,
        "d.as_of >= {}": since,
        "d.as_of < {}": until,
    }
    parts = [sql.SQL(text).format(sql.Literal(value)) for text, value in filters.items() if value is not None]
    condition = sql.SQL(" AND ").join([sql.SQL("d.user_id IS NULL"), *parts])
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(ISSUED).format(condition=condition))
        issued, scored = cursor.fetchone()
        cursor.execute(sql.SQL(BY_MOMENT).format(condition=condition))
        rows = np.array(cursor.fetchall(), dtype=np.float64).reshape(-1, 6)
        cursor.execute(sql.SQL(INTERVALS).format(condition=condition))
        n_intervals, coverage_90, coverage_50 = cursor.fetchone()
    times, counts, ours, naive, hits, rises = rows.T
    n = int(counts.sum())
    if not n:
        return ForecastRecord(issued, scored, n_intervals, coverage_90, coverage_50)
    interval = block_bootstrap_skill(ours, naive, counts, block=_block(times, horizon_hours or 168))
    return ForecastRecord(
        issued=issued,
        scored=scored,
        n=n,
        moments=len(times),
        hit_rate=float(hits.sum() / n),
        base_rate=float(rises.sum() / n),
        brier=float(ours.sum() / n),
        brier_naive=float(naive.sum() / n),
        skill=skill(ours.sum() / n, naive.sum() / n),
        skill_low=interval.low if interval else None,
        skill_high=interval.high if interval else None,
        n_intervals=n_intervals,
        coverage_90=coverage_90,
        coverage_50=coverage_50,
    )


def _block(times: np.ndarray, horizon_hours: int) -> int:
    """Moments whose forecasts overlap: as many as fall into one horizon."""
    step = float(np.median(np.diff(times))) if len(times) > 1 else 3600.0 * horizon_hours
    return max(1, round(3600 * horizon_hours / step))

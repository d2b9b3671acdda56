"""Forecasts with the outcome that counts: the last correction of one whose candle was wrong, else the first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import sql

from assets.choices import DEMO_SOURCE, Market
from system.choices import LIVE

IN_TIME = "d.created_at < d.target_datetime"
"""Of a row of ``predictions`` called ``d``: it was written before its target, so nobody could know how it would end."""
BINS = 20
"""Of probabilities, in the sums over forecasts and wherever they are counted."""
# The columns of ``prediction_sums``, a forecast each: what its triggers add up, said a second time, so that one can be
# held against the other.
EACH = """
(SELECT p.*, CASE WHEN p.counts AND p.prediction_type = 'direction' AND p.chance_up IS NOT NULL
            THEN least(floor(p.chance_up * {bins}), {bins} - 1)::int END AS bin,
        p.in_time::int AS issued, (NOT p.in_time)::int AS late, p.counts::int AS scored,
        (p.counts AND p.brier_score IS NOT NULL)::int AS n,
        (p.counts AND p.brier_score IS NOT NULL AND coalesce(p.came_true, false))::int AS hits,
        (p.counts AND p.brier_score IS NOT NULL AND coalesce(p.log_return > 0, false))::int AS rises,
        CASE WHEN p.counts AND p.prediction_type = 'direction' THEN {chance} ELSE 0 END AS chance,
        CASE WHEN p.counts THEN {brier} ELSE 0 END AS brier,
        CASE WHEN p.counts THEN {brier_naive} ELSE 0 END AS brier_naive,
        (p.counts AND p.within_90 IS NOT NULL)::int AS n_intervals,
        (p.counts AND coalesce(p.within_90, false))::int AS in_interval_90,
        (p.counts AND coalesce(p.within_50, false))::int AS in_interval_50,
        CASE WHEN p.counts THEN {pinball} ELSE 0 END AS pinball,
        CASE WHEN p.counts THEN {pinball_naive} ELSE 0 END AS pinball_naive
 FROM (
    SELECT d.series, d.layer_source, d.as_of, d.prediction_horizon, d.model_name, d.prediction_type, d.asset_id,
           d.confidence_score, coalesce(d.market_conditions, '') AS market_conditions, {in_time} AS in_time,
           (SELECT CASE WHEN a.data_source = {demo} THEN {demo_market} ELSE {real_market} END
            FROM assets a WHERE a.id = d.asset_id) AS market,
           {in_time} AND s.prediction_id IS NOT NULL AS counts,
           (d.predicted_value ->> 'probability_up')::float8 AS chance_up,
           coalesce(r.is_accurate, d.is_accurate) AS came_true, coalesce(r.log_return, s.log_return) AS log_return,
           coalesce(r.brier, s.brier) AS brier_score, coalesce(r.brier_naive, s.brier_naive) AS brier_of_naive,
           coalesce(r.in_interval_90, s.in_interval_90) AS within_90,
           coalesce(r.in_interval_50, s.in_interval_50) AS within_50,
           coalesce(r.pinball, s.pinball) AS loss, coalesce(r.pinball_naive, s.pinball_naive) AS loss_of_naive
    FROM predictions d LEFT JOIN prediction_scores s ON s.prediction_id = d.id
    LEFT JOIN (SELECT DISTINCT ON (prediction_id) * FROM prediction_revisions ORDER BY prediction_id, number DESC) r
        ON r.prediction_id = d.id
    WHERE {condition}
 ) p) d
"""
ROUNDED = "coalesce(round(p.{}::numeric, 18), 0)"
MEASURES = {"chance": "chance_up", "brier": "brier_score", "brier_naive": "brier_of_naive",
            "pinball": "loss", "pinball_naive": "loss_of_naive"}  # fmt: skip
OF_MARKET = """
EXISTS (SELECT FROM assets a WHERE a.id = d.asset_id AND (a.data_source = {demo}) = {is_demo})
"""


@dataclass(frozen=True)
class Chosen:
    """Which forecasts are looked at: those that the system made, none that a user asked for.

    Attributes:
        series: which series.
        horizon_hours: only this horizon.
        model: only models of this name.
        layer: only forecasts of this layer, 1-4.
        market: only assets of this market, also those that are shown no longer: a record that leaves out what was given
            up is better than the forecasts were.
        asset_ids: only these assets. Their forecasts are counted one by one; all others are summed up already.
        regime: only forecasts made in this regime.
        since, until: only forecasts issued then, by ``as_of``; the second excluded.
    """

    series: str = LIVE
    horizon_hours: int | None = None
    model: str | None = None
    layer: int | None = None
    market: Market | None = None
    asset_ids: Sequence[int] | None = None
    regime: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def condition(self) -> sql.Composed:
        """Of rows of ``predictions`` called ``d``."""
        parts = [sql.SQL("d.user_id IS NULL"), *self._shared()]
        if self.market is not None:
            is_demo = sql.Literal(self.market == Market.DEMO)
            parts.append(sql.SQL(OF_MARKET).format(demo=sql.Literal(DEMO_SOURCE), is_demo=is_demo))
        if self.asset_ids is not None:
            parts.append(sql.SQL("d.asset_id = ANY({}::bigint[])").format(sql.Literal(list(self.asset_ids))))
        return sql.SQL(" AND ").join(parts)

    def condition_of_sums(self) -> sql.Composed:
        """Of rows of ``prediction_sums`` called ``d``, for a choice without assets."""
        parts = self._shared()
        if self.market is not None:
            parts.append(sql.SQL("d.market = {}").format(sql.Literal(self.market.value)))
        return sql.SQL(" AND ").join(parts)

    def in_time(self) -> sql.SQL:
        """Which of them count, as a condition of its own. A live forecast that was written when its target had passed
        proves nothing: it is kept, and left out. A replay makes all of its forecasts afterwards, and says so."""
        return sql.SQL(IN_TIME if self.series == LIVE else "true")

    def _shared(self) -> list[sql.Composable]:
        filters: dict[str, Any] = {
            "d.series = {}": self.series,
            "d.prediction_horizon = {}": self.horizon_hours,
            "d.model_name = {}": self.model,
            "d.layer_source = {}": self.layer,
            "d.market_conditions = {}": self.regime,
            "d.as_of >= {}": self.since,
            "d.as_of < {}": self.until,
        }
        return [sql.SQL(text).format(sql.Literal(value)) for text, value in filters.items() if value is not None]


def summed(chosen: Chosen, *, one_by_one: bool = False) -> sql.Composed:
    """Rows ``d`` for a FROM that add up to the sums over the chosen forecasts, with the columns of ``prediction_sums``.
    Of a choice of assets they are the forecasts themselves, which have the columns of ``Prediction`` beside them.

    Args:
        chosen: which forecasts.
        one_by_one: the forecasts themselves in any case.
    """
    if chosen.asset_ids is None and not one_by_one:
        return sql.SQL("(SELECT * FROM prediction_sums d WHERE {}) d").format(chosen.condition_of_sums())
    measures = {name: sql.SQL(ROUNDED.format(column)) for name, column in MEASURES.items()}
    return sql.SQL(EACH).format(
        condition=chosen.condition(),
        in_time=chosen.in_time(),
        bins=sql.Literal(BINS),
        demo=sql.Literal(DEMO_SOURCE),
        demo_market=sql.Literal(Market.DEMO.value),
        real_market=sql.Literal(Market.REAL.value),
        **measures,
    )

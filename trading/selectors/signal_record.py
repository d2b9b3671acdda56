"""The record of signals: what came of all that ended, whole or in parts. The last correction of an outcome counts. Of
signals that an analysis of somebody's portfolio made only its owner hears, and no record."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
from django.db import connection
from psycopg import sql

from aimodels.compute.bootstrap import mean_interval
from assets.choices import DEMO_SOURCE, Market
from assets.compute.periods import LENGTHS
from selection.choices import PositionType
from system.choices import LIVE
from trading.choices import SignalEnding
from trading.compute.record import Calibration, Share, calibration, share
from trading.compute.sizing import Evidence
from trading.rules import HORIZON_HOURS, horizon_candles

ENDED = """
SELECT {part}, date_part('epoch', coalesce(r.as_of, s.created_at))::bigint, s.confidence_score::float8,
       coalesce(v.outcome, o.outcome), coalesce(v.targets_reached, o.targets_reached) > 0,
       (CASE WHEN v.id IS NULL THEN o.r_multiple ELSE v.r_multiple END)::float8,
       (CASE WHEN v.id IS NULL THEN o.net_r_multiple ELSE v.net_r_multiple END)::float8,
       (CASE WHEN v.id IS NULL THEN o.fill_price ELSE v.fill_price END) IS NOT NULL,
       (CASE WHEN v.id IS NULL THEN o.net_return_pct ELSE v.net_return_pct END)::float8,
       coalesce(v.hours, o.hours)::float8, o.timeframe,
       coalesce((s.risk_management ->> 'max_position_size_pct')::float8, 0) > 0
FROM signal_outcomes o JOIN ai_trading_signals s ON s.id = o.signal_id JOIN ai_models m ON m.id = s.ai_model_id
LEFT JOIN pipeline_runs r ON r.id = s.run_id
LEFT JOIN LATERAL (
    SELECT * FROM signal_outcome_revisions w WHERE w.signal_id = o.signal_id AND w.judged_at <= {as_of}
    ORDER BY w.number DESC LIMIT 1) v ON true
WHERE o.series = {series} AND o.ended_at <= {as_of} AND s.portfolio_analysis_id IS NULL AND {chosen}
ORDER BY 1, 2, s.id
"""
EVIDENCE = """
SELECT s.ai_model_id, s.signal_type, count(*),
       count(*) FILTER (WHERE coalesce(v.targets_reached, o.targets_reached) > 0), sum(s.confidence_score)::float8
FROM signal_outcomes o JOIN ai_trading_signals s ON s.id = o.signal_id
LEFT JOIN LATERAL (
    SELECT * FROM signal_outcome_revisions w WHERE w.signal_id = o.signal_id AND w.judged_at <= {as_of}
    ORDER BY w.number DESC LIMIT 1) v ON true
WHERE o.series = {series} AND o.ended_at <= {as_of} AND s.portfolio_analysis_id IS NULL
  AND s.time_horizon_hours = {hours}
  AND (CASE WHEN v.id IS NULL THEN o.fill_price ELSE v.fill_price END) IS NOT NULL
GROUP BY 1, 2
"""


class By(StrEnum):
    """What a record is divided by."""

    WHOLE = "''::text"
    MODEL = "m.name || ' ' || m.version"
    REGIME = "coalesce(s.market_context ->> 'regime', '')"
    SECTOR = "coalesce(s.sector_context ->> 'sector', '')"
    CONFIDENCE = "(floor(least(s.confidence_score, 0.999) * 10) / 10)::numeric(2, 1)::text"
    TIMEFRAME = "o.timeframe"
    DIRECTION = "s.signal_type"
    RISK = "coalesce(s.risk_level, '')"


@dataclass(frozen=True)
class Chosen:
    """Which signals are looked at.

    Attributes:
        since: planned at this moment or later; None = all.
        model_ids: of these versions; None = of all.
        direction, hours, regime: long or short, planned for so long, in such a state of the market; None = any.
        market: of its assets; None = of all.
    """

    since: datetime | None = None
    model_ids: Sequence[int] | None = None
    direction: str | None = None
    hours: int | None = None
    regime: str | None = None
    market: Market | None = None

    def condition(self) -> sql.Composable:
        """In the words of ``ENDED``."""
        parts: list[sql.Composable] = [sql.SQL("true")]
        if self.since is not None:
            parts.append(sql.SQL("coalesce(r.as_of, s.created_at) >= {}").format(sql.Literal(self.since)))
        if self.model_ids is not None:
            parts.append(sql.SQL("s.ai_model_id = ANY({})").format(sql.Literal(list(self.model_ids))))
        equal = {"s.signal_type": self.direction, "s.time_horizon_hours": self.hours,
                 "s.market_context ->> 'regime'": self.regime}  # fmt: skip
        parts += [
            sql.SQL(column + " = {}").format(sql.Literal(value)) for column, value in equal.items() if value is not None
        ]
        if self.market is not None:
            within = "s.asset_id IN (SELECT id FROM assets WHERE (data_source = {}) = {})"
            parts.append(sql.SQL(within).format(sql.Literal(DEMO_SOURCE), sql.Literal(self.market == Market.DEMO)))
        return sql.SQL(" AND ").join(parts)


EVERY = Chosen()


@dataclass(frozen=True)
class Mean:
    """A mean, with its 95 % interval where there are periods enough for one."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class SignalRecord:
    """What came of some signals. What cannot be said is None.

    Attributes:
        n: that ended; ``filled`` of them were entered, ``sized`` had a size above 0, because an edge was measured.
        endings: share of each end among all.
        successes: share of the filled ones whose first target was reached: what their probability is about.
        forecast: mean of those probabilities, 0-1.
        calibration: of those probabilities.
        r, net_r: mean result of the filled ones before and after costs, in R; intervals by blocks of twice the longest
            horizon.
        net_return_pct: their mean result after costs, percent of what is put in.
        hours_to_target: median from the plan to its end, of those that ended at a target.
    """

    n: int
    filled: int
    sized: int
    endings: dict[str, Share | None]
    successes: Share | None
    forecast: float | None
    calibration: Calibration | None
    r: Mean | None
    net_r: Mean | None
    net_return_pct: Mean | None
    hours_to_target: float | None


def signal_record(
    as_of: datetime, by: By = By.WHOLE, series: str = LIVE, *, chosen: Chosen = EVERY, is_calibrated: bool = True
) -> dict[str, SignalRecord]:
    """The record of the signals whose end was known at ``as_of``, by part.

    Args:
        as_of: no end and no correction that came later counts.
        by: what it is divided by; a part without a name is what has none.
        series: whose signals.
        chosen: among these.
        is_calibrated: whether the calibration is told, which is drawn a thousand times for each part.
    """
    query = sql.SQL(ENDED).format(
        part=sql.SQL(by.value), as_of=sql.Literal(as_of), series=sql.Literal(series), chosen=chosen.condition()
    )
    parts: dict[str, list[tuple[Any, ...]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(query)
        for name, *row in cursor.fetchall():
            parts.setdefault(name, []).append(tuple(row))
    return {name: _record(rows, is_calibrated=is_calibrated) for name, rows in parts.items()}


def evidence(timeframe: str, as_of: datetime, series: str) -> dict[tuple[int, PositionType], Evidence]:
    """What came of earlier signals of each kind, by model version and direction: of those that were filled and whose
    end was known at ``as_of``."""
    query = sql.SQL(EVIDENCE).format(
        as_of=sql.Literal(as_of), series=sql.Literal(series), hours=sql.Literal(HORIZON_HOURS[timeframe])
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {(model, PositionType(kind)): Evidence(*figures) for model, kind, *figures in cursor.fetchall()}


def _record(rows: list[tuple[Any, ...]], *, is_calibrated: bool) -> SignalRecord:
    columns = map(list, zip(*rows, strict=True))
    times, chances, outcomes, reached, r_multiples, net, filled, returns, hours, timeframes, sized = columns
    held = np.array(filled)
    came_true = np.array(reached)[held]
    told = np.array(chances)[held]
    longest = max(timeframes, key=HORIZON_HOURS.__getitem__)
    # Signals of several timeframes hang together as long as the longest lives, so all are counted by its candles.
    moments, block = np.array(times) // int(LENGTHS[longest].total_seconds()), 2 * horizon_candles(longest)
    to_target = [spent for spent, outcome in zip(hours, outcomes, strict=True) if outcome == SignalEnding.TARGET]
    return SignalRecord(
        n=len(rows),
        filled=int(held.sum()),
        sized=sum(sized),
        endings={ending.value: share(outcomes.count(ending.value), len(rows)) for ending in SignalEnding},
        successes=share(int(came_true.sum()), len(came_true)),
        forecast=float(told.mean()) if len(told) else None,
        calibration=calibration(told, came_true) if is_calibrated else None,
        r=_mean(r_multiples, moments, block),
        net_r=_mean(net, moments, block),
        net_return_pct=_mean(returns, moments, block),
        hours_to_target=float(np.median(to_target)) if to_target else None,
    )


def _mean(values: Iterable[float | None], times: Any, block: int) -> Mean | None:
    """With its interval where there are blocks enough."""
    line = np.array([np.nan if one is None else one for one in values])
    known = np.isfinite(line)
    if not known.any():
        return None
    found = mean_interval(line[known], times[known], block=block)
    return Mean(found.value, found.low, found.high) if found else Mean(float(line[known].mean()))

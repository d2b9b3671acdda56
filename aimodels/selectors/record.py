"""The forecast record: how good forecasts were, next to the naive ones; whole, or in parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from psycopg import sql

from aimodels.compute.bootstrap import ratio_interval
from aimodels.compute.gates import LEAST_BLOCKS
from aimodels.compute.scores import TAIL, block_bootstrap_skill, skill
from aimodels.selectors.outcomes import Chosen, summed

Floats = NDArray[np.float64]
LONGEST_HOURS = 168
"""Horizon that rules the blocks of an interval over several."""
COIN_BRIER = 0.25
"""Of who says a half, always."""
BY_MOMENT = """
SELECT {part}, date_part('epoch', d.as_of)::bigint, sum(d.issued), sum(d.scored), sum(d.late),
       sum(d.n), sum(d.brier)::float8, sum(d.brier_naive)::float8, sum(d.hits), sum(d.rises),
       sum(d.n_intervals), sum(d.in_interval_90), sum(d.in_interval_50), sum(d.pinball)::float8,
       sum(d.pinball_naive)::float8
FROM {rows} {groups} GROUP BY 1, 2 ORDER BY 1, 2
"""
GROUPS = """
JOIN unnest({ids}::bigint[], {names}::text[]) g (asset_id, name) ON g.asset_id = d.asset_id
"""


class Part(StrEnum):
    """What a record is divided by."""

    WHOLE = "''::text"
    HORIZON = "d.prediction_horizon::text"
    MODEL = "d.model_name"
    REGIME = "coalesce(d.market_conditions, '')"
    CONFIDENCE = "(floor(least(d.confidence_score, 0.999) * 20) / 20)::numeric(3, 2)::text"
    MONTH = "to_char(d.as_of AT TIME ZONE 'UTC', 'YYYY-MM')"
    ASSETS = "g.name"


NOT_SUMMED = {Part.CONFIDENCE, Part.ASSETS}
"""What the sums over forecasts do not know."""


@dataclass(frozen=True)
class ForecastRecord:
    """Figures over scored forecasts. What cannot be said yet is None.

    Attributes:
        issued, scored: forecasts, of all kinds.
        late: live forecasts that were written when their target had passed; they count nowhere else.
        n: scored direction forecasts; ``moments`` is from how many moments they come.
        hit_rate: share of directions that came true, 0-1.
        base_rate: share of rises among them, 0-1.
        brier, brier_naive: mean squared error of the probabilities, theirs and the naive ones'.
        skill: ``1 - brier / brier_naive``, with a 95 % interval by block bootstrap.
        stretches: of two horizons that hold a direction forecast; what lies within one hangs together.
        proven_low: lower bound of the skill over the naive forecast or over a coin, whichever is lower, by an interval
            that holds all records looked at together 95 % of the time; None from fewer than ``LEAST_BLOCKS`` stretches.
        n_intervals: scored price forecasts.
        coverage_90, coverage_50: share of prices that came to lie inside the interval, 0-1; the first with a 95 %
            interval by block bootstrap.
        pinball_skill: of the quantiles over the naive ones'.
    """

    issued: int
    scored: int
    late: int = 0
    n: int = 0
    moments: int = 0
    hit_rate: float | None = None
    base_rate: float | None = None
    brier: float | None = None
    brier_naive: float | None = None
    skill: float | None = None
    skill_low: float | None = None
    skill_high: float | None = None
    stretches: int = 0
    proven_low: float | None = None
    n_intervals: int = 0
    coverage_90: float | None = None
    coverage_90_low: float | None = None
    coverage_90_high: float | None = None
    coverage_50: float | None = None
    pinball_skill: float | None = None

    @property
    def is_proven(self) -> bool:
        """Whether the skill is above 0 beyond chance, however many records were looked at beside this one."""
        return self.proven_low is not None and self.proven_low > 0


def forecast_record(chosen: Chosen | None = None) -> ForecastRecord:
    """The record of the chosen forecasts; of all live ones without a choice."""
    return record_by(Part.WHOLE, chosen).get("", ForecastRecord(0, 0))


def record_by(
    part: Part, chosen: Chosen | None = None, groups: Mapping[str, Sequence[int]] | None = None
) -> dict[str, ForecastRecord]:
    """The record in parts, by their names in order; forecasts without a regime are under an empty one.

    Args:
        part: what it is divided by; confidence in steps of 0.05, named by their lower end.
        chosen: which forecasts.
        groups: for ``Part.ASSETS``: assets by name of their group, such as a sector; one may be in several.
    """
    return _by([part], chosen or Chosen(), _joined(groups) if part == Part.ASSETS else sql.SQL(""))[part]


def records_by(parts: Sequence[Part], chosen: Chosen | None = None) -> dict[Part, dict[str, ForecastRecord]]:
    """The same for several divisions at once, by one look at the forecasts.

    Args:
        parts: divisions, other than ``Part.ASSETS``.
        chosen: which forecasts.
    """
    return _by(parts, chosen or Chosen(), sql.SQL(""))


def _by(parts: Sequence[Part], chosen: Chosen, groups: sql.Composable) -> dict[Part, dict[str, ForecastRecord]]:
    query = sql.SQL(BY_MOMENT).format(
        part=sql.SQL("ARRAY[{}]").format(sql.SQL(", ").join(sql.SQL(part.value) for part in parts)),
        rows=summed(chosen, one_by_one=not NOT_SUMMED.isdisjoint(parts)),
        groups=groups,
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        moments = [(names, figures) for names, *figures in cursor.fetchall()]
    return {part: _divided(part, place, moments, chosen) for place, part in enumerate(parts)}


def _divided(
    part: Part, place: int, moments: Sequence[tuple[Sequence[str], Sequence[Any]]], chosen: Chosen
) -> dict[str, ForecastRecord]:
    """One division of what was summed up by all of them together; its names stand at ``place``."""
    lines: dict[str, list[Sequence[Any]]] = {}
    for names, figures in moments:
        lines.setdefault(names[place], []).append(figures)
    rows = {name: np.array(lines[name], dtype=np.float64) for name in sorted(lines)}
    totals = {name: found[:, 1:4].sum(axis=0).astype(int).tolist() for name, found in rows.items()}
    known = {name: _by_moment(np.delete(found[found[:, 2] > 0], (1, 2, 3), axis=1)) for name, found in rows.items()}
    looked_at = sum(bool(found[:, 1].any()) for found in known.values())
    return {
        name: _record(ForecastRecord(*totals[name]), found, _hours(part, name, chosen), looked_at)
        for name, found in known.items()
    }


def _by_moment(rows: Floats) -> Floats:
    """Rows of the same moment added up, in the order of time."""
    times, places = np.unique(rows[:, 0], return_inverse=True)
    summed = np.zeros((len(times), rows.shape[1]))
    np.add.at(summed, places, rows)
    summed[:, 0] = times
    return summed


def _joined(groups: Mapping[str, Sequence[int]] | None) -> sql.Composed:
    pairs = [(asset_id, name) for name, ids in (groups or {}).items() for asset_id in ids]
    return sql.SQL(GROUPS).format(
        ids=sql.Literal([asset_id for asset_id, _name in pairs]), names=sql.Literal([name for _id, name in pairs])
    )


def _hours(part: Part, name: str, chosen: Chosen) -> int:
    """Horizon that decides which moments hang together."""
    return int(name) if part == Part.HORIZON else chosen.horizon_hours or LONGEST_HOURS


def _record(found: ForecastRecord, rows: Floats, hours: int, looked_at: int) -> ForecastRecord:
    if not len(rows):
        return found
    block = _block(rows[:, 0], hours)
    times, counts, ours, naive, hits, rises = rows[rows[:, 1] > 0, :6].T
    if n := int(counts.sum()):
        interval = block_bootstrap_skill(ours, naive, counts, block=block)
        stretches = len(np.unique(times // (2 * 3600 * hours)))
        found = replace(
            found,
            n=n,
            moments=len(counts),
            hit_rate=float(hits.sum() / n),
            base_rate=float(rises.sum() / n),
            brier=float(ours.sum() / n),
            brier_naive=float(naive.sum() / n),
            skill=skill(ours.sum() / n, naive.sum() / n),
            skill_low=interval.low if interval else None,
            skill_high=interval.high if interval else None,
            stretches=stretches,
            proven_low=_proven_low(ours, naive, counts, block, looked_at) if stretches >= LEAST_BLOCKS else None,
        )
    counts, wide, narrow, pinball, pinball_naive = rows[rows[:, 6] > 0, 6:].T
    if n := int(counts.sum()):
        coverage = ratio_interval(wide, counts, block=block)
        found = replace(
            found,
            n_intervals=n,
            coverage_90=float(wide.sum() / n),
            coverage_90_low=coverage.low if coverage else None,
            coverage_90_high=coverage.high if coverage else None,
            coverage_50=float(narrow.sum() / n),
            pinball_skill=skill(pinball.sum() / n, pinball_naive.sum() / n),
        )
    return found


def _proven_low(ours: Floats, naive: Floats, counts: Floats, block: int, looked_at: int) -> float | None:
    """Lower bound of the skill over both baselines. Whoever looks at many records finds one that is good by chance:
    the tail is shared among them (Bonferroni)."""
    found = [
        block_bootstrap_skill(ours, baseline, counts, block=block, tail=TAIL / looked_at)
        for baseline in (naive, COIN_BRIER * counts)
    ]
    lows = [one.low for one in found if one is not None]
    return min(lows) if len(lows) == len(found) else None


def _block(times: Floats, hours: int) -> int:
    """Moments of a block: twice as many as fall into one horizon, whose forecasts overlap."""
    step = float(np.median(np.diff(times))) if len(times) > 1 else 3600.0 * hours
    return max(1, 2 * round(3600 * hours / step))

"""The row of ``ai_cross_sector_analysis``: all sectors of one moment side by side."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np

from assets.compute.series import log_returns, percentile_rank
from sectors.compute.record import DOWN, UP, remaining_life, rotation_record
from sectors.compute.strength import correlations
from sectors.models import AICrossSectorAnalysis
from sectors.selectors.news import Attention
from sectors.services.figures import WEEK, Figures
from sectors.services.rows import NO_FLOW, NO_NEWS, NO_TOTAL, agreement, outlook, records, too_few
from system.services import complete

NO_SECTOR = "unassigned"
"""What belongs to no sector, in the distribution of dominance."""
ARROW = "→"
LEAST_SCORE = 0.005
"""The column would round less than this to 0, which is no flow."""


def cross_row(figures: Figures, attention: Mapping[int, Attention] | None) -> dict[str, Any]:
    """The row without what it shares with the sectors' own."""
    names = list(figures.market.names)
    word = int(figures.whole_words[-1, 0])
    record = records(figures, figures.whole_words, figures.whole, figures.whole_spread).get(word)
    turns = rotation_record(figures.level, figures.bars(WEEK))
    hours = (figures.market.view.closed_at - figures.market.view.candle_time) / timedelta(hours=1)
    leaders = _allocation(figures)
    life = float(remaining_life(figures.whole_words)[0])
    directions = dict(zip(names, figures.words[-1].astype(float), strict=True))
    known = {name: value for name, value in directions.items() if value in (UP, 0, DOWN)}
    values, absent = complete(
        AICrossSectorAnalysis,
        {
            "sector_rotation_flows": _flows(figures, names),
            "sector_performance_ranking": ranking(figures),
            "liquidity_comparison": dict(zip(names, figures.liquidity.tolist(), strict=True)),
            "volatility_comparison": dict(zip(names, figures.volatility.tolist(), strict=True)),
            "dominance_distribution": _distribution(figures, names),
            "correlation_matrix": _correlations(figures, names),
            "narrative_trends": _trends(figures, attention),
            "risk_reward_map": [
                {"sector": name, "risk": float(risk), "reward": float(reward)}
                for name, risk, reward in zip(names, figures.risk, percentile_rank(figures.returns["30d"]), strict=True)
            ],
            "rotation_probability": turns.rate,
            "leading_sectors": _standing_out(figures, UP),
            "declining_sectors": _standing_out(figures, DOWN),
            "recommended_allocation": leaders,
            "ai_market_outlook": outlook(word),
            "ai_confidence_score": record.rate if record else float("nan"),
            "signal_agreement_score": agreement(known, word),
            "outlook_duration_estimate": life * hours,
        },
        {
            "sector_rotation_flows": NO_FLOW,
            "dominance_distribution": NO_TOTAL,
            "narrative_trends": NO_NEWS,
            "rotation_probability": too_few(turns),
            "recommended_allocation": "no sector leads",
            "ai_confidence_score": too_few(record) if record else "too little history",
            "outlook_duration_estimate": "fewer than five such outlooks that lasted as long have ended before",
            "ai_market_outlook": "too little history, or prices did not move",
            "signal_agreement_score": "too little history, or prices did not move",
        },
        by_people=("analysis_data", "candle_time", "timeframe"),
    )
    values["analysis_data"] = {
        "sectors": len(names),
        "rotation_signals": _rotation(figures, names),
        "rotation_record": {"n": turns.n, "hits": turns.hits, "weeks": turns.periods},
        "outlook_record": {"n": record.n, "hits": record.hits, "weeks": record.periods} if record else None,
        "missing": absent,
    }
    return values


def flow_rows(figures: Figures) -> list[dict[str, Any]]:
    """Rows of ``sector_rotation_flows``: of each pair its share of all that moved, down to half a percent."""
    rotation = figures.rotation
    if rotation is None or rotation.flows.moved <= 0:
        return []
    sectors = [members.sector for members in figures.market.members]
    score = rotation.flows.matrix / rotation.flows.moved
    return [
        {"from_sector": sectors[a], "to_sector": sectors[b], "score": float(score[a, b])}
        for a, b in np.argwhere(score >= LEAST_SCORE)
    ]


def ranking(figures: Figures) -> list[dict[str, Any]]:
    """Sectors by their return of seven days; those without one come last."""
    week = figures.returns["7d"]
    rows = sorted(
        zip(figures.market.names, week.tolist(), strict=True),
        key=lambda row: (not np.isfinite(row[1]), -row[1] if np.isfinite(row[1]) else 0, row[0]),
    )
    return [{"sector": name, "return_7d": value, "rank": place} for place, (name, value) in enumerate(rows, 1)]


def _flows(figures: Figures, names: list[str]) -> dict[str, float] | None:
    """Share of all that moved, by pair; together 1."""
    rotation = figures.rotation
    if rotation is None:
        return None
    matrix, moved = rotation.flows.matrix, rotation.flows.moved
    return {f"{names[a]}{ARROW}{names[b]}": float(matrix[a, b] / moved) for a, b in np.argwhere(matrix > 0)}


def _rotation(figures: Figures, names: list[str]) -> dict[str, Any] | None:
    """How much moved, in percentage points, over which span, and measured by what."""
    rotation = figures.rotation
    if rotation is None:
        return None
    flows = rotation.flows
    return {
        "basis": rotation.basis,
        "horizon_hours": WEEK / timedelta(hours=1),
        "moved_points": flows.moved,
        "left_points": {name: float(value) for name, value in zip(names, flows.left, strict=True) if value > 0},
        "arrived_points": {name: float(value) for name, value in zip(names, flows.arrived, strict=True) if value > 0},
    }


def _distribution(figures: Figures, names: list[str]) -> dict[str, float] | None:
    shares, rest = figures.dominance
    if not np.isfinite(rest):
        return None
    return dict(zip(names, shares.tolist(), strict=True)) | {NO_SECTOR: rest}


def _correlations(figures: Figures, names: list[str]) -> dict[str, dict[str, float]]:
    """Of the log returns of a month; the same both ways."""
    matrix = correlations(log_returns(figures.level)[-figures.month :].T)
    return {name: dict(zip(names, row, strict=True)) for name, row in zip(names, matrix.tolist(), strict=True)}


def _trends(figures: Figures, attention: Mapping[int, Attention] | None) -> list[dict[str, Any]] | None:
    """Sectors that the news speak of more than before, by their share of the headlines of a week."""
    if attention is None:
        return None
    spoken = [(members.sector.name, attention.get(members.sector.pk)) for members in figures.market.members]
    found = [(name, one.share) for name, one in spoken if one is not None and one.is_narrative]
    return [
        {"sector": name, "narrative": name, "strength": share}
        for name, share in sorted(found, key=lambda one: (-one[1], one[0]))
    ]


def _standing_out(figures: Figures, word: int) -> list[str]:
    """Sectors with this outlook, those with the clearest momentum first."""
    found = [
        (-abs(float(momentum)), name)
        for name, momentum, one in zip(figures.market.names, figures.momentum[-1], figures.words[-1], strict=True)
        if one == word
    ]
    return [name for _momentum, name in sorted(found)]


def _allocation(figures: Figures) -> dict[str, float] | None:
    """Weights of the leading sectors by the inverse of their volatility, sum 1; None when none leads."""
    inverse = {
        name: 1 / float(spread)
        for name, spread, word in zip(figures.market.names, figures.spread[-1], figures.words[-1], strict=True)
        if word == UP and spread > 0
    }
    total = sum(inverse.values())
    return {name: value / total for name, value in inverse.items()} if inverse else None

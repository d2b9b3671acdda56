"""How the sectors stand on a snapshot: index, returns, strength, breadth, and all of them side by side."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import talib
from django.db import transaction

from aimodels.services import model_in_force
from assets.compute.series import correlation, log_returns, percentile_rank, rolling_mean, simple_return
from assets.models import Asset
from assets.selectors import MarketView, market_view
from macro.models import MetricsSnapshot
from sectors.compute import index
from sectors.models import AICrossSectorAnalysis, AISectorAnalysis, SectorHistory
from sectors.rules import CLEAR, SECTOR_RULES
from sectors.selectors.members import SectorMembers, sector_members
from system.choices import LIVE, Outlook
from system.exceptions import NoData
from system.models import PipelineRun
from system.services import complete, land

DAY, WEEK, MONTH = timedelta(days=1), timedelta(days=7), timedelta(days=30)
TOO_LONG = "a candle is longer than the span"
NO_SOURCE = dict.fromkeys(
    ("institutional_inflow", "tvl_total", "active_users", "active_protocols", "narrative_tag", "narrative_trends"),
    "no source",
)
NO_RECORD = {"ai_confidence_score": "no measured record yet"}


@dataclass(frozen=True)
class SectorFigures:
    """A sector's numbers on a snapshot; NaN where history is too short."""

    members: SectorMembers
    level: np.ndarray
    returns: dict[str, float]
    momentum: float
    strength: float
    volatility: float
    volume: float
    monthly_volume: float
    breadth: float
    advancing: float


@dataclass(frozen=True)
class SectorAnalyses:
    """What analysing wrote."""

    sectors: list[AISectorAnalysis]
    across: AICrossSectorAnalysis


@transaction.atomic
def analyse_sectors(snapshot: MetricsSnapshot, *, run: PipelineRun | None = None, series: str = LIVE) -> SectorAnalyses:
    """Analyse every sector that has members on a snapshot, and compare them. The same snapshot again changes nothing.

    Raises:
        NoData: no asset of the universe belongs to a sector.
    """
    view = market_view(snapshot.timeframe, snapshot.snapshot_time)
    figures = [_figures(view, members) for members in sector_members(view.panel, view.as_of)]
    if not figures:
        raise NoData("No asset belongs to a sector; import sector memberships first (manage.py import_market).")
    shared = {
        "metrics_snapshot": snapshot,
        "ai_model": model_in_force(SECTOR_RULES, view.as_of),
        "timeframe": view.timeframe,
        "candle_time": view.candle_time,
        "analysis_time": view.as_of,
        "run": run,
        "series": series,
    }
    liquidity = percentile_rank(np.array([one.monthly_volume for one in figures]))
    names = _symbols(view)
    rows = [_sector_row(view, one, float(rank), names) | shared for one, rank in zip(figures, liquidity, strict=True)]
    landed = land(AISectorAnalysis, rows, key=("metrics_snapshot", "sector", "ai_model", "series"))
    land(SectorHistory, [_history_row(view, one) for one in figures], key=("sector", "timeframe", "candle_time"))
    across = land(
        AICrossSectorAnalysis,
        [_cross_row(view, figures, liquidity) | shared],
        key=("metrics_snapshot", "ai_model", "series"),
    )
    return SectorAnalyses(landed.rows, across.rows[0])


def _figures(view: MarketView, members: SectorMembers) -> SectorFigures:
    panel = view.panel
    size = view.figure("size", lambda: index.trailing_dollar_volume(panel.volume))
    level = index.chain_linked(panel.close, size, members.member, members.share)
    traded = panel.close[:, members.member.any(axis=0)]
    level[: int(np.argmax(np.isfinite(traded).any(axis=1)))] = np.nan  # there was no sector before its first candle
    present = members.present
    bitcoin = (
        panel.close[:, panel.column(view.universe.bitcoin)] if view.universe.bitcoin else np.full(len(level), np.nan)
    )
    month = view.bars(MONTH)
    closes = panel.close[:, present]
    above = closes[-1] > rolling_mean(closes, min(50, len(closes)))[-1]
    known = np.isfinite(rolling_mean(closes, min(50, len(closes)))[-1])
    moved = simple_return(closes, month)
    return SectorFigures(
        members,
        level,
        {
            name: 100 * float(simple_return(level, view.bars(span))) if view.resolves(span) else float("nan")
            for name, span in (("24h", DAY), ("7d", WEEK), ("30d", MONTH))
        },
        index.momentum_score(level, month),
        index.relative_strength(level, bitcoin, month),
        index.volatility_place(level[np.isfinite(level)]),
        float(np.nansum(panel.volume[-view.bars(DAY) :, present])) if view.resolves(DAY) else float("nan"),
        float(np.nansum(panel.volume[-month:, present])),
        float(above[known].mean()) if known.any() else float("nan"),
        float((moved[np.isfinite(moved)] > 0).mean()) if np.isfinite(moved).any() else float("nan"),
    )


def _outlook(momentum: float, strength: float) -> Outlook | None:
    if not np.isfinite(momentum):
        return None
    if momentum > CLEAR and not strength < 0.5:
        return Outlook.BULLISH
    return Outlook.BEARISH if momentum < -CLEAR and not strength > 0.5 else Outlook.NEUTRAL


def _sector_row(view: MarketView, one: SectorFigures, liquidity: float, symbols: dict[int, str]) -> dict[str, Any]:
    """A row of ``ai_sector_analysis`` without what all sectors share."""
    panel, month = view.panel, view.bars(MONTH)
    returns = log_returns(one.level)[-month:]

    def with_coin(asset_id: int | None) -> float:
        if asset_id is None:
            return float("nan")
        return correlation(returns, log_returns(panel.close[:, panel.column(asset_id)])[-month:])

    weekly = simple_return(panel.close[:, one.members.present], view.bars(WEEK))
    best = [i for i in np.argsort(-weekly, kind="stable") if np.isfinite(weekly[i])][:3]
    ids = panel.asset_ids[one.members.present]
    outlook = _outlook(one.momentum, one.strength)
    agreement = one.advancing if outlook != Outlook.BEARISH else 1 - one.advancing
    short = f"too little history ({int(np.isfinite(one.level).sum())} candles)"
    reasons = NO_SOURCE | NO_RECORD | dict.fromkeys(
        ("performance_24h_pct", "performance_7d_pct", "performance_30d_pct", "momentum_score",
         "relative_strength_score", "volatility_score", "correlation_with_btc", "correlation_with_eth",
         "ai_sector_outlook", "signal_agreement_score"), short)  # fmt: skip
    if not view.resolves(DAY):
        reasons |= dict.fromkeys(("performance_24h_pct", "sector_volume_24h"), TOO_LONG)
    values, absent = complete(
        AISectorAnalysis,
        {
            "sector": one.members.sector,
            "sector_volume_24h": one.volume,
            "performance_24h_pct": one.returns["24h"],
            "performance_7d_pct": one.returns["7d"],
            "performance_30d_pct": one.returns["30d"],
            "momentum_score": one.momentum,
            "relative_strength_score": one.strength,
            "liquidity_score": liquidity,
            "volatility_score": one.volatility,
            "correlation_with_btc": with_coin(view.universe.bitcoin),
            "correlation_with_eth": with_coin(view.universe.ether),
            "top_performers": [
                {"asset_id": int(ids[i]), "symbol": symbols[int(ids[i])], "return_pct": 100 * float(weekly[i])}
                for i in best
            ],
            "key_signals": [{"type": "breadth", "value": one.breadth}, {"type": "advancing", "value": one.advancing}],
            "ai_sector_outlook": outlook,
            "signal_agreement_score": agreement,
        },
        reasons,
        by_people=("analysis_data", "candle_time", "timeframe"),
    )
    values["analysis_data"] = {
        "performance_metrics": {
            "members": len(ids),
            "breadth": one.breadth,
            "weighted_by": "dollar volume, 30 periods",
        },
        "missing": absent,
    }
    return values


def _history_row(view: MarketView, one: SectorFigures) -> dict[str, Any]:
    """The sector's point of this candle."""
    level = one.level[np.isfinite(one.level)]
    rsi = float(talib.RSI(level, 14)[-1]) if len(level) > 14 else float("nan")
    values, absent = complete(
        SectorHistory,
        {
            "sector": one.members.sector,
            "timeframe": view.timeframe,
            "candle_time": view.candle_time,
            "volume_24h": one.volume,
        },
        {"volume_24h": TOO_LONG},
        by_people=("technical_indicators",),
    )
    values["technical_indicators"] = {"RSI": {"14": rsi}, "missing": absent}
    return values


def _cross_row(view: MarketView, figures: list[SectorFigures], liquidity: np.ndarray) -> dict[str, Any]:
    """A row of ``ai_cross_sector_analysis`` without what sectors and comparison share."""
    names = [one.members.sector.name for one in figures]
    month = view.bars(MONTH)
    returns = [log_returns(one.level)[-month:] for one in figures]
    ranked = sorted(figures, key=lambda one: (-np.nan_to_num(one.returns["7d"], nan=-1e9), one.members.sector.name))
    reward = percentile_rank(np.array([one.returns["30d"] for one in figures]))
    momenta = np.array([one.momentum for one in figures])
    known = momenta[np.isfinite(momenta)]
    mean = float(known.mean()) if len(known) else float("nan")
    reasons = NO_SOURCE | NO_RECORD
    values, absent = complete(
        AICrossSectorAnalysis,
        {
            "sector_performance_ranking": [
                {"sector": one.members.sector.name, "return_7d": one.returns["7d"], "rank": place}
                for place, one in enumerate(ranked, 1)
            ],
            "liquidity_comparison": dict(zip(names, map(float, liquidity), strict=True)),
            "volatility_comparison": {name: one.volatility for name, one in zip(names, figures, strict=True)},
            "correlation_matrix": {
                a: {b: 1.0 if a == b else correlation(x, y) for b, y in zip(names, returns, strict=True)}
                for a, x in zip(names, returns, strict=True)
            },
            "risk_reward_map": [
                {"sector": name, "risk": one.volatility, "reward": float(rank)}
                for name, one, rank in zip(names, figures, reward, strict=True)
            ],
            "leading_sectors": [name for name, value in zip(names, momenta, strict=True) if value > CLEAR],
            "declining_sectors": [name for name, value in zip(names, momenta, strict=True) if value < -CLEAR],
            "ai_market_outlook": _outlook(mean, 0.5),
            "signal_agreement_score": float(max((known > 0).mean(), (known < 0).mean())) if len(known) else None,
        },
        reasons,
        by_people=("analysis_data", "candle_time", "timeframe"),
    )
    values["analysis_data"] = {"sectors": len(names), "missing": absent}
    return values


def _symbols(view: MarketView) -> dict[int, str]:
    return dict(Asset.objects.filter(pk__in=view.universe.asset_ids).values_list("pk", "symbol"))

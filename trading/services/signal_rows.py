"""One signal: its direction, its levels, what speaks for it and what it rests on."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from aimodels.models import AIModel
from aimodels.services import model_in_force
from assets.compute.series import correlation, holes, log_returns, rolling_mean
from assets.selectors import MarketView
from macro.choices import MarketRegime
from macro.compute.regime.levels import key_levels
from macro.compute.regime.structure import swing_trend
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from sectors.models import AISectorAnalysis
from sectors.selectors.members import primary_sectors
from selection.choices import PositionType
from selection.compute.ranking import true_range
from selection.models import AIWatchlistAnalysis
from selection.services import standing
from selection.services.ranking import MONTH, Standing
from system.choices import Outlook, RiskLevel
from system.models import PipelineRun
from system.services import complete, setting
from trading.choices import SignalOrigin, SignalQuality, SignalStrength
from trading.compute.signals import Plan, confluence, direction_of, plan
from trading.models import AITradingSignal
from trading.rules import ENTRY_TIMEFRAME, HORIZON_HOURS, MONITORING_TIMEFRAME, TIMING_RULES

UNBROKEN = 60
"""Candles without a hole, the newest included, that a signal needs."""


@dataclass(frozen=True)
class Context:
    """What the layers above say, for all assets of a run."""

    view: MarketView
    snapshot: MetricsSnapshot
    regime: AIRegimeAnalysis | None
    sectors: dict[int, AISectorAnalysis]
    analyses: dict[int, AIWatchlistAnalysis]
    standing: Standing
    model: AIModel
    limits: dict[str, Any]
    followed: int
    """Earlier signals of this kind whose end is known: the record that a probability could rest on."""


def signal_context(
    view: MarketView, snapshot: MetricsSnapshot, regime: AIRegimeAnalysis | None, run: PipelineRun, series: str
) -> Context:
    """What signals of a run build on. ``analyses`` has the first ranking that saw the asset."""
    rows = AISectorAnalysis.objects.filter(metrics_snapshot=snapshot, series=series).select_related("sector")
    sectors = {row.sector_id: row for row in rows}
    primary = primary_sectors(view.universe.free, view.as_of)
    analyses: dict[int, AIWatchlistAnalysis] = {}
    rankings = AIWatchlistAnalysis.objects.filter(metrics_snapshot=snapshot, series=series, run=run).order_by(
        "watchlist_id"
    )
    for analysis in rankings:
        for score in analysis.asset_scores or []:
            analyses.setdefault(score["asset_id"], analysis)
    return Context(
        view,
        snapshot,
        regime,
        {asset_id: sectors[sector.pk] for asset_id, sector in primary.items() if sector.pk in sectors},
        analyses,
        standing(view),
        model_in_force(TIMING_RULES, view.as_of),
        setting("signals", view.as_of),
        _followed(view, series),
    )


def _followed(view: MarketView, series: str) -> int:
    ended = AITradingSignal.objects.filter(series=series, time_horizon_hours=HORIZON_HOURS[view.timeframe])
    return ended.filter(signal_successful__isnull=False, expires_at__lte=view.as_of).count()


def signal_row(context: Context, asset_id: int) -> dict[str, Any] | str:
    """Columns of a signal for an asset, run and series excepted, or the reason why there is none."""
    view = context.view
    column = view.panel.column(asset_id)
    recent = view.panel.close[-UNBROKEN:, column]
    if not np.isfinite(recent[-1]):
        return "no newest candle"
    if len(recent) < UNBROKEN or not np.isfinite(recent).all():
        return "a hole in the last 60 candles"
    present = np.isfinite(view.panel.close[:, column])
    high, low, close = (line[present, column] for line in (view.panel.high, view.panel.low, view.panel.close))
    factors = _factors(context, asset_id, high, low, close)
    direction = direction_of(factors)
    if direction == 0:
        return "trend and momentum disagree"
    agreeing, share = confluence(factors, direction)
    if len(agreeing) < context.limits["min_confluence"]:
        return "too little speaks for it"
    atr = float(true_range(high[:, None], low[:, None], close[:, None])[0])
    levels = [level.price for level in key_levels(high, low, close, atr)] if atr > 0 else []
    planned = (
        plan(
            float(close[-1]),
            atr,
            levels,
            direction,
            min_risk_reward=context.limits["min_risk_reward"],
            min_stop_atr=context.limits["min_stop_atr"],
            max_stop_atr=context.limits["max_stop_atr"],
        )
        if atr > 0
        else None
    )
    if planned is None:
        return "no stop and target fit"
    return _row(context, asset_id, direction, planned, agreeing, share)


def _factors(context: Context, asset_id: int, high: np.ndarray, low: np.ndarray, close: np.ndarray) -> dict[str, float]:
    """What speaks for a rise (1) or a fall (-1); factors that are not known are left out."""
    quick, slow = rolling_mean(close, 20)[-1], rolling_mean(close, 50)[-1]
    month = float(context.standing.raw.momentum_30d[context.standing.asset_ids.index(asset_id)])
    place = context.standing.place(asset_id)
    sector = context.sectors.get(asset_id)
    outlook = {Outlook.BULLISH: 1.0, Outlook.BEARISH: -1.0, Outlook.NEUTRAL: 0.0}
    moods = {
        MarketRegime.BULL: 1.0,
        MarketRegime.ACCUMULATION: 0.5,
        MarketRegime.DISTRIBUTION: -0.5,
        MarketRegime.BEAR: -1.0,
    }
    factors = {
        "trend": 1.0 if close[-1] > slow and quick > slow else -1.0 if close[-1] < slow and quick < slow else 0.0,
        "structure": float(swing_trend(high, low)[-1]),
        "momentum": float(np.sign(month)),
        "relative_strength": 2 * place - 1,
        "regime": moods.get(MarketRegime(context.regime.current_regime), 0.0) if context.regime else float("nan"),
        "sector": outlook[Outlook(sector.ai_sector_outlook)] if sector and sector.ai_sector_outlook else float("nan"),
    }
    return {name: value for name, value in factors.items() if np.isfinite(value)}


def _row(
    context: Context, asset_id: int, direction: int, planned: Plan, agreeing: list[tuple[str, float]], share: float
) -> dict[str, Any]:
    view, hours = context.view, HORIZON_HOURS[context.view.timeframe]
    returns = log_returns(view.panel.close)[-view.bars(MONTH) :]
    bitcoin = view.universe.bitcoin
    with_market = (
        abs(correlation(returns[:, view.panel.column(asset_id)], returns[:, view.panel.column(bitcoin)]))
        if bitcoin is not None
        else float("nan")
    )
    sector = context.sectors.get(asset_id)
    values, absent = complete(
        AITradingSignal,
        {
            "asset_id": asset_id,
            "ai_model": context.model,
            "metrics_snapshot": context.snapshot,
            "watchlist_analysis": context.analyses.get(asset_id),
            "signal_type": PositionType.LONG if direction > 0 else PositionType.SHORT,
            "signal_origin": SignalOrigin.WATCHLIST_SCREENING,
            "signal_quality": SignalQuality.LOW,
            "confidence_score": planned.chance,
            "entry_price": planned.entry,
            "target_price": planned.target,
            "stop_loss": planned.stop,
            "risk_level": _risk(context.standing, asset_id),
            "risk_reward_ratio": planned.risk_reward,
            "market_context": _market_words(context),
            "sector_context": {"sector": sector.sector.name, "outlook": sector.ai_sector_outlook} if sector else None,
            "confluence_factors": [{"factor": name, "weight": weight} for name, weight in agreeing],
            "confluence_count": len(agreeing),
            "signal_strength": _strength(share),
            "invalidation_criteria": [
                {
                    "condition": {"close": "below" if direction > 0 else "above", "price": planned.stop},
                    "severity": "high",
                }
            ],
            "risk_management": {
                "max_position_size_pct": 0,
                "stop_loss_type": "level",
                "position_sizing_method": "none",
            },
            "time_horizon_hours": hours,
            "optimal_entry_timeframe": ENTRY_TIMEFRAME[view.timeframe],
            "monitoring_timeframe": MONITORING_TIMEFRAME[view.timeframe],
            "market_correlation": with_market,
            "expires_at": view.as_of + timedelta(hours=hours),
        },
        {"sector_context": "the asset belongs to no analysed sector", "market_correlation": "fewer than 20 returns"},
        by_people=("generated_by", "portfolio_analysis", "actual_entry_price", "max_favorable_excursion",
                   "max_adverse_excursion", "signal_successful", "invalidated_at", "ai_analysis", "watchlist_analysis"),
    )  # fmt: skip
    values["ai_analysis"] = {
        "is_proven": False,
        "record": {"n": context.followed},
        "probability_is": "that of a walk without drift: risk / (risk + reward)",
        "key_factors": [name for name, _weight in agreeing],
        "missing": absent,
        "missing_candles": int(holes(view.panel.close[:, [view.panel.column(asset_id)]])[0]),
    }
    return values


def _risk(found: Standing, asset_id: int) -> RiskLevel | None:
    """Risk by the asset's place in volatility among the others."""
    calm = float(found.scores.by_factor["calm"][found.asset_ids.index(asset_id)])
    if not np.isfinite(calm):
        return None
    return (RiskLevel.EXTREME, RiskLevel.HIGH, RiskLevel.MEDIUM, RiskLevel.LOW)[min(3, int(calm * 4))]


def _strength(share: float) -> SignalStrength:
    words = (SignalStrength.WEAK, SignalStrength.MODERATE, SignalStrength.STRONG, SignalStrength.VERY_STRONG)
    return words[sum(share >= limit for limit in (0.6, 0.75, 0.9))]


def _market_words(context: Context) -> dict[str, Any] | None:
    if context.regime is None:
        return None
    return {"regime": context.regime.current_regime, "confidence": float(context.regime.regime_confidence)}

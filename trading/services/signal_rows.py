"""Signals: their direction, their levels, what speaks for them, how likely they are to win and what they rest on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from aimodels.models import AIModel
from aimodels.services import model_in_force
from assets.compute.series import correlation, holes, log_returns
from assets.selectors import MarketView
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from sectors.models import AISectorAnalysis
from sectors.selectors.members import primary_sectors
from selection.choices import PositionType
from selection.models import AIWatchlistAnalysis
from selection.services import standing
from selection.services.standings import MONTH, Standing
from system.choices import RiskLevel
from system.models import PipelineRun
from system.services import complete, setting
from trading.choices import SignalOrigin, SignalQuality, SignalStrength
from trading.compute.features import Setup
from trading.compute.sizing import Evidence
from trading.models import AITradingSignal
from trading.rules import ENTRY_TIMEFRAME, HORIZON_HOURS, MONITORING_TIMEFRAME, TIMING_RULES
from trading.selectors.signal_record import evidence
from trading.services.chances import Chance, Worth, chances, worth
from trading.services.setups import Layers, invalidation, limits_of, mood_of, outlook_of, setup_at
from trading.services.signal_words import market_words, probabilities

CLEAR = 0.75
"""Share of the weight of all factors from which on nearly all speaks for a signal."""


@dataclass(frozen=True)
class Context:
    """What the layers above say, for all assets of a run. ``rankings`` are those of all lists, ``analyses`` the first
    of them that saw each asset."""

    view: MarketView
    snapshot: MetricsSnapshot
    regime: AIRegimeAnalysis | None
    sectors: dict[int, AISectorAnalysis]
    rankings: Sequence[AIWatchlistAnalysis]
    analyses: Mapping[int, AIWatchlistAnalysis]
    layers: Layers
    model: AIModel
    limits: dict[str, Any]
    records: Mapping[tuple[int, PositionType], Evidence]
    """What came of earlier signals of each kind, by model version and direction."""

    @property
    def standing(self) -> Standing:
        """The ranking."""
        return self.layers.standing


def signal_context(
    view: MarketView, snapshot: MetricsSnapshot, regime: AIRegimeAnalysis | None, run: PipelineRun, series: str
) -> Context:
    """What signals of a run build on."""
    rows = AISectorAnalysis.objects.filter(metrics_snapshot=snapshot, series=series).select_related("sector")
    by_sector = {row.sector_id: row for row in rows}
    primary = primary_sectors(view.universe.free, view.as_of)
    sectors = {asset_id: by_sector[sector.pk] for asset_id, sector in primary.items() if sector.pk in by_sector}
    analyses: dict[int, AIWatchlistAnalysis] = {}
    rankings = list(
        AIWatchlistAnalysis.objects.filter(metrics_snapshot=snapshot, series=series, run=run).order_by("watchlist_id")
    )
    for analysis in rankings:
        for score in analysis.asset_scores or []:
            analyses.setdefault(score["asset_id"], analysis)
    outlooks = {asset_id: outlook_of(row.ai_sector_outlook) for asset_id, row in sectors.items()}
    return Context(
        view,
        snapshot,
        regime,
        sectors,
        rankings,
        analyses,
        Layers(standing(view), mood_of(regime.current_regime if regime else None), outlooks),
        model_in_force(TIMING_RULES, view.as_of),
        setting("signals", view.as_of),
        evidence(view.timeframe, view.as_of, series),
    )


def signal_rows(context: Context, asset_ids: Sequence[int]) -> dict[int, dict[str, Any] | str]:
    """Columns of a signal for each asset of the ranking, run and series excepted, or the reason why there is none."""
    found = {asset_id: setup_of(context, asset_id) for asset_id in asset_ids}
    setups = {asset_id: one for asset_id, one in found.items() if isinstance(one, Setup)}
    told = chances(context.view, setups, context.model)
    return {
        asset_id: one if isinstance(one, str) else _row(context, asset_id, one, told[asset_id])
        for asset_id, one in found.items()
    }


def setup_of(context: Context, asset_id: int) -> Setup | str:
    """The plan for an asset of the ranking, or the reason why there is none."""
    return setup_at(context.view, context.layers, asset_id, limits_of(context.limits))


def _row(context: Context, asset_id: int, found: Setup, chance: Chance) -> dict[str, Any]:
    view, hours = context.view, HORIZON_HOURS[context.view.timeframe]
    returns = view.figure("returns_of_month", lambda: log_returns(view.panel.close)[-view.bars(MONTH) :])
    bitcoin = view.universe.bitcoin
    with_market = (
        abs(correlation(returns[:, view.panel.column(asset_id)], returns[:, view.panel.column(bitcoin)]))
        if bitcoin is not None
        else float("nan")
    )
    sector = context.sectors.get(asset_id)
    planned, direction, agreeing = found.plan, found.direction, found.agreeing
    kind = PositionType.LONG if direction > 0 else PositionType.SHORT
    record = context.records.get((chance.model.pk, kind), Evidence())
    value = worth(found, chance, record, view.as_of)
    words, unsaid = market_words(context.regime) if context.regime else (None, {})
    by_when, unreached = probabilities(found, chance, view.timeframe)
    values, absent = complete(
        AITradingSignal,
        {
            "asset_id": asset_id,
            "ai_model": chance.model,
            "metrics_snapshot": context.snapshot,
            "watchlist_analysis": context.analyses.get(asset_id),
            "signal_type": kind,
            "signal_origin": SignalOrigin.WATCHLIST_SCREENING,
            "signal_quality": _quality(value, found.share),
            "confidence_score": chance.value,
            "entry_price": planned.entry,
            "target_price": planned.target,
            "stop_loss": planned.stop,
            "risk_level": _risk(context.standing, asset_id),
            "risk_reward_ratio": planned.risk_reward,
            "market_context": words,
            "sector_context": {"sector": sector.sector.name, "outlook": sector.ai_sector_outlook} if sector else None,
            "confluence_factors": [{"factor": name, "weight": weight} for name, weight in agreeing],
            "confluence_count": len(agreeing),
            "signal_strength": _strength(found.share),
            "invalidation_criteria": invalidation(found),
            "risk_management": value.management,
            "time_horizon_hours": hours,
            "optimal_entry_timeframe": ENTRY_TIMEFRAME[view.timeframe],
            "monitoring_timeframe": MONITORING_TIMEFRAME[view.timeframe],
            "market_correlation": with_market,
            "expires_at": view.as_of + timedelta(hours=hours),
        },
        {
            "market_context": "no regime was known",
            "sector_context": "the asset belongs to no analysed sector",
            "market_correlation": "fewer than 20 returns",
        },
        by_people=("generated_by", "portfolio_analysis", "actual_entry_price", "max_favorable_excursion",
                   "max_adverse_excursion", "signal_successful", "invalidated_at", "withdrawn_at", "ai_analysis",
                   "watchlist_analysis"),
    )  # fmt: skip
    values["ai_analysis"] = {
        "is_proven": value.is_actionable,
        "record": {"n": record.n, "wins": record.wins, "expected": round(record.expected, 2)} | chance.record,
        "probability_is": chance.meaning,
        "martingale_chance": planned.chance,
        "measured_chance": value.measured,
        "expected_value_at_least_pct": value.least_expected_pct,
        "contributions": chance.contributions,
        "key_factors": [name for name, _weight in agreeing],
        "probability_analysis": by_when,
        "missing": absent
        | {f"market_context.{name}": reason for name, reason in unsaid.items()}
        | {f"probability_analysis.{name}": reason for name, reason in unreached.items()},
        "missing_candles": int(holes(view.panel.close[:, [view.panel.column(asset_id)]])[0]),
    }
    return values


def _risk(found: Standing, asset_id: int) -> RiskLevel | None:
    """Risk by the asset's place in volatility among the others."""
    calm = found.at(found.scores.by_factor["calm"], asset_id)
    if not np.isfinite(calm):
        return None
    return (RiskLevel.EXTREME, RiskLevel.HIGH, RiskLevel.MEDIUM, RiskLevel.LOW)[min(3, int(calm * 4))]


def _quality(value: Worth, share: float) -> SignalQuality:
    """Low without a measured edge; with one, high where nearly all speaks for it."""
    if not value.is_actionable:
        return SignalQuality.LOW
    return SignalQuality.HIGH if share >= CLEAR else SignalQuality.MEDIUM


def _strength(share: float) -> SignalStrength:
    words = (SignalStrength.WEAK, SignalStrength.MODERATE, SignalStrength.STRONG, SignalStrength.VERY_STRONG)
    return words[sum(share >= limit for limit in (0.6, 0.75, 0.9))]

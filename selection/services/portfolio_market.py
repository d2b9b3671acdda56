"""Columns of a portfolio analysis about the market around it: sectors, cycle, direction, and what was let go."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from assets.compute.series import simple_return
from assets.selectors import MarketView
from macro.choices import MarketRegime
from macro.models import AIRegimeAnalysis
from sectors.models import AICrossSectorAnalysis
from selection.choices import CyclePhase, HoldingType
from selection.selectors.holdings import Holdings
from selection.services.standings import standing
from system.choices import Outlook

Columns = dict[str, Any]
Reasons = dict[str, str]
PHASES = {
    MarketRegime.ACCUMULATION: CyclePhase.ACCUMULATION,
    MarketRegime.BULL: CyclePhase.MARKUP,
    MarketRegime.DISTRIBUTION: CyclePhase.DISTRIBUTION,
    MarketRegime.BEAR: CyclePhase.DECLINE,
}
MONTH = timedelta(days=30)
CLEAR = 0.25
"""So far from one half, most of the portfolio goes one way."""
NO_REGIME = "the state of the market is unknown"
NO_PHASE = "the market's state is no phase of a cycle"


@dataclass(frozen=True)
class Surroundings:
    """What is known of the market on the snapshot."""

    view: MarketView
    regime: AIRegimeAnalysis | None
    sectors: AICrossSectorAnalysis | None

    @property
    def exposure(self) -> float | None:
        """Share that the state of the market admits, 0-1."""
        found = self.regime.recommended_exposure if self.regime else None
        return None if found is None else float(found)


def phase_columns(around: Surroundings) -> tuple[Columns, Reasons]:
    """Phase of the market's cycle."""
    if around.regime is None:
        return {}, {"portfolio_cycle_phase": NO_REGIME}
    phase = PHASES.get(MarketRegime(around.regime.current_regime))
    return {"portfolio_cycle_phase": phase}, {"portfolio_cycle_phase": NO_PHASE}


def market_columns(held: Holdings, around: Surroundings) -> tuple[Columns, Reasons]:
    """How the holdings fit to what the market does."""
    fit = around.exposure
    columns: Columns = {
        "cycle_adjustment_score": None if fit is None else 1 - abs(min(max(net_exposure(held), 0.0), 1.0) - fit),
        "sector_rotation_impact": _rotation(held, around.sectors),
        "opportunity_cost_score": _let_go(held, around.view),
    }
    return columns | _outlook(held, around.view), {
        "cycle_adjustment_score": NO_REGIME,
        "sector_rotation_impact": "the sectors have not been compared",
        "opportunity_cost_score": "none of the assets is ranked",
        "ai_portfolio_outlook": "no position has 30 days of history",
        "signal_agreement_score": "no position has 30 days of history",
    }


def net_exposure(held: Holdings) -> float:
    """Share that moves with the market: bought less sold short, without coins that count as dollars."""
    moving = [one.position.asset_type != HoldingType.STABLECOIN for one in held.valued]
    return float(held.weights[moving].sum())


def _rotation(held: Holdings, sectors: AICrossSectorAnalysis | None) -> dict[str, Any] | None:
    """Which held sectors lead and which fall behind; the score is the share in the former less that in the latter."""
    if sectors is None or sectors.leading_sectors is None or sectors.declining_sectors is None:
        return None
    shares: dict[str, float] = {}
    for name, weight in zip(held.sectors, held.weights, strict=True):
        shares[name] = shares.get(name, 0.0) + float(weight)
    rising = [name for name in sectors.leading_sectors if name in shares]
    falling = [name for name in sectors.declining_sectors if name in shares]
    score = sum(shares[name] for name in rising) - sum(shares[name] for name in falling)
    return {"benefiting_sectors": rising, "underperforming_sectors": falling, "rotation_score": score}


def _let_go(held: Holdings, view: MarketView) -> float:
    """Share of the ranked market that stands before what is held, by weight; NaN where nothing is ranked."""
    found = standing(view)
    places = np.array([found.place(one.position.asset_id) for one in held.valued])
    ranked = np.isfinite(places) & (held.weights > 0)
    if not ranked.any():
        return float("nan")
    return float(1 - np.average(places[ranked], weights=held.weights[ranked]))


def _outlook(held: Holdings, view: MarketView) -> Columns:
    """Direction of the portfolio: which way most of it, by weight, went in 30 days."""
    known = {asset_id: place for place, asset_id in enumerate(view.panel.asset_ids.tolist())}
    month = simple_return(view.panel.close, view.bars(MONTH))
    places = [known.get(one.position.asset_id) for one in held.valued]
    gains = held.signs * np.array([np.nan if place is None else month[place] for place in places])
    moves = np.isfinite(gains)
    if not moves.any():
        return {}
    rising = float(np.average(gains[moves] > 0, weights=abs(held.weights[moves])))
    direction = Outlook.NEUTRAL
    if abs(rising - 0.5) > CLEAR:
        direction = Outlook.BULLISH if rising > 0.5 else Outlook.BEARISH
    return {"ai_portfolio_outlook": direction, "signal_agreement_score": max(rising, 1 - rising)}

"""Open positions on a snapshot: how they stand and what the structure of the market suggests."""

from typing import Any

import numpy as np
from django.db import transaction

from aimodels.services import model_in_force
from assets.selectors import MarketView, market_view
from macro.compute.regime.levels import key_levels
from macro.models import MetricsSnapshot
from selection.compute.ranking import true_range
from selection.models import Portfolio
from selection.services import valued_positions
from selection.services.portfolios import Valued
from system.choices import LIVE
from system.models import PipelineRun
from system.services import complete, land
from trading.choices import PositionAction, PositionStatus, Urgency
from trading.compute.signals import plan
from trading.models import AIPortfolioAssetAnalysis
from trading.rules import HORIZON_HOURS, TIMING_RULES

NEAR = 1.0
"""Within this many average true ranges of its stop a position is at risk; beyond it, critical."""
LEVEL_RULES = {"min_risk_reward": 1.5, "min_stop_atr": 1.0, "max_stop_atr": 3.5}


@transaction.atomic
def analyse_positions(
    portfolio: Portfolio, snapshot: MetricsSnapshot, *, run: PipelineRun | None = None, series: str = LIVE
) -> list[AIPortfolioAssetAnalysis]:
    """Judge the positions that were open at the snapshot's moment. The same snapshot again changes nothing."""
    view = market_view(snapshot.timeframe, snapshot.snapshot_time)
    shared = {
        "metrics_snapshot": snapshot,
        "ai_model": model_in_force(TIMING_RULES, view.as_of),
        "timeframe": view.timeframe if view.timeframe != "1w" else None,
        "candle_time": view.candle_time,
        "analysis_time": view.as_of,
        "run": run,
        "series": series,
    }
    rows = [_row(one, view) | shared for one in valued_positions(portfolio, view)]
    key = ("metrics_snapshot", "portfolio_asset", "ai_model", "series")
    return land(AIPortfolioAssetAnalysis, rows, key=key).rows


def _row(one: Valued, view: MarketView) -> dict[str, Any]:
    judged = _judge(one, view) if one.price is not None else {}
    values, absent = complete(
        AIPortfolioAssetAnalysis,
        {"portfolio_asset": one.position, "analysis_horizon_hours": HORIZON_HOURS[view.timeframe], **judged},
        {"ai_confidence_score": "no measured record yet", "exit_probability": "no measured record yet"}
        | dict.fromkeys(
            ("current_pnl_pct", "position_status", "recommended_action", "urgency_level", "recommendation_reason",
             "suggested_sl_price", "suggested_tp_price"), "no price at this moment"),
        by_people=("analysis_data", "timeframe", "candle_time"),
    )  # fmt: skip
    values["analysis_data"] = {"missing": absent}
    return values


def _judge(one: Valued, view: MarketView) -> dict[str, Any]:
    """Profit, distance to the stop, and levels for a new one."""
    column = view.panel.column(one.position.asset_id)
    present = np.isfinite(view.panel.close[:, column])
    high, low, close = (line[present, column] for line in (view.panel.high, view.panel.low, view.panel.close))
    atr = float(true_range(high[:, None], low[:, None], close[:, None])[0])
    price = float(close[-1])
    cost, unrealized = abs(one.holding.cost), one.unrealized
    pnl = 100 * unrealized / cost if cost and unrealized is not None else None
    if not atr > 0:
        return {"current_pnl_pct": pnl}
    sign = -1 if one.holding.is_short else 1
    planned = plan(price, atr, [level.price for level in key_levels(high, low, close, atr)], sign, **LEVEL_RULES)
    stop = one.position.stop_loss_price
    target = one.position.take_profit_price
    room = sign * (price - float(stop)) / atr if stop is not None else None
    status, action, urgency, reason = _verdict(room, target is not None and sign * (price - float(target)) >= 0)
    return {
        "current_pnl_pct": pnl,
        "position_status": status,
        "recommended_action": action,
        "urgency_level": urgency,
        "recommendation_reason": reason,
        "suggested_sl_price": planned.stop if planned else None,
        "suggested_tp_price": planned.target if planned else None,
        "current_signals": {"atr": atr, "room_to_stop_atr": room},
    }


def _verdict(room: float | None, at_target: bool) -> tuple[PositionStatus, PositionAction, Urgency, str]:
    """What the distance to one's own stop and target says."""
    if at_target:
        return PositionStatus.TAKE_PROFIT_ZONE, PositionAction.PARTIAL_EXIT_50, Urgency.MEDIUM, "target reached"
    if room is None:
        return PositionStatus.HEALTHY, PositionAction.HOLD, Urgency.LOW, "no stop is set"
    if room <= 0:
        return PositionStatus.CRITICAL, PositionAction.FULL_EXIT, Urgency.IMMEDIATE, "the stop is passed"
    if room <= NEAR:
        reason = f"{room:.2f} average true ranges above the stop"
        return PositionStatus.AT_RISK, PositionAction.TIGHTEN_SL, Urgency.HIGH, reason
    return PositionStatus.HEALTHY, PositionAction.HOLD, Urgency.LOW, f"{room:.2f} average true ranges from the stop"

"""Open positions on a snapshot: how they stand and what the structure of the market suggests."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from django.db import transaction

from aimodels.services import model_in_force
from assets.selectors import MarketView, market_view
from macro.compute.regime.levels import key_levels
from macro.models import MetricsSnapshot
from selection.compute.ranking import Floats, true_range
from selection.models import Portfolio
from selection.selectors.valued import Valued, assumptions
from selection.services import valued_positions
from system.choices import LIVE
from system.models import PipelineRun
from system.services import complete, land, setting
from trading.choices import TRADED_TIMEFRAMES, PositionAction, PositionStatus, Urgency
from trading.compute.signals import plan
from trading.models import AIPortfolioAssetAnalysis
from trading.rules import HORIZON_HOURS, TIMING_RULES

NEAR = 1.0
"""Within this many average true ranges of its stop a position is at risk; beyond it, critical."""
LEVELS = ("min_risk_reward", "min_stop_atr", "max_stop_atr")
"""Settings of signals that new levels for a position keep to."""
VERDICT = ("position_status", "recommended_action", "urgency_level")
SUGGESTED = ("suggested_sl_price", "suggested_tp_price")
NO_STOP = "no stop is set"

Columns = dict[str, Any]
Reasons = dict[str, str]
"""Why columns have no value."""


@transaction.atomic
def analyse_positions(
    portfolio: Portfolio, snapshot: MetricsSnapshot, *, run: PipelineRun | None = None, series: str = LIVE
) -> list[AIPortfolioAssetAnalysis]:
    """Judge the positions that were open at the snapshot's moment. The same snapshot again changes nothing."""
    view = market_view(snapshot.timeframe, snapshot.snapshot_time)
    limits = setting("signals", view.as_of)
    shared = {
        "metrics_snapshot": snapshot,
        "ai_model": model_in_force(TIMING_RULES, view.as_of),
        "timeframe": view.timeframe if view.timeframe in dict(TRADED_TIMEFRAMES) else None,
        "candle_time": view.candle_time,
        "analysis_time": view.as_of,
        "analysis_horizon_hours": HORIZON_HOURS[view.timeframe],
        "run": run,
        "series": series,
    }
    rows = [_row(one, view, limits, shared) for one in valued_positions(portfolio, view)]
    key = ("metrics_snapshot", "portfolio_asset", "ai_model", "series")
    return land(AIPortfolioAssetAnalysis, rows, key=key).rows


def _row(one: Valued, view: MarketView, limits: Mapping[str, Any], shared: Columns) -> Columns:
    judged, reasons = _judge(one, view, limits)
    values, absent = complete(
        AIPortfolioAssetAnalysis,
        {"portfolio_asset": one.position, **shared, **judged},
        dict.fromkeys(("ai_confidence_score", "exit_probability"), "no measured record yet")
        | {"timeframe": f"the column has no {view.timeframe}"}
        | reasons,
        by_people=("analysis_data",),
    )
    values["analysis_data"] = {"assumptions": assumptions([one]), "missing": absent}
    return values


def _judge(one: Valued, view: MarketView, limits: Mapping[str, Any]) -> tuple[Columns, Reasons]:
    """Profit, distance to the stop, and levels for a new one; and why what is left out is."""
    unrealized = one.unrealized
    if one.price is None or unrealized is None:
        absent = ("current_pnl_pct", "recommendation_reason", *VERDICT, *SUGGESTED)
        return {}, dict.fromkeys(absent, "no price at this moment")
    cost = abs(one.holding.cost)
    known: Columns = {"current_pnl_pct": 100 * unrealized / cost if cost else None}
    reasons = {"current_pnl_pct": "it cost nothing"}
    high, low, close = _candles(view, one.position.asset_id)
    atr = float(true_range(high, low, close)[0])
    if not atr > 0:
        return known, reasons | dict.fromkeys(("recommendation_reason", *VERDICT, *SUGGESTED), "too few candles")
    price, sign = float(one.price), -1 if one.holding.is_short else 1
    levels = [level.price for level in key_levels(high[:, 0], low[:, 0], close[:, 0], atr)]
    planned = plan(price, atr, levels, sign, **{name: limits[name] for name in LEVELS})
    if planned is not None:
        known |= {"suggested_sl_price": planned.stop, "suggested_tp_price": planned.target}
    stop, target = one.position.stop_loss_price, one.position.take_profit_price
    room = sign * (price - float(stop)) / atr if stop is not None else None
    known |= _verdict(room, target is not None and sign * (price - float(target)) >= 0)
    known |= {"current_signals": {"atr": atr, "room_to_stop_atr": room}}
    return known, reasons | dict.fromkeys(VERDICT, NO_STOP) | dict.fromkeys(SUGGESTED, "no stop and target fit")


def _candles(view: MarketView, asset_id: int) -> tuple[Floats, Floats, Floats]:
    """High, low and close of an asset's candles in the view, USD, shape (t, 1); none if it is not in the universe."""
    if asset_id not in view.universe.asset_ids:
        nothing = np.empty((0, 1))
        return nothing, nothing, nothing
    panel = view.panel.take([asset_id])
    present = np.isfinite(panel.close[:, 0])
    return panel.high[present], panel.low[present], panel.close[present]


def _verdict(room: float | None, at_target: bool) -> Columns:
    """What the distance to one's own stop and target says. Without a stop nothing is known of the risk, so nothing is
    said but that."""
    if at_target:
        return _said("target reached", PositionStatus.TAKE_PROFIT_ZONE, PositionAction.PARTIAL_EXIT_50, Urgency.MEDIUM)
    if room is None:
        return {"recommendation_reason": NO_STOP}
    if room <= 0:
        return _said("the stop is passed", PositionStatus.CRITICAL, PositionAction.FULL_EXIT, Urgency.IMMEDIATE)
    reason = f"{room:.2f} average true ranges from the stop"
    if room <= NEAR:
        return _said(reason, PositionStatus.AT_RISK, PositionAction.TIGHTEN_SL, Urgency.HIGH)
    return _said(reason, PositionStatus.HEALTHY, PositionAction.HOLD, Urgency.LOW)


def _said(reason: str, *verdict: str) -> Columns:
    return {"recommendation_reason": reason, **dict(zip(VERDICT, verdict, strict=True))}

"""Better weights for a portfolio, and the trades towards them that pay for themselves."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from selection.compute import risk
from selection.compute.allocation import LEAST_DAYS, Costs, Limits, Optimum, efficiency, moments, optimum
from selection.compute.rebalancing import Plan, plan
from selection.services.holdings import Holdings

Columns = dict[str, Any]
Reasons = dict[str, str]
OPTIMUM = ("optimal_allocation", "allocation_deviation", "rebalance_needed", "rebalancing_suggestions",
           "portfolio_efficiency_score")  # fmt: skip
TOO_FEW = "fewer than two coins that move"
TOO_SHORT = f"fewer than {LEAST_DAYS} days with returns of all coins"


def better_weights(held: Holdings, value: float, settings: Mapping[str, Any]) -> tuple[Columns, Reasons]:
    """Optimal weights of the coins that move freely, how far the present ones are from them, and which trades pay.

    What does not move, is borrowed or sold short keeps its place: the optimum shifts the rest among itself.
    """
    free = held.is_free
    if free.sum() < 2:
        return {}, dict.fromkeys(OPTIMUM, TOO_FEW)
    returns = held.returns[:, free]
    returns = returns[np.isfinite(returns).all(axis=1)]
    if len(returns) < LEAST_DAYS:
        return {}, dict.fromkeys(OPTIMUM, TOO_SHORT)
    movable = float(held.weights[free].sum())
    current = held.weights[free] / movable
    costs = Costs(settings["trading_cost_pct"] / 100, settings["holding_days"], settings["risk_aversion"])
    best = optimum(returns, _limits(held, free, movable, settings), current, costs)
    mean, covariance = moments(returns)
    least = settings["rebalance_least_pct"] / 100 / movable
    trades = plan(current, best.weights, mean, covariance, costs, least=least)
    return {
        **_allocation(held, free, movable, best),
        "rebalance_needed": bool(trades.change.any()),
        "rebalancing_suggestions": _suggestions(held, free, movable, best, trades, value, costs),
        "portfolio_efficiency_score": efficiency(returns, current),
    }, {"portfolio_efficiency_score": "the frontier was not found"}


def _limits(held: Holdings, free: np.ndarray, movable: float, settings: Mapping[str, Any]) -> Limits:
    """Limits of the whole portfolio as limits of its movable part."""
    own = [
        float(one.position.max_allocation_percent or 100) if settings["use_position_limits"] else 100.0
        for one, moves in zip(held.valued, free, strict=True)
        if moves
    ]
    largest = np.minimum(np.array(own), settings["max_asset_pct"]) / 100 / movable
    sectors = tuple(name for name, moves in zip(held.sectors, free, strict=True) if moves)
    group = min(1.0, settings["max_sector_pct"] / 100 / movable)
    return Limits(np.minimum(largest, 1.0), sectors, group, 2 * settings["max_turnover_pct"] / 100)


def _allocation(held: Holdings, free: np.ndarray, movable: float, best: Optimum) -> Columns:
    """Shares of the whole in percent, now and then, by sector, risk and asset."""
    now = np.abs(held.weights)
    then = now.copy()
    then[free] = best.weights * movable
    risks = [one.position.risk_category or "none" for one in held.valued]
    by_sector = risk.shares(then.tolist(), held.sectors)
    present = risk.shares(now.tolist(), held.sectors)
    return {
        "optimal_allocation": {
            "by_sector": by_sector,
            "by_risk": risk.shares(then.tolist(), risks),
            "by_asset": risk.shares(then.tolist(), held.symbols),
            "method": best.method,
            "fallbacks": [{"method": method, "reason": reason} for method, reason in best.fallbacks],
        },
        "allocation_deviation": {name: present[name] - by_sector[name] for name in present},
    }


def _suggestions(
    held: Holdings, free: np.ndarray, movable: float, best: Optimum, trades: Plan, value: float, costs: Costs
) -> list[dict[str, Any]]:
    """One line per trade, the largest first, with what it costs; sums of money are rounded estimates, not orders."""
    moving = [one for one, moves in zip(held.valued, free, strict=True) if moves]
    current = held.weights[free] / movable
    lines = []
    for place in np.argsort(-np.abs(trades.change), kind="stable").tolist():
        change = float(trades.change[place])
        if not change:
            continue
        amount = abs(change) * movable * value
        lines.append(
            {
                "action": "buy" if change > 0 else "sell",
                "asset": moving[place].position.asset.symbol,
                "current_pct": 100 * float(current[place]) * movable,
                "target_pct": 100 * float(current[place] + change) * movable,
                "amount_usd": round(amount, 2),
                "fee_usd": round(amount * costs.rate, 2),
                "reason": {"method": best.method, "gain_pct": 100 * trades.gain, "cost_pct": 100 * trades.cost},
                "related_signals": [],
                "suggested_signals": [],
            }
        )
    return lines

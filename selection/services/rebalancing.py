"""Better weights for a portfolio, and the trades towards them that pay for themselves."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from selection.compute import risk
from selection.compute.allocation import Optimum, efficiency, moments, optimum
from selection.compute.rebalancing import Plan, plan
from selection.selectors.holdings import Holdings
from selection.selectors.optimum_inputs import Movable, movable

Columns = dict[str, Any]
Reasons = dict[str, str]
OPTIMUM = ("optimal_allocation", "allocation_deviation", "rebalance_needed", "rebalancing_suggestions",
           "portfolio_efficiency_score")  # fmt: skip


def better_weights(held: Holdings, value: float, settings: Mapping[str, Any]) -> tuple[Columns, Reasons]:
    """Optimal weights of the coins that move freely, how far the present ones are from them, and which trades pay.

    What does not move, is borrowed or sold short keeps its place: the optimum shifts the rest among itself.
    """
    part = movable(held, settings)
    if isinstance(part, str):
        return {}, dict.fromkeys(OPTIMUM, part)
    best = optimum(part.returns, part.limits, part.current, part.costs)
    mean, covariance = moments(part.returns)
    least = settings["rebalance_least_pct"] / 100 / part.share
    trades = plan(part.current, best.weights, mean, covariance, part.costs, least=least)
    return {
        **_allocation(held, part, best),
        "rebalance_needed": bool(trades.change.any()),
        "rebalancing_suggestions": _suggestions(held, part, best, trades, value),
        "portfolio_efficiency_score": efficiency(part.returns, part.current),
    }, {"portfolio_efficiency_score": "the frontier was not found"}


def _allocation(held: Holdings, part: Movable, best: Optimum) -> Columns:
    """Shares of the whole in percent, now and then, by sector, risk and asset."""
    now = np.abs(held.weights)
    then = now.copy()
    then[part.free] = best.weights * part.share
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


def _suggestions(held: Holdings, part: Movable, best: Optimum, trades: Plan, value: float) -> list[dict[str, Any]]:
    """One line per trade, the largest first, with what it costs; sums of money are rounded estimates, not orders."""
    moving = [one for one, moves in zip(held.valued, part.free, strict=True) if moves]
    lines = []
    for place in np.argsort(-np.abs(trades.change), kind="stable").tolist():
        change = float(trades.change[place])
        if not change:
            continue
        amount = abs(change) * part.share * value
        lines.append(
            {
                "action": "buy" if change > 0 else "sell",
                "asset": moving[place].position.asset.symbol,
                "asset_id": moving[place].position.asset_id,
                "current_pct": 100 * float(part.current[place]) * part.share,
                "target_pct": 100 * float(part.current[place] + change) * part.share,
                "amount_usd": round(amount, 2),
                "fee_usd": round(amount * part.costs.rate, 2),
                "reason": {"method": best.method, "gain_pct": 100 * trades.gain, "cost_pct": 100 * trades.cost},
                "related_signals": [],
                "suggested_signals": [],
            }
        )
    return lines

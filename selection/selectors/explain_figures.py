"""How the figures of a portfolio's analysis are counted, and from which inputs."""

from collections.abc import Callable, Sequence
from decimal import Decimal, localcontext
from typing import Any

import numpy as np

from selection.compute import allocation, risk, statistics
from selection.compute.lots import EXACT
from selection.models import AIPortfolioAnalysis
from selection.selectors.analysed import QUARTER, Analysed
from selection.selectors.explain_inputs import closes, groups, sizes, wanted_weights
from selection.selectors.explanation import Input, Value
from selection.selectors.holdings import Holdings
from selection.selectors.optimum_inputs import movable

ZERO = Decimal(0)


def total(amount: Callable[[Any], Decimal | None]) -> Callable[[Analysed, Holdings], Value]:
    """Sum over the positions, exact."""

    def counted(case: Analysed, _held: Holdings) -> Decimal:
        with localcontext(EXACT):
            return sum((amount(one) or ZERO for one in case.valued), ZERO)

    return counted


def gain_pct(case: Analysed, _held: Holdings) -> Value:
    with localcontext(EXACT):
        gained = sum((one.unrealized or ZERO for one in case.valued), ZERO)
        cost = sum((abs(one.holding.cost) for one in case.valued), ZERO)
        return 100 * gained / cost if cost else None


def volatility(case: Analysed) -> float | None:
    """Of the present holdings."""
    return statistics.volatility(case.mixed)


def volatility_score(case: Analysed, _held: Holdings) -> Value:
    found = volatility(case)
    return None if found is None else min(1.0, found)


def daily(case: Analysed, _held: Holdings) -> list[Input]:
    """What the volatility is counted from."""
    return [*sizes(case), *closes(case)]


def beta(case: Analysed, held: Holdings) -> float:
    return risk.beta(case.mixed[-QUARTER.days :], held.bitcoin[-QUARTER.days :])


def beta_inputs(case: Analysed, _held: Holdings) -> list[Input]:
    return [*sizes(case), *closes(case, QUARTER.days, market=True)]


def pairs(case: Analysed, held: Holdings) -> Value:
    found = risk.correlated_pairs(held.returns, held.signs, case.limits["max_correlation"])
    return [
        {"asset1": held.symbols[one.first], "asset2": held.symbols[one.second], "correlation": one.correlation}
        for one in found
    ]


def risk_score(case: Analysed, held: Holdings) -> Value:
    worst = risk.historical_loss(case.mixed, 0.95)
    return float(np.mean(risk.risk_parts(risk.herfindahl(held.weights), volatility(case), worst)))


def risk_score_inputs(case: Analysed, held: Holdings) -> list[Input]:
    worst = risk.historical_loss(case.mixed, 0.95)
    return [
        Input("concentration_risk", risk.herfindahl(held.weights), "ratio", "concentration_risk"),
        Input("annual_volatility", volatility(case), "ratio", "portfolio_volatility"),
        Input("var_95", None if worst is None else worst.var, "ratio", "var_95"),
        Input("worst_day", risk.WORST_DAY, "ratio", "constant"),
    ]


def shares(names: Callable[[Holdings], Sequence[str]]) -> Callable[[Analysed, Holdings], Value]:
    return lambda _case, held: risk.shares(abs(held.weights).tolist(), names(held))


def sectors(held: Holdings) -> Sequence[str]:
    return held.sectors


def risks(held: Holdings) -> Sequence[str]:
    return [one.position.risk_category or "none" for one in held.valued]


def kinds(held: Holdings) -> Sequence[str]:
    return [one.position.asset_type for one in held.valued]


def optimal(case: Analysed, held: Holdings) -> Value:
    """The shares that were found then: they are not looked for anew, but only given for the holdings of then."""
    kept = (case.analysis.analysis_data or {}).get("risk", {}).get("weights", [])
    now = [{"asset": symbol, "weight": float(one)} for symbol, one in zip(held.symbols, held.weights, strict=True)]
    return optimal_shares(case.analysis) if kept == now else None


def optimal_shares(row: AIPortfolioAnalysis) -> Any:
    found = row.optimal_allocation
    return {name: found[name] for name in ("by_sector", "by_risk", "by_asset")} if found else None


def optimal_inputs(case: Analysed, held: Holdings) -> list[Input]:
    part = movable(held, case.limits)
    if isinstance(part, str):
        return []
    named = [
        *groups(case, "sector", held.sectors, "sector_mapping"),
        *groups(case, "risk", risks(held), "portfolio_assets"),
    ]
    return [*sizes(case), *closes(case), *named, *wanted_weights(case, part)]


def deviation(case: Analysed, held: Holdings) -> Value:
    present = risk.shares(abs(held.weights).tolist(), held.sectors)
    better = (case.analysis.optimal_allocation or {}).get("by_sector", {})
    return {name: share - better[name] for name, share in present.items()} if present.keys() == better.keys() else None


def deviation_inputs(case: Analysed, held: Holdings) -> list[Input]:
    own = f"ai_portfolio_analysis:{case.analysis.pk}"
    present = risk.shares(abs(held.weights).tolist(), held.sectors)
    better = (case.analysis.optimal_allocation or {}).get("by_sector", {})
    now = [Input("present_share", share, "percent", "allocation_by_sector", None, of) for of, share in present.items()]
    return now + [
        Input("better_share", share, "percent", f"{own}:optimal_allocation", None, of) for of, share in better.items()
    ]


def efficiency(case: Analysed, held: Holdings) -> Value:
    part = movable(held, case.limits)
    return None if isinstance(part, str) else allocation.efficiency(part.returns, part.current)

"""The state of a portfolio on a snapshot: worth, risk, better weights, rules, and what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal, localcontext
from typing import Any

from django.db import transaction

from aimodels.services import model_in_force
from assets.selectors import market_view
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from sectors.models import AICrossSectorAnalysis
from selection.choices import PortfolioAction
from selection.compute import risk
from selection.compute.lots import EXACT
from selection.compute.portfolio_rules import Finding, Verdict, findings
from selection.models import AIPortfolioAnalysis, Portfolio
from selection.rules import ASSET_RULES
from selection.selectors.holdings import Holdings, holdings
from selection.selectors.valued import Valued, assumptions, valued_positions
from selection.services.portfolio_figures import rule_figures, unpriced_figures
from selection.services.portfolio_market import Surroundings, market_columns, net_exposure, phase_columns
from selection.services.portfolio_risk import own_past, risk_columns
from selection.services.portfolio_signals import noted_signals, signalled
from selection.services.rebalancing import better_weights
from system.choices import LIVE
from system.models import PipelineRun
from system.services import complete, land, setting

CENT = Decimal("0.01")
Columns = dict[str, Any]
Reasons = dict[str, str]
FAR = 0.3
"""So far from the exposure that the state of the market admits, something is to be done."""
RISKY = ("loss", "drawdown", "leverage")
UNMEASURED = dict.fromkeys(("ai_confidence_score", "outlook_duration_estimate"), "no measured record yet")
PRICED = ("total_portfolio_value_usd", "total_pnl_usd", "total_pnl_pct", "current_allocation", "concentration_risk",
          "diversification_score", "portfolio_beta", "portfolio_volatility", "portfolio_risk_score",
          "correlation_matrix", "sharpe_ratio", "max_drawdown_pct", "total_fees_impact_pct", "optimal_allocation",
          "allocation_deviation", "rebalance_needed", "rebalancing_suggestions", "portfolio_efficiency_score",
          "opportunity_cost_score", "sector_rotation_impact", "cycle_adjustment_score", "overall_action",
          "ai_portfolio_outlook", "signal_agreement_score")  # fmt: skip
"""Columns that need the worth of every position."""


@dataclass(frozen=True)
class Case:
    """What is analysed."""

    portfolio: Portfolio
    valued: Sequence[Valued]
    limits: Mapping[str, Any]
    around: Surroundings


@transaction.atomic
def analyse_portfolio(
    portfolio: Portfolio, snapshot: MetricsSnapshot, *, run: PipelineRun | None = None, series: str = LIVE
) -> AIPortfolioAnalysis | None:
    """Value a portfolio and describe its risks on a snapshot. The same snapshot again changes nothing.

    Returns:
        None for a portfolio without an open position at that moment.
    """
    view = market_view(snapshot.timeframe, snapshot.snapshot_time)
    valued = valued_positions(portfolio, view)
    if not valued:
        return None
    regime = AIRegimeAnalysis.objects.filter(metrics_snapshot=snapshot, series=series).order_by("-pk").first()
    sectors = AICrossSectorAnalysis.objects.filter(metrics_snapshot=snapshot, series=series).order_by("-pk").first()
    limits = setting("portfolio_rules", view.as_of)
    columns, reasons, data = _judged(Case(portfolio, valued, limits, Surroundings(view, regime, sectors)))
    values, absent = complete(
        AIPortfolioAnalysis,
        {
            "portfolio": portfolio,
            "metrics_snapshot": snapshot,
            "ai_model": model_in_force(ASSET_RULES, view.as_of),
            "timeframe": view.timeframe,
            "candle_time": view.candle_time,
            "analysis_time": view.as_of,
            "run": run,
            "series": series,
            **columns,
        },
        reasons,
        by_people=("analysis_data", "portfolio_signals"),
    )
    values["analysis_data"] = {
        "positions": len(valued),
        "method": portfolio.lot_method,
        "assumptions": assumptions(valued),
        **data,
        "missing": absent,
    }
    key = ("metrics_snapshot", "portfolio", "ai_model", "series")
    same = {"metrics_snapshot": snapshot, "portfolio": portfolio, "ai_model": values["ai_model_id"], "series": series}
    before = AIPortfolioAnalysis.objects.select_for_update(of=("self",)).filter(**same).first()
    if before is not None and values.get("rebalancing_suggestions"):  # what the signals of the run added stays
        values["rebalancing_suggestions"] = signalled(values["rebalancing_suggestions"], noted_signals(before))
    return land(AIPortfolioAnalysis, [values], key=key).rows[0]


def _judged(case: Case) -> tuple[Columns, Reasons, Columns]:
    """All columns, the reasons of those that stay empty, and what ``analysis_data`` holds besides."""
    phase, reasons = phase_columns(case.around)
    reasons = reasons | UNMEASURED
    unpriced = sorted({one.position.asset.symbol for one in case.valued if one.value is None})
    held = None if unpriced else holdings(case.valued, case.around.view)
    if held is None:
        why = f"no price of {', '.join(unpriced)}" if unpriced else "nothing that is held is worth anything"
        found = findings(unpriced_figures(case.valued), case.limits)
        totals = {} if unpriced else _totals(case.valued)
        return phase | totals, reasons | dict.fromkeys(PRICED, why), _told(found, {})
    columns, lacking, known = _held_columns(case, held)
    return phase | columns, reasons | lacking, known


def _held_columns(case: Case, held: Holdings) -> tuple[Columns, Reasons, Columns]:
    totals = _totals(case.valued)
    past = own_past(case.portfolio, case.around.view)
    risks, no_risk = risk_columns(held, past, case.limits)
    known = risks.pop("risk")
    better, no_better = better_weights(held, float(totals["total_portfolio_value_usd"]), case.limits)
    market, no_market = market_columns(held, case.around)
    found = findings(rule_figures(held, past, risks, known, totals), case.limits)
    columns = totals | {"current_allocation": _allocation(held)} | risks | better | market
    columns["overall_action"] = _action(found, better, net_exposure(held), case.around.exposure)
    reasons = {"total_pnl_pct": "it cost nothing"} | no_risk | no_better | no_market
    told = {"risk": known, "assumptions": assumptions(case.valued, *past.assumptions)}
    return columns, reasons, told | _told(found, columns)


def _totals(valued: Sequence[Valued]) -> Columns:
    """Value and unrealised profit, exact until they are rounded to cents."""
    with localcontext(EXACT):
        value = sum((one.value or Decimal(0) for one in valued), Decimal(0))
        unrealized = sum((one.unrealized or Decimal(0) for one in valued), Decimal(0))
        cost = sum((abs(one.holding.cost) for one in valued), Decimal(0))
        return {
            "total_portfolio_value_usd": value.quantize(CENT),
            "total_pnl_usd": unrealized.quantize(CENT),
            "total_pnl_pct": 100 * unrealized / cost if cost else None,
        }


def _allocation(held: Holdings) -> Columns:
    """Percent of the gross exposure by sector, risk category and kind of holding."""
    sizes = abs(held.weights).tolist()
    return {
        "by_sector": risk.shares(sizes, held.sectors),
        "by_risk": risk.shares(sizes, [one.position.risk_category or "none" for one in held.valued]),
        "by_asset_type": risk.shares(sizes, [one.position.asset_type for one in held.valued]),
        "by_asset": risk.shares(sizes, held.symbols),
    }


def _action(found: Sequence[Finding], better: Columns, exposure: float, admitted: float | None) -> PortfolioAction:
    """What to do first: broken rules of risk, then the state of the market, then better weights."""
    broken = {one.rule for one in found if one.verdict == Verdict.LOOK}
    if broken & set(RISKY):
        return PortfolioAction.REDUCE_RISK
    if admitted is not None and exposure - admitted > FAR:
        return PortfolioAction.DEFENSIVE
    if better.get("rebalance_needed"):
        return PortfolioAction.REBALANCE
    if admitted is not None and admitted - exposure > FAR:
        return PortfolioAction.INCREASE_EXPOSURE
    return PortfolioAction.HOLD


def _told(found: Sequence[Finding], columns: Columns) -> Columns:
    """The rules with their figures, and what follows from them; codes, which pages put in words."""
    broken = [one.rule for one in found if one.verdict == Verdict.LOOK]
    rotation = columns.get("sector_rotation_impact") or {}
    better = (columns.get("optimal_allocation") or {}).get("method")
    urgent = [code for code in broken if code in RISKY]
    return {
        "rules": [asdict(one) for one in found],
        "strengths": [one.rule for one in found if one.verdict == Verdict.OK],
        "weaknesses": broken,
        "opportunities": [*rotation.get("benefiting_sectors", []), *([better] if better else [])],
        "threats": rotation.get("underperforming_sectors", []),
        "action_priorities": [
            {"priority": place, "action": code, "timeline": "now" if code in RISKY else "at leisure"}
            for place, code in enumerate([*urgent, *(code for code in broken if code not in RISKY)], 1)
        ],
    }

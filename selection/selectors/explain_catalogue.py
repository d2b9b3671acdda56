"""The figures of a portfolio's analysis that can be explained, each with its formula."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from selection.compute import risk
from selection.models import AIPortfolioAnalysis
from selection.selectors import explain_figures as counted
from selection.selectors.analysed import LEVELS, Analysed, fees_impact_pct
from selection.selectors.explain_inputs import SETTINGS, closes, costs, fees, groups, growth, sizes
from selection.selectors.explanation import Input, Value
from selection.selectors.holdings import Holdings

SHARE = "share = quantity * price / sum of quantity * price, negative if short"
RETURN = (
    "return of a day = sum of share * (close / the close before - 1), known where all closes are; "
    "fixed_return in place of closes where one is given"
)


@dataclass(frozen=True)
class AnalysisFigure:
    """One figure of an analysis.

    Attributes:
        formula: in the names of the inputs.
        unit: of the value.
        column: of the analysis, whose reason is the figure's where it is unknown.
        stored: the figure in a row, as far as it has digits there.
        count: the figure with all its digits.
        inputs: everything that the formula names.
        of_prices, of_returns, of_past: whether it rests on what is held, on the past returns of that, on the own past
            of the portfolio.
        lacking: why it is unknown where its column does not say so.
    """

    formula: str
    unit: str
    column: str
    stored: Callable[[AIPortfolioAnalysis], Any]
    count: Callable[[Analysed, Holdings], Value]
    inputs: Callable[[Analysed, Holdings], Sequence[Input]]
    of_prices: bool = True
    of_returns: bool = False
    of_past: bool = False
    lacking: str = "unknown"


def _stored(column: str) -> Callable[[AIPortfolioAnalysis], Any]:
    return lambda row: getattr(row, column)


def _kept(*path: str) -> Callable[[AIPortfolioAnalysis], Any]:
    """What stands at a place of ``analysis_data``; None where it does not."""

    def found(row: AIPortfolioAnalysis) -> Any:
        value: Any = row.analysis_data
        for name in path:
            value = None if value is None else value.get(name)
        return value

    return found


def _loss(name: str, level: float, *, is_filtered: bool) -> AnalysisFigure:
    """Value at risk (``var``) or mean of what is worse (``cvar``) at a level."""
    kind, percent = "filtered" if is_filtered else "historical", f"{100 * level:g}"
    of = "losses, each day's return divided by the EWMA volatility known before it and multiplied by the last" \
        if is_filtered else "losses"  # fmt: skip
    worst = f"the k-th largest of the {of}, k = (1 - level) * n, rounded up"
    if is_filtered:
        worst += "; EWMA: variance = decay * variance + (1 - decay) * return^2, at first the mean square of 30 days"
    mean = f"mean of the k largest: {worst}"

    def count(case: Analysed, _held: Holdings) -> Value:
        found = risk.filtered_loss(case.mixed, level) if is_filtered else risk.historical_loss(case.mixed, level)
        return None if found is None else float(getattr(found, name))

    def inputs(case: Analysed, _held: Holdings) -> list[Input]:
        named = [Input("level", level, "ratio", "constant")]
        if is_filtered:
            named.append(Input("decay", risk.DECAY, "ratio", "constant"))
        return [*sizes(case), *closes(case), *named]

    formula = f"{worst if name == 'var' else mean}; loss = -{RETURN}; {SHARE}"
    stored = _kept("risk", "losses", kind, percent, name)
    return AnalysisFigure(
        formula, "ratio", "portfolio_risk_score", stored, count, inputs, of_returns=True, lacking="too_few_days"
    )


LOSSES = {
    f"{'filtered_' if is_filtered else ''}{name}_{100 * level:g}": _loss(name, level, is_filtered=is_filtered)
    for is_filtered in (False, True)
    for level in LEVELS
    for name in ("var", "cvar")
}


def _allocation(name: str, of: Callable[[Holdings], Sequence[str]], row: str, label: str) -> AnalysisFigure:
    """Shares of the gross exposure by something."""
    return AnalysisFigure(
        f"per {label}: 100 * sum of quantity * price / sum of quantity * price of all",
        "percent",
        "current_allocation",
        lambda analysis: (analysis.current_allocation or {}).get(name),
        counted.shares(of),
        lambda case, held: [*sizes(case), *groups(case, label, of(held), row)],
    )


FIGURES = {
    "total_portfolio_value_usd": AnalysisFigure(
        "sum of (quantity * price, negative if short) - cost + tied",
        "USD",
        "total_portfolio_value_usd",
        _stored("total_portfolio_value_usd"),
        counted.total(lambda one: one.value),
        lambda case, _held: [*sizes(case), *costs(case)],
    ),
    "total_pnl_usd": AnalysisFigure(
        "sum of (quantity * price, negative if short) - cost",
        "USD",
        "total_pnl_usd",
        _stored("total_pnl_usd"),
        counted.total(lambda one: one.unrealized),
        lambda case, _held: [*sizes(case), *costs(case)],
    ),
    "total_pnl_pct": AnalysisFigure(
        "100 * sum of ((quantity * price, negative if short) - cost) / sum of the size of cost",
        "percent",
        "total_pnl_pct",
        _stored("total_pnl_pct"),
        counted.gain_pct,
        lambda case, _held: [*sizes(case), *costs(case)],
    ),
    "concentration_risk": AnalysisFigure(
        f"sum of share^2 (HHI); {SHARE}",
        "ratio",
        "concentration_risk",
        _stored("concentration_risk"),
        lambda _case, held: risk.herfindahl(held.weights),
        lambda case, _held: sizes(case),
    ),
    "effective_positions": AnalysisFigure(
        f"1 / sum of share^2; {SHARE}",
        "positions",
        "concentration_risk",
        _kept("risk", "effective_positions"),
        lambda _case, held: risk.effective_positions(held.weights),
        lambda case, _held: sizes(case),
    ),
    "diversification_score": AnalysisFigure(
        f"1 - sum of share^2; {SHARE}",
        "ratio",
        "diversification_score",
        _stored("diversification_score"),
        lambda _case, held: 1 - risk.herfindahl(held.weights),
        lambda case, _held: sizes(case),
    ),
    "diversification_ratio": AnalysisFigure(
        "sum of (the size of share * standard deviation (n - 1) of the position's returns) / that of the whole's "
        f"returns, over the days on which all have one; {RETURN}; {SHARE}",
        "ratio",
        "correlation_matrix",
        lambda row: (row.correlation_matrix or {}).get("diversification_benefits"),
        lambda _case, held: risk.diversification_ratio(held.returns, held.weights),
        lambda case, _held: [*sizes(case), *closes(case)],
        of_returns=True,
        lacking="too_few_days",
    ),
    "portfolio_beta": AnalysisFigure(
        "covariance (n - 1) of the returns with Bitcoin's / variance (n - 1) of Bitcoin's, over the last 90 days; "
        f"Bitcoin's return = bitcoin_close / the one before - 1; {RETURN}; {SHARE}",
        "ratio",
        "portfolio_beta",
        _stored("portfolio_beta"),
        counted.beta,
        counted.beta_inputs,
        of_returns=True,
    ),
    "portfolio_volatility": AnalysisFigure(
        f"standard deviation (n - 1) of the returns * sqrt(365), at most 1; {RETURN}; {SHARE}",
        "ratio",
        "portfolio_volatility",
        _stored("portfolio_volatility"),
        counted.volatility_score,
        counted.daily,
        of_returns=True,
    ),
    "correlated_pairs": AnalysisFigure(
        "pairs whose returns, negative if short, have a Pearson correlation of at least max_correlation over the days "
        "on which both have one; return of a position = close / the close before - 1",
        "ratio",
        "correlation_matrix",
        lambda row: (row.correlation_matrix or {}).get("high_correlation_pairs"),
        counted.pairs,
        lambda case, _held: [
            *closes(case),
            Input("max_correlation", case.limits["max_correlation"], "ratio", SETTINGS),
        ],
        of_returns=True,
    ),
    **LOSSES,
    "portfolio_risk_score": AnalysisFigure(
        "mean of concentration_risk, min(1, annual_volatility), and max(var_95, 0) / worst_day, at most 1",
        "ratio",
        "portfolio_risk_score",
        _stored("portfolio_risk_score"),
        counted.risk_score,
        counted.risk_score_inputs,
        of_returns=True,
    ),
    "total_fees_impact_pct": AnalysisFigure(
        "100 * (fees at the end - fees_before) / mean of invested, over the last 365 days",
        "percent",
        "total_fees_impact_pct",
        _stored("total_fees_impact_pct"),
        lambda case, _held: fees_impact_pct(case.past),
        lambda case, _held: fees(case),
        of_prices=False,
        of_past=True,
    ),
    "sharpe_ratio": AnalysisFigure(
        "mean of growth - 1 / its standard deviation (n - 1), * sqrt(365), over the last 365 days",
        "ratio",
        "sharpe_ratio",
        _stored("sharpe_ratio"),
        lambda case, _held: case.past.sharpe,
        lambda case, _held: growth(case.past.period.days),
        of_prices=False,
        of_past=True,
    ),
    "max_drawdown_pct": AnalysisFigure(
        "100 * largest fall of the running product of growth below its highest value, 1 at first, over the last 365 "
        "days",
        "percent",
        "max_drawdown_pct",
        _stored("max_drawdown_pct"),
        lambda case, _held: None if case.past.drawdown is None else 100 * case.past.drawdown.depth,
        lambda case, _held: growth(case.past.period.days),
        of_prices=False,
        of_past=True,
    ),
    "allocation_by_sector": _allocation("by_sector", counted.sectors, "sector_mapping", "sector"),
    "allocation_by_risk": _allocation("by_risk", counted.risks, "portfolio_assets", "risk"),
    "allocation_by_asset_type": _allocation("by_asset_type", counted.kinds, "portfolio_assets", "kind"),
    "allocation_by_asset": _allocation("by_asset", lambda held: held.symbols, "assets", "symbol"),
    "optimal_allocation": AnalysisFigure(
        "shares of the coins that can be shifted (those with a largest), found by method from their returns within "
        "largest, largest_sector and largest_turnover, at cost_rate spread over holding_days and with risk_aversion, "
        "from their present shares among themselves; times their part of the whole; the others keep theirs; "
        f"then per sector, risk class and symbol; {SHARE}; return of a coin = close / the close before - 1",
        "percent",
        "optimal_allocation",
        counted.optimal_shares,
        counted.optimal,
        counted.optimal_inputs,
        of_returns=True,
    ),
    "allocation_deviation": AnalysisFigure(
        "per sector: present_share - better_share",
        "percent",
        "allocation_deviation",
        _stored("allocation_deviation"),
        counted.deviation,
        counted.deviation_inputs,
        of_returns=True,
    ),
    "portfolio_efficiency_score": AnalysisFigure(
        "least volatility of weights with at least the expected return of the present ones / volatility of the present "
        "ones, among the coins that can be shifted; means shrunk (James and Stein), covariance too (Ledoit and Wolf); "
        "return of a coin = close / the close before - 1",
        "ratio",
        "portfolio_efficiency_score",
        _stored("portfolio_efficiency_score"),
        counted.efficiency,
        counted.optimal_inputs,
        of_returns=True,
    ),
}
"""Every figure of an analysis that can be explained."""

"""Rules that a portfolio is looked through by: each with its figure, its limit and a verdict. Ratios, in float64."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import isnan


class Verdict(StrEnum):
    """What a rule says: kept, broken, or not to be judged because its figure is unknown."""

    OK = "ok"
    LOOK = "look"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        code: its name.
        limit: name of its limit among the settings ``portfolio_rules``.
        unit: of figure and limit.
        is_least: the figure must not lie below the limit; else not above it.
    """

    code: str
    limit: str
    unit: str
    is_least: bool = False


RULES = (
    Rule("single_asset", "max_asset_pct", "%"),
    Rule("sector_cluster", "max_sector_pct", "%"),
    Rule("correlated_cluster", "max_correlated_pct", "%"),
    Rule("spread", "min_effective_positions", "positions", is_least=True),
    Rule("currency_cluster", "max_stablecoin_pct", "%"),
    Rule("fees", "max_fees_pct", "%"),
    Rule("stale_prices", "max_stale_prices", "assets"),
    Rule("missing_data", "max_missing_prices", "assets"),
    Rule("assumed", "max_assumed_pct", "%"),
    Rule("liquidity", "max_days_to_sell", "days"),
    Rule("loss", "max_var_pct", "%"),
    Rule("drawdown", "max_drawdown_pct", "%"),
    Rule("leverage", "max_leverage", "times"),
    Rule("unclassified", "max_unclassified_pct", "%"),
)


@dataclass(frozen=True)
class Finding:
    """What a rule found."""

    rule: str
    figure: float | None
    limit: float
    unit: str
    verdict: Verdict


def findings(figures: Mapping[str, float | None], limits: Mapping[str, float]) -> list[Finding]:
    """Every rule with its figure and its verdict; a figure that is not given is unknown.

    Args:
        figures: by code of the rule; None or NaN is unknown.
        limits: by name.
    """
    return [_finding(rule, figures.get(rule.code), limits[rule.limit]) for rule in RULES]


def _finding(rule: Rule, figure: float | None, limit: float) -> Finding:
    if figure is None or isnan(figure):
        return Finding(rule.code, None, limit, rule.unit, Verdict.UNKNOWN)
    is_kept = figure >= limit if rule.is_least else figure <= limit
    return Finding(rule.code, figure, limit, rule.unit, Verdict.OK if is_kept else Verdict.LOOK)

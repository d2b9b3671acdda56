"""The rules that a portfolio was looked through by, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from selection.models import AIPortfolioAnalysis
from system import formats

SMALLEST = 0.01
"""Figure that is written out; of smaller ones it says only that they are smaller."""
TEXTS = {
    "single_asset": gettext_lazy("The largest coin makes up %(figure)s %%; more than %(limit)s %% hangs on one price."),
    "sector_cluster": gettext_lazy(
        "The largest sector makes up %(figure)s %%; more than %(limit)s %% falls with one story."
    ),
    "correlated_cluster": gettext_lazy(
        "%(figure)s %% lies in positions that move together; more than %(limit)s %% is one bet in several names."
    ),
    "spread": gettext_lazy(
        "The portfolio is spread as over %(figure)s equal positions; below %(limit)s little is evened out."
    ),
    "currency_cluster": gettext_lazy(
        "%(figure)s %% lies in coins that count as dollars; more than %(limit)s %% hangs on their issuers."
    ),
    "fees": gettext_lazy("Fees took %(figure)s %% of what was invested; more than %(limit)s %% is much."),
    "stale_prices": gettext_lazy("%(figure)s assets have no close of the last day; at most %(limit)s may."),
    "missing_data": gettext_lazy("%(figure)s positions have no known price; at most %(limit)s may."),
    "assumed": gettext_lazy("%(figure)s %% rests on assumptions (◊); more than %(limit)s %% is too much to rely on."),
    "liquidity": gettext_lazy(
        "The least liquid position takes %(figure)s days to sell at a tenth of its volume; the limit is %(limit)s."
    ),
    "loss": gettext_lazy(
        "On one day in twenty the present holdings would have lost more than %(figure)s %%; the limit is %(limit)s %%."
    ),
    "drawdown": gettext_lazy("The deepest fall of the last year was %(figure)s %%; the limit is %(limit)s %%."),
    "leverage": gettext_lazy("What is held, by the worth of the portfolio: %(figure)s; the limit is %(limit)s."),
    "unclassified": gettext_lazy("%(figure)s %% lies in coins without a sector; above %(limit)s %% clusters hide."),
}


@dataclass(frozen=True)
class RuleLine:
    """One rule as a page and the API show it."""

    rule: str
    figure: float | None
    limit: float
    unit: str
    verdict: str
    text: str


def rule_lines(analysis: AIPortfolioAnalysis) -> list[RuleLine]:
    """The rules of an analysis, those that ask to be looked at first."""
    found = [_line(rule) for rule in (analysis.analysis_data or {}).get("rules", [])]
    order = {"look": 0, "unknown": 1, "ok": 2}
    return sorted(found, key=lambda line: order[line.verdict])


def _line(rule: Mapping[str, Any]) -> RuleLine:
    figure = rule["figure"]
    shown = _("not known") if figure is None else formats.localized(_plain(figure))
    text = str(TEXTS[rule["rule"]]) % {"figure": shown, "limit": formats.localized(f"{rule['limit']:g}")}
    return RuleLine(rule["rule"], figure, rule["limit"], rule["unit"], rule["verdict"], text)


def _plain(figure: float) -> str:
    """A figure as people write it: with two places at most, never with an exponent."""
    if 0 < abs(figure) < SMALLEST:
        return f"< {SMALLEST}"
    return f"{figure:.2f}".rstrip("0").rstrip(".")

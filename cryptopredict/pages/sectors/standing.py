"""How one sector stands: its key figures, each with what it is made from, and what speaks for its outlook."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from cryptopredict.pages import words
from cryptopredict.pages.figure_names import figure_name
from cryptopredict.pages.kpis import Explanation, Text
from cryptopredict.pages.sectors.table import Line
from sectors.models import AISectorAnalysis

EVIDENCE = {
    "momentum": _("momentum of 30 days"),
    "strength_btc": _("strength against Bitcoin"),
    "strength_total": _("strength against the whole market"),
    "breadth": _("members above their average, more or less than half"),
    "advancing": _("members that rose in 30 days, more or less than half"),
    "net_inflow": _("net inflow of 7 days"),
}
"""What speaks for an outlook, as ``rationale`` names it."""


@dataclass(frozen=True)
class Figure:
    """A key figure: how it is shown, why it may be unknown, and how it comes about."""

    key: str
    label: Text
    value: Any
    form: str
    is_change: bool
    reason: str
    explanation: Explanation


@dataclass(frozen=True)
class Reason:
    """A piece of evidence, -1 … 1, and its bar in percent of the drawing."""

    label: str
    value: float
    start: str
    width: str


@dataclass(frozen=True)
class Definition:
    """A key figure that is a column of the analysis."""

    column: str
    label: Text
    form: str
    explanation: Explanation
    is_change: bool = False


INDEX = _(
    "Levels of the sector's index, which weighs its members by market cap; all alike where too few caps are known."
)
STEADY = _("A change of membership does not move the index. Coins that died stay in its past.")
DEFINITIONS = (
    Definition("performance_7d_pct", _("Return of 7 days"), "change", Explanation(
        _("Level of the index now divided by its level a week ago, less 1."), INDEX, _("7 days."), STEADY), True),
    Definition("performance_30d_pct", _("Return of 30 days"), "change", Explanation(
        _("Level of the index now divided by its level 30 days ago, less 1."), INDEX, _("30 days."), STEADY), True),
    Definition("relative_strength_score", _("Relative strength"), "probability", Explanation(
        _("Chance that a fair coin would have done worse against the benchmark: 0.5 is the same, 1 is far stronger."),
        _("Daily returns of the index less those of Bitcoin and of the whole market; the mean of both."),
        _("30 days."), _("Returns of different days do not hang together.")), False),
    Definition("momentum_score", _("Momentum"), "signed", Explanation(
        _("Return of 30 days in units of its own swings, squeezed to −1 … 1."), INDEX, _("30 days."),
        _("What rose steadily counts more than what jumped once.")), False),
    Definition("breadth", _("Breadth"), "share", Explanation(
        _("Share of the members whose close is above their 50-candle average."), _("Closes of the present members."),
        _("50 candles."), _("Every member counts the same.")), False),
    Definition("sector_dominance_pct", _("Dominance"), "percent", Explanation(
        _("Market cap of the sector divided by that of all assets."),
        _("Newest market caps that were known at the time of the analysis; of a coin in several sectors its part."),
        _("One moment."), _("Unknown while fewer than half of the assets have a market cap.")), False),
)  # fmt: skip


def figures(line: Line) -> list[Figure]:
    """The key figures of a sector."""
    analysis = line.row.analysis
    missing = (analysis.analysis_data or {}).get("missing") or {}
    values = {one.column: getattr(analysis, one.column, None) for one in DEFINITIONS} | {"breadth": line.row.breadth}
    return [
        Figure(
            one.column,
            one.label,
            values[one.column],
            one.form,
            one.is_change,
            missing.get(one.column, "not known"),
            one.explanation,
        )
        for one in DEFINITIONS
    ]


def reasons(line: Line) -> list[Reason]:
    """What speaks for a rise or a fall, the weightiest first, with bars to both sides of the middle."""
    told = (line.row.analysis.analysis_data or {}).get("rationale") or []
    return [
        Reason(
            words.named(EVIDENCE, one["evidence"]),
            one["value"],
            f"{50 + min(0.0, 50 * one['value']):.2f}",
            f"{50 * abs(one['value']):.2f}",
        )
        for one in told
    ]


def unknown(line: Line) -> list[tuple[str, list[str]]]:
    """Why something is not known, with the columns it is not known for; the reason of most first."""
    told = (line.row.analysis.analysis_data or {}).get("missing") or {}
    labels = {one.column: str(one.label) for one in DEFINITIONS}
    names: dict[str, list[str]] = {}
    for name, why in sorted(told.items()):
        names.setdefault(words.reason(why), []).append(labels.get(name) or figure_name(AISectorAnalysis, name))
    return sorted(names.items(), key=lambda one: (-len(one[1]), one[0]))

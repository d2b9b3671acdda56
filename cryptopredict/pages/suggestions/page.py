"""How often suggestions were right, what reviewers added, and every single one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.utils.text import capfirst
from django.utils.translation import gettext

from assets.choices import Market
from assets.selectors.shown import shown_market
from cryptopredict.pages.graphs import Graph, Line
from cryptopredict.pages.parts import part
from cryptopredict.pages.record_page import month
from cryptopredict.pages.suggestions.forms import FATES, SuggestionsForm
from selection.choices import SuggestionType
from selection.selectors.suggestion_lines import SuggestionLine, suggestion_lines
from selection.selectors.suggestion_report import (
    Group,
    SuggestionReport,
    Told,
    fate,
    report_of,
    reports_of,
    told_suggestions,
)

PER_PAGE = 50
LINE_COLUMNS = (
    "id", "asset", "list", "kind", "target_tier", "confidence", "suggested", "status", "decided", "due",
    "asset_return_pct", "median_return_pct", "excess_points", "not_measured",
)  # fmt: skip
Parts = list[tuple[str, SuggestionReport]]


@dataclass(frozen=True)
class SuggestionsPage:
    """What came of the chosen suggestions.

    Attributes:
        report: of all of them.
        groups: by what was decided: name in words, figures.
        kinds, reviewers: the same in parts; the second is empty for whoever may not see who decided.
        by_month: precision over time.
        lines: a page of them, the newest first; ``previous`` and ``next``: queries of the pages beside it.
        query: of this view, for its file.
    """

    market: Market
    form: SuggestionsForm
    report: SuggestionReport
    groups: list[tuple[str, Group]]
    kinds: Parts
    reviewers: Parts
    by_month: Graph
    lines: list[SuggestionLine]
    page: Page[Told]
    previous: str | None
    next: str | None
    query: str


def suggestions_page(query: Mapping[str, str], now: datetime, *, names_reviewers: bool) -> SuggestionsPage | None:
    """The page, or None while there is no market.

    Args:
        query: of the address: period, kind, fate, page.
        now: the present.
        names_reviewers: whether who asks may see who decided.
    """
    market = shown_market()
    if market is None:
        return None
    form = SuggestionsForm(query)
    told = chosen(form, market, now)
    page = Paginator(narrowed(form, told), PER_PAGE).get_page(query.get("page"))
    kept = {name: value for name, value in query.items() if name in form.fields and value}
    report = part(lambda: report_of(told))
    return SuggestionsPage(
        market=market,
        form=form,
        report=report,
        groups=part(lambda: groups(report)),
        kinds=[(capfirst(str(SuggestionType(name).label)), one) for name, one in reports_of(told, "kind").items()],
        reviewers=[(name or gettext("nobody"), one) for name, one in reports_of(told, "reviewer").items()]
        if names_reviewers
        else [],
        by_month=part(lambda: month_graph(reports_of(told, "month"))),
        lines=part(lambda: suggestion_lines(list(page))),
        page=page,
        previous=urlencode(kept | {"page": page.previous_page_number()}) if page.has_previous() else None,
        next=urlencode(kept | {"page": page.next_page_number()}) if page.has_next() else None,
        query=urlencode(kept),
    )


def groups(report: SuggestionReport) -> list[tuple[str, Group]]:
    """Figures by what was decided, under its name in words."""
    names = {"all": gettext("all"), **FATES}
    return [(str(names[name]), group) for name, group in report.groups.items()]


def chosen(form: SuggestionsForm, market: Market, now: datetime) -> list[Told]:
    """The suggestions of the time and kind that the form names; what makes no sense there chooses nothing."""
    form.is_valid()
    days, _label = form.PERIODS[form.cleaned_data.get("period") or form.USUAL]
    told = told_suggestions(market=market, since=None if days is None else now - timedelta(days=days))
    kind = form.cleaned_data.get("kind")
    return [one for one in told if one.kind == kind] if kind else told


def narrowed(form: SuggestionsForm, told: Sequence[Told]) -> list[Told]:
    """Those of the chosen that met the fate that the form names, the newest first."""
    wanted = form.cleaned_data.get("fate")
    return [one for one in reversed(told) if not wanted or fate(one) == wanted]


def month_graph(months: Mapping[str, SuggestionReport]) -> Graph:
    """Precision of all suggestions by the month in which they were made, with both ends of its interval."""
    rows = [(month(name), one.groups["all"].precision) for name, one in months.items()]
    rows = [(at, mean) for at, mean in rows if mean.value is not None]
    lines = [
        Line(gettext("Precision"), [_percent(mean.value) for _at, mean in rows]),
        Line(gettext("Lower end"), [_percent(mean.low) for _at, mean in rows], "edge"),
        Line(gettext("Upper end"), [_percent(mean.high) for _at, mean in rows], "edge"),
    ]
    known = [mean.value for _at, mean in rows if mean.value is not None]
    title = gettext("Precision by month")
    if known:
        title = gettext("More than half were right in %(n)s of %(m)s months") % {
            "n": sum(value > 0.5 for value in known),
            "m": len(known),
        }
    return Graph(
        "suggestions", title, [at for at, _mean in rows], lines, "%", 1, level=(50, gettext("as by a coin")),
        low=0, high=100,
        note=gettext("Share of the scored suggestions of each month that did what was said against their list."),
    )  # fmt: skip


def _percent(value: float | None) -> float | None:
    return None if value is None else 100 * value


def suggestion_rows(query: Mapping[str, str], now: datetime) -> Iterator[tuple[Any, ...]]:
    """The chosen suggestions for a file, the newest first."""
    market = shown_market()
    if market is None:
        return
    form = SuggestionsForm(query)
    told = chosen(form, market, now)
    for line in suggestion_lines(narrowed(form, told)):
        one = line.told
        yield (
            one.key,
            line.symbol,
            line.watchlist,
            one.kind,
            line.tier,
            line.confidence,
            one.made_at.isoformat(),
            one.status,
            one.reviewed_at.isoformat() if one.reviewed_at else None,
            line.due.isoformat() if line.due else None,
            line.asset_return,
            line.median_return,
            one.excess,
            line.unresolved,
        )

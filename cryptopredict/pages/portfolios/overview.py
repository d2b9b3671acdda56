"""The page of a portfolio: worth, returns beside a benchmark, what it holds and where it is to go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext, ngettext

from cryptopredict.pages.freshness import Chip
from cryptopredict.pages.graphs import Graph
from cryptopredict.pages.parts import part
from cryptopredict.pages.portfolios import periods, words
from cryptopredict.pages.portfolios.curves import curves
from cryptopredict.pages.portfolios.figures import Figure, figures, further
from cryptopredict.pages.portfolios.holdings import Held, Slice, Target, held, oldest_price, ring, targets
from selection.models import AIPortfolioAnalysis, Portfolio
from selection.selectors.gains import converted
from selection.selectors.performance import Benchmark, Performance, benchmarks, performance
from selection.selectors.portfolio_rules import RuleLine, rule_lines
from selection.selectors.portfolio_summary import Summary, portfolio_summary
from selection.selectors.rates import rates_at
from selection.selectors.valuation import latest_values
from selection.selectors.visible import visible_watchlists
from selection.services import count_days
from system import formats
from system.choices import LIVE

POSITION_COLUMNS = (
    "symbol", "kind", "leverage", "quantity", "average_entry_usd", "price_usd", "priced_at", "value_usd", "weight_pct",
    "unrealized_usd", "unrealized_pct", "oldest_coin", "action", "stop_before_target", "tested_forecasts", "assumed",
)  # fmt: skip
SECTOR, RISK, ASSET = "sector", "risk", "asset"


@dataclass(frozen=True)
class Rebalancing:
    """A trade that the analysis suggests, with what it costs. Amounts are rounded estimates, USD."""

    symbol: str
    is_purchase: bool
    current_pct: float
    target_pct: float
    amount: float
    fee: float


@dataclass(frozen=True)
class PortfolioPage:
    """A portfolio as it was asked for.

    Attributes:
        worth: at the latest prices, in the base currency; None while a price or rate is missing.
        figures: of the time; ``further``: of the whole past, and ratios.
        against: what it is held against, and what there is to choose from.
        by: what the parts of the ring are: asset, sector or risk.
        rules: by which it was looked through, those to look at first.
        rests_on: what is assumed, in sentences (◊).
    """

    portfolio: Portfolio
    range: str
    ranges: list[tuple[str, str]]
    against: str
    choices: list[tuple[str, str]]
    chip: Chip | None
    worth: Decimal | None
    summary: Summary
    figures: list[Figure]
    further: list[Figure]
    graphs: list[Graph]
    by: str
    ring: list[Slice]
    held: list[Held]
    targets: list[Target]
    rebalancing: list[Rebalancing]
    analysis: AIPortfolioAnalysis | None
    rules: list[RuleLine]
    rests_on: list[str]

    @property
    def to_look_at(self) -> int:
        """Rules that are broken."""
        return sum(1 for rule in self.rules if rule.verdict == "look")

    @property
    def verdict(self) -> str:
        """What the rules say together, in a sentence."""
        if not self.rules:
            return gettext("Not looked through yet")
        kept = sum(1 for rule in self.rules if rule.verdict == "ok")
        told = ngettext("%(n)s rule kept", "%(n)s rules kept", kept) % {"n": formats.number(kept)}
        look = ngettext("%(n)s to look at", "%(n)s to look at", self.to_look_at)
        return f"{told} · {look % {'n': formats.number(self.to_look_at)}}"

    def query(self, **changes: str) -> dict[str, str]:
        """The state of the page with changes."""
        return {"range": self.range, "against": self.against, "by": self.by} | changes


def portfolio_page(portfolio: Portfolio, user: Any, query: Mapping[str, str], now: datetime) -> PortfolioPage:
    """The page.

    Args:
        portfolio: whose.
        user: who reads: their lists may be held against it.
        query: of the address: ``range``, ``against``, ``by``.
        now: the present.
    """
    count_days(portfolio)
    key = periods.chosen(query.get("range", ""))
    found = performance(portfolio, periods.since(key, now))
    values = latest_values([portfolio.pk])[portfolio.pk]
    summary = portfolio_summary(portfolio, now)
    rows = held(values)
    against, choices, compared = _benchmark(portfolio, user, found, query.get("against", ""))
    name = dict(choices).get(against, "")
    rests_on = words.assumptions(found.assumptions)
    told = {*rests_on, *(mark for one in rows for mark in one.marks)}
    analysis = newest_analysis(portfolio)
    by = query.get("by", "") if query.get("by") in (SECTOR, RISK) else ASSET
    parts = {ASSET: summary.by_asset, SECTOR: summary.by_sector, RISK: summary.by_risk}[by]
    return PortfolioPage(
        portfolio=portfolio,
        range=key,
        ranges=periods.labels(),
        against=against,
        choices=choices,
        chip=oldest_price(values, now),
        worth=_in_currency(portfolio, summary.total, now),
        summary=summary,
        figures=part(lambda: figures(found, compared, name, rests_on)),
        further=part(lambda: further(found, rests_on)),
        graphs=part(lambda: curves(found, compared, name)),
        by=by,
        ring=part(lambda: ring(parts)),
        held=rows,
        targets=part(lambda: targets(rows, analysis)),
        rebalancing=part(lambda: _rebalancing(analysis)),
        analysis=analysis,
        rules=part(lambda: rule_lines(analysis) if analysis else []),
        rests_on=sorted(told),
    )


def newest_analysis(portfolio: Portfolio) -> AIPortfolioAnalysis | None:
    """The newest live analysis of a portfolio."""
    rows = AIPortfolioAnalysis.objects.filter(portfolio=portfolio, series=LIVE)
    return rows.select_related("ai_model").order_by("-analysis_time").first()


def _in_currency(portfolio: Portfolio, total: Decimal | None, now: datetime) -> Decimal | None:
    """An amount of dollars in the base currency, at the rate of now."""
    return None if total is None else converted(total, rates_at(portfolio.base_currency, [now])[now])


def _benchmark(
    portfolio: Portfolio, user: Any, found: Performance, wanted: str
) -> tuple[str, list[tuple[str, str]], Benchmark | None]:
    """What is asked for, what there is, and how it did."""
    lists = {f"list-{one.pk}": one for one in visible_watchlists(user).order_by("name")}
    choices = [
        ("bitcoin", gettext("Bitcoin")),
        ("half_half", gettext("half Bitcoin, half Ether")),
        *((key, one.name) for key, one in lists.items()),
    ]
    against = wanted if wanted in dict(choices) else "bitcoin"
    chosen_list = lists.get(against)
    compared = benchmarks(portfolio, found.period, chosen_list)
    if chosen_list is not None:
        return against, choices, compared[-1] if found.period.days else None
    return against, choices, next((one for one in compared if one.name == against), None)


def _rebalancing(analysis: AIPortfolioAnalysis | None) -> list[Rebalancing]:
    lines: Sequence[Mapping[str, Any]] = (analysis.rebalancing_suggestions or []) if analysis else []
    return [
        Rebalancing(
            line["asset"], line["action"] == "buy", line["current_pct"], line["target_pct"], line["amount_usd"],
            line["fee_usd"],
        )
        for line in lines
    ]  # fmt: skip


def position_rows(portfolio: Portfolio) -> list[tuple[Any, ...]]:
    """What is held, for a file."""
    values = latest_values([portfolio.pk])[portfolio.pk]
    return [
        (
            one.position.asset.symbol,
            one.position.asset_type,
            one.leverage,
            plain(one.position.quantity),
            plain(one.position.entry_price),
            plain(one.value.price),
            one.value.priced_at and one.value.priced_at.isoformat(),
            plain(one.value.value),
            one.weight_pct and round(one.weight_pct, 4),
            plain(one.value.unrealized),
            one.value.unrealized_pct and round(one.value.unrealized_pct, 4),
            one.since and one.since.isoformat(),
            one.advice and one.advice.action,
            one.advice and one.advice.exit_probability,
            one.advice and one.advice.tested,
            " ".join(one.marks),
        )
        for one in held(values)
    ]


def plain(value: Decimal | None) -> str | None:
    """All digits of a number without idle zeros."""
    return None if value is None else f"{value.normalize():f}"

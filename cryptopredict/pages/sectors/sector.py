"""One sector: does it lead, what is it made of, what is expected of it, and how good were such forecasts?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext

from assets.choices import Market
from assets.selectors.shown import shown_market
from cryptopredict.pages import words
from cryptopredict.pages.freshness import Chip, chip
from cryptopredict.pages.graphs import Graph
from cryptopredict.pages.graphs import Line as Curve
from cryptopredict.pages.home.page import TIMEFRAME
from cryptopredict.pages.market_page import RANGES, USUAL, finding
from cryptopredict.pages.parts import part
from cryptopredict.pages.sectors import members as membership
from cryptopredict.pages.sectors.address import CHANGES, USUAL_CHANGE, address_of
from cryptopredict.pages.sectors.compare import rebased, unknown_as_none
from cryptopredict.pages.sectors.forecasts import ForecastCard, forecast_card
from cryptopredict.pages.sectors.map import HOURS, MapCard, map_card
from cryptopredict.pages.sectors.members import Head, Member
from cryptopredict.pages.sectors.standing import Figure, Reason, figures, reasons, unknown
from cryptopredict.pages.sectors.table import Line
from sectors.models import AICrossSectorAnalysis, Sector
from sectors.selectors.indexes import index_assets, index_key
from sectors.selectors.shown import analyses_over_time, comparisons_of, index_levels
from sectors.selectors.table import ranked_sectors
from system import formats

TOTAL = "total"
KEPT = ("range", "change", "sort")
MEMBER_FILE = (
    "symbol", "name", "is_primary", "part", "weight_pct", "price_usd", "change_24h_pct", "change_7d_pct",
    "change_30d_pct", "market_cap_usd", "volume_24h_usd", "updated",
)  # fmt: skip


@dataclass(frozen=True)
class SectorPage:
    """Everything about one sector. What hangs on an analysis is empty while there is none.

    Attributes:
        line: its newest analysis with its place; ``ranked``: among how many.
        links: name, words and query of each range, and of each span of the changes.
    """

    sector: Sector
    name: str
    address: str
    market: Market | None
    comparison: AICrossSectorAnalysis | None
    line: Line | None
    ranked: int
    chip: Chip | None
    figures: list[Figure]
    reasons: list[Reason]
    unknown: list[tuple[str, list[str]]]
    range: str
    ranges: list[tuple[str, str, str]]
    change: str
    changes: list[tuple[str, str, str]]
    index: Graph
    histories: list[Graph]
    members: list[Member]
    heads: list[Head]
    best: list[Member]
    worst: list[Member]
    map: MapCard | None
    forecasts: ForecastCard
    query: str

    @property
    def ends(self) -> list[tuple[str, list[Member]]]:
        """Best and worst members under their names."""
        return [(gettext("Leaders"), self.best), (gettext("Laggards"), self.worst)]


def sector_page(sector: Sector, query: Mapping[str, str], now: datetime) -> SectorPage:
    """The page.

    Args:
        sector: which one.
        query: of the address: range, change, sort; what makes no sense is the usual one.
        now: the present.
    """
    market = shown_market()
    asked = {name: query[name] for name in KEPT if query.get(name)}
    span = asked.get("range", "") if asked.get("range", "") in RANGES else USUAL
    change = asked.get("change", "") if asked.get("change", "") in CHANGES else USUAL_CHANGE
    sort = membership.known_sort(asked.get("sort", ""))
    comparison = comparisons_of(market, TIMEFRAME).first() if market else None
    rows = ranked_sectors(comparison.metrics_snapshot_id) if comparison else []
    row = next((one for one in rows if one.analysis.sector_id == sector.pk), None)
    line = Line(row, address_of(sector), None) if row else None
    until = comparison.analysis_time if comparison else now
    indexes = {key: asset.pk for key, asset in index_assets(market).items()} if market else {}
    own = indexes.get(index_key(sector))
    days = RANGES[span][0]
    by_cap = not (row and row.is_equal_weighted)
    found = part(lambda: membership.members(sector, market, by_cap=by_cap) if market else [])
    ends = part(lambda: membership.best_and_worst(found, change))
    name = words.named(words.SECTORS, sector.name)
    return SectorPage(
        sector=sector,
        name=name,
        address=address_of(sector),
        market=market,
        comparison=comparison,
        line=line,
        ranked=sum(one.rank is not None for one in rows),
        chip=chip(gettext("Analysis"), until, TIMEFRAME, now) if line else None,
        figures=part(lambda: figures(line) if line else []),
        reasons=part(lambda: reasons(line) if line else []),
        unknown=part(lambda: unknown(line) if line else []),
        range=span,
        ranges=[(key, told(), changed(asked, "range", key, USUAL)) for key, (_days, told) in RANGES.items()],
        change=change,
        changes=[(key, formats.span(HOURS[key]), changed(asked, "change", key, USUAL_CHANGE)) for key in CHANGES],
        index=part(lambda: index_graph(name, own, indexes.get(TOTAL), days, until)),
        histories=part(lambda: histories(sector, market, until - timedelta(days=days), until) if market else []),
        members=part(lambda: membership.ordered(found, sort)),
        heads=membership.heads(sort, asked),
        best=part(lambda: ends[0]),
        worst=part(lambda: ends[1]),
        map=part(lambda: map_card([membership.sized(one, change) for one in found], change)),
        forecasts=part(lambda: forecast_card(own, now)),
        query=urlencode(asked),
    )


def changed(asked: Mapping[str, str], name: str, value: str, usual: str) -> str:
    """The query that asks for the same but for one thing."""
    rest = {one: kept for one, kept in asked.items() if one != name}
    return urlencode(rest | ({} if value == usual else {name: value}))


def index_graph(name: str, own: int | None, total: int | None, days: int, until: datetime) -> Graph:
    """The index beside that of the whole market, both 100 at the beginning."""
    title = gettext("Index of the sector beside the whole market")
    if own is None:
        return Graph("index", title, [], [])
    ids = [own] if total is None else [own, total]
    times, levels = index_levels(ids, TIMEFRAME, until, days + 1)
    based = rebased(levels)
    curves = [Curve(name, unknown_as_none(based[:, 0]), "series-1")]
    if total is not None:
        curves.append(Curve(gettext("Whole market"), unknown_as_none(based[:, 1]), "series-4"))
    return Graph(
        "index",
        index_finding(name, curves, days) or title,
        [datetime.fromtimestamp(int(time), UTC) for time in times],
        curves,
        decimals=1,
        level=(100, "100"),
        note=gettext(
            "Level at the end of each day, UTC; 100 at the beginning. An index has one level a day, no high or low; "
            "so it is a line, not candles."
        ),
    )


def index_finding(name: str, curves: list[Curve], days: int) -> str:
    """How far it is ahead of the market, or behind; nothing while one of both is unknown."""
    ends = [one.values[-1] if len(one.values) else None for one in curves]
    if len(ends) < 2 or ends[0] is None or ends[1] is None:
        return ""
    return gettext("%(name)s: %(change)s in %(span)s, %(ahead)s against the whole market") % {
        "name": name,
        "change": formats.percent(ends[0] - 100),
        "span": formats.span(24 * days),
        "ahead": formats.points(ends[0] - ends[1]),
    }


def histories(sector: Sector, market: Market, since: datetime, until: datetime) -> list[Graph]:
    """Figures of the analyses over time."""
    rows = analyses_over_time(sector.pk, market, TIMEFRAME, since, until)
    times: list[Any] = [row["analysis_time"] for row in rows]
    metrics: list[Any] = [(row["analysis_data"] or {}).get("performance_metrics") or {} for row in rows]  # type: ignore[attr-defined]

    def graph(key: str, label: str, values: list[Any], unit: str = "", **options: Any) -> Graph:
        known = [None if value is None else float(value) for value in values]
        return Graph(key, finding(label, known), times, [Curve(label, known)], unit, **options)

    inflow: list[Any] = [row["rotation_inflow_score"] for row in rows]
    outflow: list[Any] = [row["rotation_outflow_score"] for row in rows]
    return [
        graph("breadth", gettext("Breadth"), _hundred([one.get("breadth") for one in metrics]), "%", decimals=0, low=0,
              high=100, level=(50, formats.number(50))),
        graph("dominance", gettext("Dominance"), [row["sector_dominance_pct"] for row in rows], "%"),
        graph("strength", gettext("Relative strength"), [row["relative_strength_score"] for row in rows], low=0, high=1,
              level=(0.5, formats.number(0.5, 1))),
        graph("momentum", gettext("Momentum"), [row["momentum_score"] for row in rows], low=-1, high=1, level=(0, "0")),
        graph("inflow", gettext("Net inflow, share of all that moved"), _hundred(
            [None if one is None or other is None else one - other for one, other in zip(inflow, outflow, strict=True)]
        ), "%", decimals=0, level=(0, "0")),
    ]  # fmt: skip


def _hundred(values: list[Any]) -> list[Any]:
    """Parts as percent."""
    return [None if value is None else 100 * value for value in values]


def member_rows(page: SectorPage) -> Iterator[tuple[Any, ...]]:
    """The members for a file."""
    for one in page.members:
        asset = one.asset
        yield (
            asset.symbol,
            asset.name,
            one.is_primary,
            f"{one.part:.4f}",
            None if one.weight is None else f"{one.weight:.4f}",
            asset.current_price and f"{asset.current_price.normalize():f}",
            asset.price_change_percentage_24h,
            asset.price_change_percentage_7d,
            asset.price_change_percentage_30d,
            asset.market_cap,
            asset.total_volume,
            asset.last_price_update and asset.last_price_update.isoformat(),
        )

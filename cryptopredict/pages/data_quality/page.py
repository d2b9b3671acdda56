"""Whether the data can be trusted: what is late, missing or refused, with what to do about it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext

from assets.choices import Market
from assets.models import CandleGap, IngestState
from assets.selectors.quality import GapCount, gap_counts, standing_gaps, unfinished_fetches
from assets.selectors.shown import is_collected, price_ages, shown_market
from assets.services.partitions import ARCHIVE, StoredPartition, stored_partitions
from cryptopredict.pages.data_quality.forms import GapsForm
from cryptopredict.pages.data_quality.remedies import (
    Remedy,
    Trouble,
    fetch_remedy,
    gap_remedy,
    provider_remedy,
    troubles,
)
from cryptopredict.pages.freshness import Chip, price_chip, run_chip
from cryptopredict.pages.graphs import Graph, Line
from cryptopredict.pages.home.page import TIMEFRAME
from cryptopredict.pages.market_page import RANGES, Quality, finding, quality
from cryptopredict.pages.parts import part
from macro.models import MetricsSnapshot
from macro.selectors.snapshots import completeness_over_time, newest_snapshot
from system.models import SystemHealth
from system.selectors.health import HealthWord, health_word, newest_health
from system.selectors.providers import ProviderState, provider_states
from system.selectors.runs import run_states

PER_PAGE = 50
MOST_FETCHES = 50
USUAL = "90d"
GAP_COLUMNS = ("asset", "timeframe", "from", "to", "candles", "status", "reason", "found", "asked", "asked_at")


@dataclass(frozen=True)
class Store:
    """Partitions of one timeframe in one place: how many, about how many rows, how many bytes, and of which time."""

    timeframe: str
    is_archive: bool
    partitions: int
    rows: int
    size: int
    first: datetime
    end: datetime


@dataclass(frozen=True)
class QualityPage:
    """The state of the data.

    Attributes:
        troubles: what is wrong now.
        chips: prices and analyses with their ages.
        gaps: counts by timeframe; ``listed``: a page of them with remedies; ``gap_count``: how many fit the choice.
        fetches: those that did not end well, with remedies; ``fetch_count``: how many there are.
        providers: outside sources with remedies.
        completeness: of snapshots over time; ``quality`` and ``snapshot``: of the newest, None before the first.
        stores: of admins alone, as is ``health``.
    """

    market: Market | None
    troubles: list[Trouble]
    chips: list[Chip]
    gaps: list[GapCount]
    form: GapsForm
    listed: list[tuple[CandleGap, Remedy]]
    page: Page[CandleGap]
    previous: str | None
    next: str | None
    query: str
    fetches: list[tuple[IngestState, Remedy]]
    fetch_count: int
    providers: list[tuple[ProviderState, Remedy | None]]
    completeness: Graph
    range: str
    ranges: list[tuple[str, str]]
    quality: Quality | None
    snapshot: MetricsSnapshot | None
    health: SystemHealth | None
    health_word: HealthWord | None
    stores: list[Store]


def quality_page(query: Mapping[str, str], now: datetime, *, is_admin: bool) -> QualityPage:
    """The page.

    Args:
        query: of the address: timeframe and asset of the gaps, page, range.
        now: the present.
        is_admin: whether who asks sees what is stored where.
    """
    market = shown_market()
    prices = price_ages(market)
    runs = [run for run in run_states() if run.done or is_collected(run.timeframe, market)]
    gaps, providers = part(lambda: gap_counts(market)), part(provider_states)
    form = GapsForm(query)
    page = Paginator(chosen(form, market), PER_PAGE).get_page(query.get("page"))
    broken = unfinished_fetches(market)
    fetch_count = broken.count()
    range_ = query.get("range", "")
    range_ = range_ if range_ in RANGES else USUAL
    kept = {name: value for name, value in query.items() if name in (*form.fields, "range") and value}
    snapshot = newest_snapshot(market, TIMEFRAME)
    health = newest_health()
    return QualityPage(
        market=market,
        troubles=part(lambda: troubles(market, prices, runs, gaps, fetch_count, providers, now)),
        chips=part(lambda: [*(price_chip(age, now) for age in prices), *(run_chip(run, now) for run in runs)]),
        gaps=gaps,
        form=form,
        listed=part(lambda: [(gap, gap_remedy(gap)) for gap in page]),
        page=page,
        previous=urlencode(kept | {"page": page.previous_page_number()}) if page.has_previous() else None,
        next=urlencode(kept | {"page": page.next_page_number()}) if page.has_next() else None,
        query=urlencode(kept),
        fetches=part(lambda: [(state, fetch_remedy(state)) for state in broken[:MOST_FETCHES]]),
        fetch_count=fetch_count,
        providers=part(lambda: [(state, provider_remedy(state)) for state in providers]),
        completeness=part(lambda: completeness_graph(market, range_, now)),
        range=range_,
        ranges=[(name, told()) for name, (_days, told) in RANGES.items()],
        quality=part(lambda: quality(snapshot) if snapshot else None),
        snapshot=snapshot,
        health=health,
        health_word=health_word(health, now),
        stores=part(lambda: stores(stored_partitions()) if is_admin else []),
    )


def chosen(form: GapsForm, market: Market | None) -> Any:
    """The gaps that the form names; a field that makes no sense chooses nothing, and says so beside itself."""
    form.is_valid()
    wanted = form.cleaned_data
    return standing_gaps(market, timeframe=wanted.get("timeframe", ""), symbol=(wanted.get("asset") or "").upper())


def completeness_graph(market: Market | None, range_: str, now: datetime) -> Graph:
    """Which share of their figures the snapshots knew."""
    days, _label = RANGES[range_]
    rows = completeness_over_time(market, TIMEFRAME, now - timedelta(days=days), now)
    label = gettext("Known figures of the snapshot")
    values = [None if share is None else 100 * share for _time, share in rows]
    return Graph(
        "completeness", finding(label, values), [time for time, _share in rows], [Line(label, values)], "%", 1,
        low=0, high=100,
    )  # fmt: skip


def stores(partitions: list[StoredPartition]) -> list[Store]:
    """Partitions added up by timeframe and place."""
    groups: dict[tuple[str, bool], list[StoredPartition]] = {}
    for one in partitions:
        groups.setdefault((one.timeframe, one.home == ARCHIVE), []).append(one)
    return [
        Store(
            timeframe,
            is_archive,
            len(rows),
            sum(one.rows or 0 for one in rows),
            sum(one.size for one in rows),
            min(one.first for one in rows),
            max(one.end for one in rows),
        )
        for (timeframe, is_archive), rows in groups.items()
    ]


def gap_rows(query: Mapping[str, str]) -> Iterator[tuple[Any, ...]]:
    """The chosen gaps for a file."""
    for gap in chosen(GapsForm(query), shown_market()):
        yield (
            gap.asset.symbol,
            gap.timeframe,
            gap.starts_at.isoformat(),
            gap.ends_at.isoformat(),
            gap.missing,
            gap.status,
            gap.reason,
            gap.detected_at.isoformat(),
            gap.asked,
            gap.asked_at.isoformat() if gap.asked_at else None,
        )

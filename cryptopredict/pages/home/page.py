"""What the start page shows: one market, the newest daily analysis and everything that came of it."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise

from assets.choices import Market
from assets.selectors.shown import shown_market
from cryptopredict.pages.home.changes import Present, changes_card
from cryptopredict.pages.home.layout import TITLES, Layout, layout_of, shown_spans
from cryptopredict.pages.kpis import Kpi, kpis
from cryptopredict.pages.market import RegimeCard, regime_card
from cryptopredict.pages.parts import part
from cryptopredict.pages.record import record_card
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from macro.selectors.shown import shown_regime, snapshot_before
from sectors.selectors.table import RankedSector, ranked_sectors
from selection.models import AISuggestion, Portfolio
from selection.selectors.day_profit import DayProfit, day_profit, day_profits
from selection.selectors.list_changes import watched_asset_ids
from selection.selectors.queue import public_queue
from selection.selectors.valuation import PortfolioValue, PositionValue, latest_values
from selection.selectors.visible import real_portfolios
from trading.models import AITradingSignal
from trading.selectors.chains import SignalCounts, active_signals, counts

TIMEFRAME = "1d"
DAY = timedelta(days=1)
SECTORS, SUGGESTIONS, SIGNALS, POSITIONS = 8, 6, 8, 5
"""Rows that a card of the start page has at most."""
PROVEN, UNPROVEN = "proven", "unproven"


@dataclass(frozen=True)
class PortfolioCard:
    """Own portfolios and what they are worth together; unknown while a price of something held is missing.

    Attributes:
        rows: each with what the day that runs brought.
        whole: all together.
        largest: what most money is in, over all of them, with its share in percent.
    """

    rows: list[tuple[Portfolio, PortfolioValue, DayProfit]]
    whole: DayProfit
    largest: list[tuple[PositionValue, Decimal | None]]


@dataclass(frozen=True)
class SuggestionCard:
    """The first suggestions of the queue, and how many wait."""

    rows: list[AISuggestion]
    waiting: int


@dataclass(frozen=True)
class SignalCard:
    """The newest open signals of one tab."""

    tab: str
    rows: list[AITradingSignal]
    counts: SignalCounts


@dataclass(frozen=True)
class MarketCards:
    """The cards of a market that has been analysed. ``ranked``: all its sectors."""

    analysis: AIRegimeAnalysis
    regime: RegimeCard
    kpis: list[Kpi]
    ranked: list[RankedSector]

    @property
    def snapshot(self) -> MetricsSnapshot:
        return self.analysis.metrics_snapshot

    @property
    def sectors(self) -> list[RankedSector]:
        """The first ones."""
        return self.ranked[:SECTORS]

    @property
    def sector_count(self) -> int:
        return len(self.ranked)


@dataclass(frozen=True)
class Placed:
    """A card in its place.

    Attributes:
        key: of the card, and ``title``: what it is called.
        template: what draws it; ``card`` is what it draws, if it has something of its own.
        span: columns of twelve that it takes.
    """

    key: str
    title: Promise
    template: str
    span: int
    card: Any = None


@dataclass(frozen=True)
class Home:
    """The start page. Before the market was analysed it has no cards; a visitor cannot arrange them."""

    market: Market | None
    cards: MarketCards | None
    placed: list[Placed]
    layout: Layout | None


def home_page(user: Any, now: datetime, tab: str, since: datetime | None = None) -> Home:
    """Everything for one reader.

    Args:
        user: who reads; a visitor has no portfolios.
        now: the present.
        tab: which signals are wanted, ``proven`` or ``unproven``; anything else leaves the choice to us.
        since: from when on changes are told.
    """
    market, layout = shown_market(), layout_of(user)
    cards = market_cards(market, now) if market else None
    if market is None or cards is None:
        return Home(market, None, [], None)
    watched = watched_asset_ids(user) if layout else set()
    earlier = since or now - DAY
    made: dict[str, Callable[[], Any]] = {
        "portfolio": lambda: portfolio_card(user, now),
        "changes": lambda: changes_card(Present(market, cards.analysis, cards.sectors), user, watched, earlier),
        "signals": lambda: signal_card(market, user, tab),
        "own_signals": lambda: signal_card(market, user, tab, watched),
        "suggestions": lambda: suggestion_card(market),
        "record": lambda: record_card(market, cards.analysis.analysis_time),
        "record_line": lambda: record_card(market, cards.analysis.analysis_time),
    }
    placed = [
        Placed(key, TITLES[key], f"pages/home/{key}.html", span, part(made[key]) if key in made else None)
        for key, span in shown_spans(layout).items()
    ]
    return Home(market, cards, placed, layout)


def market_cards(market: Market, now: datetime) -> MarketCards | None:
    """The state of the market, its key figures and its sectors."""
    analysis = shown_regime(market, TIMEFRAME)
    if analysis is None:
        return None
    snapshot = analysis.metrics_snapshot
    return MarketCards(
        analysis=analysis,
        regime=part(lambda: regime_card(analysis, now)),
        kpis=part(lambda: kpis(analysis, snapshot_before(snapshot, DAY))),
        ranked=part(lambda: ranked_sectors(snapshot.pk)),
    )


def suggestion_card(market: Market) -> SuggestionCard:
    queue = public_queue(market)
    return SuggestionCard(list(queue[:SUGGESTIONS]), queue.count())


def signal_card(market: Market, user: Any, tab: str, watched: Collection[int] | None = None) -> SignalCard:
    """Signals with a measured edge have a tab of their own; it comes first when there is one.

    Args:
        watched: of these assets only.
    """
    active = active_signals(market, user)
    if watched is not None:
        active = active.filter(asset__in=watched)
    found = counts(active)
    chosen = tab if tab in {PROVEN, UNPROVEN} else PROVEN if found.proven else UNPROVEN
    proven = {"ai_analysis__is_proven": True}
    rows = active.filter(**proven) if chosen == PROVEN else active.exclude(**proven)
    return SignalCard(chosen, list(rows[:SIGNALS]), found)


def portfolio_card(user: Any, now: datetime) -> PortfolioCard | None:
    """None for a visitor, and for somebody who has no real portfolio; those on paper are left out."""
    if not user.is_authenticated:
        return None
    portfolios = list(real_portfolios(user).order_by("name"))
    if not portfolios:
        return None
    values = latest_values(portfolio.pk for portfolio in portfolios)
    today = now.astimezone(UTC).date()
    profits = day_profits(values, today)
    rows = [(portfolio, values[portfolio.pk], profits[portfolio.pk]) for portfolio in portfolios]
    return PortfolioCard(rows, day_profit(values, today), largest_of(values.values()))


def largest_of(values: Iterable[PortfolioValue]) -> list[tuple[PositionValue, Decimal | None]]:
    """The positions that most money is in, with their shares of all that is known to be held."""
    held = [one for value in values for one in value.positions.values() if one.value and one.value > 0]
    whole = sum((one.value for one in held if one.value), Decimal(0))
    held.sort(key=lambda one: one.value or 0, reverse=True)
    return [(one, 100 * one.value / whole if one.value else None) for one in held[:POSITIONS]]

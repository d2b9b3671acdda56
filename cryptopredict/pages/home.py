"""What the start page shows: one market, the newest daily analysis and everything that came of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from assets.choices import Market
from assets.selectors.shown import shown_market
from cryptopredict.pages.kpis import Kpi, kpis
from cryptopredict.pages.market import RegimeCard, regime_card
from cryptopredict.pages.record import RecordCard, record_card
from macro.selectors.shown import shown_regime, snapshot_before
from sectors.selectors.table import RankedSector, ranked_sectors
from selection.models import AISuggestion, Portfolio
from selection.selectors.queue import public_queue
from selection.selectors.valuation import PortfolioValue, latest_values
from selection.selectors.visible import real_portfolios
from trading.models import AITradingSignal
from trading.selectors.chains import SignalCounts, active_signals, counts

TIMEFRAME = "1d"
DAY = timedelta(days=1)
SECTORS, SUGGESTIONS, SIGNALS = 8, 6, 8
"""Rows that a card of the start page has at most."""
PROVEN, UNPROVEN = "proven", "unproven"


@dataclass(frozen=True)
class PortfolioCard:
    """Own portfolios and what they are worth together; unknown while a price of something held is missing."""

    rows: list[tuple[Portfolio, PortfolioValue]]
    total: Decimal | None


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
    """The cards of a market that has been analysed."""

    regime: RegimeCard
    kpis: list[Kpi]
    sectors: list[RankedSector]
    sector_count: int


@dataclass(frozen=True)
class Home:
    """The start page. Cards that nothing belongs in yet are None."""

    market: Market | None
    cards: MarketCards | None
    suggestions: SuggestionCard | None
    signals: SignalCard | None
    record: RecordCard | None
    portfolio: PortfolioCard | None


def home_page(user: Any, now: datetime, tab: str) -> Home:
    """Everything for one reader.

    Args:
        user: who reads; a visitor has no portfolios.
        now: the present.
        tab: which signals are wanted, ``proven`` or ``unproven``; anything else leaves the choice to us.
    """
    market, portfolio = shown_market(), portfolio_card(user)
    if market is None:
        return Home(None, None, None, None, None, portfolio)
    cards = market_cards(market, now)
    return Home(
        market=market,
        cards=cards,
        suggestions=suggestion_card(market),
        signals=signal_card(market, user, tab),
        record=record_card(market, cards.regime.analysis.analysis_time if cards else now),
        portfolio=portfolio,
    )


def market_cards(market: Market, now: datetime) -> MarketCards | None:
    """The state of the market, its key figures and its sectors."""
    analysis = shown_regime(market, TIMEFRAME)
    if analysis is None:
        return None
    snapshot = analysis.metrics_snapshot
    sectors = ranked_sectors(snapshot.pk)
    figures = kpis(analysis, snapshot_before(snapshot, DAY))
    return MarketCards(regime_card(analysis, now), figures, sectors[:SECTORS], len(sectors))


def suggestion_card(market: Market) -> SuggestionCard:
    queue = public_queue(market)
    return SuggestionCard(list(queue[:SUGGESTIONS]), queue.count())


def signal_card(market: Market, user: Any, tab: str) -> SignalCard:
    """Signals with a measured edge have a tab of their own; it comes first when there is one."""
    active = active_signals(market, user)
    found = counts(active)
    chosen = tab if tab in {PROVEN, UNPROVEN} else PROVEN if found.proven else UNPROVEN
    proven = {"ai_analysis__is_proven": True}
    rows = active.filter(**proven) if chosen == PROVEN else active.exclude(**proven)
    return SignalCard(chosen, list(rows[:SIGNALS]), found)


def portfolio_card(user: Any) -> PortfolioCard | None:
    """None for a visitor, and for somebody who has no real portfolio; those on paper are left out."""
    if not user.is_authenticated:
        return None
    portfolios = list(real_portfolios(user).order_by("name"))
    if not portfolios:
        return None
    values = latest_values(portfolio.pk for portfolio in portfolios)
    rows = [(portfolio, values[portfolio.pk]) for portfolio in portfolios]
    totals = [value.total for _portfolio, value in rows]
    known = [total for total in totals if total is not None]
    return PortfolioCard(rows, sum(known, Decimal(0)) if len(known) == len(totals) else None)

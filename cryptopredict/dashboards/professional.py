"""All four layers in detail, for who works with them."""

from datetime import datetime
from typing import Any

from accounts.models import User
from assets.selectors.shown import shown_market
from cryptopredict.dashboards.layers import TIMEFRAME
from cryptopredict.dashboards.own import open_signals, own_values
from macro.selectors.shown import shown_regime
from sectors.models import Sector
from sectors.selectors.standing import newest_comparison, standings
from selection.models import AIPortfolioAnalysis, AIWatchlistAnalysis, Portfolio
from selection.selectors.day_profit import day_profit
from selection.selectors.visible import real_portfolios, visible_watchlists, with_counts
from system.choices import LIVE
from system.services import setting
from trading.choices import RecommendationStatus
from trading.models import Recommendation
from trading.selectors.recommendation_states import answers_of
from trading.selectors.recommendations import status_then, visible_recommendations
from trading.services import risk_profile

MOST_SIGNALS, MOST_LISTS, MOST_ADVICE = 20, 20, 10
DONE_WITH = {
    RecommendationStatus.REJECTED,
    RecommendationStatus.IGNORED,
    RecommendationStatus.IMPLEMENTED,
    RecommendationStatus.EXPIRED,
}


def professional(user: User, now: datetime) -> dict[str, Any]:
    """Macro, sectors, lists with their newest rankings, open signals, the own portfolios with their newest analyses,
    advice that is open, and limits with what is exposed. ``context`` is what serializers of rows look up."""
    market = shown_market()
    regime = shown_regime(market, TIMEFRAME) if market else None
    advice, answers = open_advice(user)
    values = own_values(user)
    return {
        "macro": {"regime": regime, "snapshot": regime.metrics_snapshot if regime else None},
        "rotation": newest_comparison(),
        "sectors": sectors(),
        "watchlists": lists(user),
        "signals": open_signals(user, MOST_SIGNALS),
        "portfolio": {"together": day_profit(values, now.date()), "portfolios": portfolios(user)},
        "recommendations": advice,
        "context": {"answers": answers, "values": values, "limits": setting("watchlist_limits")},
        "risk": risk_profile(user),
    }


def sectors() -> list[Sector]:
    """Active sectors with their standing, the strongest first; those without one last."""
    rows = list(Sector.objects.filter(is_active=True).order_by("name"))
    found = standings(row.pk for row in rows)
    for row in rows:
        row.standing = found[row.pk]  # type: ignore[attr-defined]

    def place(row: Any) -> float:
        analysis = row.standing.analysis
        return -float(analysis.momentum_score) if analysis and analysis.momentum_score is not None else 2.0

    return sorted(rows, key=place)


def lists(user: User) -> list[dict[str, Any]]:
    """Lists that the person sees, each with its newest ranking."""
    seen = with_counts(visible_watchlists(user)).order_by("watchlist_type", "tier", "sort_order", "pk")
    rows = list(seen[:MOST_LISTS])
    newest = {
        row.watchlist_id: row
        for row in AIWatchlistAnalysis.objects.filter(series=LIVE, watchlist__in=rows)
        .order_by("watchlist", "-analysis_time", "-pk")
        .distinct("watchlist")
    }
    return [{"watchlist": row, "analysis": newest.get(row.pk)} for row in rows]


def portfolios(user: User) -> list[dict[str, Any]]:
    """The own real portfolios, each with its newest analysis."""
    rows: list[Portfolio] = list(real_portfolios(user).order_by("pk"))
    newest = {
        row.portfolio_id: row
        for row in AIPortfolioAnalysis.objects.filter(series=LIVE, portfolio__in=rows)
        .order_by("portfolio", "-analysis_time", "-pk")
        .distinct("portfolio")
    }
    return [{"portfolio": row, "analysis": newest.get(row.pk)} for row in rows]


def open_advice(user: User) -> tuple[list[Recommendation], dict[int, Any]]:
    """The newest advice that the person is not done with, and his answers so far."""
    rows = list(visible_recommendations(user).order_by("-created_at", "-pk")[: 5 * MOST_ADVICE])
    answers = answers_of(rows, user)
    waiting = [row for row in rows if status_then(row, answers.get(row.pk)) not in DONE_WITH]
    return waiting[:MOST_ADVICE], answers

"""The dashboard that a person sees first, and the one in plain words."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from accounts.choices import NotificationStatus
from accounts.models import User
from accounts.selectors.notifications import unread_count, visible_notifications
from aimodels.models import AIModel
from assets.choices import Market
from assets.selectors.shown import shown_market
from cryptopredict.dashboards.layers import TIMEFRAME, mood
from cryptopredict.dashboards.own import TOP, best_assets, open_signals, own_profit
from macro.selectors.rationale import rationale
from macro.selectors.shown import shown_regime
from system import formats
from system.models import AnalyticsData, SystemHealth
from trading.selectors.chains import active_signals

TIPS = 3
RATES = ("requests_per_minute", "predictions_per_minute")
"""Figures of ``analytics_data`` that say how much is worked on."""


def main(user: User, now: datetime) -> dict[str, Any]:
    """What a person sees first."""
    return {"user_profile": user, "ai_status": ai_status(), **overview(user, now, market_overview())}


def overview(user: User, now: datetime, market: dict[str, Any]) -> dict[str, Any]:
    """The part of it that changes by the minute.

    Args:
        market: the same for everybody, see ``market_overview``.
    """
    shown = market["market"]
    return {
        "market_overview": market,
        "portfolio_summary": own_profit(user, now),
        "active_signals": active_signals(shown, user).count() if shown else 0,
        "notifications": unread_count(user, now),
    }


def market_overview() -> dict[str, Any]:
    """State of the market that is shown in its newest daily analysis; every figure is None before the first."""
    market = shown_market()
    analysis = shown_regime(market, TIMEFRAME) if market else None
    snapshot = analysis.metrics_snapshot if analysis else None
    return {
        "market": market,
        "is_demo": market == Market.DEMO,
        "as_of": analysis.analysis_time if analysis else None,
        "regime": analysis.current_regime.lower() if analysis else None,
        "regime_confidence": analysis.regime_confidence if analysis else None,
        "risk_level": analysis.risk_level if analysis else None,
        "sentiment": snapshot.composite_sentiment if snapshot else None,
        "breadth": snapshot.crypto_market_breadth if snapshot else None,
        "btc_dominance": snapshot.btc_dominance if snapshot else None,
        "btc_price_usd": snapshot.btc_price_usd if snapshot else None,
        "total_market_cap": snapshot.total_market_cap if snapshot else None,
    }


def overviews(people: Iterable[User], now: datetime) -> dict[int, dict[str, Any]]:
    """The overviews of people by id; what is the same for all of them is looked up once."""
    market = market_overview()
    return {user.pk: overview(user, now, market) for user in people}


def ai_status() -> dict[str, Any]:
    """Whether the layers were well at the newest round of health checks, and how many versions are in force."""
    health = SystemHealth.objects.order_by("-check_time").first()
    found = (health.api_status if health else None) or {}
    layers = [state for name, state in found.items() if name.startswith("layer")]
    return {
        "all_online": all(state == "healthy" for state in layers) if layers else None,
        "active_models": AIModel.objects.filter(is_active=True).count(),
        "processing_rate": processing_rate(),
    }


def processing_rate() -> str | None:
    """Requests or forecasts a minute, as it was measured last."""
    measured = AnalyticsData.objects.filter(metric_name__in=RATES).order_by("-created_at", "-pk").first()
    return None if measured is None else f"{formats.amount(measured.metric_value)}/min"


def casual(user: User, now: datetime) -> dict[str, Any]:
    """The market in a sentence, the best of it, and the own worth."""
    market = shown_market()
    analysis = shown_regime(market, TIMEFRAME) if market else None
    unread = visible_notifications(user, now).filter(status=NotificationStatus.UNREAD)
    return {
        "market": {
            "mood": mood(analysis) if analysis else None,
            "confidence": analysis.regime_confidence if analysis else None,
            "sentence": next(iter(rationale(analysis)), None) if analysis else None,
        },
        "top_assets": best_assets(),
        "top_signals": open_signals(user, TOP, proven_only=True),
        "portfolio": own_profit(user, now),
        "tips": list(unread[:TIPS]),
    }

"""What a person sees first: the market, own portfolios, what is open. JSON values; money as text, unknown as null."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.selectors.notifications import unread_count
from assets.choices import Market
from assets.selectors.shown import shown_market
from macro.selectors.shown import shown_regime
from selection.selectors.valuation import latest_values
from selection.selectors.visible import real_portfolios
from trading.choices import SignalStatus
from trading.selectors.visible import visible_signals, with_status

MAIN_TIMEFRAME = "1d"


def overview(user: User) -> dict[str, Any]:
    """The live dashboard of one person."""
    return {
        "market_overview": market_overview(),
        "portfolio_summary": portfolio_summary(user),
        "active_signals": with_status(visible_signals(user), SignalStatus.ACTIVE).count(),
        "notifications": unread_count(user, timezone.now()),
    }


def market_overview() -> dict[str, Any] | None:
    """State of the market that is shown in its newest daily analysis; None before the first."""
    market = shown_market()
    regime = shown_regime(market, MAIN_TIMEFRAME) if market else None
    if regime is None:
        return None
    snapshot = regime.metrics_snapshot
    return {
        "as_of": iso(regime.analysis_time),
        "is_demo": market == Market.DEMO,
        "regime": regime.current_regime,
        "regime_confidence": number(regime.regime_confidence),
        "risk_level": regime.risk_level,
        "sentiment": number(snapshot.composite_sentiment),
        "breadth": number(snapshot.crypto_market_breadth),
        "btc_dominance": number(snapshot.btc_dominance),
        "btc_price_usd": text(snapshot.btc_price_usd),
        "total_market_cap": text(snapshot.total_market_cap),
    }


def portfolio_summary(user: User) -> dict[str, Any]:
    """Worth of all own real portfolios together; null while the price of something held is missing."""
    values = list(latest_values(real_portfolios(user).values_list("pk", flat=True)).values())
    known = [value.total for value in values if value.total is not None]
    total = sum(known, Decimal(0)) if len(known) == len(values) else None
    return {"portfolios": len(values), "positions": sum(value.held for value in values), "total_value": text(total)}


def number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")

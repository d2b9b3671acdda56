"""How large a position with a signal a person may take, by the plan's worth and their own limits."""

from datetime import datetime
from decimal import Decimal

from accounts.models import User
from selection.models import Portfolio
from trading.compute.own_size import OwnSize, own_size
from trading.compute.risk_limits import Book
from trading.models import AITradingSignal, RiskProfile
from trading.selectors.limits import limits_of, stated_capital
from trading.selectors.risk_book import portfolio_books, sector_of

HUNDRED = Decimal(100)


def worth_pct(signal: AITradingSignal) -> Decimal:
    """Percent of a capital that a plan is worth; 0 without a measured edge."""
    told = (signal.risk_management or {}).get("max_position_size_pct") or 0
    return Decimal(str(told))


def size_for(signal: AITradingSignal, user: User, portfolio: Portfolio, now: datetime) -> OwnSize | None:
    """The largest position that every rule allows; None for a plan without entry or stop. Losses of the day are counted
    when it is executed, and not here."""
    if signal.entry_price is None or signal.stop_loss is None:
        return None
    profile = RiskProfile.objects.filter(user=user).first() or RiskProfile(user=user)
    found = portfolio_books([portfolio.pk], now)[portfolio.pk]
    book = Book(found.held, found.worth, portfolio.tracks_cash, stated_capital(profile))
    way = abs(signal.entry_price - signal.stop_loss) / signal.entry_price
    share = worth_pct(signal) / HUNDRED
    return own_size(share, way, limits_of(profile), book, signal.asset_id, sector_of(signal.asset_id, now))

"""What is to be executed against the limits of the person, on the portfolio as it stands."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Decimal, localcontext

from django.utils.translation import gettext as _

from selection.compute.lots import EXACT
from selection.models import Portfolio, PortfolioDay
from selection.services.daily_values import count_days
from system.exceptions import DomainError, LimitExceeded
from trading.compute.risk_limits import PRICE, SECTOR, ZERO, Book, Check, Limits, Order, checks, total
from trading.models import RiskProfile, SignalExecution
from trading.selectors.limits import limits_of, stated_capital
from trading.selectors.risk_book import open_risk, portfolio_books

ONE_DAY = timedelta(days=1)
SHOWN = Decimal("0.0001")
INPUT = {
    "max_position_size": "position_size",
    "max_portfolio_risk": "position_size",
    "max_asset_pct": "position_size",
    "max_sector_pct": "position_size",
    "max_leverage": "leverage",
}
"""Limit → the input that a person would change to keep it."""


class RiskLimit(LimitExceeded):
    """Limits that a person has set for themselves refuse what they want to do; each names rule, limit and value.

    Args:
        broken: at least one.
    """

    def __init__(self, broken: Sequence[Check]) -> None:
        self.broken = list(broken)
        self._faults = tuple(
            LimitExceeded(sentence(one), field=INPUT.get(one.rule, "portfolio"), code=one.rule) for one in broken
        )
        super().__init__(" ".join(map(str, self._faults)), field=self._faults[0].field, code="risk_limit")

    @property
    def faults(self) -> tuple[DomainError, ...]:
        return self._faults


def sentence(check: Check) -> str:
    """Why a limit is broken, for the person. Values are rounded up, so that one above its limit never looks kept."""
    words = {"rule": check.rule, "limit": f"{check.limit.normalize():f}"}
    if check.value is not None:
        with localcontext(EXACT):
            value = check.value.quantize(SHOWN, ROUND_CEILING).normalize()
        return _("%(rule)s would be %(value)s; your limit is %(limit)s.") % (words | {"value": f"{value:f}"})
    unknown = {
        PRICE: _("%(rule)s (%(limit)s) cannot be checked: a price is unknown or older than four days."),
        SECTOR: _("%(rule)s (%(limit)s) cannot be checked: the sector of the asset is unknown."),
    }
    worth = _("%(rule)s (%(limit)s) cannot be checked: the worth of the portfolio is unknown or not above 0.")
    return unknown.get(check.unknown or "", worth) % words


def require_within(limits: Limits, book: Book | None, order: Order) -> list[Check]:
    """All limits that are set, kept.

    Raises:
        RiskLimit: some are broken, or cannot be checked.
    """
    found = checks(limits, book, order)
    broken = [one for one in found if not one.is_kept]
    if broken:
        raise RiskLimit(broken)
    return found


def book_of(portfolio: Portfolio, profile: RiskProfile, execution: SignalExecution, now: datetime) -> Book:
    """The portfolio as the limits see it. The caller has locked it.

    Args:
        portfolio: that the trade goes into.
        profile: the limits; what they do not ask for is not counted.
        execution: what is being executed.
        now: the present moment.
    """
    found = portfolio_books([portfolio.pk], now)[portfolio.pk]
    limits = limits_of(profile)
    watches_day = limits.daily_loss_limit_pct is not None or limits.daily_loss_limit_usd is not None
    return Book(
        held=found.held,
        worth=found.worth,
        tracks_cash=portfolio.tracks_cash,
        stated=stated_capital(profile),
        day_result=day_result(portfolio, found.gained, now) if watches_day else ZERO,
        trade_risk=open_risk(execution),
    )


def day_result(portfolio: Portfolio, gained: Decimal | None, now: datetime) -> Decimal | None:
    """Realised and open since 00:00 UTC, dollars; None if the worth now, or then, is unknown.

    Args:
        portfolio: whose.
        gained: realised and open since its beginning, at the latest prices.
        now: the present moment.
    """
    count_days(portfolio, as_of=now)
    yesterday = (now.astimezone(UTC) - ONE_DAY).date()
    day = PortfolioDay.objects.filter(portfolio=portfolio, day=yesterday).first()
    if day is None:
        return gained
    before = total((day.realized_usd, day.unrealized_usd))
    return None if gained is None or before is None else total((gained, -before))

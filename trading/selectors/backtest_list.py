"""Backtests that somebody may see."""

from django.db.models import QuerySet

from accounts.models import User
from trading.models import Backtest


def own_backtests(user: User) -> QuerySet[Backtest]:
    """Those that somebody asked for, the newest first, with the jobs that run them."""
    return Backtest.objects.filter(created_by=user).select_related("job").order_by("-created_at", "-pk")


def visible_backtests(user: User) -> QuerySet[Backtest]:
    """The own ones; an admin may look at everybody's."""
    found = Backtest.objects.select_related("job").order_by("-created_at", "-pk")
    return found if user.is_staff else found.filter(created_by=user)

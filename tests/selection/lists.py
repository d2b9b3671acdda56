"""What tests of lists look at."""

from typing import Any

import pytest
from django.db.models import Count
from django.utils import timezone

from accounts.services import ensure_system_user
from selection.models import Watchlist, WatchlistAssetHistory
from selection.selectors import members
from selection.services import ensure_default_watchlists
from system.exceptions import DomainError, InvalidRows
from system.models import AuditLog


def tier_lists() -> dict[str, Watchlist]:
    """The default lists, empty."""
    ensure_system_user()
    ensure_default_watchlists()
    return {str(one.tier): one for one in Watchlist.objects.filter(watchlist_type="default")}


def symbols(watchlist: Watchlist) -> list[str]:
    return list(watchlist.entries.order_by("sort_order").values_list("asset__symbol", flat=True))


def order(watchlist: Watchlist) -> list[int]:
    return list(watchlist.entries.order_by("sort_order").values_list("sort_order", flat=True))


def past(watchlist: Watchlist, at: Any = None) -> list[tuple[int, str]]:
    """Members at a moment, in the order of then."""
    return [(one.asset_id, one.position_type) for one in members(watchlist, at or timezone.now())]


def present(watchlist: Watchlist) -> list[tuple[int, str]]:
    """Active entries of now, in order."""
    entries = watchlist.entries.filter(is_active=True).order_by("sort_order")
    return list(entries.values_list("asset_id", "position_type"))


def require_consistent(watchlist: Watchlist) -> None:
    """The order has no hole, the past says of now what the list says, and no two open intervals are of one entry."""
    assert order(watchlist) == list(range(1, watchlist.entries.count() + 1))
    assert past(watchlist) == present(watchlist)
    doubles = WatchlistAssetHistory.objects.filter(watchlist=watchlist, series="live", valid_to=None)
    assert not doubles.values("asset", "position_type").annotate(n=Count("id")).filter(n__gt=1)


def faults(caught: "pytest.ExceptionInfo[DomainError]") -> list[tuple[str | None, str | None]]:
    """Field and code of each fault that was told."""
    assert isinstance(caught.value, InvalidRows)
    return [(fault.field, fault.code) for fault in caught.value.faults]


def trail() -> list[Any]:
    """The audit trail of lists, oldest first."""
    return list(AuditLog.objects.filter(table_name="watchlists").order_by("id"))

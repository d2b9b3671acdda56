"""Lists at a glance: how many assets, which ones, and their weights."""

from django.db.models import QuerySet

from accounts.models import User
from selection.models import WatchlistSummary


def summaries() -> QuerySet[WatchlistSummary]:
    """All lists, the deleted ones too, with their owners; for admins."""
    return WatchlistSummary.objects.order_by("watchlist_type", "sort_order", "id")


def summaries_of(user: User) -> QuerySet[WatchlistSummary]:
    """The lists that a person has now. Addresses of people are for admins and are not read."""
    return summaries().filter(user_id=user.pk, is_active=True).defer("user_email")

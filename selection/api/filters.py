"""Filters of lists, suggestions and positions."""

from datetime import timedelta
from typing import Any

import django_filters.rest_framework as filters
from django.db.models import QuerySet
from django.utils import timezone

from selection.choices import SuggestionStatus, SuggestionType, Tier, TradeStatus, WatchlistType
from selection.selectors.visible import with_suggestion_status
from system.choices import Priority
from system.rest import Filters, FlagFilter, IdFilter, LayerFilter, PeriodFilters, WholeNumberFilter

TYPES = {
    "default": WatchlistType.DEFAULT,
    "admin": WatchlistType.DEFAULT,
    "system": WatchlistType.DEFAULT,
    "personal": WatchlistType.PERSONAL,
}
"""Words that the documents use for the kinds of lists."""
LEGACY_TYPES = {f"add_{tier}": tier for tier in Tier.values}


class WatchlistFilters(Filters):
    """By kind, tier and owner."""

    type = filters.ChoiceFilter(choices=[(word, word) for word in TYPES], method="of_type")
    tier = filters.ChoiceFilter(choices=Tier.choices)
    user_id = IdFilter(field_name="user", label="admins only")

    def of_type(self, lists: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:  # noqa: ARG002
        return lists.filter(watchlist_type=TYPES[value])


class SummaryFilters(WatchlistFilters):
    """By kind and owner."""

    tier = None
    user_id = IdFilter()


class EntryFilters(Filters):
    """Entries that are analysed, unless asked otherwise."""

    defaults = {"active": "true"}
    active = FlagFilter(field_name="is_active")


class SuggestionFilters(Filters):
    """By state, layer, kind, list, asset and confidence."""

    status = filters.ChoiceFilter(choices=SuggestionStatus.choices, method="in_status")
    layer = LayerFilter(field_name="ai_layer", label="1-4 or layer1-layer4")
    suggestion_type = filters.ChoiceFilter(
        choices=[*SuggestionType.choices, *((word, word) for word in LEGACY_TYPES)], method="of_type"
    )
    watchlist = IdFilter()
    asset = IdFilter()
    confidence_min = filters.NumberFilter(
        field_name="confidence_score", lookup_expr="gte", min_value=0, max_value=1, label="0-1"
    )

    def in_status(self, suggestions: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:  # noqa: ARG002
        return with_suggestion_status(suggestions, value)

    def of_type(self, suggestions: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:  # noqa: ARG002
        if value in LEGACY_TYPES:
            return suggestions.filter(suggestion_type=SuggestionType.ADD, target_tier=LEGACY_TYPES[value])
        return suggestions.filter(suggestion_type=value)


class QueueFilters(Filters):
    """By priority and age."""

    defaults = {"days": "3"}
    priority = filters.ChoiceFilter(choices=Priority.choices)
    days = WholeNumberFilter(method="not_older", high=36500, label="age at most")

    def not_older(self, suggestions: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:  # noqa: ARG002
        return suggestions.filter(created_at__gte=timezone.now() - timedelta(days=int(value)))


class ArchiveFilters(PeriodFilters):
    """By layer and the time at which it was suggested."""

    layer = LayerFilter(field_name="ai_layer", label="1-4 or layer1-layer4")


class PositionFilters(Filters):
    """Positions in use, unless asked otherwise."""

    defaults = {"active": "true"}
    trade_status = filters.ChoiceFilter(choices=TradeStatus.choices)
    active = FlagFilter(field_name="is_active")


class PortfolioFilters(Filters):
    """By owner."""

    user_id = IdFilter(field_name="user", label="admins only")

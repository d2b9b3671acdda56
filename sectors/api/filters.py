"""Filters of sectors, their members and analyses, and of assets."""

from datetime import timedelta
from typing import Any

import django_filters.rest_framework as filters
from django.db.models import Q, QuerySet
from django.utils import timezone

from assets.choices import AssetType
from sectors.selectors.standing import current_members
from system.rest import Filters, FlagFilter, IdFilter, IdsFilter, OrderingFilter, PeriodFilters, WholeNumberFilter


class SectorFilters(Filters):
    """Active sectors, the largest first, unless asked otherwise."""

    defaults = {"is_active": "true", "ordering": "-market_cap"}
    is_active = FlagFilter()
    ordering = OrderingFilter(fields=("market_cap", "volume_24h", "name"))


class AnalysisFilters(PeriodFilters):
    """By window and time."""

    time_field = "analysis_time"
    timeframe = filters.CharFilter()


class RotationFilters(Filters):
    """Of the last days."""

    defaults = {"days": "30"}
    days = WholeNumberFilter(method="of_days", low=1, high=730)

    def of_days(self, comparisons: QuerySet[Any], name: str, value: int) -> QuerySet[Any]:  # noqa: ARG002
        return comparisons.filter(analysis_time__gt=timezone.now() - timedelta(days=int(value)))


class MemberFilters(Filters):
    """All members, by rank, unless asked otherwise."""

    defaults = {"ordering": "market_cap_rank", "primary_only": "false"}
    primary_only = FlagFilter(method="only_primary")
    ordering = OrderingFilter(
        fields=(
            ("asset__market_cap_rank", "market_cap_rank"),
            ("asset__symbol", "symbol"),
            ("asset__price_change_percentage_24h", "performance_24h"),
            ("weight", "weight"),
        )
    )

    def only_primary(self, members: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:  # noqa: ARG002
        return members.filter(is_primary_sector=True) if value else members


class AssetFilters(Filters):
    """By rank unless asked otherwise."""

    defaults = {"ordering": "market_cap_rank", "include_unsupported": "false"}
    type = filters.ChoiceFilter(field_name="asset_type", choices=AssetType.choices)
    search = filters.CharFilter(method="named", label="symbol or name")
    sector = IdFilter(method="in_sector", label="sector id")
    ids = IdsFilter()
    include_unsupported = FlagFilter(method="unchanged", label="admins only")
    ordering = OrderingFilter(
        fields=(
            "market_cap_rank",
            "symbol",
            "name",
            "market_cap",
            "current_price",
            "total_volume",
            "price_change_percentage_24h",
            "price_change_percentage_7d",
            "price_change_percentage_30d",
        )
    )

    def named(self, assets: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:  # noqa: ARG002
        return assets.filter(Q(symbol__icontains=value) | Q(name__icontains=value))

    def in_sector(self, assets: QuerySet[Any], name: str, value: int) -> QuerySet[Any]:  # noqa: ARG002
        return assets.filter(pk__in=current_members().filter(sector=value).values("asset"))

    def unchanged(self, assets: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:  # noqa: ARG002
        """Who may see unsupported assets is decided by the view."""
        return assets

"""Filters of snapshots and regimes."""

from datetime import timedelta
from typing import Any

import django_filters.rest_framework as filters
from django.db.models import QuerySet
from django.utils import timezone

from macro.choices import REGIME_TIMEFRAMES, SNAPSHOT_TIMEFRAMES, AnalysisSource, MarketRegime
from system.rest import Filters, PeriodFilters, WholeNumberFilter


class SnapshotFilters(PeriodFilters):
    """By timeframe and time."""

    time_field = "snapshot_time"
    defaults = {"timeframe": "1h"}
    timeframe = filters.ChoiceFilter(choices=SNAPSHOT_TIMEFRAMES)


class RegimeFilters(PeriodFilters):
    """By timeframe, kind of run, regime and time."""

    time_field = "analysis_time"
    defaults = {"data_source": AnalysisSource.LIVE.value}
    timeframe = filters.ChoiceFilter(field_name="analysis_timeframe", choices=REGIME_TIMEFRAMES)
    data_source = filters.ChoiceFilter(choices=AnalysisSource.choices)
    regime = filters.ChoiceFilter(field_name="current_regime", choices=MarketRegime.choices, lookup_expr="iexact")


class RecentNewsFilters(Filters):
    """Of the last days."""

    defaults = {"days": "7"}
    days = WholeNumberFilter(method="of_days", low=1, high=366)

    def of_days(self, news: QuerySet[Any], name: str, value: int) -> QuerySet[Any]:  # noqa: ARG002
        return news.filter(published_at__gt=timezone.now() - timedelta(days=int(value)))

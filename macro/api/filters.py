"""Filters of snapshots and regimes."""

from datetime import timedelta
from typing import Any

import django_filters.rest_framework as filters
from django.db.models import QuerySet
from django.utils import timezone

from macro.choices import REGIME_TIMEFRAMES, SNAPSHOT_TIMEFRAMES, AnalysisSource, MarketRegime, NewsImportance
from macro.selectors.news import with_words
from system.rest import Filters, IdFilter, PeriodFilters, WholeNumberFilter


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


class NewsFilters(RecentNewsFilters):
    """Of the last days, by what they name, weight and words."""

    asset = IdFilter(method="naming", label="id of an asset that is named")
    sector = IdFilter(method="naming", label="id of a sector that it is about")
    importance = filters.ChoiceFilter(choices=NewsImportance.choices)
    search = filters.CharFilter(method="of_words", label="words of the headline, each of them", max_length=200)

    def naming(self, news: QuerySet[Any], name: str, value: int) -> QuerySet[Any]:
        return news.filter(**{f"{name}_ids__contains": [int(value)]})

    def of_words(self, news: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:  # noqa: ARG002
        return with_words(news, value)

"""Filters of snapshots and regimes."""

import django_filters.rest_framework as filters

from macro.choices import REGIME_TIMEFRAMES, SNAPSHOT_TIMEFRAMES, AnalysisSource, MarketRegime
from system.rest import PeriodFilters


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

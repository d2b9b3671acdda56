"""Layer 1 in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from macro.models import AIRegimeAnalysis, ExternalSeries, ExternalValue, MetricsSnapshot, NewsEvent
from system.admin_base import History, row_or_404
from system.admin_rows import rows_page


@admin.register(MetricsSnapshot)
class MetricsSnapshotAdmin(History):
    list_display = (
        "snapshot_time",
        "timeframe",
        "btc_price_usd",
        "btc_dominance",
        "crypto_market_breadth",
        "fear_greed_index",
        "vix_index",
        "is_validated",
        "has_anomalies",
    )
    list_filter = ("timeframe", "is_validated", "has_anomalies")
    date_hierarchy = "snapshot_time"
    ordering = ("-snapshot_time",)


@admin.register(AIRegimeAnalysis)
class AIRegimeAnalysisAdmin(History):
    list_display = (
        "analysis_time",
        "analysis_timeframe",
        "current_regime",
        "regime_confidence",
        "predicted_regime",
        "risk_level",
        "ai_model",
        "series",
    )
    list_filter = ("analysis_timeframe", "current_regime", "risk_level", "series", "ai_model")
    date_hierarchy = "analysis_time"
    ordering = ("-analysis_time",)


@admin.register(NewsEvent)
class NewsEventAdmin(History):
    list_display = ("published_at", "source", "title", "importance", "sentiment_score", "language", "withdrawn_at")
    list_filter = ("source", "importance", "sentiment_label", "language")
    search_fields = ("title", "summary")
    date_hierarchy = "published_at"
    ordering = ("-published_at",)


@admin.register(ExternalSeries)
class ExternalSeriesAdmin(History):
    """Series from outside. Their values, whose key has several columns, are shown on a page of their own."""

    list_display = ("code", "name", "kind", "unit", "source", "asset", "caveat")
    list_filter = ("kind", "source")
    search_fields = ("code", "name", "asset__symbol")
    ordering = ("code",)
    actions_detail = ("values",)

    @action(description=_("Values"), url_path="values", icon="table_rows")
    def values(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The newest values of a series, 200 a page."""
        series = row_or_404(ExternalSeries.objects.all(), object_id)
        values: Any = ExternalValue.objects.filter(series=series).order_by("-observed_at", "-known_at")
        return rows_page(
            self,
            request,
            values.values_list("observed_at", "known_at", "value"),
            title=_("Values of %(series)s (%(unit)s)") % {"series": series, "unit": series.unit},
            columns=(_("Observed"), _("Known since"), _("Value")),
            empty=_("This series has no values yet."),
        )

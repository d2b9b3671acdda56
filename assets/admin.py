"""Assets and candles in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext
from unfold.decorators import action

from assets.choices import Timeframe
from assets.models import Asset, AssetListing, CandleGap, CandleRevision, IngestState, OpenCandle, PriceData
from system.admin_base import AdminPage, History, row_or_404
from system.admin_rows import rows_page

CANDLE_COLUMNS = (
    "candle_time",
    "open_price",
    "high_price",
    "low_price",
    "close_price",
    "volume",
    "trade_count",
    "vwap",
    "is_validated",
    "updated_at",
)


@admin.register(Asset)
class AssetAdmin(AdminPage):
    """What is tracked. Prices and figures come from the market; names, links and switches may be changed."""

    list_display = (
        "symbol",
        "name",
        "asset_type",
        "current_price",
        "price_change_percentage_24h",
        "market_cap_rank",
        "data_source",
        "data_quality_score",
        "last_price_update",
        "is_active",
        "is_supported",
    )
    list_filter = ("asset_type", "data_source", "is_active", "is_supported")
    search_fields = ("symbol", "name")
    ordering = ("market_cap_rank", "symbol")
    editable = ("name", "logo_url", "links", "description", "external_ids", "is_active", "is_supported")
    actions_detail = ("candles",)

    @action(description=_("Candles"), url_path="candles", icon="candlestick_chart")
    def candles(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The newest candles of an asset in a timeframe, 200 a page."""
        asset = row_or_404(Asset.objects.all(), object_id)
        asked = request.GET.get("timeframe", "")
        timeframe = asked if asked in Timeframe.values else Timeframe.D1.value
        candles = PriceData.objects.filter(asset=asset, timeframe=timeframe).order_by("-candle_time")
        return rows_page(
            self,
            request,
            candles.values_list(*CANDLE_COLUMNS),
            title=_("Candles of %(asset)s, %(timeframe)s") % {"asset": asset, "timeframe": timeframe},
            columns=(
                _("Start (UTC)"),
                pgettext("price of a candle", "Open"),
                pgettext("price of a candle", "High"),
                pgettext("price of a candle", "Low"),
                pgettext("price of a candle", "Close"),
                _("Volume, USD"),
                _("Trades"),
                _("VWAP"),
                _("Validated"),
                _("Written"),
            ),
            empty=_("There are no candles of this timeframe."),
            choices=Timeframe.values,
            chosen=timeframe,
        )


@admin.register(AssetListing)
class AssetListingAdmin(History):
    list_display = ("asset", "source", "listed_at", "delisted_at", "updated_at")
    list_filter = ("source", ("delisted_at", admin.EmptyFieldListFilter))
    list_select_related = ("asset",)
    search_fields = ("asset__symbol",)
    ordering = ("-listed_at",)


@admin.register(CandleGap)
class CandleGapAdmin(History):
    """Gaps; `manage.py gaps --repair` and the schedule ask the sources for them."""

    list_display = (
        "asset",
        "timeframe",
        "starts_at",
        "ends_at",
        "missing",
        "reason",
        "status",
        "detected_at",
        "asked",
        "asked_at",
        "resolved_at",
    )
    list_filter = ("status", "reason", "timeframe")
    list_select_related = ("asset",)
    search_fields = ("asset__symbol",)
    ordering = ("-detected_at", "-starts_at")


@admin.register(CandleRevision)
class CandleRevisionAdmin(History):
    list_display = ("corrected_at", "asset", "timeframe", "candle_time", "field", "old_value", "new_value")
    list_filter = ("timeframe", "field")
    list_select_related = ("asset",)
    search_fields = ("asset__symbol",)
    date_hierarchy = "corrected_at"
    ordering = ("-corrected_at", "-pk")


class RefusedRows(admin.SimpleListFilter):
    """Fetches of which rows were refused."""

    title = _("refused rows")
    parameter_name = "refused"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ARG002
        return [("yes", _("some")), ("no", _("none"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:  # noqa: ARG002
        wanted = {"yes": {"rejected__gt": 0}, "no": {"rejected": 0}}.get(self.value() or "")
        return queryset.filter(**wanted) if wanted else None


@admin.register(IngestState)
class IngestStateAdmin(History):
    list_display = (
        "asset",
        "timeframe",
        "source",
        "status",
        "expected",
        "stored",
        "rejected",
        "finished_at",
        "succeeded_at",
        "error",
    )
    list_filter = ("status", RefusedRows, "source", "timeframe")
    list_select_related = ("asset",)
    search_fields = ("asset__symbol", "error")
    ordering = ("-started_at",)


@admin.register(OpenCandle)
class OpenCandleAdmin(History):
    list_display = (
        "asset",
        "timeframe",
        "candle_time",
        "open_price",
        "high_price",
        "low_price",
        "close_price",
        "volume",
        "seen_at",
    )
    list_filter = ("timeframe",)
    list_select_related = ("asset",)
    search_fields = ("asset__symbol",)
    ordering = ("-seen_at",)

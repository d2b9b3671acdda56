"""Where entries of journals come from: files and accounts at exchanges."""

from django.contrib import admin

from system.admin_base import History
from trading.models import ExchangeAccount, ExchangeRecord, TradeImport


@admin.register(TradeImport)
class TradeImportAdmin(History):
    """Files of trades; their content is the person's own business."""

    exclude = ("content",)
    list_display = (
        "created_at",
        "portfolio",
        "created_by",
        "source",
        "layout",
        "status",
        "lines",
        "new",
        "known",
        "left_out",
        "faulty",
        "booked_at",
    )
    list_filter = ("source", "status")
    search_fields = ("portfolio__name", "created_by__email", "file_hash")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)


@admin.register(ExchangeAccount)
class ExchangeAccountAdmin(History):
    """Accounts at exchanges. A key is never shown again, sealed or not."""

    exclude = ("sealed_key",)
    list_display = (
        "label",
        "exchange",
        "portfolio",
        "created_by",
        "status",
        "key_hint",
        "last_synced_at",
        "last_error",
    )
    list_filter = ("exchange", "status")
    search_fields = ("label", "portfolio__name", "created_by__email")
    ordering = ("exchange", "label")


@admin.register(ExchangeRecord)
class ExchangeRecordAdmin(History):
    list_display = ("occurred_at", "account", "key", "fetched_at", "booked_at")
    list_filter = ("account__exchange",)
    search_fields = ("=key", "account__label")
    date_hierarchy = "occurred_at"
    ordering = ("-occurred_at",)

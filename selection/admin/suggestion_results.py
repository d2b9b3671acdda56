"""What came of suggestions: the report, and the archive of those that were settled long ago. To look at."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from selection.admin.suggestion_tables import PARTS, figures_table, groups_table, missing, parts_table
from selection.models import AISuggestionArchive, SuggestionOutcome, SuggestionPerformance
from selection.selectors.suggestion_archive import archived_reviews, archived_suggestions
from selection.selectors.suggestion_report import suggestion_report, suggestion_reports
from system.admin_base import History
from system.admin_rows import shown, tables_page


@admin.register(SuggestionPerformance)
class SuggestionPerformanceAdmin(History):
    list_display = (
        "ai_layer",
        "total_suggestions",
        "open_count",
        "approved_count",
        "implemented_count",
        "rejected_count",
        "expired_count",
        "avg_confidence",
        "avg_actual_return",
        "avg_success_score",
    )
    list_filter = ("ai_layer",)
    ordering = ("ai_layer",)
    actions_list = ("report",)

    @action(description=_("Report of suggestions"), url_path="report", icon="assessment")
    def report(self, request: HttpRequest) -> HttpResponse:
        """How often the product was right, what the reviewers added, how they agree and how long they take."""
        report, by = suggestion_report(), request.GET.get("by", "")
        tables = [groups_table(report), figures_table(report)]
        if by in PARTS:
            tables.append(parts_table(by, suggestion_reports(by)))
        return tables_page(
            self,
            request,
            tables,
            title=_("Report of suggestions"),
            notes=missing(report),
            choices=[(f"?by={name}", words, name == by) for name, words in PARTS.items()],
            choice_label=_("In parts"),
        )


@admin.register(SuggestionOutcome)
class SuggestionOutcomeAdmin(History):
    list_display = (
        "suggestion_id",
        "suggestion_type",
        "started_at",
        "ended_at",
        "candles_ended_at",
        "asset_return",
        "median_return",
        "median_missing",
        "excess_return",
        "unresolved_reason",
        "series",
    )
    list_filter = ("suggestion_type", "unresolved_reason", "series")
    date_hierarchy = "started_at"
    ordering = ("-started_at", "-pk")


@admin.register(AISuggestionArchive)
class AISuggestionArchiveAdmin(History):
    """Archived suggestions, with the names of what they were about and every decision."""

    list_display = (
        "created_at",
        "change",
        "symbol",
        "watchlist_name",
        "confidence_score",
        "status",
        "reviewer",
        "reviewed_at",
        "actual_return",
        "excess",
        "success_score",
        "archived_at",
    )
    list_display_links = ("created_at", "change")
    list_filter = ("suggestion_type", "status", "ai_layer", "series")
    search_fields = ("=asset_symbol", "list_name", "reviewer_email")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-pk")
    readonly_fields = ("change", "symbol", "watchlist_name", "reviewer", "decisions", "excess", "model_key")
    fieldsets = (
        (
            _("What was suggested"),
            {"fields": ("change", "symbol", "watchlist_name", "target_position", "target_weight", "priority",
                        "confidence_score", "expected_return", "risk_score", "horizon_hours", "expires_at")},
        ),
        (_("Why"), {"fields": ("reasoning", "context_data", "performance_metrics", "ai_layer", "model_key", "run_id",
                               "series")}),
        (
            _("What became of it"),
            {"fields": ("status", "decisions", "reviewer", "reviewed_at", "implemented_at", "actual_return", "excess",
                        "success_score", "created_at", "archived_at")},
        ),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[AISuggestionArchive]:  # noqa: ARG002
        return archived_suggestions()

    @admin.display(description=_("suggestion"), ordering="suggestion_type")
    def change(self, suggestion: AISuggestionArchive) -> str:
        """What was to happen."""
        kind = suggestion.get_suggestion_type_display()
        if not suggestion.target_tier:
            return kind
        return _("%(kind)s → %(tier)s") % {"kind": kind, "tier": suggestion.get_target_tier_display()}

    @admin.display(description=_("key of the model"))
    def model_key(self, suggestion: AISuggestionArchive) -> Any:
        return suggestion.ai_model_id

    @admin.display(description=_("asset"), ordering="asset_symbol")
    def symbol(self, suggestion: Any) -> str:
        return suggestion.asset_symbol or deleted(suggestion.asset_id)

    @admin.display(description=_("list"), ordering="list_name")
    def watchlist_name(self, suggestion: Any) -> str:
        return suggestion.list_name or deleted(suggestion.watchlist_id)

    @admin.display(description=_("decided by"), ordering="reviewer_email")
    def reviewer(self, suggestion: Any) -> str:
        if suggestion.reviewed_by_id is None:
            return "–"
        return suggestion.reviewer_email or deleted(suggestion.reviewed_by_id)

    @admin.display(description=_("excess return, points"), ordering="excess_return")
    def excess(self, suggestion: Any) -> str:
        """Return against the median of its list, with the sign of what was suggested."""
        return shown(suggestion.excess_return)

    @admin.display(description=_("decisions"))
    def decisions(self, suggestion: AISuggestionArchive) -> str:
        rows = (
            (f"{one.reviewed_at:%Y-%m-%d %H:%M}", one.reviewer or "–", one.decision.label, one.notes)
            for one in archived_reviews(suggestion)
        )
        return format_html_join("", "<p>{} UTC · {} · {} · {}</p>", rows) or gettext("Nobody decided.")


def deleted(key: int) -> str:
    """What is left of something that is no more."""
    return gettext("deleted (%(key)s)") % {"key": key}

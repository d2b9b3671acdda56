"""Lists and suggestions in JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from selection.choices import Decision, SuggestionStatus, SuggestionType, Tier
from selection.models import (
    AISuggestion,
    AISuggestionArchive,
    AIWatchlistAnalysis,
    SuggestionPerformance,
    SuggestionReview,
    Watchlist,
    WatchlistAsset,
    WatchlistSummary,
)
from selection.selectors.visible import capacity, suggestion_status_now
from system.choices import RiskLevel
from system.rest import ExactDecimalField, JSONObjectField, NumberField, ResourceSerializer, UtcDateTimeField
from system.rest.inputs import InputSerializer


class WatchlistSerializer(ResourceSerializer):
    """A list in short. The context has ``limits``."""

    type = serializers.CharField(source="watchlist_type")
    current_items = serializers.IntegerField(source="entry_count")
    max_items = serializers.SerializerMethodField(help_text="Largest number of entries")
    last_updated = UtcDateTimeField(source="updated_at")

    class Meta:
        model = Watchlist
        only = (
            "id",
            "name",
            "type",
            "watchlist_type",
            "tier",
            "current_items",
            "max_items",
            "is_active",
            "is_public",
            "wants_suggestions",
            "sort_order",
            "last_updated",
        )

    def get_max_items(self, watchlist: Watchlist) -> int:
        return capacity(watchlist, self.context["limits"])


class WatchlistItemSerializer(ResourceSerializer):
    """An entry of a list with its place in the newest ranking. The context has ``ranking``."""

    crypto_id = serializers.IntegerField(source="asset_id")
    symbol = serializers.CharField(source="asset.symbol")
    name = serializers.CharField(source="asset.name")
    position = serializers.IntegerField(source="sort_order")
    current_price = ExactDecimalField(38, 18, source="asset.current_price", allow_null=True, help_text="USD")
    performance_24h = NumberField(source="asset.price_change_percentage_24h", allow_null=True, help_text="percent")
    ai_confidence = serializers.SerializerMethodField(help_text="0-1; null before the list has been ranked")
    risk_level = serializers.SerializerMethodField()
    last_analysis = serializers.SerializerMethodField()
    added_at = UtcDateTimeField(source="created_at")

    class Meta:
        model = WatchlistAsset
        only = (
            "id",
            "asset_id",
            "crypto_id",
            "symbol",
            "name",
            "position_type",
            "position",
            "weight",
            "target_allocation",
            "is_active",
            "notes",
            "current_price",
            "performance_24h",
            "ai_confidence",
            "risk_level",
            "last_analysis",
            "added_at",
        )

    def score(self, entry: WatchlistAsset) -> dict[str, Any]:
        """What the newest ranking says about the entry."""
        found: dict[str, Any] = self.context["scores"].get(entry.asset_id, {})
        return found

    def get_ai_confidence(self, entry: WatchlistAsset) -> float | None:
        return self.score(entry).get("confidence")

    @extend_schema_field(serializers.ChoiceField(choices=RiskLevel.choices, allow_null=True))
    def get_risk_level(self, entry: WatchlistAsset) -> str | None:
        return self.score(entry).get("risk_level")

    @extend_schema_field(UtcDateTimeField(allow_null=True))
    def get_last_analysis(self, entry: WatchlistAsset) -> str | None:
        ranking = self.context["ranking"]
        return ranking.analysis_time if ranking is not None and self.score(entry) else None


class WatchlistDetailSerializer(ResourceSerializer):
    """A list with its entries."""

    type = serializers.CharField(source="watchlist_type")
    items = WatchlistItemSerializer(many=True, source="ordered_entries")

    class Meta:
        model = Watchlist
        only = ("id", "name", "type", "tier", "items")


class BulkResultSerializer(serializers.Serializer):
    """What became of many entries, and the list after it. The context has ``ranking``."""

    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    removed = serializers.IntegerField()
    items = WatchlistItemSerializer(many=True, source="entries")


class SkippedSerializer(serializers.Serializer):
    """An asset that was as wanted already."""

    asset_id = serializers.IntegerField()
    reason = serializers.CharField()


class CuratedSerializer(serializers.Serializer):
    """What an action on the default lists did."""

    action = serializers.CharField()
    processed = serializers.IntegerField(help_text="Assets that it changed")
    skipped = SkippedSerializer(many=True)


class WatchlistAnalysisSerializer(ResourceSerializer):
    """The ranking of a list on one snapshot."""

    class Meta:
        model = AIWatchlistAnalysis


class WatchlistSummarySerializer(ResourceSerializer):
    """A list with counts and owner; for admins."""

    avg_asset_weight = NumberField(allow_null=True, help_text="0-1")
    asset_symbols = serializers.SerializerMethodField()

    class Meta:
        model = WatchlistSummary
        only = (
            "id",
            "name",
            "watchlist_type",
            "tier",
            "user_id",
            "user_email",
            "is_active",
            "asset_count",
            "paused_count",
            "avg_asset_weight",
            "asset_symbols",
            "created_at",
            "updated_at",
        )

    def get_asset_symbols(self, row: WatchlistSummary) -> str:
        return row.asset_symbols or ""


class SuggestionResourceSerializer(ResourceSerializer):
    """A proposed change of a list, with every column."""

    crypto_id = serializers.IntegerField(source="asset_id")
    symbol = serializers.CharField(source="asset.symbol")
    legacy_type = serializers.SerializerMethodField(help_text="add_tier1, add_tier2, else as suggestion_type")
    ai_reasoning = serializers.DictField(source="reasoning", help_text="As reasoning")
    suggested_at = UtcDateTimeField(source="created_at")
    status = serializers.SerializerMethodField(help_text="State; one that has run out is expired")

    class Meta:
        model = AISuggestion

    def get_legacy_type(self, suggestion: AISuggestion) -> str:
        tiered = suggestion.suggestion_type == SuggestionType.ADD and suggestion.target_tier
        return f"{suggestion.suggestion_type}_{suggestion.target_tier}" if tiered else suggestion.suggestion_type

    @extend_schema_field(serializers.ChoiceField(choices=SuggestionStatus.choices))
    def get_status(self, suggestion: AISuggestion) -> str:
        return suggestion_status_now(suggestion)


class SuggestionSerializer(SuggestionResourceSerializer):
    """A proposed change of a list."""

    class Meta(SuggestionResourceSerializer.Meta):
        only = (
            "id",
            "watchlist_id",
            "asset_id",
            "crypto_id",
            "symbol",
            "suggestion_type",
            "target_tier",
            "legacy_type",
            "ai_layer",
            "priority",
            "confidence_score",
            "reasoning",
            "ai_reasoning",
            "expected_return",
            "risk_score",
            "actual_return",
            "success_score",
            "status",
            "reviewed_by",
            "reviewed_at",
            "implemented_at",
            "suggested_at",
            "created_at",
            "expires_at",
        )


class SuggestionArchiveSerializer(ResourceSerializer):
    """A suggestion that was settled long ago, with its reviews."""

    class Meta:
        model = AISuggestionArchive


class SuggestionReviewSerializer(ResourceSerializer):
    """A person's decision."""

    class Meta:
        model = SuggestionReview


class SuggestionPerformanceSerializer(ResourceSerializer):
    """What became of the suggestions of a layer in the last 30 days."""

    class Meta:
        model = SuggestionPerformance


class DecisionSerializer(InputSerializer):
    """What a reviewer decides."""

    decision = serializers.ChoiceField(choices=Decision.choices)
    review_notes = serializers.CharField(
        required=False, allow_blank=True, allow_null=True, max_length=10_000, help_text="Needed to reject"
    )
    target_tier = serializers.ChoiceField(choices=Tier.choices, required=False, allow_null=True)
    review_criteria = JSONObjectField(required=False, allow_null=True)
    implement = serializers.BooleanField(default=True, help_text="false leaves an approved suggestion approved")
    deferred_until = UtcDateTimeField(required=False, allow_null=True, help_text="Needed to defer")


class ReviewSerializer(ResourceSerializer):
    """A decision in short."""

    class Meta:
        model = SuggestionReview
        only = ("id", "decision", "reviewer_id", "reviewed_at")


class DecidedSerializer(serializers.Serializer):
    """The decision and the suggestion after it."""

    suggestion = SuggestionResourceSerializer()
    review = ReviewSerializer()

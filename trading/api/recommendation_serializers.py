"""Recommendations in JSON."""

from typing import Any

from rest_framework import serializers

from system.rest import JSONObjectField, ResourceSerializer, UtcDateTimeField
from system.rest.inputs import InputSerializer
from trading.choices import RecommendationPriority, RecommendationStatus, RecommendationTarget, RecommendationType
from trading.models import Recommendation
from trading.selectors.recommendations import status_then

LARGEST_ID = 2**63 - 1
ID: dict[str, Any] = {"required": False, "allow_null": True, "min_value": 1, "max_value": LARGEST_ID}


class RecommendationSerializer(ResourceSerializer):
    """An advice with the caller's own answer. The context has ``answers``."""

    class Meta:
        model = Recommendation

    def to_representation(self, instance: Recommendation) -> Any:
        told = super().to_representation(instance)
        held = self.context["answers"].get(instance.pk)
        told["status"] = status_then(instance, held)
        for name in ("answer", "user_feedback", "user_rating"):
            told[name] = getattr(held, name, None)
        done = getattr(held, "implemented_at", None)
        told["implemented_at"] = None if done is None else UtcDateTimeField().to_representation(done)
        return told


class RecommendationInputSerializer(InputSerializer):
    """An advice as an admin writes it; without a person it is for everybody."""

    user_id = serializers.IntegerField(**ID)
    target_entity_type = serializers.ChoiceField(choices=RecommendationTarget.choices, required=False, allow_null=True)
    target_entity_id = serializers.IntegerField(**ID)
    recommendation_type = serializers.ChoiceField(choices=RecommendationType.choices)
    recommendation_title = serializers.CharField(max_length=200)
    recommendation_summary = serializers.CharField(required=False, allow_null=True, max_length=5000)
    recommendation_payload = JSONObjectField(required=False)
    ai_regime_analysis_id = serializers.IntegerField(**ID)
    ai_sector_analysis_id = serializers.IntegerField(**ID)
    ai_cross_sector_analysis_id = serializers.IntegerField(**ID)
    ai_trading_signal_id = serializers.IntegerField(**ID)
    priority_level = serializers.ChoiceField(choices=RecommendationPriority.choices, required=False)
    expires_at = UtcDateTimeField(required=False, allow_null=True)
    outcome_result = JSONObjectField(required=False, help_text="actual_return, success_score")


class FeedbackSerializer(InputSerializer):
    """What a person makes of an advice."""

    user_rating = serializers.IntegerField(required=False, min_value=1, max_value=5, help_text="1 (poor) to 5")
    user_feedback = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    status = serializers.ChoiceField(
        choices=[RecommendationStatus.FOLLOWED, RecommendationStatus.IMPLEMENTED, RecommendationStatus.IGNORED],
        required=False,
    )
    entries = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID),
        required=False,
        max_length=200,
        help_text="entries of the own journal that carried it out",
    )


class RecommendationReviewSerializer(InputSerializer):
    """A decision about an advice."""

    status = serializers.ChoiceField(choices=[RecommendationStatus.APPROVED, RecommendationStatus.REJECTED])
    reason = serializers.CharField(required=False, max_length=2000, help_text="needed for a rejection")

"""What admins send to enter a suggestion."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from selection.api.watchlist_inputs import KeyField, ShareField
from selection.choices import SuggestionType, Tier
from system.choices import Priority
from system.rest import JSONObjectField, UtcDateTimeField
from system.rest.inputs import InputSerializer
from system.rest.serializers import NumberField

TIERED = {f"{SuggestionType.ADD}_{tier}": (SuggestionType.ADD, tier) for tier in Tier.values}
"""Older names of a kind with its tier."""
LARGEST_POSITION = 10_000


@extend_schema_field({"type": "object", "additionalProperties": {}, "minProperties": 1})
class ReasonsField(JSONObjectField):
    """At least one reason."""


class NewSuggestionSerializer(InputSerializer):
    """A suggestion that is entered by hand."""

    watchlist_id = KeyField()
    asset_id = KeyField(required=False)
    crypto_id = KeyField(required=False, help_text="The older name of asset_id")
    suggestion_type = serializers.ChoiceField(
        choices=[*SuggestionType.choices, *((name, name) for name in TIERED)],
        help_text="add_tier1 and add_tier2 are read as add and target_tier",
    )
    ai_layer = serializers.IntegerField(min_value=1, max_value=4, required=False, help_text="Left out: 3")
    target_tier = serializers.ChoiceField(choices=Tier.choices, required=False, allow_null=True)
    priority = serializers.ChoiceField(
        choices=Priority.choices, required=False, help_text="Left out: by the confidence"
    )
    confidence_score = ShareField(help_text="0-1, not below the setting ai_thresholds")
    reasoning = ReasonsField(allow_empty=False, help_text="Why; nothing is suggested without a reason")
    context_data = JSONObjectField(required=False, allow_null=True)
    target_position = serializers.IntegerField(min_value=1, max_value=LARGEST_POSITION, required=False, allow_null=True)
    target_weight = ShareField(required=False, allow_null=True)
    expected_return = NumberField(
        max_digits=8, decimal_places=4, min_value=Decimal(-100), required=False, allow_null=True, help_text="percent"
    )
    risk_score = ShareField(required=False, allow_null=True)
    expires_at = UtcDateTimeField(required=False)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        named = {given.pop(name) for name in ("asset_id", "crypto_id") if name in given}
        if len(named) != 1:
            fault = _("asset_id and crypto_id name different assets.") if named else _("This field is required.")
            raise serializers.ValidationError({"asset_id": fault})
        if given["suggestion_type"] in TIERED:
            given["suggestion_type"], tier = TIERED[given["suggestion_type"]]
            if given.get("target_tier") not in {None, tier}:
                raise serializers.ValidationError({"target_tier": _("This is not the tier of the suggestion's kind.")})
            given["target_tier"] = tier
        return given | {"asset_id": named.pop()}

"""What a caller may send."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers


class InputSerializer(serializers.Serializer):
    """Input of a write. A field that it does not know is refused: a misspelt name must not pass as a default."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := sorted(set(data) - set(self.fields))):
            raise serializers.ValidationError({str(name): [_("This field is not known here.")] for name in unknown})
        return super().to_internal_value(data)


HIGHEST_ID = 2**63 - 1


class AssetInputSerializer(InputSerializer):
    """Input about one asset, under its name of today or the older one; it is ``asset_id`` afterwards."""

    asset_id = serializers.IntegerField(required=False, min_value=1, max_value=HIGHEST_ID, help_text="Asset")
    crypto_id = serializers.IntegerField(
        required=False, min_value=1, max_value=HIGHEST_ID, help_text="The older name of asset_id"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two names, or both for the same asset."""
        named = {attrs.pop(name) for name in ("asset_id", "crypto_id") if name in attrs}
        if len(named) != 1:
            fault = _("asset_id and crypto_id name different assets.") if named else _("This field is required.")
            raise serializers.ValidationError({"asset_id": [fault]})
        return {**attrs, "asset_id": named.pop()}

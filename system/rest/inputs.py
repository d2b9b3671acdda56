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

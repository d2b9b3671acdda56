"""What a caller may send."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from system.rest.parameters import SOMETHING

KINDS: tuple[tuple[type[serializers.Field], tuple[type, ...]], ...] = (
    (serializers.CharField, (str,)),
    (serializers.ChoiceField, (str, int)),
    (serializers.BooleanField, (bool,)),
    (serializers.IntegerField, (int, float)),
    (serializers.FloatField, (int, float)),
)
"""What JSON has for a field. The framework takes 0 for false and 5 for a name, which forms of pages need."""
WORDS = {
    str: _("A text is meant here, in quotation marks."),
    bool: _("true or false is meant here."),
    int: _("A number is meant here, without quotation marks."),
}


class InputSerializer(serializers.Serializer):
    """Input of a write. A field that it does not know is refused: a misspelt name must not pass as a default. So is a
    value of another kind than the OpenAPI document names."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := sorted(set(data) - set(self.fields))):
            raise serializers.ValidationError(
                {str(name): [gettext("This field is not known here.")] for name in unknown}
            )
        if type(data) is dict:  # of JSON; all values of a form are texts
            fields = ((name, self.fields[name], value) for name, value in data.items())
            if strange := {name: detail for name, field, value in fields for detail in misfits(field, value)}:
                raise serializers.ValidationError(strange)
        return super().to_internal_value(data)


def misfits(field: serializers.Field, value: Any) -> Iterator[Any]:
    """Says, at most once, that a value is of another kind than its field."""
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        wrong = {number: list(misfits(field.child, part)) for number, part in enumerate(value)}
        if found := {number: detail for number, detail in wrong.items() if detail}:
            yield found
    elif isinstance(field, serializers.DictField) and isinstance(value, dict):
        if found := {name: detail for name, part in value.items() for detail in misfits(field.child, part)}:
            yield found
    elif value is not None and (fitting := kinds_of(field)) and not is_one_of(value, fitting):
        yield ErrorDetail(str(WORDS[fitting[0]]), "invalid")
    elif isinstance(value, str) and is_blank(field, value):
        yield ErrorDetail(str(field.error_messages["blank"]), "blank")


def is_blank(field: serializers.Field, value: str) -> bool:
    """Whether a text has no character that can be seen, and its field wants some."""
    return isinstance(field, serializers.CharField) and not field.allow_blank and not SOMETHING.search(value)


def is_one_of(value: Any, kinds: tuple[type, ...]) -> bool:
    """Python counts true among the numbers, and JSON does not."""
    return isinstance(value, kinds) and (not isinstance(value, bool) or bool in kinds)


def kinds_of(field: serializers.Field) -> tuple[type, ...]:
    """What JSON has for a field; nothing where the field says so itself."""
    if isinstance(field, serializers.DecimalField):
        return (str,) if getattr(field, "coerce_to_string", True) else (int, float, Decimal)
    return next((kinds for kind, kinds in KINDS if isinstance(field, kind)), ())


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
            fault = (
                gettext("asset_id and crypto_id name different assets.")
                if named
                else gettext("This field is required.")
            )
            raise serializers.ValidationError({"asset_id": [fault]})
        return {**attrs, "asset_id": named.pop()}

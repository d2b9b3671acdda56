"""How rows look in JSON: prices, quantities and money as exact strings, scores as numbers, times in UTC."""

from collections.abc import Mapping, Sequence
from datetime import UTC
from decimal import ROUND_DOWN, Decimal, localcontext
from typing import Any

from django.db import models
from rest_framework import serializers

from system.fields import PriceField, UsdField
from system.json_values import json_fault


class DigitsField(serializers.DecimalField):
    """A number; an empty text is none, and not the unknown."""

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        checked: tuple[bool, Any] = serializers.Field.validate_empty_values(self, data)
        return checked


class ExactDecimalField(DigitsField):
    """A decimal string that keeps every digit and shows no idle zeros."""

    def to_representation(self, value: Any) -> str:
        text = f"{Decimal(value):f}"
        return text.rstrip("0").rstrip(".") if "." in text else text


class NumberField(DigitsField):
    """A score, percentage or ratio: a JSON number."""

    def __init__(self, max_digits: int | None = None, decimal_places: int | None = None, **options: Any) -> None:
        options["coerce_to_string"] = False
        super().__init__(max_digits, decimal_places, **options)

    def validate_precision(self, value: Decimal) -> Decimal:
        """A number of JSON has binary digits: those that the column has no place for are rounded, not refused."""
        if self.decimal_places is not None and self.max_digits is not None:
            whole = self.max_digits - self.decimal_places
            if value.adjusted() < whole:
                with localcontext(prec=self.max_digits + 1):
                    rounded = round(value, self.decimal_places)
                    is_too_much = rounded.adjusted() >= whole  # 9.99996 of four decimals
                    value = value.quantize(rounded, ROUND_DOWN) if is_too_much else rounded
        checked: Decimal = super().validate_precision(value)
        return checked

    def to_representation(self, value: Any) -> Any:
        return float(value)


class UtcDateTimeField(serializers.DateTimeField):
    """ISO 8601 in UTC with Z, whatever zone the reader has chosen for the pages."""

    def __init__(self, **options: Any) -> None:
        super().__init__(default_timezone=UTC, **options)

    def to_representation(self, value: Any) -> Any:
        """The moment itself: the renderer writes it, in the way that the caller asks for."""
        return value if isinstance(value, str) else self.enforce_timezone(value)


class JSONObjectField(serializers.DictField):
    """An object that the caller fills freely, as far as it can be stored; every input of that kind is one of these."""

    def to_internal_value(self, data: Any) -> Any:
        if fault := json_fault(data):
            raise serializers.ValidationError(fault, code="unstorable")
        return super().to_internal_value(data)


class ResourceSerializer(serializers.ModelSerializer):
    """A row as its table has it: every column under its own name, foreign keys as ids.

    ``Meta.hidden`` names columns that are left out; ``Meta.only`` the few that are shown, computed ones among them;
    ``Meta.exact`` columns of plain numbers that are prices or quantities all the same. Declared fields are computed and
    come on top. Descriptions come from the schema.
    """

    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {
        models.DateTimeField: UtcDateTimeField,
        models.DecimalField: NumberField,
        PriceField: ExactDecimalField,
        UsdField: ExactDecimalField,
    }

    class Meta:
        model: type[models.Model]
        hidden: Sequence[str] = ()
        only: Sequence[str] = ()
        exact: Sequence[str] = ()

    def get_validators(self) -> list[Any]:
        """None: rows are shown, not taken in."""
        return []

    def get_field_names(self, declared_fields: Mapping[str, Any], info: Any) -> list[str]:  # noqa: ARG002
        hidden, only = getattr(self.Meta, "hidden", ()), getattr(self.Meta, "only", ())
        if only:
            return list(only)
        names = [api_name(column) for column in self.Meta.model._meta.concrete_fields]
        return [name for name in names if name not in hidden] + [name for name in declared_fields if name not in names]

    def build_field(self, field_name: str, info: Any, model_class: type[models.Model], nested_depth: int) -> Any:
        column = next(column for column in model_class._meta.concrete_fields if api_name(column) == field_name)
        if column.is_relation:
            field_class: Any = serializers.IntegerField
            options: dict[str, Any] = {"allow_null": column.null}
            if column.attname != field_name:
                options["source"] = column.attname
        else:
            field_class, options = super().build_field(column.name, info, model_class, nested_depth)
            if field_name in getattr(self.Meta, "exact", ()):
                field_class = ExactDecimalField
        kept = {name: options[name] for name in KEPT if name in options}
        return field_class, kept | {"read_only": True, "help_text": column.db_comment or ""}


KEPT = ("source", "allow_null", "max_digits", "decimal_places", "child", "choices")
"""Options of a field that still mean something when it is only read."""


def api_name(column: models.Field) -> str:
    """Name of a column in the API: a key by its column (``asset_id``), the rest by its field (``total_market_cap``)."""
    return str(column.column) if column.is_relation else column.name

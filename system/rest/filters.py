"""Filters of lists. Wrong values are refused, not ignored."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import django_filters.rest_framework as filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters.fields import BaseCSVField, IsoDateTimeField
from drf_spectacular.utils import extend_schema_field

LARGEST_ID = 2**63 - 1
LARGEST_NUMBER = 2**31 - 1
MOST_IDS = 200
IDS = rf"^\d{{1,18}}(,\d{{1,18}}){{0,{MOST_IDS - 1}}}$"


class Filters(filters.FilterSet):
    """A set of filters; ``defaults`` hold where the caller says nothing."""

    defaults: Mapping[str, str] = {}

    def __init__(self, data: Any = None, *args: Any, **options: Any) -> None:
        if data is not None and self.defaults:
            data = data.copy()
            for name, value in self.defaults.items():
                if not data.get(name):
                    data[name] = value
        super().__init__(data, *args, **options)


class MomentField(IsoDateTimeField):
    """A moment in UTC. Some offsets, and some years with them, are none that a database knows."""

    def to_python(self, value: Any) -> datetime | None:
        found: datetime | None = super().to_python(value)
        try:
            return found and found.astimezone(UTC)
        except OverflowError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None


class MomentFilter(filters.IsoDateTimeFilter):
    """A moment."""

    field_class = MomentField


class PeriodFilters(Filters):
    """With ``from`` (inclusive) and ``to`` (exclusive) over ``time_field``."""

    time_field = "created_at"

    @classmethod
    def get_filters(cls) -> dict[str, Any]:
        """``from`` is a word of Python's own, so these two cannot be declared as attributes."""
        period = {
            "from": MomentFilter(field_name=cls.time_field, lookup_expr="gte", label="inclusive"),
            "to": MomentFilter(field_name=cls.time_field, lookup_expr="lt", label="exclusive"),
        }
        return period | super().get_filters()


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": LARGEST_ID})
class IdFilter(filters.NumberFilter):
    """Id of a row."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, min_value=1, max_value=LARGEST_ID, **options)

    def get_max_validator(self) -> None:
        """The field itself knows its limit."""


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": LARGEST_NUMBER})
class WholeNumberFilter(IdFilter):
    """A count, days or hours."""

    def __init__(self, *args: Any, low: int = 0, high: int = LARGEST_NUMBER, **options: Any) -> None:
        filters.NumberFilter.__init__(self, *args, min_value=low, max_value=high, **options)


@extend_schema_field({"type": "string", "pattern": IDS, "description": f"comma separated ids, at most {MOST_IDS}"})
class IdsFilter(filters.CharFilter):
    """Rows by their ids."""

    field_class = forms.RegexField

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, regex=IDS, **options)

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        return qs.filter(pk__in=map(int, value.split(","))) if value else qs


class FlagField(forms.Field):
    """true or false, and nothing else."""

    words = {"true": True, "1": True, "false": False, "0": False}
    default_error_messages = {"invalid": _("Write true or false.")}

    def to_python(self, value: Any) -> bool | None:
        if value in self.empty_values:
            return None
        try:
            return self.words[str(value).lower()]
        except KeyError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None


class FlagFilter(filters.BooleanFilter):
    """true or false."""

    field_class = FlagField

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, widget=forms.TextInput, **options)


class WordsField(BaseCSVField):
    """Several words, and nothing between two commas is none."""

    def clean(self, value: Any) -> Any:
        if value and "" in value:
            raise forms.ValidationError(_("Between two commas stands a value."), code="invalid")
        return super().clean(value)


class OrderingFilter(filters.OrderingFilter):
    """By which columns a list is sorted."""

    base_field_class = WordsField


LAYERS = [*(f"{word}{number}" for word in ("", "layer") for number in range(1, 5)), "all"]


@extend_schema_field({"type": "string", "enum": LAYERS})
class LayerFilter(filters.ChoiceFilter):
    """An AI layer as ``3`` or ``layer3``; ``all`` for any."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, choices=[(word, word) for word in LAYERS], **options)

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        number = "" if value in {"", "all", None} else value.removeprefix("layer")
        return super().filter(qs, number)

"""What the JSON files of an export may hold. They may come from anywhere: every value is looked at before it is used.

What a form does not know is passed over: a later version may have written it.
"""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from system.exceptions import InvalidInput, InvalidRows
from system.json_values import json_fault
from system.rest import UtcDateTimeField

MOST_FAULTS = 20
LONGEST_NAME, LONGEST_WORD = 100, 30
EXACT: dict[str, Any] = {"max_digits": 38, "decimal_places": 18}


class Word(serializers.CharField):
    """A symbol, or a word of a list; the services know which there are."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=LONGEST_WORD, **options)


class Said(serializers.CharField):
    """A text that may be missing."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, allow_null=True, allow_blank=True, trim_whitespace=False, **options)


class Share(serializers.DecimalField):
    """A number that may be missing."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**EXACT, required=False, allow_null=True, **options)

    def quantize(self, value: Any) -> Any:
        """The digits that were written: columns differ in how many they hold."""
        return value


class EntryForm(serializers.Serializer):
    """An asset on a list."""

    symbol = Word()
    position_type = Word()
    weight = Share()
    target_allocation = Share()
    notes = Said()
    is_active = serializers.BooleanField(required=False, allow_null=True)
    analysis_config = serializers.DictField(required=False, allow_null=True)


class ListForm(serializers.Serializer):
    """A list."""

    name = serializers.CharField(max_length=LONGEST_NAME)
    description = Said()
    max_assets = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**31 - 1)
    is_public = serializers.BooleanField(required=False, allow_null=True)
    wants_suggestions = serializers.BooleanField(required=False, allow_null=True)
    configuration = serializers.DictField(required=False, allow_null=True)
    entries = EntryForm(many=True, required=False, allow_null=True)


class PositionForm(serializers.Serializer):
    """What was decided about a position."""

    symbol = Word()
    asset_type = Word(required=False, allow_null=True)
    leverage_ratio = Share()
    allocation_target_percent = Share()
    investment_thesis = Said()
    investment_timeframe = Said()
    risk_category = Said()
    max_allocation_percent = Share()
    notes = Said()


class PriceForm(serializers.Serializer):
    """A price that was stated."""

    symbol = Word()
    priced_at = UtcDateTimeField()
    price = serializers.DecimalField(**EXACT)
    note = Said()


class PortfolioForm(serializers.Serializer):
    """How a portfolio is kept."""

    name = serializers.CharField(max_length=LONGEST_NAME)
    is_active = serializers.BooleanField(required=False, allow_null=True)
    is_paper = serializers.BooleanField(required=False, allow_null=True)
    base_currency = Said()
    lot_method = Said()
    cash_symbol = Said()
    positions = PositionForm(many=True, required=False, allow_null=True)
    manual_prices = PriceForm(many=True, required=False, allow_null=True)


def rows_of(form: type[serializers.Serializer], told: Any, name: str) -> list[dict[str, Any]]:
    """The rows of a file, each value as what it has to be.

    Args:
        form: what a row is.
        told: the JSON of the file.
        name: of the file, which stands before the field in what is refused.
    Raises:
        InvalidInput: a value is not what it has to be; every fault with its place (``lists.json.0.entries.2.weight``).
    """
    if not isinstance(told, list):
        raise InvalidInput(_("%(name)s is no list.") % {"name": name}, field=name)
    if fault := json_fault(told):
        raise InvalidInput(f"{name}: {fault}", field=name)
    read = form(data=told, many=True)
    if not read.is_valid():
        faults = [InvalidInput(f"{place}: {text}", field=place) for place, text in _faults(read.errors, name)]
        raise InvalidRows(faults[:MOST_FAULTS])
    return [dict(row) for row in read.validated_data]


def _faults(errors: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(errors, dict):
        for name, inner in errors.items():
            yield from _faults(inner, f"{place}.{name}")
    elif any(isinstance(one, (dict, list)) for one in errors):
        for number, inner in enumerate(errors):
            yield from _faults(inner, f"{place}.{number}")
    else:
        yield from ((place, str(text)) for text in errors)

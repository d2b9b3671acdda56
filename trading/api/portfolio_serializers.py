"""What the journal of a portfolio gives and takes in JSON: files of trades, realised gains."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from selection.choices import BaseCurrency, LotMethod
from selection.selectors.gains import Gain
from system.rest import ExactDecimalField, ResourceSerializer, UtcDateTimeField
from system.rest.inputs import InputSerializer
from trading.choices import ImportSource
from trading.models import TradeImport
from trading.services.import_words import sentence

FIRST_YEAR, LAST_YEAR = 2009, 9998
"""That of the first bitcoin, and the last one that ends within the calendar."""


class AmountField(ExactDecimalField):
    """A computed amount to the last digit; null where a rate is unknown."""

    def __init__(self, **options: Any) -> None:
        super().__init__(None, None, read_only=True, **{"allow_null": True, **options})


class ImportFaultSerializer(serializers.Serializer):
    """Why a row of a file cannot be taken."""

    row = serializers.IntegerField(help_text="Counted from 1; 0 is the file as a whole")
    field = serializers.CharField()
    message = serializers.SerializerMethodField()

    def get_message(self, fault: dict[str, Any]) -> str:
        return sentence(fault)


class ImportSerializer(ResourceSerializer):
    """A file of trades: a preview, or what was booked of it."""

    rows = serializers.IntegerField(source="lines", help_text="Entries that the file tells")

    class Meta:
        model = TradeImport
        only = (
            "id",
            "source",
            "layout",
            "file_name",
            "status",
            "rows",
            "new",
            "known",
            "left_out",
            "faulty",
            "unknown_symbols",
            "symbols",
            "created_at",
            "expires_at",
            "booked_at",
        )

    def get_fields(self) -> dict[str, serializers.Field]:
        """``errors`` is what a serializer calls its own, so it cannot be declared as an attribute."""
        return super().get_fields() | {"errors": ImportFaultSerializer(many=True, read_only=True)}


class NewImportSerializer(InputSerializer):
    """A file of trades."""

    file = serializers.FileField(allow_empty_file=True)
    decimal_comma = serializers.BooleanField(default=False, help_text="Numbers are written 1.234,56")
    accepts_missing = serializers.BooleanField(
        default=False, help_text="What closes more than is held is booked as brought in, and marked"
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        """``source`` is what a field calls its own, so it cannot be declared as an attribute."""
        told = "Left out: told by the header of the file"
        return super().get_fields() | {
            "source": serializers.ChoiceField(choices=ImportSource.choices, required=False, help_text=told)
        }


class ConfirmSerializer(InputSerializer):
    """What the symbols of a file mean that are not known."""

    symbols = serializers.DictField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1, allow_null=True),
        required=False,
        help_text="Symbol → id of the asset; null leaves its rows out. What was chosen before stays.",
    )


class YearSerializer(serializers.Serializer):
    """Which year, by which method, in which currency."""

    year = serializers.IntegerField(
        required=False, min_value=FIRST_YEAR, max_value=LAST_YEAR, help_text="UTC; left out: the running one"
    )
    method = serializers.ChoiceField(
        choices=LotMethod.choices,
        required=False,
        help_text="Which coins left first; left out: as the portfolio is kept",
    )
    currency = serializers.ChoiceField(
        choices=BaseCurrency.choices, required=False, help_text="Left out: that of the portfolio"
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"year": timezone.now().year, **given}


class GainSerializer(serializers.Serializer):
    """A lot, or a part of one, that left."""

    symbol = serializers.CharField()
    is_short = serializers.BooleanField(help_text="Sold first and bought back later")
    kind = serializers.CharField(help_text="How it left")
    action_id = serializers.IntegerField(help_text="The entry that it left with")
    quantity = AmountField(allow_null=False)
    acquired_at = UtcDateTimeField()
    disposed_at = UtcDateTimeField()
    holding_days = serializers.IntegerField()
    cost = AmountField(help_text="Fees included, at the rate of its moment")
    proceeds = AmountField(help_text="Net of fees, at the rate of its moment")
    gain = AmountField()
    assumed = serializers.SerializerMethodField(help_text="It rests on an assumption")
    assumptions = serializers.ListField(child=serializers.CharField(), help_text="Codes of what was assumed")

    def get_assumed(self, one: Gain) -> bool:
        return bool(one.assumptions)


class GainsSerializer(serializers.Serializer):
    """Realised gains of a year. What is unknown is null."""

    year = serializers.IntegerField()
    method = serializers.CharField(help_text="Which coins left first")
    currency = serializers.CharField(help_text="Of all amounts")
    total = AmountField(help_text="Sum of all gains of lots that were sold")
    long = AmountField(help_text="Of what was bought before it was sold")
    short = AmountField(help_text="Of what was sold before it was bought")
    lots = GainSerializer(many=True, source="gains")
    moved = GainSerializer(many=True, help_text="What left without being sold; no gain")
    income = AmountField(help_text="Staking, airdrops and the like, at their worth of the moment")
    funding = AmountField(help_text="Funding and interest received less paid")
    fees = AmountField(help_text="Fees that are not part of a cost or of proceeds, negative")
    dollars = AmountField(help_text="What stablecoins brought or lost against the dollar when they left")
    assumptions = serializers.ListField(child=serializers.CharField())

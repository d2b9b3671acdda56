"""Figures of portfolios in JSON: at a glance, over time, explained."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from selection.api.portfolio_serializers import exact, number
from selection.selectors.explanation import GRADES, Explanation, Grade, Input
from selection.selectors.portfolio_summary import Summary
from system.rest import ExactDecimalField, UtcDateTimeField
from system.services import plain

ONE_DAY = timedelta(days=1)
LONGEST = {"1d": 3660, "1h": 31}
"""Days that a history reaches back at most, by its interval."""


class AmountField(ExactDecimalField):
    """A computed amount, USD, to the last digit."""

    def __init__(self, **options: Any) -> None:
        super().__init__(None, None, read_only=True, **options)


class ShareField(serializers.FloatField):
    """A computed percentage."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)

    def to_representation(self, value: Any) -> Any:
        return number(value)


class PartSerializer(serializers.Serializer):
    """What belongs together in a portfolio."""

    value = AmountField(allow_null=True, help_text="USD, short positions negative; null while a price is missing")
    percentage = ShareField(source="share_pct", allow_null=True, help_text="Of the whole, with the same sign")


class AssetPartSerializer(PartSerializer):
    """An asset in a portfolio."""

    asset_id = serializers.IntegerField(source="key")
    symbol = serializers.CharField(source="name")


class RiskPartSerializer(PartSerializer):
    """A risk category in a portfolio."""

    name = serializers.CharField(allow_null=True, help_text="null = none was chosen")


class SectorPartSerializer(PartSerializer):
    """A sector in a portfolio."""

    sector_id = serializers.IntegerField(source="key", allow_null=True)
    name = serializers.CharField(allow_null=True, help_text="null = no sector is known")


class AllocationSerializer(serializers.Serializer):
    """What a portfolio consists of, the largest part first."""

    by_asset = AssetPartSerializer(many=True)
    by_sector = SectorPartSerializer(many=True)
    by_risk = RiskPartSerializer(many=True)


class PortfolioSummarySerializer(serializers.Serializer):
    """A portfolio at a glance, USD. The context has ``portfolio``."""

    portfolio_id = serializers.SerializerMethodField()
    total_value = AmountField(source="total", allow_null=True, help_text="null while a price is missing")
    daily_pnl = AmountField(
        source="gained_today",
        allow_null=True,
        help_text="Since the day began (UTC), without what was put in or taken out",
    )
    daily_pnl_percentage = ShareField(
        source="gained_today_pct", allow_null=True, help_text="Of the worth of then and what was put in since"
    )
    unrealized_pnl_usd = AmountField(source="unrealized", allow_null=True, help_text="null while a price is missing")
    realized_pnl_usd = AmountField(source="realized", help_text="Since the beginning, net of fees")
    positions = serializers.IntegerField(source="held", help_text="Positions that hold something")
    allocation = AllocationSerializer(source="*")

    def get_portfolio_id(self, summary: Summary) -> int:  # noqa: ARG002
        found: int = self.context["portfolio"].pk
        return found


class WorthSerializer(serializers.Serializer):
    """A portfolio at a moment, USD."""

    time = UtcDateTimeField(source="at")
    total_value = AmountField(source="value", allow_null=True, help_text="null where a price was unknown")
    pnl = AmountField(
        source="profit", allow_null=True, help_text="Realised and not yet realised since the beginning, net of fees"
    )


class HistorySerializer(serializers.Serializer):
    """How far back, and how finely."""

    days = serializers.IntegerField(
        default=30, min_value=1, max_value=LONGEST["1d"], help_text=f"at most {LONGEST['1h']} by hours"
    )
    interval = serializers.ChoiceField(choices=list(LONGEST), default="1d")

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        most = LONGEST[given["interval"]]
        if given["days"] > most:
            field = serializers.IntegerField(max_value=most)
            raise serializers.ValidationError({"days": field.error_messages["max_value"].format(max_value=most)})
        return given


class PeriodSerializer(serializers.Serializer):
    """The days that lie wholly between two moments."""

    def get_fields(self) -> dict[str, serializers.Field]:
        """``from`` is a word of Python's own, so it cannot be declared as an attribute."""
        return {
            "from": UtcDateTimeField(required=False, help_text="days that begin then or later"),
            "to": UtcDateTimeField(required=False, help_text="days that end then or earlier"),
        }

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        since, until = given.get("from"), given.get("to")
        return {
            "since": None if since is None else first_day_from(since),
            "until": None if until is None else until.astimezone(UTC).date() - ONE_DAY,
        }


def first_day_from(moment: datetime) -> date:
    """The first day that begins at a moment or later."""
    day = moment.astimezone(UTC)
    return day.date() if day.time() == time() else day.date() + ONE_DAY


RATIOS = ("ratio", "percent")


@extend_schema_field({})
class FigureField(serializers.Field):
    """A value with a unit, as it is: an amount as a string, a ratio as a number, some as lists or by name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(source="*", read_only=True, **options)

    def to_representation(self, one: Explanation | Input) -> Any:
        if not isinstance(one.value, Decimal):
            return plain(one.value)
        return float(one.value) if one.unit in RATIOS else exact(one.value)


class FigureInputSerializer(serializers.Serializer):
    """A value that a formula names."""

    name = serializers.CharField(help_text="As in the formula")
    value = FigureField(help_text="null where it is unknown")
    unit = serializers.CharField()
    key = serializers.CharField(help_text="The row that it comes from")
    day = serializers.DateField(allow_null=True)
    of = serializers.CharField(help_text="What it is about; may be empty")


class UsedCandleSerializer(serializers.Serializer):
    """A close that was used."""

    asset_id = serializers.IntegerField()
    symbol = serializers.CharField()
    day = serializers.DateField()
    close = AmountField()
    is_own = serializers.BooleanField(help_text="false: carried from before, stated or assumed")


class UsedLotSerializer(serializers.Serializer):
    """An acquisition that a figure goes back to."""

    position_id = serializers.IntegerField()
    action_id = serializers.IntegerField()
    acquired_at = UtcDateTimeField()
    quantity = AmountField()
    cost = AmountField(help_text="USD")
    assumptions = serializers.ListField(child=serializers.CharField())


class ExplanationSerializer(serializers.Serializer):
    """How a figure came about: enough to count it again by hand."""

    figure = serializers.CharField()
    value = FigureField(help_text="null where it is unknown, see reason")
    unit = serializers.CharField(help_text="A currency, ratio (0.05 = 5 %), percent, or what it counts")
    formula = serializers.CharField(help_text="In the names of the inputs")
    first = serializers.DateField(allow_null=True, help_text="First day that it is about")
    last = serializers.DateField(allow_null=True, help_text="Last day that it is about")
    as_of = UtcDateTimeField(allow_null=True, help_text="Moment up to which prices are known")
    inputs = FigureInputSerializer(many=True)
    candles = UsedCandleSerializer(many=True)
    lots = UsedLotSerializer(many=True)
    assumptions = serializers.ListField(child=serializers.CharField(), help_text="Codes of what was assumed")
    reason = serializers.CharField(allow_null=True, help_text="Why the value is unknown")
    quality = serializers.ChoiceField(
        choices=[grade.value for grade in Grade],
        help_text="; ".join(f"{grade}: {meaning}" for grade, meaning in GRADES.items()),
    )

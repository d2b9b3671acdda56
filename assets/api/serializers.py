"""Market data in JSON."""

from typing import Any

from rest_framework import serializers

from assets.choices import Timeframe
from assets.models import Asset, CandleGap
from assets.selectors.candle_json import CandleWish
from system.rest import ExactDecimalField, ResourceSerializer, UtcDateTimeField
from system.rest.inputs import InputSerializer

MOST_CANDLES = 5000
MOST_PRICES = 100


class PriceSerializer(ResourceSerializer):
    """The latest price of an asset."""

    asset_id = serializers.IntegerField(source="id", help_text="Asset")

    class Meta:
        model = Asset
        only = ("asset_id", "symbol", "current_price", "price_change_percentage_24h", "last_price_update")


class PricesQuery(serializers.Serializer):
    """Which prices are asked for."""

    ids = serializers.RegexField(
        r"^\d{1,18}(,\d{1,18})*$", required=False, help_text=f"comma separated ids, at most {MOST_PRICES}"
    )

    def validate_ids(self, text: str) -> list[int]:
        """The ids as numbers."""
        ids = [int(word) for word in text.split(",")]
        if len(ids) > MOST_PRICES:
            raise serializers.ValidationError(f"At most {MOST_PRICES} ids.")
        return ids


class TimeframeQuery(serializers.Serializer):
    """Length of the candles."""

    timeframe = serializers.ChoiceField(choices=Timeframe.choices, default=Timeframe.H1)


class CandlesQuery(TimeframeQuery):
    """Which candles are asked for."""

    limit = serializers.IntegerField(min_value=1, max_value=MOST_CANDLES, default=500)
    indicators = serializers.BooleanField(default=False, help_text="with technical_indicators")
    include_archive = serializers.BooleanField(default=False)

    def get_fields(self) -> dict[str, Any]:
        """``from`` is a word of Python's own, so it cannot be declared as an attribute."""
        period = {
            "from": UtcDateTimeField(required=False, help_text="inclusive"),
            "to": UtcDateTimeField(required=False, help_text="exclusive"),
        }
        return super().get_fields() | period

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """All of it as one wish."""
        names = {"from": "first", "to": "end", "include_archive": "archive"}
        return {"wish": CandleWish(**{names.get(name, name): value for name, value in attrs.items()})}


class CandleSerializer(serializers.Serializer):
    """One candle. It describes the answer; the database itself writes the JSON."""

    time = UtcDateTimeField(help_text="Start of the candle")
    open = ExactDecimalField(38, 18)
    high = ExactDecimalField(38, 18)
    low = ExactDecimalField(38, 18)
    close = ExactDecimalField(38, 18)
    volume = ExactDecimalField(30, 2, help_text="USD")
    vwap = ExactDecimalField(38, 18, allow_null=True)
    trade_count = serializers.IntegerField(allow_null=True)
    indicators = serializers.DictField(allow_null=True)


class CandlesSerializer(serializers.Serializer):
    """Candles of an asset, newest last."""

    asset_id = serializers.IntegerField()
    symbol = serializers.CharField()
    timeframe = serializers.ChoiceField(choices=Timeframe.choices)
    candles = CandleSerializer(many=True)


class UploadSerializer(InputSerializer):
    """Candles to be stored. What is wrong with one of them is answered, and the others are stored."""

    timeframe = serializers.ChoiceField(choices=Timeframe.choices)
    candles = serializers.ListField(
        child=serializers.DictField(),
        min_length=1,
        max_length=MOST_CANDLES,
        help_text="Each with time, open, high, low, close and volume (USD) as they are read here; with base_volume "
        "(coins) and trade_count where these are known. Decimals as strings keep every digit.",
    )


class RejectedSerializer(serializers.Serializer):
    """A candle that is refused."""

    line = serializers.IntegerField(help_text="Its place in the request, from 1")
    reason = serializers.CharField()


class UploadedSerializer(serializers.Serializer):
    """What became of candles that were sent. Those that were stored already are counted nowhere."""

    created = serializers.IntegerField(source="stored.new")
    updated = serializers.IntegerField(source="stored.changed")
    rejected = RejectedSerializer(many=True)


class GapSerializer(ResourceSerializer):
    """A stretch without candles."""

    symbol = serializers.CharField(source="asset.symbol")
    start = UtcDateTimeField(source="starts_at", help_text="Start of the first missing candle")
    end = UtcDateTimeField(source="ends_at", help_text="End of the last missing candle")
    candles = serializers.IntegerField(source="missing", help_text="How many are missing")

    class Meta:
        model = CandleGap
        only = ("asset_id", "symbol", "timeframe", "start", "end", "candles", "reason", "status")


class IndicatorsSerializer(serializers.Serializer):
    """Indicators at the newest candle that has them."""

    asset_id = serializers.IntegerField()
    timeframe = serializers.ChoiceField(choices=Timeframe.choices)
    candle_time = UtcDateTimeField()
    indicators = serializers.DictField()

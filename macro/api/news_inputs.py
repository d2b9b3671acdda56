"""What admins send about news."""

from typing import Any

from rest_framework import serializers

from macro.choices import NewsImportance, SentimentLabel
from macro.services.news_curation import LONGEST_ADDRESS, LONGEST_ID, LONGEST_SUMMARY, LONGEST_TITLE
from system.rest import UtcDateTimeField
from system.rest.inputs import InputSerializer
from system.rest.serializers import NumberField

MOST_NAMED = 200
LARGEST_KEY = 2**63 - 1


class KeysField(serializers.ListField):
    """Ids of rows."""

    def __init__(self, **options: Any) -> None:
        key = serializers.IntegerField(min_value=1, max_value=LARGEST_KEY)
        super().__init__(child=key, max_length=MOST_NAMED, required=False, **options)


class NewsChangeSerializer(InputSerializer):
    """What is to change about an item; what is left out stays."""

    external_id = serializers.CharField(max_length=LONGEST_ID, required=False, allow_null=True)
    title = serializers.CharField(max_length=LONGEST_TITLE, required=False)
    summary = serializers.CharField(max_length=LONGEST_SUMMARY, required=False, allow_null=True)
    url = serializers.CharField(max_length=LONGEST_ADDRESS, required=False, allow_null=True)
    language = serializers.RegexField(r"^[a-z]{2,3}(-[A-Za-z]{2,4})?$", required=False, help_text="en, fa, pt-BR")
    category = serializers.CharField(max_length=30, required=False, allow_null=True)
    importance = serializers.ChoiceField(choices=NewsImportance.choices, required=False)
    sentiment_score = NumberField(
        max_digits=5, decimal_places=4, min_value=-1, max_value=1, required=False, allow_null=True,
        help_text="-1 (bearish) to 1 (bullish); left out: that of the words of an English headline",
    )  # fmt: skip
    sentiment_label = serializers.ChoiceField(
        choices=SentimentLabel.choices, required=False, allow_null=True, help_text="Left out: that of the score"
    )
    asset_ids = KeysField(help_text="Left out: the coins that the headline names")
    sector_ids = KeysField(help_text="Left out: the sectors that it is about")
    published_at = UtcDateTimeField(required=False, help_text="Left out: now")
    is_new = False

    def get_fields(self) -> dict[str, serializers.Field]:
        """``source`` is what a serializer calls its own, so it cannot be declared as an attribute."""
        publisher = serializers.CharField(max_length=50, required=self.is_new, help_text="Who publishes it")
        return {"source": publisher} | super().get_fields()


class NewNewsSerializer(NewsChangeSerializer):
    """A new item."""

    title = serializers.CharField(max_length=LONGEST_TITLE)
    is_new = True

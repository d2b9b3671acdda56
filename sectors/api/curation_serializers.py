"""What admins send about sectors, their members, and assets."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from assets.choices import AssetType
from system.rest import JSONObjectField
from system.rest.inputs import InputSerializer
from system.rest.serializers import NumberField

LARGEST_ID = 2**63 - 1
LONGEST_TEXT = 10_000
PART: dict[str, Any] = {"max_digits": 5, "decimal_places": 4, "min_value": Decimal(0), "max_value": Decimal(1)}


class SectorChangeSerializer(InputSerializer):
    """What is to change about a sector."""

    coingecko_id = serializers.CharField(max_length=100, required=False, help_text="category of CoinGecko")
    name = serializers.CharField(max_length=100, required=False)
    description = serializers.CharField(max_length=LONGEST_TEXT, required=False)
    color_code = serializers.RegexField(r"^#[0-9A-Fa-f]{6}$", required=False, allow_null=True)
    characteristics = JSONObjectField(required=False, allow_null=True)
    is_active = serializers.BooleanField(required=False)


class NewSectorSerializer(SectorChangeSerializer):
    """A new sector."""

    name = serializers.CharField(max_length=100)
    description = serializers.CharField(max_length=LONGEST_TEXT)


class MemberChangeSerializer(InputSerializer):
    """What is to change about a membership."""

    is_primary_sector = serializers.BooleanField(required=False)
    weight = NumberField(**PART, required=False, help_text="part that counts in this sector, 0-1")


class NewMemberSerializer(InputSerializer):
    """A new member of a sector."""

    asset_id = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    is_primary_sector = serializers.BooleanField(default=False)
    weight = NumberField(**PART, default=Decimal(1), help_text="part that counts in this sector, 0-1")


class AssetChangeSerializer(InputSerializer):
    """What is to change about an asset."""

    symbol = serializers.CharField(max_length=20, required=False)
    name = serializers.CharField(max_length=100, required=False)
    asset_type = serializers.ChoiceField(choices=AssetType.choices, required=False)
    quote_currency = serializers.CharField(max_length=10, required=False, allow_null=True)
    external_ids = JSONObjectField(child=serializers.CharField(max_length=200), required=False)
    logo_url = serializers.URLField(max_length=2000, required=False, allow_null=True)
    links = JSONObjectField(required=False, allow_null=True)
    description = serializers.CharField(max_length=LONGEST_TEXT, required=False, allow_null=True, allow_blank=True)
    is_active = serializers.BooleanField(required=False)
    is_supported = serializers.BooleanField(required=False)
    data_source = serializers.CharField(max_length=20, required=False)


class NewAssetSerializer(AssetChangeSerializer):
    """A new asset."""

    symbol = serializers.CharField(max_length=20)
    name = serializers.CharField(max_length=100)
    asset_type = serializers.ChoiceField(choices=AssetType.choices)

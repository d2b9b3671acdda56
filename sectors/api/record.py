"""The public forecast record, by sector too."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from aimodels.models import Prediction
from aimodels.selectors import Chosen, ForecastRecord, Part, records_by
from aimodels.selectors.reliability import expected_calibration_error, reliability
from macro.choices import MarketRegime
from sectors.selectors.standing import current_members
from system.choices import LIVE
from system.rest import UtcDateTimeField
from system.rest.viewsets import ApiViewSet


class RecordQuery(serializers.Serializer):
    """Which part of the record is asked for."""

    model = serializers.CharField(required=False, max_length=100)
    horizon = serializers.IntegerField(required=False, min_value=1, max_value=87600, help_text="hours")
    regime = serializers.ChoiceField(choices=MarketRegime.choices, required=False)
    sector = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)

    def get_fields(self) -> dict[str, serializers.Field]:
        """``from`` is a word of Python's own, so it cannot be declared as an attribute."""
        period = {
            "from": UtcDateTimeField(required=False, help_text="inclusive"),
            "to": UtcDateTimeField(required=False, help_text="exclusive"),
        }
        return super().get_fields() | period


class ReliabilityBinSerializer(serializers.Serializer):
    """Forecasts of about one probability, and how often they came true."""

    bin = serializers.FloatField(source="middle", help_text="Middle of the bin")
    forecast = serializers.FloatField()
    observed = serializers.FloatField()
    n = serializers.IntegerField()


class RecordSerializer(serializers.Serializer):
    """How good the forecasts were. A figure that cannot be said yet is null."""

    series = serializers.CharField()
    n = serializers.IntegerField(help_text="Forecasts issued")
    scored = serializers.IntegerField(help_text="Those whose outcome is known")
    hit_rate = serializers.FloatField(allow_null=True, help_text="Directions that came true, 0-1")
    brier = serializers.FloatField(allow_null=True)
    brier_baseline = serializers.FloatField(allow_null=True, help_text="The naive forecast's")
    skill = serializers.FloatField(allow_null=True, help_text="1 - brier / brier_baseline")
    skill_interval = serializers.ListField(
        child=serializers.FloatField(), allow_null=True, help_text="95 %, block bootstrap; null with too few moments"
    )
    ece = serializers.FloatField(allow_null=True, help_text="Expected calibration error; null below 2,000 forecasts")
    coverage_90 = serializers.FloatField(allow_null=True, help_text="Prices inside the 90 % interval, 0-1")
    reliability = ReliabilityBinSerializer(many=True)
    by = serializers.DictField(help_text="The same figures by horizon in hours")


class RecordViewSet(ApiViewSet):
    """How good the forecasts are."""

    permission_classes = (AllowAny,)
    serializer_class = RecordSerializer
    queryset = Prediction.objects.none()

    @extend_schema(summary="Public forecast record", parameters=[RecordQuery])
    @action(detail=False, pagination_class=None, filter_backends=())
    def record(self, request: Request) -> Response:  # noqa: ARG002
        """The system's live forecasts against what happened and against the naive ones."""
        wanted = self.parameters(RecordQuery)
        chosen = Chosen(
            horizon_hours=wanted.get("horizon"),
            model=wanted.get("model"),
            regime=wanted.get("regime"),
            asset_ids=members_of(wanted.get("sector")),
            since=wanted.get("from"),
            until=wanted.get("to"),
        )
        bins = reliability(chosen)
        found = records_by([Part.WHOLE] if chosen.horizon_hours else [Part.WHOLE, Part.HORIZON], chosen)
        by = found.get(Part.HORIZON, {})
        record = figures(found[Part.WHOLE].get("", ForecastRecord(0, 0))) | {
            "ece": expected_calibration_error(bins),
            "reliability": bins,
            "by": {hours: figures(by[hours]) for hours in sorted(by, key=int)},
        }
        return Response(RecordSerializer({"series": LIVE} | record).data)


def members_of(sector_id: int | None) -> list[int] | None:
    """Assets of a sector; None for no sector in particular."""
    if sector_id is None:
        return None
    return list(current_members().filter(sector=sector_id).values_list("asset", flat=True))


def figures(record: ForecastRecord) -> dict[str, Any]:
    """A record under the names of the API."""
    has_interval = record.skill_low is not None
    return {
        "n": record.issued,
        "scored": record.scored,
        "hit_rate": record.hit_rate,
        "brier": record.brier,
        "brier_baseline": record.brier_naive,
        "skill": record.skill,
        "skill_interval": [record.skill_low, record.skill_high] if has_interval else None,
        "coverage_90": record.coverage_90,
    }

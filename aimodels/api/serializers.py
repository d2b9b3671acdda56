"""Forecasts in JSON."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from aimodels.models import ActivePrediction, Prediction
from aimodels.selectors.hits import HitRecord
from system.rest import ResourceSerializer
from system.rest.filters import LAYERS
from system.rest.inputs import InputSerializer


class PredictionSerializer(ResourceSerializer):
    """One forecast, as it was written."""

    crypto_id = serializers.IntegerField(source="asset_id")
    symbol = serializers.CharField(source="asset.symbol")
    layer_source = serializers.SerializerMethodField(help_text="layer1 to layer4")
    macro_context = serializers.DictField(source="context_data", help_text="Market when it was made")

    class Meta:
        model = Prediction
        only = (
            "id",
            "asset_id",
            "crypto_id",
            "symbol",
            "layer_source",
            "prediction_type",
            "predicted_price",
            "predicted_value",
            "confidence_score",
            "prediction_horizon",
            "macro_context",
            "input_price",
            "model_name",
            "model_version",
            "target_datetime",
            "is_realized",
            "created_at",
        )

    def get_layer_source(self, prediction: Prediction) -> str:
        return f"layer{prediction.layer_source}"


class WholePredictionSerializer(PredictionSerializer):
    """One forecast with all that is kept about it."""

    class Meta:
        model = Prediction
        hidden = ("debug_info",)


class NoteSerializer(InputSerializer):
    """A note on a forecast."""

    notes = serializers.CharField(allow_null=True, allow_blank=True, max_length=5000, help_text="Null takes it away")


class AccuracySerializer(ResourceSerializer):
    """What came of a forecast; null before its time has come."""

    class Meta:
        model = Prediction
        exact = ("squared_error",)
        only = (
            "id",
            "is_realized",
            "is_accurate",
            "predicted_price",
            "actual_price",
            "accuracy_percentage",
            "absolute_error",
            "squared_error",
            "accuracy_threshold",
            "evaluated_at",
        )


class ActivePredictionSerializer(ResourceSerializer):
    """A forecast that waits for its outcome, with asset and user; for admins."""

    class Meta:
        model = ActivePrediction


class AnalyticsQuery(serializers.Serializer):
    """Which forecasts are counted."""

    days = serializers.IntegerField(min_value=1, max_value=3650, default=30, help_text="Target in the last days")
    layer = serializers.ChoiceField(choices=LAYERS, default="all", help_text="1-4, layer1-layer4 or all")


class ModelHitsSerializer(serializers.Serializer):
    """How often the forecasts of a model came true."""

    model_name = serializers.CharField(help_text="Name, shared by all versions")
    accuracy = serializers.FloatField(help_text="Share that came true, 0-1")
    realized = serializers.IntegerField(help_text="Forecasts with an outcome")


class AnalyticsSerializer(serializers.Serializer):
    """How often forecasts came true; null where none has an outcome."""

    overall_accuracy = serializers.FloatField(
        source="whole.accuracy", allow_null=True, help_text="Share that came true, 0-1; null: none has an outcome"
    )
    realized = serializers.IntegerField(source="whole.realized", help_text="Forecasts with an outcome")
    accuracy_by_layer = serializers.SerializerMethodField(help_text="layer1 to layer4: share that came true, or null")
    accuracy_by_horizon = serializers.SerializerMethodField(help_text="Horizon, such as 24h: share that came true")
    best_performing_models = serializers.SerializerMethodField(
        help_text="Every model with outcomes, the highest share first; a few outcomes prove little"
    )

    def get_accuracy_by_layer(self, record: HitRecord) -> dict[str, float | None]:
        return {f"layer{layer}": hits.accuracy for layer, hits in record.layers.items()}

    def get_accuracy_by_horizon(self, record: HitRecord) -> dict[str, float | None]:
        return {f"{hours}h": hits.accuracy for hours, hits in record.horizons.items()}

    @extend_schema_field(ModelHitsSerializer(many=True))
    def get_best_performing_models(self, record: HitRecord) -> list[dict[str, object]]:
        return [
            {"model_name": name, "accuracy": hits.accuracy, "realized": hits.realized}
            for name, hits in record.models.items()
        ]

"""Forecasts in JSON."""

from rest_framework import serializers

from aimodels.models import ActivePrediction, Prediction
from system.rest import ResourceSerializer


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

"""The forecast ledger."""

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from aimodels.choices import Unresolved
from system.constraints import above, at_least, between, one_of
from system.fields import Numeric, PriceField
from system.formats import minute
from system.models.base import RunResult, TimeStamped


class Prediction(RunResult, TimeStamped):
    """One forecast. It is written once and cannot be changed; its outcome is written once, by the scorer."""

    asset = models.ForeignKey("assets.Asset", on_delete=models.PROTECT, db_index=False, db_comment="Asset")
    watchlist = models.ForeignKey(
        "selection.Watchlist", on_delete=models.SET_NULL, null=True, blank=True, db_comment="Context"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        db_comment="Who asked for it; NULL = system",
    )
    ai_model = models.ForeignKey(
        "aimodels.AIModel",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_comment="Model version; model_name/model_version stay as written words",
    )
    model_name = models.CharField(max_length=50, db_comment="Model name")
    model_version = models.CharField(max_length=20, db_comment="Model version")
    layer_source = models.IntegerField(default=3, db_default=3, db_comment="AI layer, 1-4")
    prediction_type = models.CharField(max_length=20, default="price", db_default="price", db_comment="Kind")
    predicted_price = PriceField(
        null=True, blank=True, db_comment="Predicted price, USD; required for prediction_type price"
    )
    predicted_value = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        db_comment="Other results: quantiles, direction, probabilities",
    )
    confidence_score = Numeric(5, 4, db_comment="Confidence, 0-1")
    prediction_horizon = models.IntegerField(db_comment="Horizon, hours")
    target_datetime = models.DateTimeField(db_comment="When it falls due")
    features_used = models.JSONField(
        null=True, blank=True, default=dict, db_default=models.Value({}, models.JSONField()), db_comment="Features"
    )
    model_parameters = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        db_comment="Parameters (incl. features_override of the request)",
    )
    features_hash = models.CharField(
        max_length=64,
        null=True,
        blank=True,
        db_comment="SHA-256 of the values that the model was given; NULL = none were told",
    )
    input_price = PriceField(db_comment="Price when predicted, USD")
    input_features = models.JSONField(
        null=True, blank=True, default=dict, db_default=models.Value({}, models.JSONField()), db_comment="Input values"
    )
    context_data = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        db_comment="Market context {market_regime, sentiment}",
    )
    actual_price = PriceField(null=True, blank=True, db_comment="Price at target_datetime, USD")
    accuracy_percentage = Numeric(5, 2, null=True, blank=True, db_comment="max(0, 100 - 100*|actual-predicted|/actual)")
    absolute_error = PriceField(null=True, blank=True, db_comment="|actual - predicted|, USD")
    squared_error = Numeric(76, 36, null=True, blank=True, db_comment="(actual - predicted)^2")
    is_realized = models.BooleanField(default=False, db_default=False, db_comment="Evaluated against the market")
    unresolved_reason = models.CharField(
        max_length=20,
        choices=Unresolved,
        null=True,
        blank=True,
        db_comment="Why it has no outcome though it is due; NULL = not due, not tried yet, or evaluated",
    )
    is_accurate = models.BooleanField(null=True, blank=True, db_comment="Error within accuracy_threshold")
    accuracy_threshold = Numeric(
        5,
        2,
        null=True,
        blank=True,
        default=Decimal("5.0"),
        db_default=Decimal("5.0"),
        db_comment="Allowed error, percent",
    )
    training_data_end = models.DateTimeField(null=True, blank=True, db_comment="End of the training data")
    market_conditions = models.CharField(
        max_length=20, null=True, blank=True, db_comment="Regime word at prediction time"
    )
    volatility_level = models.CharField(max_length=10, null=True, blank=True, db_comment="Volatility")
    model_training_time = Numeric(10, 2, null=True, blank=True, db_comment="Training time, s")
    prediction_time = Numeric(10, 6, null=True, blank=True, db_comment="Inference time, s")
    notes = models.TextField(null=True, blank=True, db_comment="Notes")
    debug_info = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        db_comment="Debug data; admins only",
    )
    as_of = models.DateTimeField(
        db_comment="Moment whose knowledge the forecast used; created_at says when it was issued"
    )
    evaluated_at = models.DateTimeField(null=True, blank=True, db_comment="When evaluated")

    class Meta:
        db_table = "predictions"
        verbose_name = _("forecast")
        verbose_name_plural = _("forecasts")
        constraints = [
            models.UniqueConstraint(
                fields=["ai_model", "asset", "prediction_type", "prediction_horizon", "as_of", "series"],
                condition=models.Q(user__isnull=True),
                name="unique_prediction",
                violation_error_message=_("This forecast has been made already."),
            ),
            models.CheckConstraint(
                condition=~models.Q(prediction_type="price") | models.Q(predicted_price__isnull=False),
                name="chk_prediction_price_given",
                violation_error_message=_("A price forecast needs a predicted price."),
            ),
            above("predicted_price", 0, name="chk_prediction_price_positive"),
            models.CheckConstraint(
                condition=models.Q(is_realized=False) | models.Q(evaluated_at__isnull=False),
                name="chk_prediction_realized",
                violation_error_message=_("A scored forecast needs the time of its scoring."),
            ),
            models.CheckConstraint(
                condition=models.Q(training_data_end__lte=models.F("created_at")),
                name="chk_prediction_no_lookahead",
                violation_error_message=_("A model may not have been trained on data from after the forecast."),
            ),
            models.CheckConstraint(
                condition=models.Q(training_data_end__lte=models.F("as_of")),
                name="chk_prediction_trained_before",
                violation_error_message=_("A model may not have seen data from after the moment it forecasts from."),
            ),
            models.CheckConstraint(
                condition=models.Q(is_realized=False) | models.Q(unresolved_reason__isnull=True),
                name="chk_prediction_resolved",
                violation_error_message=_("A scored forecast is not unresolved."),
            ),
            one_of("unresolved_reason", Unresolved, name="chk_predictions_unresolved_reason"),
            between("layer_source", 1, 4, name="chk_predictions_layer_source"),
            between("confidence_score", 0, 1, name="chk_predictions_confidence_score"),
            above("prediction_horizon", 0, name="chk_predictions_prediction_horizon"),
            above("input_price", 0, name="chk_predictions_input_price"),
            between("accuracy_percentage", 0, 100, name="chk_predictions_accuracy_percentage"),
            at_least("absolute_error", 0, name="chk_predictions_absolute_error"),
            at_least("squared_error", 0, name="chk_predictions_squared_error"),
            above("accuracy_threshold", 0, name="chk_predictions_accuracy_threshold"),
        ]
        indexes = [
            models.Index(fields=["asset", "layer_source", "-created_at"], name="idx_predictions_crypto_layer"),
            models.Index(fields=["layer_source", "-created_at"], name="idx_predictions_layer_source"),
            GinIndex(fields=["context_data"], name="idx_predictions_context_data"),
            models.Index(fields=["layer_source", "prediction_type"], name="idx_predictions_layer_type"),
            models.Index(fields=["asset", "prediction_type"], name="idx_predictions_crypto_type"),
            models.Index(fields=["prediction_type", "-created_at"], name="idx_predictions_type_time"),
            models.Index(fields=["asset", "is_realized", "-created_at"], name="idx_predictions_composite"),
            models.Index(fields=["user", "-created_at"], name="idx_predictions_user_created"),
            models.Index(fields=["series", "-created_at", "-id"], name="idx_predictions_newest"),
            models.Index(fields=["asset", "-created_at", "-id"], name="idx_predictions_asset_newest"),
            models.Index(fields=["target_datetime"], name="idx_predictions_target_time"),
            models.Index(fields=["is_realized", "is_accurate"], name="idx_predictions_realized"),
            models.Index(fields=["target_datetime"], name="idx_predictions_due", condition=models.Q(is_realized=False)),
        ]

    def __str__(self) -> str:
        return f"{self.asset} {self.prediction_type} {self.prediction_horizon} h · {minute(self.as_of)}"

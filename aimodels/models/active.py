"""Database view of forecasts that wait for their outcome."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from system.fields import Numeric, PriceField


class ActivePrediction(models.Model):
    """A live forecast that has not been scored, with its asset and user; for admins."""

    id = models.BigIntegerField(primary_key=True)
    asset = models.ForeignKey("assets.Asset", on_delete=models.DO_NOTHING, related_name="+")
    watchlist_id = models.BigIntegerField(null=True)
    user_id = models.BigIntegerField(null=True)
    ai_model = models.ForeignKey("aimodels.AIModel", on_delete=models.DO_NOTHING, null=True, related_name="+")
    model_name = models.CharField(max_length=50)
    model_version = models.CharField(max_length=20)
    layer_source = models.IntegerField()
    prediction_type = models.CharField(max_length=20)
    predicted_price = PriceField(null=True)
    predicted_value = models.JSONField(null=True)
    confidence_score = Numeric(5, 4)
    prediction_horizon = models.IntegerField()
    target_datetime = models.DateTimeField()
    features_used = models.JSONField(null=True)
    model_parameters = models.JSONField(null=True)
    input_price = PriceField()
    input_features = models.JSONField(null=True)
    context_data = models.JSONField(null=True)
    accuracy_threshold = Numeric(5, 2, null=True)
    training_data_end = models.DateTimeField(null=True)
    market_conditions = models.CharField(max_length=20, null=True)
    volatility_level = models.CharField(max_length=10, null=True)
    notes = models.TextField(null=True)
    as_of = models.DateTimeField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    symbol = models.CharField(max_length=20)
    crypto_name = models.CharField(max_length=100)
    current_price = PriceField(null=True)
    user_email = models.CharField(max_length=255, null=True)
    is_due = models.BooleanField()
    predicted_change_pct = models.DecimalField(max_digits=20, decimal_places=4, null=True)

    class Meta:
        managed = False
        db_table = "v_active_predictions"
        verbose_name = _("open forecast")
        verbose_name_plural = _("open forecasts")

    def __str__(self) -> str:
        return f"{self.symbol} {self.prediction_type} {self.prediction_horizon} h"

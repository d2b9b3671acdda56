"""Database view of the signals that people see."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from system.fields import Numeric, PriceField


class ActiveSignal(models.Model):
    """A live, active signal that has not run out, with what it may win and lose."""

    id = models.BigIntegerField(primary_key=True)
    asset = models.ForeignKey("assets.Asset", on_delete=models.DO_NOTHING, related_name="+")
    ai_model = models.ForeignKey("aimodels.AIModel", on_delete=models.DO_NOTHING, related_name="+")
    metrics_snapshot_id = models.BigIntegerField()
    signal_type = models.CharField(max_length=10)
    signal_origin = models.CharField(max_length=30)
    signal_quality = models.CharField(max_length=10)
    confidence_score = Numeric(5, 4)
    entry_price = PriceField(null=True)
    target_price = PriceField(null=True)
    stop_loss = PriceField(null=True)
    risk_level = models.CharField(max_length=10, null=True)
    risk_reward_ratio = Numeric(6, 2, null=True)
    market_context = models.JSONField(null=True)
    sector_context = models.JSONField(null=True)
    ai_analysis = models.JSONField(null=True)
    time_horizon_hours = models.IntegerField(null=True)
    status = models.CharField(max_length=20)
    signal_strength = models.CharField(max_length=15, null=True)
    confluence_count = models.IntegerField(null=True)
    generated_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()
    symbol = models.CharField(max_length=20)
    crypto_name = models.CharField(max_length=100)
    current_price = PriceField(null=True)
    potential_return_pct = Numeric(20, 4, null=True)
    max_loss_pct = Numeric(20, 4, null=True)

    class Meta:
        managed = False
        db_table = "v_active_signals"
        verbose_name = _("active signal")
        verbose_name_plural = _("active signals")

    def __str__(self) -> str:
        return f"{self.signal_type} {self.symbol}"

"""Database views over lists and suggestions; for admins."""

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from system.fields import Numeric
from system.formats import number


class WatchlistSummary(models.Model):
    """A list with its counts and symbols."""

    id = models.BigIntegerField(primary_key=True)
    name = models.CharField(max_length=100)
    watchlist_type = models.CharField(max_length=20)
    tier = models.CharField(max_length=10, null=True)
    user_id = models.BigIntegerField(null=True)
    user_email = models.CharField(max_length=255, null=True)
    is_active = models.BooleanField()
    sort_order = models.IntegerField(null=True)
    asset_count = models.IntegerField()
    paused_count = models.IntegerField()
    max_assets = models.IntegerField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    avg_asset_weight = models.DecimalField(max_digits=20, decimal_places=10, null=True)
    total_weight = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    asset_symbols = models.TextField(null=True)

    class Meta:
        managed = False
        db_table = "v_watchlist_summary"
        verbose_name = _("list at a glance")
        verbose_name_plural = _("lists at a glance")

    def __str__(self) -> str:
        return self.name


class SuggestionPerformance(models.Model):
    """What became of the live suggestions of the last 30 days, by layer."""

    ai_layer = models.IntegerField(primary_key=True)
    total_suggestions = models.IntegerField()
    approved_count = models.IntegerField()
    awaiting_implementation_count = models.IntegerField()
    implemented_count = models.IntegerField()
    rejected_count = models.IntegerField()
    open_count = models.IntegerField()
    expired_count = models.IntegerField()
    avg_confidence = Numeric(20, 10, null=True)
    avg_actual_return = Numeric(20, 10, null=True)
    avg_success_score = Numeric(20, 10, null=True)
    high_success_count = models.IntegerField()

    class Meta:
        managed = False
        db_table = "v_ai_performance"
        verbose_name = _("result of suggestions")
        verbose_name_plural = _("results of suggestions")

    def __str__(self) -> str:
        return gettext("layer %(n)s") % {"n": number(self.ai_layer)}

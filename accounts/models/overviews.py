"""Database view of users with what they use; for admins."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from system.fields import Numeric


class UserOverview(models.Model):
    """A registered user with counts of lists and forecasts."""

    id = models.BigIntegerField(primary_key=True)
    email = models.CharField(max_length=255)
    first_name = models.CharField(max_length=50, null=True)
    last_name = models.CharField(max_length=50, null=True)
    role = models.CharField(max_length=20)
    is_active = models.BooleanField()
    is_premium = models.BooleanField()
    created_at = models.DateTimeField()
    last_login = models.DateTimeField(null=True)
    login_count = models.IntegerField()
    personal_watchlists_count = models.IntegerField()
    total_assets_count = models.IntegerField()
    avg_prediction_accuracy = Numeric(20, 10, null=True)
    realized_predictions_count = models.IntegerField()

    class Meta:
        managed = False
        db_table = "v_users_overview"
        verbose_name = _("user at a glance")
        verbose_name_plural = _("users at a glance")

    def __str__(self) -> str:
        return self.email

"""Backtests: what was asked, what came of it, and where its report lies."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from assets.choices import Timeframe
from system.constraints import at_least, one_of
from system.models.base import TimeStamped
from trading.choices import BacktestSource, BacktestStatus


class Backtest(TimeStamped):
    """A backtest. Its trades stay in its report; this row is what pages list and compare."""

    name = models.CharField(max_length=100, db_comment="Name that somebody gave it")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="backtests",
        db_column="created_by",
        db_comment="User who asked for it; NULL = an operator at the command line",
    )
    job = models.OneToOneField(
        "aimodels.ModelJob",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="backtest",
        db_comment="Job that runs it; NULL = run at the command line",
    )
    source = models.CharField(max_length=10, choices=BacktestSource, db_comment="Where its orders come from")
    timeframe = models.CharField(max_length=10, choices=Timeframe, db_comment="Length of the candles")
    start_at = models.DateTimeField(db_comment="Entries are looked for from here on (UTC)")
    end_at = models.DateTimeField(db_comment="Last moment that is known (UTC)")
    configuration = models.JSONField(db_comment="What was asked for, as it was written down")
    status = models.CharField(
        max_length=10, choices=BacktestStatus, default=BacktestStatus.PENDING, db_comment="How far it is"
    )
    error = models.TextField(null=True, blank=True, db_comment="Why it failed; NULL = it did not")
    metrics = models.JSONField(null=True, blank=True, db_comment="Its numbers; NULL until it is done")
    assumptions = models.JSONField(
        null=True, blank=True, db_comment="[{code, …}]: what it assumes; NULL until it is done"
    )
    trades = models.IntegerField(null=True, blank=True, db_comment="Closed trades; NULL until it is done")
    trials = models.IntegerField(null=True, blank=True, db_comment="Variants that were tried; NULL until it is done")
    fingerprint = models.CharField(
        max_length=64, null=True, blank=True, db_comment="SHA-256 over all closed trades; NULL until it is done"
    )
    report = models.CharField(
        max_length=255,
        null=True,
        blank=True,
        db_comment="Folder of its report under the installation's home; NULL until it is done",
    )
    finished_at = models.DateTimeField(null=True, blank=True, db_comment="When it was done or failed (UTC)")

    class Meta:
        db_table = "backtests"
        verbose_name = _("backtest")
        verbose_name_plural = _("backtests")
        constraints = [
            one_of("source", BacktestSource, name="chk_backtests_source"),
            one_of("timeframe", Timeframe, name="chk_backtests_timeframe"),
            one_of("status", BacktestStatus, name="chk_backtests_status"),
            at_least("trades", 0, name="chk_backtests_trades"),
            at_least("trials", 1, name="chk_backtests_trials"),
            models.CheckConstraint(
                condition=models.Q(start_at__lt=models.F("end_at")),
                name="chk_backtests_window",
                violation_error_message=_("A backtest begins before it ends."),
            ),
            models.CheckConstraint(
                condition=~models.Q(status=BacktestStatus.DONE)
                | models.Q(
                    metrics__isnull=False,
                    assumptions__isnull=False,
                    trades__isnull=False,
                    trials__isnull=False,
                    fingerprint__isnull=False,
                    report__isnull=False,
                    finished_at__isnull=False,
                ),
                name="chk_backtests_done",
                violation_error_message=_("A backtest that is done has its result."),
            ),
            models.CheckConstraint(
                condition=~models.Q(status=BacktestStatus.FAILED) | models.Q(error__isnull=False),
                name="chk_backtests_failed",
                violation_error_message=_("A backtest that failed says why."),
            ),
        ]
        indexes = [models.Index(fields=["created_by", "-created_at"], name="idx_backtests_owner")]

    def __str__(self) -> str:
        return f"{self.name} ({self.timeframe})"

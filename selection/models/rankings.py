"""Rankings of watchlists."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from system.choices import Outlook
from system.constraints import at_least, between, one_of
from system.fields import Numeric
from system.formats import minute
from system.models.base import RunResult, TimeStamped


class AIWatchlistAnalysis(RunResult, TimeStamped):
    """The ranking of one list on one snapshot."""

    watchlist = models.ForeignKey(
        "selection.Watchlist", on_delete=models.CASCADE, db_index=False, db_comment="List analysed"
    )
    metrics_snapshot = models.ForeignKey(
        "macro.MetricsSnapshot", on_delete=models.PROTECT, db_comment="Market snapshot used"
    )
    ai_model = models.ForeignKey("aimodels.AIModel", on_delete=models.PROTECT, db_comment="Model version")
    timeframe = models.CharField(max_length=10, null=True, blank=True, db_comment="Window of the analysis")
    candle_time = models.DateTimeField(null=True, blank=True, db_comment="Candle analysed, UTC")
    analysis_time = models.DateTimeField(db_comment="When the analysis ran")
    asset_scores = models.JSONField(
        null=True,
        blank=True,
        default=list,
        db_comment="[{asset_id, score 0-1, rank, signal_count, avg_signal_quality}]",
    )
    key_signals = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="{'<asset_id>':{momentum, volume_spike, breakout, active_signals:[signal ids]}}",
    )
    generated_signals = models.JSONField(
        null=True, blank=True, default=list, db_comment="[{signal_id, asset_id, signal_type, confidence, entry_price}]"
    )
    ai_watchlist_outlook = models.CharField(max_length=20, choices=Outlook, null=True, blank=True, db_comment="Outlook")
    ai_confidence_score = Numeric(4, 2, null=True, blank=True, db_comment="Model confidence, 0-1")
    signal_agreement_score = Numeric(4, 2, null=True, blank=True, db_comment="Agreement of the signals, 0-1")
    outlook_duration_estimate = models.IntegerField(null=True, blank=True, db_comment="Expected validity, hours")
    analysis_data = models.JSONField(null=True, blank=True, default=dict, db_comment="{rationale[], notes}")

    class Meta:
        db_table = "ai_watchlist_analysis"
        verbose_name = _("watchlist ranking")
        verbose_name_plural = _("watchlist rankings")
        constraints = [
            models.UniqueConstraint(
                fields=["metrics_snapshot", "watchlist", "ai_model", "series"],
                name="unique_watchlist_analysis",
                violation_error_message=_("This list has been analysed on this snapshot already."),
            ),
            one_of("ai_watchlist_outlook", Outlook, name="chk_ai_watchlist_analysis_ai_watchlist_outlook"),
            between("ai_confidence_score", 0, 1, name="chk_ai_watchlist_analysis_ai_confidence_score"),
            between("signal_agreement_score", 0, 1, name="chk_ai_watchlist_analysis_signal_agreement_score"),
            at_least("outlook_duration_estimate", 0, name="chk_ai_watchlist_analysis_outlook_duration_estimate"),
        ]
        indexes = [
            models.Index(fields=["watchlist", "-analysis_time"], name="idx_ai_watchlist_list_time"),
        ]

    def __str__(self) -> str:
        return f"{self.watchlist} {minute(self.analysis_time)}"

"""Analyses of open positions."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from system.choices import Outlook
from system.constraints import above, at_least, between, one_of
from system.fields import Numeric, PriceField
from system.formats import minute
from system.models.base import RunResult, TimeStamped
from trading.choices import TRADED_TIMEFRAMES, PositionAction, PositionStatus, RegimeChange, Urgency


class AIPortfolioAssetAnalysis(RunResult, TimeStamped):
    """The state of one open position on one snapshot."""

    portfolio_asset = models.ForeignKey(
        "selection.PortfolioAsset", on_delete=models.CASCADE, db_index=False, db_comment="Open position analysed"
    )
    metrics_snapshot = models.ForeignKey("macro.MetricsSnapshot", on_delete=models.PROTECT, db_comment="Snapshot used")
    ai_model = models.ForeignKey("aimodels.AIModel", on_delete=models.PROTECT, db_comment="Model version")
    timeframe = models.CharField(
        max_length=10, choices=TRADED_TIMEFRAMES, null=True, blank=True, db_comment="Timeframe"
    )
    candle_time = models.DateTimeField(null=True, blank=True, db_comment="Candle analysed, UTC")
    analysis_time = models.DateTimeField(db_comment="When the analysis ran")
    position_status = models.CharField(
        max_length=20, choices=PositionStatus, null=True, blank=True, db_comment="State of the position"
    )
    current_pnl_pct = Numeric(10, 4, null=True, blank=True, db_comment="Unrealised P&L, percent")
    risk_level_score = Numeric(5, 4, null=True, blank=True, db_comment="Risk, 0-1")
    exit_probability = Numeric(5, 4, null=True, blank=True, db_comment="Probability that it should be closed, 0-1")
    recommended_action = models.CharField(
        max_length=20, choices=PositionAction, null=True, blank=True, db_comment="Recommendation"
    )
    urgency_level = models.CharField(max_length=10, choices=Urgency, null=True, blank=True, db_comment="Urgency")
    recommendation_reason = models.TextField(null=True, blank=True, db_comment="Reason")
    suggested_sl_price = PriceField(null=True, blank=True, db_comment="New stop loss, USD")
    suggested_tp_price = PriceField(null=True, blank=True, db_comment="New take profit, USD")
    suggested_exit_percentage = Numeric(5, 2, null=True, blank=True, db_comment="Share to exit, percent")
    optimal_position_size = Numeric(30, 8, null=True, blank=True, db_comment="Best position size now, coins")
    current_signals = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="{momentum_shift, volume_declining, support_broken, sentiment_change, sector_rotation, "
        "correlation_breakdown}",
    )
    risk_factors = models.JSONField(
        null=True,
        blank=True,
        default=list,
        db_comment="[{factor, severity, price_level | trend | affected_correlation}]",
    )
    market_regime_change = models.CharField(
        max_length=20, choices=RegimeChange, null=True, blank=True, db_comment="Regime change since entry"
    )
    condition_deterioration_score = Numeric(5, 4, null=True, blank=True, db_comment="Deterioration since entry, 0-1")
    ai_position_outlook = models.CharField(max_length=20, choices=Outlook, null=True, blank=True, db_comment="Outlook")
    ai_confidence_score = Numeric(4, 2, null=True, blank=True, db_comment="Model confidence, 0-1")
    signal_agreement_score = Numeric(4, 2, null=True, blank=True, db_comment="Agreement of the signals, 0-1")
    analysis_horizon_hours = models.IntegerField(null=True, blank=True, db_comment="Validity, hours")
    analysis_data = models.JSONField(
        null=True, blank=True, default=dict, db_comment="{entry_analysis{},current_analysis{},rationale[],next_review}"
    )

    class Meta:
        db_table = "ai_portfolio_asset_analysis"
        verbose_name = _("position analysis")
        verbose_name_plural = _("position analyses")
        constraints = [
            models.UniqueConstraint(
                fields=["metrics_snapshot", "portfolio_asset", "ai_model", "series"],
                name="unique_portfolio_asset_analysis",
                violation_error_message=_("This position has been analysed on this snapshot already."),
            ),
            one_of("timeframe", TRADED_TIMEFRAMES, name="chk_ai_portfolio_asset_analysis_timeframe"),
            one_of("position_status", PositionStatus, name="chk_ai_portfolio_asset_analysis_position_status"),
            between("risk_level_score", 0, 1, name="chk_ai_portfolio_asset_analysis_risk_level_score"),
            between("exit_probability", 0, 1, name="chk_ai_portfolio_asset_analysis_exit_probability"),
            one_of("recommended_action", PositionAction, name="chk_ai_portfolio_asset_analysis_recommended_action"),
            one_of("urgency_level", Urgency, name="chk_ai_portfolio_asset_analysis_urgency_level"),
            above("suggested_sl_price", 0, name="chk_ai_portfolio_asset_analysis_suggested_sl_price"),
            above("suggested_tp_price", 0, name="chk_ai_portfolio_asset_analysis_suggested_tp_price"),
            between(
                "suggested_exit_percentage", 0, 100, name="chk_ai_portfolio_asset_analysis_suggested_exit_percentage"
            ),
            at_least("optimal_position_size", 0, name="chk_ai_portfolio_asset_analysis_optimal_position_size"),
            one_of("market_regime_change", RegimeChange, name="chk_ai_portfolio_asset_analysis_market_regime_change"),
            between(
                "condition_deterioration_score",
                0,
                1,
                name="chk_ai_portfolio_asset_analysis_condition_deterioration_score",
            ),
            one_of("ai_position_outlook", Outlook, name="chk_ai_portfolio_asset_analysis_ai_position_outlook"),
            between("ai_confidence_score", 0, 1, name="chk_ai_portfolio_asset_analysis_ai_confidence_score"),
            between("signal_agreement_score", 0, 1, name="chk_ai_portfolio_asset_analysis_signal_agreement_score"),
            at_least("analysis_horizon_hours", 0, name="chk_ai_portfolio_asset_analysis_analysis_horizon_hours"),
        ]
        indexes = [
            models.Index(fields=["portfolio_asset", "-analysis_time"], name="idx_ai_pos_position_time"),
        ]

    def __str__(self) -> str:
        return f"{self.portfolio_asset} {minute(self.analysis_time)}"

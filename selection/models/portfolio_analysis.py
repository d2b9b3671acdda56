"""Analyses of portfolios."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from selection.choices import CyclePhase, PortfolioAction
from system.choices import Outlook
from system.constraints import at_least, between, one_of
from system.fields import Numeric, UsdField
from system.formats import minute
from system.models.base import RunResult, TimeStamped


class AIPortfolioAnalysis(RunResult, TimeStamped):
    """The state of one portfolio on one snapshot."""

    portfolio = models.ForeignKey(
        "selection.Portfolio", on_delete=models.CASCADE, db_index=False, db_comment="Portfolio analysed"
    )
    metrics_snapshot = models.ForeignKey(
        "macro.MetricsSnapshot", on_delete=models.PROTECT, db_comment="Market snapshot used"
    )
    ai_model = models.ForeignKey("aimodels.AIModel", on_delete=models.PROTECT, db_comment="Model version")
    timeframe = models.CharField(max_length=10, null=True, blank=True, db_comment="Window of the analysis")
    candle_time = models.DateTimeField(null=True, blank=True, db_comment="Candle analysed, UTC")
    analysis_time = models.DateTimeField(db_comment="When the analysis ran")
    total_portfolio_value_usd = UsdField(null=True, blank=True, db_comment="Value, USD")
    total_pnl_pct = Numeric(10, 4, null=True, blank=True, db_comment="Unrealised P&L, percent")
    total_pnl_usd = UsdField(null=True, blank=True, db_comment="Unrealised P&L, USD")
    portfolio_risk_score = Numeric(5, 4, null=True, blank=True, db_comment="Risk, 0-1 (1 = highest)")
    diversification_score = Numeric(5, 4, null=True, blank=True, db_comment="Diversification, 0-1 (1 = best)")
    concentration_risk = Numeric(5, 4, null=True, blank=True, db_comment="Concentration, 0-1 (1 = highest)")
    current_allocation = models.JSONField(
        null=True, blank=True, default=dict, db_comment="{by_sector:{},by_risk:{},by_asset_type:{}} in percent"
    )
    optimal_allocation = models.JSONField(
        null=True, blank=True, default=dict, db_comment="{by_sector:{},by_risk:{}} in percent"
    )
    allocation_deviation = models.JSONField(
        null=True, blank=True, default=dict, db_comment="{sector: current - optimal, percentage points}"
    )
    portfolio_beta = Numeric(8, 4, null=True, blank=True, db_comment="Beta against BTC")
    portfolio_volatility = Numeric(5, 4, null=True, blank=True, db_comment="Volatility score, 0-1")
    sharpe_ratio = Numeric(10, 4, null=True, blank=True, db_comment="Sharpe ratio")
    max_drawdown_pct = Numeric(
        6, 2, null=True, blank=True, db_comment="Largest drawdown in the period, percent (0-100)"
    )
    correlation_matrix = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="{high_correlation_pairs:[{asset1,asset2,correlation}],diversification_benefits}",
    )
    rebalance_needed = models.BooleanField(null=True, blank=True, db_comment="Rebalancing recommended")
    overall_action = models.CharField(
        max_length=20, choices=PortfolioAction, null=True, blank=True, db_comment="Action for the portfolio"
    )
    rebalancing_suggestions = models.JSONField(
        null=True,
        blank=True,
        default=list,
        db_comment="[{action, asset, current_pct, target_pct, reason, related_signals[], suggested_signals[]}]",
    )
    portfolio_signals = models.JSONField(
        null=True, blank=True, default=dict, db_comment="{exit_signals[],entry_signals[],adjustment_signals[]}"
    )
    portfolio_efficiency_score = Numeric(5, 4, null=True, blank=True, db_comment="Efficiency against the frontier, 0-1")
    total_fees_impact_pct = Numeric(8, 4, null=True, blank=True, db_comment="Effect of fees on performance, percent")
    opportunity_cost_score = Numeric(5, 4, null=True, blank=True, db_comment="Opportunity cost, 0-1")
    sector_rotation_impact = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="{benefiting_sectors[],underperforming_sectors[],rotation_score}",
    )
    portfolio_cycle_phase = models.CharField(
        max_length=20, choices=CyclePhase, null=True, blank=True, db_comment="Phase of the market cycle"
    )
    cycle_adjustment_score = Numeric(5, 4, null=True, blank=True, db_comment="Fit to the cycle, 0-1")
    ai_portfolio_outlook = models.CharField(max_length=20, choices=Outlook, null=True, blank=True, db_comment="Outlook")
    ai_confidence_score = Numeric(4, 2, null=True, blank=True, db_comment="Model confidence, 0-1")
    signal_agreement_score = Numeric(4, 2, null=True, blank=True, db_comment="Agreement of the signals, 0-1")
    outlook_duration_estimate = models.IntegerField(null=True, blank=True, db_comment="Expected validity, hours")
    analysis_data = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="{strengths[],weaknesses[],opportunities[],threats[],action_priorities[{priority,action,timeline}]}",
    )

    class Meta:
        db_table = "ai_portfolio_analysis"
        verbose_name = _("portfolio analysis")
        verbose_name_plural = _("portfolio analyses")
        constraints = [
            models.UniqueConstraint(
                fields=["metrics_snapshot", "portfolio", "ai_model", "series"],
                name="unique_portfolio_analysis",
                violation_error_message=_("This portfolio has been analysed on this snapshot already."),
            ),
            between("portfolio_risk_score", 0, 1, name="chk_ai_portfolio_analysis_portfolio_risk_score"),
            between("diversification_score", 0, 1, name="chk_ai_portfolio_analysis_diversification_score"),
            between("concentration_risk", 0, 1, name="chk_ai_portfolio_analysis_concentration_risk"),
            between("portfolio_volatility", 0, 1, name="chk_ai_portfolio_analysis_portfolio_volatility"),
            between("max_drawdown_pct", 0, 100, name="chk_ai_portfolio_analysis_max_drawdown_pct"),
            one_of("overall_action", PortfolioAction, name="chk_ai_portfolio_analysis_overall_action"),
            between("portfolio_efficiency_score", 0, 1, name="chk_ai_portfolio_analysis_portfolio_efficiency_score"),
            between("opportunity_cost_score", 0, 1, name="chk_ai_portfolio_analysis_opportunity_cost_score"),
            one_of("portfolio_cycle_phase", CyclePhase, name="chk_ai_portfolio_analysis_portfolio_cycle_phase"),
            between("cycle_adjustment_score", 0, 1, name="chk_ai_portfolio_analysis_cycle_adjustment_score"),
            one_of("ai_portfolio_outlook", Outlook, name="chk_ai_portfolio_analysis_ai_portfolio_outlook"),
            between("ai_confidence_score", 0, 1, name="chk_ai_portfolio_analysis_ai_confidence_score"),
            between("signal_agreement_score", 0, 1, name="chk_ai_portfolio_analysis_signal_agreement_score"),
            at_least("outlook_duration_estimate", 0, name="chk_ai_portfolio_analysis_outlook_duration_estimate"),
        ]
        indexes = [
            models.Index(fields=["portfolio", "-analysis_time"], name="idx_ai_portfolio_time"),
        ]

    def __str__(self) -> str:
        return f"{self.portfolio} {minute(self.analysis_time)}"

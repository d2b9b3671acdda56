"""What the sectors did."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from system.choices import Outlook
from system.constraints import at_least, between, one_of
from system.fields import Numeric, UsdField
from system.formats import minute
from system.models.base import RunResult, TimeStamped


class AISectorAnalysis(RunResult, TimeStamped):
    """How one sector stood on one snapshot."""

    metrics_snapshot = models.ForeignKey(
        "macro.MetricsSnapshot", on_delete=models.PROTECT, db_comment="Snapshot analysed"
    )
    ai_model = models.ForeignKey("aimodels.AIModel", on_delete=models.PROTECT, db_comment="Model version")
    sector = models.ForeignKey(
        "sectors.Sector",
        on_delete=models.PROTECT,
        db_index=False,
        db_comment="Sector (DeFi, L1, L2, NFT, AI, RWA, ...)",
    )
    timeframe = models.CharField(max_length=10, null=True, blank=True, db_comment="Window of the analysis")
    candle_time = models.DateTimeField(null=True, blank=True, db_comment="Candle analysed, UTC")
    analysis_time = models.DateTimeField(db_comment="When the analysis ran")
    sector_market_cap = UsdField(null=True, blank=True, db_comment="Market cap, USD")
    sector_volume_24h = UsdField(null=True, blank=True, db_comment="24 h volume, USD")
    sector_dominance_pct = Numeric(6, 2, null=True, blank=True, db_comment="Share of the total market, percent")
    performance_24h_pct = Numeric(6, 2, null=True, blank=True, db_comment="Return 24 h, percent")
    performance_7d_pct = Numeric(6, 2, null=True, blank=True, db_comment="Return 7 d, percent")
    performance_30d_pct = Numeric(6, 2, null=True, blank=True, db_comment="Return 30 d, percent")
    momentum_score = Numeric(5, 4, null=True, blank=True, db_comment="Momentum, -1..1")
    rotation_inflow_score = Numeric(6, 2, null=True, blank=True, db_comment="Capital inflow, 0-1")
    rotation_outflow_score = Numeric(6, 2, null=True, blank=True, db_comment="Capital outflow, 0-1")
    relative_strength_score = Numeric(6, 2, null=True, blank=True, db_comment="Strength against BTC/total, 0-1")
    liquidity_score = Numeric(6, 2, null=True, blank=True, db_comment="Liquidity depth, 0-1")
    volatility_score = Numeric(6, 2, null=True, blank=True, db_comment="Volatility, 0-1")
    correlation_with_btc = Numeric(6, 2, null=True, blank=True, db_comment="Correlation with BTC returns, -1..1")
    correlation_with_eth = Numeric(6, 2, null=True, blank=True, db_comment="Correlation with ETH returns, -1..1")
    narrative_tag = ArrayField(
        models.CharField(max_length=50),
        null=True,
        blank=True,
        default=list,
        db_comment="Dominant narratives: AI, RWA, DeFi Summer, NFT Boom, ...",
    )
    institutional_inflow = UsdField(
        null=True, blank=True, db_comment="Estimated institutional inflow, USD (negative = outflow)"
    )
    tvl_total = UsdField(null=True, blank=True, db_comment="Total value locked, USD")
    active_users = models.IntegerField(null=True, blank=True, db_comment="Active users")
    active_protocols = models.IntegerField(null=True, blank=True, db_comment="Active protocols")
    top_performers = models.JSONField(
        null=True, blank=True, default=list, db_comment="[{asset_id, symbol, return_pct}] best assets of the sector"
    )
    key_signals = models.JSONField(
        null=True,
        blank=True,
        default=list,
        db_comment="[{type:'momentum_leader',value:true},{type:'liquidity_surge',value:0.78}]",
    )
    ai_sector_outlook = models.CharField(max_length=20, choices=Outlook, null=True, blank=True, db_comment="Outlook")
    ai_confidence_score = Numeric(4, 2, null=True, blank=True, db_comment="Model confidence, 0-1")
    signal_agreement_score = Numeric(4, 2, null=True, blank=True, db_comment="Agreement of the signals, 0-1")
    outlook_duration_estimate = models.IntegerField(null=True, blank=True, db_comment="Expected validity, hours")
    analysis_data = models.JSONField(
        null=True, blank=True, default=dict, db_comment="{rationale[], notes, performance_metrics{}}"
    )

    class Meta:
        db_table = "ai_sector_analysis"
        verbose_name = _("sector analysis")
        verbose_name_plural = _("sector analyses")
        constraints = [
            models.UniqueConstraint(
                fields=["metrics_snapshot", "sector", "ai_model", "series"],
                name="unique_sector_analysis",
                violation_error_message=_("This sector has been analysed on this snapshot already."),
            ),
            at_least("sector_market_cap", 0, name="chk_ai_sector_analysis_sector_market_cap"),
            at_least("sector_volume_24h", 0, name="chk_ai_sector_analysis_sector_volume_24h"),
            between("sector_dominance_pct", 0, 100, name="chk_ai_sector_analysis_sector_dominance_pct"),
            between("momentum_score", -1, 1, name="chk_ai_sector_analysis_momentum_score"),
            between("rotation_inflow_score", 0, 1, name="chk_ai_sector_analysis_rotation_inflow_score"),
            between("rotation_outflow_score", 0, 1, name="chk_ai_sector_analysis_rotation_outflow_score"),
            between("relative_strength_score", 0, 1, name="chk_ai_sector_analysis_relative_strength_score"),
            between("liquidity_score", 0, 1, name="chk_ai_sector_analysis_liquidity_score"),
            between("volatility_score", 0, 1, name="chk_ai_sector_analysis_volatility_score"),
            between("correlation_with_btc", -1, 1, name="chk_ai_sector_analysis_correlation_with_btc"),
            between("correlation_with_eth", -1, 1, name="chk_ai_sector_analysis_correlation_with_eth"),
            at_least("tvl_total", 0, name="chk_ai_sector_analysis_tvl_total"),
            at_least("active_users", 0, name="chk_ai_sector_analysis_active_users"),
            at_least("active_protocols", 0, name="chk_ai_sector_analysis_active_protocols"),
            one_of("ai_sector_outlook", Outlook, name="chk_ai_sector_analysis_ai_sector_outlook"),
            between("ai_confidence_score", 0, 1, name="chk_ai_sector_analysis_ai_confidence_score"),
            between("signal_agreement_score", 0, 1, name="chk_ai_sector_analysis_signal_agreement_score"),
            at_least("outlook_duration_estimate", 0, name="chk_ai_sector_analysis_outlook_duration_estimate"),
        ]
        indexes = [
            models.Index(fields=["sector", "-analysis_time"], name="idx_ai_sector_sector_time"),
            models.Index(fields=["-analysis_time"], name="idx_ai_sector_time"),
            GinIndex(fields=["narrative_tag"], name="idx_ai_sector_narrative_gin"),
        ]

    def __str__(self) -> str:
        return f"{self.sector} {minute(self.analysis_time)}"


class AICrossSectorAnalysis(RunResult, TimeStamped):
    """All sectors of one snapshot compared."""

    metrics_snapshot = models.ForeignKey(
        "macro.MetricsSnapshot", on_delete=models.PROTECT, db_comment="Snapshot analysed"
    )
    ai_model = models.ForeignKey("aimodels.AIModel", on_delete=models.PROTECT, db_comment="Model version")
    timeframe = models.CharField(max_length=10, null=True, blank=True, db_comment="Window of the analysis")
    candle_time = models.DateTimeField(null=True, blank=True, db_comment="Candle analysed, UTC")
    analysis_time = models.DateTimeField(db_comment="When the analysis ran")
    sector_rotation_flows = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="Flow matrix {'DeFi->AI':0.72,...}; normalised in table sector_rotation_flows",
    )
    sector_performance_ranking = models.JSONField(
        null=True, blank=True, default=list, db_comment="[{sector, return_7d, rank}]"
    )
    liquidity_comparison = models.JSONField(null=True, blank=True, default=dict, db_comment="{sector: 0-1}")
    volatility_comparison = models.JSONField(null=True, blank=True, default=dict, db_comment="{sector: 0-1}")
    dominance_distribution = models.JSONField(
        null=True, blank=True, default=dict, db_comment="{sector or BTC: share in percent}"
    )
    correlation_matrix = models.JSONField(null=True, blank=True, default=dict, db_comment="{sector:{sector: -1..1}}")
    narrative_trends = models.JSONField(
        null=True, blank=True, default=list, db_comment="[{sector, narrative, strength}]"
    )
    risk_reward_map = models.JSONField(
        null=True, blank=True, default=list, db_comment="[{sector, risk 0-1, reward 0-1}]"
    )
    rotation_probability = Numeric(5, 4, null=True, blank=True, db_comment="Probability of a sector rotation, 0-1")
    leading_sectors = models.JSONField(
        null=True, blank=True, default=list, db_comment="Sector names or slugs now leading"
    )
    declining_sectors = models.JSONField(
        null=True, blank=True, default=list, db_comment="Sector names or slugs now declining"
    )
    recommended_allocation = models.JSONField(
        null=True, blank=True, default=dict, db_comment="{sector: weight 0-1}, sum 1"
    )
    ai_market_outlook = models.CharField(
        max_length=20, choices=Outlook, null=True, blank=True, db_comment="Outlook for the whole market"
    )
    ai_confidence_score = Numeric(4, 2, null=True, blank=True, db_comment="Model confidence, 0-1")
    signal_agreement_score = Numeric(4, 2, null=True, blank=True, db_comment="Agreement of the signals, 0-1")
    outlook_duration_estimate = models.IntegerField(null=True, blank=True, db_comment="Expected validity, hours")
    analysis_data = models.JSONField(
        null=True, blank=True, default=dict, db_comment="{rationale[], notes, rotation_signals{}}"
    )

    class Meta:
        db_table = "ai_cross_sector_analysis"
        verbose_name = _("cross-sector analysis")
        verbose_name_plural = _("cross-sector analyses")
        constraints = [
            models.UniqueConstraint(
                fields=["metrics_snapshot", "ai_model", "series"],
                name="unique_cross_sector_analysis",
                violation_error_message=_("The sectors have been compared on this snapshot already."),
            ),
            between("rotation_probability", 0, 1, name="chk_ai_cross_sector_analysis_rotation_probability"),
            one_of("ai_market_outlook", Outlook, name="chk_ai_cross_sector_analysis_ai_market_outlook"),
            between("ai_confidence_score", 0, 1, name="chk_ai_cross_sector_analysis_ai_confidence_score"),
            between("signal_agreement_score", 0, 1, name="chk_ai_cross_sector_analysis_signal_agreement_score"),
            at_least("outlook_duration_estimate", 0, name="chk_ai_cross_sector_analysis_outlook_duration_estimate"),
        ]
        indexes = [
            models.Index(fields=["-analysis_time"], name="idx_sector_rotation_time"),
        ]

    def __str__(self) -> str:
        return f"{self.timeframe} {minute(self.analysis_time)}"


class SectorRotationFlow(TimeStamped):
    """Capital that moved from one sector to another, as estimated by one analysis."""

    ai_cross_sector_analysis = models.ForeignKey(
        "sectors.AICrossSectorAnalysis",
        on_delete=models.CASCADE,
        related_name="flows",
        db_index=False,
        db_comment="Analysis it belongs to (related_name='flows')",
    )
    from_sector = models.ForeignKey(
        "sectors.Sector",
        on_delete=models.PROTECT,
        related_name="outflows",
        db_comment="Source sector (related_name='outflows')",
    )
    to_sector = models.ForeignKey(
        "sectors.Sector",
        on_delete=models.PROTECT,
        related_name="inflows",
        db_comment="Target sector (related_name='inflows')",
    )
    score = Numeric(6, 2, db_comment="Strength, 0-1")

    class Meta:
        db_table = "sector_rotation_flows"
        verbose_name = _("rotation flow")
        verbose_name_plural = _("rotation flows")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(from_sector=models.F("to_sector")),
                name="chk_rotation_flow_distinct",
                violation_error_message=_("Capital flows between two different sectors."),
            ),
            models.UniqueConstraint(
                fields=["ai_cross_sector_analysis", "from_sector", "to_sector"],
                name="unique_rotation_flow_pair",
                violation_error_message=_("This pair of sectors is in the analysis already."),
            ),
            between("score", 0, 1, name="chk_sector_rotation_flows_score"),
        ]

    def __str__(self) -> str:
        return f"{self.from_sector} → {self.to_sector}"

"""The state of the market."""

from decimal import Decimal

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from macro.choices import (
    REGIME_TIMEFRAMES,
    AnalysisSource,
    BreakoutType,
    LiquidityRegime,
    MacroAlignment,
    MarketRegime,
    PerformanceRating,
    PositionSizing,
    RiskAppetite,
    SentimentRegime,
    Strategy,
    StructureChange,
)
from system.choices import RiskLevel
from system.constraints import at_least, between, one_of
from system.fields import Numeric, PriceField
from system.formats import minute
from system.models.base import RunResult, TimeStamped


class AIRegimeAnalysis(RunResult, TimeStamped):
    """The state of the market as one model version saw it on one snapshot."""

    metrics_snapshot = models.ForeignKey(
        "macro.MetricsSnapshot", on_delete=models.PROTECT, db_comment="Snapshot analysed"
    )
    ai_model = models.ForeignKey(
        "aimodels.AIModel", on_delete=models.PROTECT, db_comment="Model version that produced it"
    )
    analysis_time = models.DateTimeField(db_comment="When the analysis ran")
    analysis_timeframe = models.CharField(max_length=10, choices=REGIME_TIMEFRAMES, db_comment="Timeframe analysed")
    data_source = models.CharField(
        max_length=20, choices=AnalysisSource, default=AnalysisSource.LIVE, db_comment="Kind of run"
    )
    current_regime = models.CharField(max_length=15, choices=MarketRegime, db_comment="Detected regime")
    predicted_regime = models.CharField(
        max_length=15, choices=MarketRegime, null=True, blank=True, db_comment="Predicted next regime"
    )
    regime_confidence = Numeric(4, 2, db_comment="Confidence, 0-1")
    regime_transition_prob = Numeric(
        4, 2, null=True, blank=True, db_comment="Probability of a regime change in the next period, 0-1"
    )
    regime_duration_days = models.IntegerField(null=True, blank=True, db_comment="Age of the regime, days")
    regime_duration_estimate = models.IntegerField(
        null=True, blank=True, db_comment="Estimated remaining duration, hours"
    )
    risk_level = models.CharField(
        max_length=10, choices=RiskLevel, null=True, blank=True, db_comment="Market risk level"
    )
    recommended_exposure = Numeric(5, 4, null=True, blank=True, db_comment="Recommended crypto exposure, 0-1")
    trend_strength_score = Numeric(6, 2, null=True, blank=True, db_comment="Trend strength, 0-1")
    regime_quality_score = Numeric(6, 2, null=True, blank=True, db_comment="Clarity of the regime, 0-1")
    volatility_regime_score = Numeric(
        6, 2, null=True, blank=True, db_comment="Volatility 0-1: low < 0.3, medium < 0.7, high"
    )
    momentum_alignment_score = Numeric(6, 2, null=True, blank=True, db_comment="Agreement of price and momentum, 0-1")
    trend_intact = models.BooleanField(null=True, blank=True, db_comment="Primary trend intact (NULL = not judged)")
    structure_break = models.BooleanField(null=True, blank=True, db_comment="Market structure broken")
    structure_change_type = models.CharField(
        max_length=20, choices=StructureChange, null=True, blank=True, db_comment="Kind of structure change"
    )
    structure_strength = Numeric(8, 4, null=True, blank=True, db_comment="Strength of the structure, 0-1")
    breakout_signal = models.BooleanField(null=True, blank=True, db_comment="Key level broken")
    breakout_type = models.CharField(
        max_length=30, choices=BreakoutType, null=True, blank=True, db_comment="Kind of breakout"
    )
    breakout_level = PriceField(null=True, blank=True, db_comment="Price of the breakout, USD")
    volume_confirmation = models.BooleanField(null=True, blank=True, db_comment="Breakout volume above threshold")
    volume_surge_ratio = Numeric(6, 2, null=True, blank=True, db_comment="Volume / average (1.0 = average)")
    retest_confirmation = models.BooleanField(null=True, blank=True, db_comment="Breakout level retested")
    volatility_expansion_score = Numeric(6, 2, null=True, blank=True, db_comment="Volatility expansion, 0-1")
    timeframe_alignment = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="{'1h':{regime,strength,confidence},'4h':{..},'1d':{..},alignment_score}",
    )
    multi_timeframe_agreement = models.BooleanField(null=True, blank=True, db_comment="Timeframes agree")
    timeframe_consensus_score = Numeric(4, 2, null=True, blank=True, db_comment="Consensus, 0-1")
    key_levels = models.JSONField(
        null=True,
        blank=True,
        default=list,
        db_comment="[{type,value,strength,tests_count,last_test,distance_pct,volume_at_level} | "
        "{type:'dynamic_trendline',equation,points[],strength,slope}]",
    )
    sentiment_regime = models.CharField(
        max_length=20, choices=SentimentRegime, null=True, blank=True, db_comment="Regime by sentiment"
    )
    fear_greed_impact = Numeric(6, 2, null=True, blank=True, db_comment="Impact of fear/greed, 0-1")
    sentiment_regime_conflict = models.BooleanField(null=True, blank=True, db_comment="Price and sentiment disagree")
    psychological_level_score = Numeric(4, 2, null=True, blank=True, db_comment="Nearness to psychological levels, 0-1")
    liquidity_regime = models.CharField(
        max_length=20, choices=LiquidityRegime, null=True, blank=True, db_comment="Liquidity"
    )
    institutional_flow_score = Numeric(6, 2, null=True, blank=True, db_comment="Institutional flow impact, 0-1")
    retail_participation_score = Numeric(6, 2, null=True, blank=True, db_comment="Retail participation, 0-1")
    whale_activity_influence = models.BooleanField(null=True, blank=True, db_comment="Whales influenced the regime")
    macro_regime_alignment = models.CharField(
        max_length=20, choices=MacroAlignment, null=True, blank=True, db_comment="Alignment with the macro environment"
    )
    correlation_stability = Numeric(
        4, 2, null=True, blank=True, db_comment="Stability of crypto-traditional correlations, 0-1"
    )
    risk_on_off_regime = models.BooleanField(null=True, blank=True, db_comment="Clear risk-on/off regime")
    global_risk_appetite = models.CharField(
        max_length=15, choices=RiskAppetite, null=True, blank=True, db_comment="Global risk appetite"
    )
    transition_indicators = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="{divergence_signals[],structural_signals[],sentiment_signals[],transition_probability}",
    )
    recommended_strategy = models.CharField(
        max_length=20, choices=Strategy, null=True, blank=True, db_comment="Strategy"
    )
    risk_adjustment_factor = Numeric(4, 2, null=True, blank=True, db_comment="0.1-5.0 (0.5 = half the risk)")
    position_sizing_guidance = models.CharField(
        max_length=20, choices=PositionSizing, null=True, blank=True, db_comment="Position sizing"
    )
    sector_regime_impact = models.JSONField(
        null=True, blank=True, default=dict, db_comment="{'defi':{impact:'positive',strength:0.8},...}"
    )
    ai_confidence_score = Numeric(4, 2, null=True, blank=True, db_comment="Overall model confidence, 0-1")
    signal_agreement_score = Numeric(4, 2, null=True, blank=True, db_comment="Agreement of the signals, 0-1")
    prediction_stability = Numeric(4, 2, null=True, blank=True, db_comment="Stability of recent predictions, 0-1")
    model_performance_rating = models.CharField(
        max_length=20, choices=PerformanceRating, null=True, blank=True, db_comment="Recent model performance"
    )
    historical_analogue = models.CharField(max_length=30, null=True, blank=True, db_comment="Similar historical period")
    historical_similarity = Numeric(4, 2, null=True, blank=True, db_comment="Similarity to it, 0-1")
    regime_statistics = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="{typical_duration_days,current_duration_days,typical_volatility,current_volatility,"
        "success_rate_historical}",
    )
    analysis_validated = models.BooleanField(default=False, db_comment="Passed the checks")
    validation_flags = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="{data_quality_score,completeness_check,outlier_flags[],confidence_warnings[],model_health_score}",
    )
    analysis_version = models.CharField(
        max_length=50, null=True, blank=True, db_comment="Version of the analysis pipeline"
    )
    analyst_notes = models.TextField(null=True, blank=True, db_comment="Notes by a person")
    analysis_data = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="{primary_signals[],supporting_evidence[],risk_factors[],key_levels_to_watch[],invalidation_scenario,"
        "strategic_implications,next_review_trigger,sentiment_breakdown{}}",
    )

    class Meta:
        db_table = "ai_regime_analysis"
        verbose_name = _("regime analysis")
        verbose_name_plural = _("regime analyses")
        constraints = [
            models.UniqueConstraint(
                fields=["metrics_snapshot", "ai_model", "series"],
                name="unique_regime_analysis",
                violation_error_message=_("This snapshot has been analysed by this model version already."),
            ),
            between("regime_confidence", 0, 1, name="chk_regime_confidence"),
            between("regime_transition_prob", 0, 1, name="chk_transition_prob"),
            between("trend_strength_score", 0, 1, name="chk_trend_strength"),
            between("risk_adjustment_factor", Decimal("0.1"), Decimal("5.0"), name="chk_risk_adjustment"),
            at_least("regime_duration_days", 0, name="chk_regime_duration_positive"),
            one_of("analysis_timeframe", REGIME_TIMEFRAMES, name="chk_ai_regime_analysis_analysis_timeframe"),
            one_of("data_source", AnalysisSource, name="chk_ai_regime_analysis_data_source"),
            one_of("current_regime", MarketRegime, name="chk_ai_regime_analysis_current_regime"),
            one_of("predicted_regime", MarketRegime, name="chk_ai_regime_analysis_predicted_regime"),
            one_of("risk_level", RiskLevel, name="chk_ai_regime_analysis_risk_level"),
            between("recommended_exposure", 0, 1, name="chk_ai_regime_analysis_recommended_exposure"),
            between("regime_quality_score", 0, 1, name="chk_ai_regime_analysis_regime_quality_score"),
            between("volatility_regime_score", 0, 1, name="chk_ai_regime_analysis_volatility_regime_score"),
            between("momentum_alignment_score", 0, 1, name="chk_ai_regime_analysis_momentum_alignment_score"),
            one_of("structure_change_type", StructureChange, name="chk_ai_regime_analysis_structure_change_type"),
            between("structure_strength", 0, 1, name="chk_ai_regime_analysis_structure_strength"),
            one_of("breakout_type", BreakoutType, name="chk_ai_regime_analysis_breakout_type"),
            at_least("volume_surge_ratio", 0, name="chk_ai_regime_analysis_volume_surge_ratio"),
            between("volatility_expansion_score", 0, 1, name="chk_ai_regime_analysis_volatility_expansion_score"),
            between("timeframe_consensus_score", 0, 1, name="chk_ai_regime_analysis_timeframe_consensus_score"),
            one_of("sentiment_regime", SentimentRegime, name="chk_ai_regime_analysis_sentiment_regime"),
            between("fear_greed_impact", 0, 1, name="chk_ai_regime_analysis_fear_greed_impact"),
            between("psychological_level_score", 0, 1, name="chk_ai_regime_analysis_psychological_level_score"),
            one_of("liquidity_regime", LiquidityRegime, name="chk_ai_regime_analysis_liquidity_regime"),
            between("institutional_flow_score", 0, 1, name="chk_ai_regime_analysis_institutional_flow_score"),
            between("retail_participation_score", 0, 1, name="chk_ai_regime_analysis_retail_participation_score"),
            one_of("macro_regime_alignment", MacroAlignment, name="chk_ai_regime_analysis_macro_regime_alignment"),
            between("correlation_stability", 0, 1, name="chk_ai_regime_analysis_correlation_stability"),
            one_of("global_risk_appetite", RiskAppetite, name="chk_ai_regime_analysis_global_risk_appetite"),
            one_of("recommended_strategy", Strategy, name="chk_ai_regime_analysis_recommended_strategy"),
            one_of("position_sizing_guidance", PositionSizing, name="chk_ai_regime_analysis_position_sizing_guidance"),
            between("ai_confidence_score", 0, 1, name="chk_ai_regime_analysis_ai_confidence_score"),
            between("signal_agreement_score", 0, 1, name="chk_ai_regime_analysis_signal_agreement_score"),
            between("prediction_stability", 0, 1, name="chk_ai_regime_analysis_prediction_stability"),
            one_of(
                "model_performance_rating", PerformanceRating, name="chk_ai_regime_analysis_model_performance_rating"
            ),
            between("historical_similarity", 0, 1, name="chk_ai_regime_analysis_historical_similarity"),
        ]
        indexes = [
            GinIndex(fields=["analysis_data"], name="idx_analysis_data_gin"),
            GinIndex(fields=["key_levels"], name="idx_key_levels_gin"),
            models.Index(fields=["-analysis_time"], name="idx_market_regime_time"),
            models.Index(fields=["analysis_timeframe", "data_source", "-analysis_time"], name="idx_regime_tf_time"),
        ]

    def __str__(self) -> str:
        return f"{self.get_current_regime_display()} {self.analysis_timeframe} {minute(self.analysis_time)}"

"""Trading signals."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from selection.choices import PositionType
from system.choices import RiskLevel
from system.constraints import above, at_least, between, one_of, unknown_or
from system.fields import Numeric, PriceField
from system.models.base import RunResult, TimeStamped
from trading.choices import (
    ENTRY_TIMEFRAMES,
    MONITORING_TIMEFRAMES,
    EntryType,
    SignalOrigin,
    SignalQuality,
    SignalStatus,
    SignalStrength,
)


class AITradingSignal(RunResult, TimeStamped):
    """A plan with entry, target and stop. Its levels and probability are written once."""

    asset = models.ForeignKey("assets.Asset", on_delete=models.PROTECT, db_index=False, db_comment="Asset")
    ai_model = models.ForeignKey("aimodels.AIModel", on_delete=models.PROTECT, db_comment="Model version")
    metrics_snapshot = models.ForeignKey(
        "macro.MetricsSnapshot", on_delete=models.PROTECT, db_comment="Market conditions at generation"
    )
    watchlist_analysis = models.ForeignKey(
        "selection.AIWatchlistAnalysis",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_comment="Screening it came from",
    )
    portfolio_analysis = models.ForeignKey(
        "selection.AIPortfolioAnalysis",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_comment="Portfolio analysis it came from",
    )
    generated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_column="generated_by",
        db_comment="Admin who entered it by hand; NULL = AI",
    )
    signal_type = models.CharField(max_length=10, choices=PositionType, db_comment="Direction")
    signal_origin = models.CharField(max_length=30, choices=SignalOrigin, db_comment="Origin")
    signal_quality = models.CharField(max_length=10, choices=SignalQuality, db_comment="Quality by confluence")
    confidence_score = Numeric(5, 4, db_comment="Confidence, 0-1")
    entry_price = PriceField(null=True, blank=True, db_comment="Recommended entry, USD")
    target_price = PriceField(null=True, blank=True, db_comment="Target, USD")
    stop_loss = PriceField(null=True, blank=True, db_comment="Stop loss, USD")
    entry_type = models.CharField(
        max_length=10,
        choices=EntryType,
        default=EntryType.MARKET,
        db_default=EntryType.MARKET,
        db_comment="market: filled at the open of the next candle; limit: in the zone",
    )
    entry_zone_low = PriceField(null=True, blank=True, db_comment="Lower end of the zone of a limit entry, USD")
    entry_zone_high = PriceField(null=True, blank=True, db_comment="Upper end of the zone of a limit entry, USD")
    further_targets = models.JSONField(
        default=list,
        blank=True,
        db_default=models.Value([], models.JSONField()),
        db_comment="Targets behind target_price, nearest first: [{price, share}], at most 3; share of the position "
        "that leaves there, the rest leaves at target_price",
    )
    has_break_even = models.BooleanField(
        default=False, db_default=False, db_comment="The stop moves to the entry once target_price is reached"
    )
    trailing_distance = PriceField(
        null=True, blank=True, db_comment="Distance at which the stop follows the best close, USD; NULL = it stays"
    )
    risk_level = models.CharField(max_length=10, choices=RiskLevel, null=True, blank=True, db_comment="Risk")
    risk_reward_ratio = Numeric(6, 2, null=True, blank=True, db_comment="Reward / risk, > 0")
    market_context = models.JSONField(
        null=True, blank=True, default=dict, db_comment="{regime, trend_strength, volatility_level, volume_profile}"
    )
    sector_context = models.JSONField(
        null=True, blank=True, default=dict, db_comment="{sector_performance, sector_rotation, relative_strength}"
    )
    ai_analysis = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="{key_factors[], probability_analysis:{'24h_target','3d_target','7d_target'}}",
    )
    confluence_factors = models.JSONField(null=True, blank=True, default=list, db_comment="[{factor, weight}]")
    invalidation_criteria = models.JSONField(null=True, blank=True, default=list, db_comment="[{condition, severity}]")
    risk_management = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="{max_position_size_pct, suggested_leverage, stop_loss_type, position_sizing_method}",
    )
    time_horizon_hours = models.IntegerField(null=True, blank=True, default=24, db_comment="Horizon, hours")
    optimal_entry_timeframe = models.CharField(
        max_length=10, choices=ENTRY_TIMEFRAMES, null=True, blank=True, db_comment="Best entry timeframe"
    )
    monitoring_timeframe = models.CharField(
        max_length=10, choices=MONITORING_TIMEFRAMES, null=True, blank=True, db_comment="Timeframe to watch it on"
    )
    status = models.CharField(max_length=20, choices=SignalStatus, default=SignalStatus.ACTIVE, db_comment="State")
    actual_entry_price = PriceField(null=True, blank=True, db_comment="Entry price if executed, USD")
    max_favorable_excursion = PriceField(null=True, blank=True, db_comment="Best price after generation, USD")
    max_adverse_excursion = PriceField(null=True, blank=True, db_comment="Worst price after generation, USD")
    signal_successful = models.BooleanField(null=True, blank=True, db_comment="Target before stop (NULL = not decided)")
    signal_strength = models.CharField(
        max_length=15, choices=SignalStrength, null=True, blank=True, db_comment="Strength"
    )
    confluence_count = models.IntegerField(null=True, blank=True, db_comment="Confirming factors")
    market_correlation = Numeric(5, 4, null=True, blank=True, db_comment="Correlation with market sentiment, 0-1")
    expires_at = models.DateTimeField(
        null=True, blank=True, db_default=Now() + timedelta(days=7), db_comment="Expiry; 7 days ahead by default"
    )
    invalidated_at = models.DateTimeField(null=True, blank=True, db_comment="When invalidated")
    withdrawn_at = models.DateTimeField(
        null=True, blank=True, db_comment="When an admin cancelled or invalidated it; NULL = nobody has"
    )

    class Meta:
        db_table = "ai_trading_signals"
        verbose_name = _("signal")
        verbose_name_plural = _("signals")
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "signal_type", "time_horizon_hours", "series"],
                condition=models.Q(status=SignalStatus.ACTIVE),
                name="unique_active_signal",
                violation_error_message=_("There is an active signal of this asset, direction and horizon already."),
            ),
            models.CheckConstraint(
                condition=models.Q(entry_price__isnull=True)
                | models.Q(target_price__isnull=True)
                | models.Q(stop_loss__isnull=True)
                | models.Q(
                    signal_type=PositionType.LONG,
                    stop_loss__lt=models.F("entry_price"),
                    target_price__gt=models.F("entry_price"),
                )
                | models.Q(
                    signal_type=PositionType.SHORT,
                    target_price__lt=models.F("entry_price"),
                    stop_loss__gt=models.F("entry_price"),
                ),
                name="chk_signal_levels_order",
                violation_error_message=_(
                    "A long has its stop below and its target above the entry, a short the other way round."
                ),
            ),
            models.CheckConstraint(
                condition=~models.Q(status=SignalStatus.INVALIDATED) | models.Q(invalidated_at__isnull=False),
                name="chk_signal_invalidated",
                violation_error_message=_("An invalidated signal needs the time it was invalidated."),
            ),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at__isnull=True)
                | models.Q(status__in=[SignalStatus.CANCELLED, SignalStatus.INVALIDATED]),
                name="chk_signal_withdrawn",
                violation_error_message=_("A signal that was withdrawn is cancelled or invalidated."),
            ),
            models.CheckConstraint(
                condition=models.Q(
                    entry_type=EntryType.MARKET, entry_zone_low__isnull=True, entry_zone_high__isnull=True
                )
                | models.Q(
                    entry_type=EntryType.LIMIT,
                    entry_zone_low__isnull=False,
                    entry_zone_low__gt=0,
                    entry_zone_high__isnull=False,
                    entry_zone_high__gte=models.F("entry_zone_low"),
                ),
                name="chk_signal_entry_zone",
                violation_error_message=_("A limit entry has a zone of prices, a market entry has none."),
            ),
            models.CheckConstraint(
                condition=models.Q(entry_type=EntryType.MARKET)
                | models.Q(
                    unknown_or("stop_loss", lt=models.F("entry_zone_low")),
                    unknown_or("target_price", gt=models.F("entry_zone_high")),
                    signal_type=PositionType.LONG,
                )
                | models.Q(
                    unknown_or("stop_loss", gt=models.F("entry_zone_high")),
                    unknown_or("target_price", lt=models.F("entry_zone_low")),
                    signal_type=PositionType.SHORT,
                ),
                name="chk_signal_zone_order",
                violation_error_message=_("The zone of entry lies between the stop and the target."),
            ),
            above("trailing_distance", 0, name="chk_ai_trading_signals_trailing_distance"),
            one_of("entry_type", EntryType, name="chk_ai_trading_signals_entry_type"),
            one_of("signal_type", PositionType, name="chk_ai_trading_signals_signal_type"),
            one_of("signal_origin", SignalOrigin, name="chk_ai_trading_signals_signal_origin"),
            one_of("signal_quality", SignalQuality, name="chk_ai_trading_signals_signal_quality"),
            between("confidence_score", 0, 1, name="chk_ai_trading_signals_confidence_score"),
            above("entry_price", 0, name="chk_ai_trading_signals_entry_price"),
            above("target_price", 0, name="chk_ai_trading_signals_target_price"),
            above("stop_loss", 0, name="chk_ai_trading_signals_stop_loss"),
            one_of("risk_level", RiskLevel, name="chk_ai_trading_signals_risk_level"),
            above("risk_reward_ratio", 0, name="chk_ai_trading_signals_risk_reward_ratio"),
            above("time_horizon_hours", 0, name="chk_ai_trading_signals_time_horizon_hours"),
            one_of("optimal_entry_timeframe", ENTRY_TIMEFRAMES, name="chk_ai_trading_signals_optimal_entry_timeframe"),
            one_of("monitoring_timeframe", MONITORING_TIMEFRAMES, name="chk_ai_trading_signals_monitoring_timeframe"),
            one_of("status", SignalStatus, name="chk_ai_trading_signals_status"),
            above("actual_entry_price", 0, name="chk_ai_trading_signals_actual_entry_price"),
            one_of("signal_strength", SignalStrength, name="chk_ai_trading_signals_signal_strength"),
            at_least("confluence_count", 0, name="chk_ai_trading_signals_confluence_count"),
            between("market_correlation", 0, 1, name="chk_ai_trading_signals_market_correlation"),
        ]
        indexes = [
            models.Index(fields=["asset", "status", "-created_at"], name="idx_ai_signals_asset_status"),
            models.Index(fields=["-created_at"], name="idx_trading_signals_generated"),
            models.Index(
                fields=["-confidence_score", "-created_at"],
                name="idx_signals_active_conf",
                condition=models.Q(status=SignalStatus.ACTIVE),
            ),
            models.Index(
                fields=["expires_at"], name="idx_signals_active_expires", condition=models.Q(status=SignalStatus.ACTIVE)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_signal_type_display()} {self.asset} {self.time_horizon_hours} h"

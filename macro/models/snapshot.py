"""The market at one moment."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from macro.choices import SNAPSHOT_TIMEFRAMES
from system.constraints import above, at_least, between, one_of
from system.fields import Numeric, PriceField, UsdField
from system.formats import minute
from system.models.base import TimeStamped


class MetricsSnapshot(TimeStamped):
    """The whole market at one moment: a fact, shared by all series. Unknown values are NULL and named in the flags."""

    snapshot_time = models.DateTimeField(db_comment="Moment of the snapshot")
    timeframe = models.CharField(
        max_length=10,
        choices=SNAPSHOT_TIMEFRAMES,
        db_comment="Interval; no 1M here although 000's TimeframeEnum has it",
    )
    btc_price_usd = PriceField(db_comment="BTC price, USD")
    rsi_14 = Numeric(5, 2, null=True, blank=True, db_comment="14-period RSI of BTC, 0-100")
    sma_200 = Numeric(30, 8, null=True, blank=True, db_comment="200-period SMA of BTC, USD")
    ema_200 = Numeric(30, 8, null=True, blank=True, db_comment="200-period EMA of BTC, USD")
    fear_greed_index = Numeric(5, 2, null=True, blank=True, db_comment="Fear & Greed index (alternative.me), 0-100")
    google_trends_score = Numeric(5, 2, null=True, blank=True, db_comment="Google Trends score for 'Bitcoin', 0-100")
    funding_rate_btc = Numeric(10, 6, null=True, blank=True, db_comment="BTC perpetual funding rate, fraction per 8 h")
    open_interest_btc = UsdField(null=True, blank=True, db_comment="BTC futures open interest, USD")
    whale_netflow_24h = UsdField(null=True, blank=True, db_comment="Whale to exchange net flow of 24 h, USD")
    active_addresses_btc = models.IntegerField(null=True, blank=True, db_comment="Active BTC addresses per day")
    altcoin_dominance = Numeric(
        5, 2, null=True, blank=True, db_comment="Altcoin share of the total market cap, percent (older: alt_dominance)"
    )
    liquidity_score = Numeric(10, 6, null=True, blank=True, db_comment="24 h volume / market cap")
    halving_countdown_days = models.IntegerField(null=True, blank=True, db_comment="Days to the next BTC halving")
    weekly_return = Numeric(10, 4, null=True, blank=True, db_comment="BTC return over 1 week, percent")
    monthly_return = Numeric(10, 4, null=True, blank=True, db_comment="BTC return over 1 month, percent")
    btc_dominance = Numeric(5, 2, null=True, blank=True, db_comment="BTC share, percent")
    eth_dominance = Numeric(5, 2, null=True, blank=True, db_comment="ETH share, percent")
    usdt_dominance = Numeric(5, 2, null=True, blank=True, db_comment="USDT share, percent")
    stablecoin_dominance = Numeric(5, 2, null=True, blank=True, db_comment="Share of all stablecoins, percent")
    total_market_cap = UsdField(null=True, blank=True, db_column="total", db_comment="Total crypto market cap, USD")
    total_volume_24h = UsdField(null=True, blank=True, db_comment="Total 24 h volume, USD")
    sp500 = Numeric(10, 2, null=True, blank=True, db_comment="S&P 500 close, points")
    gold = Numeric(10, 2, null=True, blank=True, db_comment="Gold close, USD/oz")
    dxy = Numeric(10, 2, null=True, blank=True, db_comment="US dollar index close")
    liquidations_long = UsdField(null=True, blank=True, db_comment="Long liquidations of 24 h, BTC")
    liquidations_short = UsdField(null=True, blank=True, db_comment="Short liquidations of 24 h, BTC")
    liquidation_zones = models.JSONField(
        null=True, blank=True, default=list, db_comment="[{bin_low, bin_high, long_vol, short_vol}]"
    )
    extended_metrics = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="Further signals by group: technical_indicators, trend_metrics, sentiment_metrics, "
        "derivatives_metrics, onchain_metrics, composite_metrics, correlation_metrics, cycle_metrics, "
        "ai_metrics (+ macro_metrics for former macro_indicators rows)",
    )
    composite_sentiment = Numeric(5, 4, null=True, blank=True, db_comment="Composite sentiment, -1..1")
    btc_eth_correlation_30d = Numeric(6, 4, null=True, blank=True, db_comment="30 d correlation BTC-ETH, -1..1")
    btc_sp500_correlation_30d = Numeric(6, 4, null=True, blank=True, db_comment="30 d correlation BTC-S&P 500, -1..1")
    us_10y_yield = Numeric(8, 4, null=True, blank=True, db_comment="US 10-year yield, percent")
    vix_index = Numeric(8, 4, null=True, blank=True, db_comment="VIX")
    crypto_market_breadth = Numeric(
        6, 2, null=True, blank=True, db_comment="Share of the top 100 in an uptrend, percent"
    )
    new_highs_24h = models.IntegerField(null=True, blank=True, db_comment="Assets at a 24 h high")
    new_lows_24h = models.IntegerField(null=True, blank=True, db_comment="Assets at a 24 h low")
    momentum_index = Numeric(8, 4, null=True, blank=True, db_comment="Composite momentum")
    data_quality_flags = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="{completeness_score, data_freshness_minutes, missing_sources[], outlier_flags{}, "
        "validation_errors[]}",
    )
    snapshot_version = models.CharField(
        max_length=50, null=True, blank=True, db_comment="Version of the collecting pipeline"
    )
    is_validated = models.BooleanField(default=False, db_comment="Passed validation")
    has_anomalies = models.BooleanField(default=False, db_comment="Anomalies found")
    data_source = models.CharField(max_length=20, default="aggregated", db_comment="Source")
    data_collection_started = models.DateTimeField(null=True, blank=True, db_comment="Collection began")
    data_collection_completed = models.DateTimeField(null=True, blank=True, db_comment="Collection ended")
    collection_duration_ms = models.IntegerField(null=True, blank=True, db_comment="Duration, ms")

    class Meta:
        db_table = "metrics_snapshot"
        verbose_name = _("market snapshot")
        verbose_name_plural = _("market snapshots")
        constraints = [
            models.UniqueConstraint(
                fields=["snapshot_time", "timeframe"],
                name="unique_snapshot_time_timeframe",
                violation_error_message=_("A snapshot of this timeframe and time exists already."),
            ),
            between("fear_greed_index", 0, 100, name="chk_fear_greed_range"),
            between("btc_dominance", 0, 100, name="chk_dominance_range"),
            above("btc_price_usd", 0, name="chk_btc_price_positive"),
            at_least("collection_duration_ms", 0, name="chk_collection_duration"),
            one_of("timeframe", SNAPSHOT_TIMEFRAMES, name="chk_metrics_snapshot_timeframe"),
            between("rsi_14", 0, 100, name="chk_metrics_snapshot_rsi_14"),
            between("google_trends_score", 0, 100, name="chk_metrics_snapshot_google_trends_score"),
            between("altcoin_dominance", 0, 100, name="chk_metrics_snapshot_altcoin_dominance"),
            between("eth_dominance", 0, 100, name="chk_metrics_snapshot_eth_dominance"),
            between("usdt_dominance", 0, 100, name="chk_metrics_snapshot_usdt_dominance"),
            between("stablecoin_dominance", 0, 100, name="chk_metrics_snapshot_stablecoin_dominance"),
            at_least("total_market_cap", 0, name="chk_metrics_snapshot_total"),
            at_least("total_volume_24h", 0, name="chk_metrics_snapshot_total_volume_24h"),
            between("composite_sentiment", -1, 1, name="chk_metrics_snapshot_composite_sentiment"),
            between("btc_eth_correlation_30d", -1, 1, name="chk_metrics_snapshot_btc_eth_correlation_30d"),
            between("btc_sp500_correlation_30d", -1, 1, name="chk_metrics_snapshot_btc_sp500_correlation_30d"),
            between("crypto_market_breadth", 0, 100, name="chk_metrics_snapshot_crypto_market_breadth"),
            at_least("new_highs_24h", 0, name="chk_metrics_snapshot_new_highs_24h"),
            at_least("new_lows_24h", 0, name="chk_metrics_snapshot_new_lows_24h"),
        ]
        indexes = [
            models.Index(fields=["timeframe", "-snapshot_time"], name="idx_metrics_snapshot_timeframe"),
            models.Index(fields=["btc_price_usd"], name="idx_metrics_snapshot_btc_price"),
            GinIndex(fields=["extended_metrics"], name="idx_extended_metrics_gin"),
        ]

    def __str__(self) -> str:
        return f"{self.timeframe} {minute(self.snapshot_time)}"

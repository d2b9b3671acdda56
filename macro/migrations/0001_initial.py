from decimal import Decimal

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from system.together import together


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("aimodels", "0001_initial"),
        ("assets", "0001_initial"),
        ("system", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ExternalSeries",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(
                        auto_now_add=True,
                        db_comment="Row creation time (UTC)",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        auto_now=True,
                        db_comment="Last change time (UTC)",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        db_comment="Name in the program, e.g. VIX, FUNDING:BTCUSDT-PERP", max_length=60, unique=True
                    ),
                ),
                ("name", models.CharField(db_comment="Name for people", max_length=100)),
                (
                    "kind",
                    models.CharField(
                        db_comment="macro, sentiment, onchain, funding, market_cap, volume", max_length=30
                    ),
                ),
                (
                    "unit",
                    models.CharField(
                        db_comment="Unit of the values, e.g. USD, percent, points, fraction per interval", max_length=30
                    ),
                ),
                ("source", models.CharField(db_comment="Who publishes it; demo = generated", max_length=50)),
                (
                    "caveat",
                    models.CharField(
                        blank=True,
                        db_comment="What a reader must know, e.g. a mean of the day, not a close",
                        max_length=200,
                        null=True,
                    ),
                ),
                (
                    "asset",
                    models.ForeignKey(
                        blank=True,
                        db_comment="Asset it describes, if it describes one",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="external_series",
                        to="assets.asset",
                    ),
                ),
            ],
            options={
                "verbose_name": "external series",
                "verbose_name_plural": "external series",
                "db_table": "external_series",
                "indexes": [models.Index(fields=["kind", "asset"], name="idx_external_series_kind")],
            },
        ),
        migrations.CreateModel(
            name="ExternalValue",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "series_id",
                        "observed_at",
                        "known_at",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "observed_at",
                    models.DateTimeField(db_comment="Moment or start of the day that the value describes (UTC)"),
                ),
                ("known_at", models.DateTimeField(db_comment="From when on it could be known (UTC)")),
                (
                    "value",
                    models.DecimalField(db_comment="Value in the unit of the series", decimal_places=18, max_digits=38),
                ),
                (
                    "series",
                    models.ForeignKey(
                        db_comment="Series",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="values",
                        to="macro.externalseries",
                    ),
                ),
            ],
            options={
                "verbose_name": "external value",
                "verbose_name_plural": "external values",
                "db_table": "external_values",
                "indexes": [models.Index(fields=["series", "known_at"], name="idx_external_values_known")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("known_at__gte", models.F("observed_at"))),
                        name="chk_external_value_known",
                        violation_error_message="A value cannot be known before the moment that it describes.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MetricsSnapshot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(
                        auto_now_add=True,
                        db_comment="Row creation time (UTC)",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        auto_now=True,
                        db_comment="Last change time (UTC)",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                ("snapshot_time", models.DateTimeField(db_comment="Moment of the snapshot")),
                (
                    "timeframe",
                    models.CharField(
                        choices=[
                            ("1m", "1 minute"),
                            ("5m", "5 minutes"),
                            ("15m", "15 minutes"),
                            ("1h", "1 hour"),
                            ("4h", "4 hours"),
                            ("1d", "1 day"),
                            ("1w", "1 week"),
                        ],
                        db_comment="Interval; no 1M here although 000's TimeframeEnum has it",
                        max_length=10,
                    ),
                ),
                ("btc_price_usd", models.DecimalField(db_comment="BTC price, USD", decimal_places=18, max_digits=38)),
                (
                    "rsi_14",
                    models.DecimalField(
                        blank=True, db_comment="14-period RSI of BTC, 0-100", decimal_places=2, max_digits=5, null=True
                    ),
                ),
                (
                    "sma_200",
                    models.DecimalField(
                        blank=True, db_comment="200-period SMA of BTC, USD", decimal_places=8, max_digits=30, null=True
                    ),
                ),
                (
                    "ema_200",
                    models.DecimalField(
                        blank=True, db_comment="200-period EMA of BTC, USD", decimal_places=8, max_digits=30, null=True
                    ),
                ),
                (
                    "fear_greed_index",
                    models.DecimalField(
                        blank=True,
                        db_comment="Fear & Greed index (alternative.me), 0-100",
                        decimal_places=2,
                        max_digits=5,
                        null=True,
                    ),
                ),
                (
                    "google_trends_score",
                    models.DecimalField(
                        blank=True,
                        db_comment="Google Trends score for 'Bitcoin', 0-100",
                        decimal_places=2,
                        max_digits=5,
                        null=True,
                    ),
                ),
                (
                    "funding_rate_btc",
                    models.DecimalField(
                        blank=True,
                        db_comment="BTC perpetual funding rate, fraction per 8 h",
                        decimal_places=6,
                        max_digits=10,
                        null=True,
                    ),
                ),
                (
                    "open_interest_btc",
                    models.DecimalField(
                        blank=True,
                        db_comment="BTC futures open interest, USD",
                        decimal_places=2,
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "whale_netflow_24h",
                    models.DecimalField(
                        blank=True,
                        db_comment="Whale to exchange net flow of 24 h, USD",
                        decimal_places=2,
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "active_addresses_btc",
                    models.IntegerField(blank=True, db_comment="Active BTC addresses per day", null=True),
                ),
                (
                    "altcoin_dominance",
                    models.DecimalField(
                        blank=True,
                        db_comment="Altcoin share of the total market cap, percent (older: alt_dominance)",
                        decimal_places=2,
                        max_digits=5,
                        null=True,
                    ),
                ),
                (
                    "liquidity_score",
                    models.DecimalField(
                        blank=True, db_comment="24 h volume / market cap", decimal_places=6, max_digits=10, null=True
                    ),
                ),
                (
                    "halving_countdown_days",
                    models.IntegerField(blank=True, db_comment="Days to the next BTC halving", null=True),
                ),
                (
                    "weekly_return",
                    models.DecimalField(
                        blank=True,
                        db_comment="BTC return over 1 week, percent",
                        decimal_places=4,
                        max_digits=10,
                        null=True,
                    ),
                ),
                (
                    "monthly_return",
                    models.DecimalField(
                        blank=True,
                        db_comment="BTC return over 1 month, percent",
                        decimal_places=4,
                        max_digits=10,
                        null=True,
                    ),
                ),
                (
                    "btc_dominance",
                    models.DecimalField(
                        blank=True, db_comment="BTC share, percent", decimal_places=2, max_digits=5, null=True
                    ),
                ),
                (
                    "eth_dominance",
                    models.DecimalField(
                        blank=True, db_comment="ETH share, percent", decimal_places=2, max_digits=5, null=True
                    ),
                ),
                (
                    "usdt_dominance",
                    models.DecimalField(
                        blank=True, db_comment="USDT share, percent", decimal_places=2, max_digits=5, null=True
                    ),
                ),
                (
                    "stablecoin_dominance",
                    models.DecimalField(
                        blank=True,
                        db_comment="Share of all stablecoins, percent",
                        decimal_places=2,
                        max_digits=5,
                        null=True,
                    ),
                ),
                (
                    "total_market_cap",
                    models.DecimalField(
                        blank=True,
                        db_column="total",
                        db_comment="Total crypto market cap, USD",
                        decimal_places=2,
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "total_volume_24h",
                    models.DecimalField(
                        blank=True, db_comment="Total 24 h volume, USD", decimal_places=2, max_digits=30, null=True
                    ),
                ),
                (
                    "sp500",
                    models.DecimalField(
                        blank=True, db_comment="S&P 500 close, points", decimal_places=2, max_digits=10, null=True
                    ),
                ),
                (
                    "gold",
                    models.DecimalField(
                        blank=True, db_comment="Gold close, USD/oz", decimal_places=2, max_digits=10, null=True
                    ),
                ),
                (
                    "dxy",
                    models.DecimalField(
                        blank=True, db_comment="US dollar index close", decimal_places=2, max_digits=10, null=True
                    ),
                ),
                (
                    "liquidations_long",
                    models.DecimalField(
                        blank=True,
                        db_comment="Long liquidations of 24 h, BTC",
                        decimal_places=2,
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "liquidations_short",
                    models.DecimalField(
                        blank=True,
                        db_comment="Short liquidations of 24 h, BTC",
                        decimal_places=2,
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "liquidation_zones",
                    models.JSONField(
                        blank=True, db_comment="[{bin_low, bin_high, long_vol, short_vol}]", default=list, null=True
                    ),
                ),
                (
                    "extended_metrics",
                    models.JSONField(
                        blank=True,
                        db_comment="Further signals by group: technical_indicators, trend_metrics, sentiment_metrics, derivatives_metrics, onchain_metrics, composite_metrics, correlation_metrics, cycle_metrics, ai_metrics (+ macro_metrics for former macro_indicators rows)",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "composite_sentiment",
                    models.DecimalField(
                        blank=True, db_comment="Composite sentiment, -1..1", decimal_places=4, max_digits=5, null=True
                    ),
                ),
                (
                    "btc_eth_correlation_30d",
                    models.DecimalField(
                        blank=True,
                        db_comment="30 d correlation BTC-ETH, -1..1",
                        decimal_places=4,
                        max_digits=6,
                        null=True,
                    ),
                ),
                (
                    "btc_sp500_correlation_30d",
                    models.DecimalField(
                        blank=True,
                        db_comment="30 d correlation BTC-S&P 500, -1..1",
                        decimal_places=4,
                        max_digits=6,
                        null=True,
                    ),
                ),
                (
                    "us_10y_yield",
                    models.DecimalField(
                        blank=True, db_comment="US 10-year yield, percent", decimal_places=4, max_digits=8, null=True
                    ),
                ),
                (
                    "vix_index",
                    models.DecimalField(blank=True, db_comment="VIX", decimal_places=4, max_digits=8, null=True),
                ),
                (
                    "crypto_market_breadth",
                    models.DecimalField(
                        blank=True,
                        db_comment="Share of the top 100 in an uptrend, percent",
                        decimal_places=2,
                        max_digits=6,
                        null=True,
                    ),
                ),
                ("new_highs_24h", models.IntegerField(blank=True, db_comment="Assets at a 24 h high", null=True)),
                ("new_lows_24h", models.IntegerField(blank=True, db_comment="Assets at a 24 h low", null=True)),
                (
                    "momentum_index",
                    models.DecimalField(
                        blank=True, db_comment="Composite momentum", decimal_places=4, max_digits=8, null=True
                    ),
                ),
                (
                    "data_quality_flags",
                    models.JSONField(
                        blank=True,
                        db_comment="{completeness_score, data_freshness_minutes, missing_sources[], outlier_flags{}, validation_errors[]}",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "snapshot_version",
                    models.CharField(
                        blank=True, db_comment="Version of the collecting pipeline", max_length=50, null=True
                    ),
                ),
                ("is_validated", models.BooleanField(db_comment="Passed validation", default=False)),
                ("has_anomalies", models.BooleanField(db_comment="Anomalies found", default=False)),
                ("data_source", models.CharField(db_comment="Source", default="aggregated", max_length=20)),
                ("data_collection_started", models.DateTimeField(blank=True, db_comment="Collection began", null=True)),
                (
                    "data_collection_completed",
                    models.DateTimeField(blank=True, db_comment="Collection ended", null=True),
                ),
                ("collection_duration_ms", models.IntegerField(blank=True, db_comment="Duration, ms", null=True)),
            ],
            options={
                "verbose_name": "market snapshot",
                "verbose_name_plural": "market snapshots",
                "db_table": "metrics_snapshot",
                "indexes": [
                    models.Index(fields=["timeframe", "-snapshot_time"], name="idx_metrics_snapshot_timeframe"),
                    models.Index(fields=["btc_price_usd"], name="idx_metrics_snapshot_btc_price"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["extended_metrics"], name="idx_extended_metrics_gin"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("snapshot_time", "timeframe"),
                        name="unique_snapshot_time_timeframe",
                        violation_error_message="A snapshot of this timeframe and time exists already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("fear_greed_index__range", (0, 100))),
                        name="chk_fear_greed_range",
                        violation_error_message="fear_greed_index must lie between 0 and 100.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("btc_dominance__range", (0, 100))),
                        name="chk_dominance_range",
                        violation_error_message="btc_dominance must lie between 0 and 100.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("btc_price_usd__gt", 0)),
                        name="chk_btc_price_positive",
                        violation_error_message="btc_price_usd must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("collection_duration_ms__gte", 0)),
                        name="chk_collection_duration",
                        violation_error_message="collection_duration_ms must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("timeframe__in", ["1m", "5m", "15m", "1h", "4h", "1d", "1w"])),
                        name="chk_metrics_snapshot_timeframe",
                        violation_error_message="timeframe is none of: 1m, 5m, 15m, 1h, 4h, 1d, 1w.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rsi_14__range", (0, 100))),
                        name="chk_metrics_snapshot_rsi_14",
                        violation_error_message="rsi_14 must lie between 0 and 100.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("google_trends_score__range", (0, 100))),
                        name="chk_metrics_snapshot_google_trends_score",
                        violation_error_message="google_trends_score must lie between 0 and 100.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("altcoin_dominance__range", (0, 100))),
                        name="chk_metrics_snapshot_altcoin_dominance",
                        violation_error_message="altcoin_dominance must lie between 0 and 100.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("eth_dominance__range", (0, 100))),
                        name="chk_metrics_snapshot_eth_dominance",
                        violation_error_message="eth_dominance must lie between 0 and 100.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("usdt_dominance__range", (0, 100))),
                        name="chk_metrics_snapshot_usdt_dominance",
                        violation_error_message="usdt_dominance must lie between 0 and 100.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("stablecoin_dominance__range", (0, 100))),
                        name="chk_metrics_snapshot_stablecoin_dominance",
                        violation_error_message="stablecoin_dominance must lie between 0 and 100.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("total_market_cap__gte", 0)),
                        name="chk_metrics_snapshot_total",
                        violation_error_message="total_market_cap must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("total_volume_24h__gte", 0)),
                        name="chk_metrics_snapshot_total_volume_24h",
                        violation_error_message="total_volume_24h must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("composite_sentiment__range", (-1, 1))),
                        name="chk_metrics_snapshot_composite_sentiment",
                        violation_error_message="composite_sentiment must lie between -1 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("btc_eth_correlation_30d__range", (-1, 1))),
                        name="chk_metrics_snapshot_btc_eth_correlation_30d",
                        violation_error_message="btc_eth_correlation_30d must lie between -1 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("btc_sp500_correlation_30d__range", (-1, 1))),
                        name="chk_metrics_snapshot_btc_sp500_correlation_30d",
                        violation_error_message="btc_sp500_correlation_30d must lie between -1 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("crypto_market_breadth__range", (0, 100))),
                        name="chk_metrics_snapshot_crypto_market_breadth",
                        violation_error_message="crypto_market_breadth must lie between 0 and 100.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("new_highs_24h__gte", 0)),
                        name="chk_metrics_snapshot_new_highs_24h",
                        violation_error_message="new_highs_24h must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("new_lows_24h__gte", 0)),
                        name="chk_metrics_snapshot_new_lows_24h",
                        violation_error_message="new_lows_24h must be at least 0.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AIRegimeAnalysis",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(
                        auto_now_add=True,
                        db_comment="Row creation time (UTC)",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        auto_now=True,
                        db_comment="Last change time (UTC)",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "series",
                    models.CharField(
                        db_comment="live, or the name of the replay that the row belongs to; live pages, queues, alerts and the public record read live only",
                        default="live",
                        max_length=40,
                    ),
                ),
                ("analysis_time", models.DateTimeField(db_comment="When the analysis ran")),
                (
                    "analysis_timeframe",
                    models.CharField(
                        choices=[
                            ("1h", "1 hour"),
                            ("4h", "4 hours"),
                            ("1d", "1 day"),
                            ("1w", "1 week"),
                            ("1M", "1 month"),
                        ],
                        db_comment="Timeframe analysed",
                        max_length=10,
                    ),
                ),
                (
                    "data_source",
                    models.CharField(
                        choices=[("live", "live"), ("backtest", "backtest"), ("simulation", "simulation")],
                        db_comment="Kind of run",
                        default="live",
                        max_length=20,
                    ),
                ),
                (
                    "current_regime",
                    models.CharField(
                        choices=[
                            ("Bull", "bull market"),
                            ("Bear", "bear market"),
                            ("Sideways", "sideways"),
                            ("Transition", "transition"),
                            ("Accumulation", "accumulation"),
                            ("Distribution", "distribution"),
                        ],
                        db_comment="Detected regime",
                        max_length=15,
                    ),
                ),
                (
                    "predicted_regime",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("Bull", "bull market"),
                            ("Bear", "bear market"),
                            ("Sideways", "sideways"),
                            ("Transition", "transition"),
                            ("Accumulation", "accumulation"),
                            ("Distribution", "distribution"),
                        ],
                        db_comment="Predicted next regime",
                        max_length=15,
                        null=True,
                    ),
                ),
                (
                    "regime_confidence",
                    models.DecimalField(db_comment="Confidence, 0-1", decimal_places=2, max_digits=4),
                ),
                (
                    "regime_transition_prob",
                    models.DecimalField(
                        blank=True,
                        db_comment="Probability of a regime change in the next period, 0-1",
                        decimal_places=2,
                        max_digits=4,
                        null=True,
                    ),
                ),
                (
                    "regime_duration_days",
                    models.IntegerField(blank=True, db_comment="Age of the regime, days", null=True),
                ),
                (
                    "regime_duration_estimate",
                    models.IntegerField(blank=True, db_comment="Estimated remaining duration, hours", null=True),
                ),
                (
                    "risk_level",
                    models.CharField(
                        blank=True,
                        choices=[("low", "low"), ("medium", "medium"), ("high", "high"), ("extreme", "extreme")],
                        db_comment="Market risk level",
                        max_length=10,
                        null=True,
                    ),
                ),
                (
                    "recommended_exposure",
                    models.DecimalField(
                        blank=True,
                        db_comment="Recommended crypto exposure, 0-1",
                        decimal_places=4,
                        max_digits=5,
                        null=True,
                    ),
                ),
                (
                    "trend_strength_score",
                    models.DecimalField(
                        blank=True, db_comment="Trend strength, 0-1", decimal_places=2, max_digits=6, null=True
                    ),
                ),
                (
                    "regime_quality_score",
                    models.DecimalField(
                        blank=True, db_comment="Clarity of the regime, 0-1", decimal_places=2, max_digits=6, null=True
                    ),
                ),
                (
                    "volatility_regime_score",
                    models.DecimalField(
                        blank=True,
                        db_comment="Volatility 0-1: low < 0.3, medium < 0.7, high",
                        decimal_places=2,
                        max_digits=6,
                        null=True,
                    ),
                ),
                (
                    "momentum_alignment_score",
                    models.DecimalField(
                        blank=True,
                        db_comment="Agreement of price and momentum, 0-1",
                        decimal_places=2,
                        max_digits=6,
                        null=True,
                    ),
                ),
                (
                    "trend_intact",
                    models.BooleanField(blank=True, db_comment="Primary trend intact (NULL = not judged)", null=True),
                ),
                ("structure_break", models.BooleanField(blank=True, db_comment="Market structure broken", null=True)),
                (
                    "structure_change_type",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("higher_high", "higher high"),
                            ("lower_low", "lower low"),
                            ("consolidation", "consolidation"),
                            ("reversal", "reversal"),
                        ],
                        db_comment="Kind of structure change",
                        max_length=20,
                        null=True,
                    ),
                ),
                (
                    "structure_strength",
                    models.DecimalField(
                        blank=True,
                        db_comment="Strength of the structure, 0-1",
                        decimal_places=4,
                        max_digits=8,
                        null=True,
                    ),
                ),
                ("breakout_signal", models.BooleanField(blank=True, db_comment="Key level broken", null=True)),
                (
                    "breakout_type",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("resistance", "resistance"),
                            ("support", "support"),
                            ("trendline", "trendline"),
                            ("pattern", "pattern"),
                            ("range", "range"),
                        ],
                        db_comment="Kind of breakout",
                        max_length=30,
                        null=True,
                    ),
                ),
                (
                    "breakout_level",
                    models.DecimalField(
                        blank=True, db_comment="Price of the breakout, USD", decimal_places=18, max_digits=38, null=True
                    ),
                ),
                (
                    "volume_confirmation",
                    models.BooleanField(blank=True, db_comment="Breakout volume above threshold", null=True),
                ),
                (
                    "volume_surge_ratio",
                    models.DecimalField(
                        blank=True,
                        db_comment="Volume / average (1.0 = average)",
                        decimal_places=2,
                        max_digits=6,
                        null=True,
                    ),
                ),
                (
                    "retest_confirmation",
                    models.BooleanField(blank=True, db_comment="Breakout level retested", null=True),
                ),
                (
                    "volatility_expansion_score",
                    models.DecimalField(
                        blank=True, db_comment="Volatility expansion, 0-1", decimal_places=2, max_digits=6, null=True
                    ),
                ),
                (
                    "timeframe_alignment",
                    models.JSONField(
                        blank=True,
                        db_comment="{'1h':{regime,strength,confidence},'4h':{..},'1d':{..},alignment_score}",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "multi_timeframe_agreement",
                    models.BooleanField(blank=True, db_comment="Timeframes agree", null=True),
                ),
                (
                    "timeframe_consensus_score",
                    models.DecimalField(
                        blank=True, db_comment="Consensus, 0-1", decimal_places=2, max_digits=4, null=True
                    ),
                ),
                (
                    "key_levels",
                    models.JSONField(
                        blank=True,
                        db_comment="[{type,value,strength,tests_count,last_test,distance_pct,volume_at_level} | {type:'dynamic_trendline',equation,points[],strength,slope}]",
                        default=list,
                        null=True,
                    ),
                ),
                (
                    "sentiment_regime",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("extreme_fear", "extreme fear"),
                            ("fear", "fear"),
                            ("neutral", "neutral"),
                            ("greed", "greed"),
                            ("extreme_greed", "extreme greed"),
                        ],
                        db_comment="Regime by sentiment",
                        max_length=20,
                        null=True,
                    ),
                ),
                (
                    "fear_greed_impact",
                    models.DecimalField(
                        blank=True, db_comment="Impact of fear/greed, 0-1", decimal_places=2, max_digits=6, null=True
                    ),
                ),
                (
                    "sentiment_regime_conflict",
                    models.BooleanField(blank=True, db_comment="Price and sentiment disagree", null=True),
                ),
                (
                    "psychological_level_score",
                    models.DecimalField(
                        blank=True,
                        db_comment="Nearness to psychological levels, 0-1",
                        decimal_places=2,
                        max_digits=4,
                        null=True,
                    ),
                ),
                (
                    "liquidity_regime",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("abundant", "abundant"),
                            ("normal", "normal"),
                            ("tight", "tight"),
                            ("stressed", "stressed"),
                        ],
                        db_comment="Liquidity",
                        max_length=20,
                        null=True,
                    ),
                ),
                (
                    "institutional_flow_score",
                    models.DecimalField(
                        blank=True,
                        db_comment="Institutional flow impact, 0-1",
                        decimal_places=2,
                        max_digits=6,
                        null=True,
                    ),
                ),
                (
                    "retail_participation_score",
                    models.DecimalField(
                        blank=True, db_comment="Retail participation, 0-1", decimal_places=2, max_digits=6, null=True
                    ),
                ),
                (
                    "whale_activity_influence",
                    models.BooleanField(blank=True, db_comment="Whales influenced the regime", null=True),
                ),
                (
                    "macro_regime_alignment",
                    models.CharField(
                        blank=True,
                        choices=[("supportive", "supportive"), ("neutral", "neutral"), ("headwind", "headwind")],
                        db_comment="Alignment with the macro environment",
                        max_length=20,
                        null=True,
                    ),
                ),
                (
                    "correlation_stability",
                    models.DecimalField(
                        blank=True,
                        db_comment="Stability of crypto-traditional correlations, 0-1",
                        decimal_places=2,
                        max_digits=4,
                        null=True,
                    ),
                ),
                (
                    "risk_on_off_regime",
                    models.BooleanField(blank=True, db_comment="Clear risk-on/off regime", null=True),
                ),
                (
                    "global_risk_appetite",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("risk_on", "risk on"),
                            ("risk_off", "risk off"),
                            ("mixed", "mixed"),
                            ("transitioning", "transitioning"),
                        ],
                        db_comment="Global risk appetite",
                        max_length=15,
                        null=True,
                    ),
                ),
                (
                    "transition_indicators",
                    models.JSONField(
                        blank=True,
                        db_comment="{divergence_signals[],structural_signals[],sentiment_signals[],transition_probability}",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "recommended_strategy",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("trend_following", "trend following"),
                            ("mean_reversion", "mean reversion"),
                            ("breakout", "breakout"),
                            ("range_trading", "range trading"),
                            ("defensive", "defensive"),
                        ],
                        db_comment="Strategy",
                        max_length=20,
                        null=True,
                    ),
                ),
                (
                    "risk_adjustment_factor",
                    models.DecimalField(
                        blank=True,
                        db_comment="0.1-5.0 (0.5 = half the risk)",
                        decimal_places=2,
                        max_digits=4,
                        null=True,
                    ),
                ),
                (
                    "position_sizing_guidance",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("conservative", "conservative"),
                            ("normal", "normal"),
                            ("aggressive", "aggressive"),
                            ("maximum", "maximum"),
                        ],
                        db_comment="Position sizing",
                        max_length=20,
                        null=True,
                    ),
                ),
                (
                    "sector_regime_impact",
                    models.JSONField(
                        blank=True, db_comment="{'defi':{impact:'positive',strength:0.8},...}", default=dict, null=True
                    ),
                ),
                (
                    "ai_confidence_score",
                    models.DecimalField(
                        blank=True,
                        db_comment="Overall model confidence, 0-1",
                        decimal_places=2,
                        max_digits=4,
                        null=True,
                    ),
                ),
                (
                    "signal_agreement_score",
                    models.DecimalField(
                        blank=True,
                        db_comment="Agreement of the signals, 0-1",
                        decimal_places=2,
                        max_digits=4,
                        null=True,
                    ),
                ),
                (
                    "prediction_stability",
                    models.DecimalField(
                        blank=True,
                        db_comment="Stability of recent predictions, 0-1",
                        decimal_places=2,
                        max_digits=4,
                        null=True,
                    ),
                ),
                (
                    "model_performance_rating",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("excellent", "excellent"),
                            ("good", "good"),
                            ("average", "average"),
                            ("poor", "poor"),
                        ],
                        db_comment="Recent model performance",
                        max_length=20,
                        null=True,
                    ),
                ),
                (
                    "historical_analogue",
                    models.CharField(blank=True, db_comment="Similar historical period", max_length=30, null=True),
                ),
                (
                    "historical_similarity",
                    models.DecimalField(
                        blank=True, db_comment="Similarity to it, 0-1", decimal_places=2, max_digits=4, null=True
                    ),
                ),
                (
                    "regime_statistics",
                    models.JSONField(
                        blank=True,
                        db_comment="{typical_duration_days,current_duration_days,typical_volatility,current_volatility,success_rate_historical}",
                        default=dict,
                        null=True,
                    ),
                ),
                ("analysis_validated", models.BooleanField(db_comment="Passed the checks", default=False)),
                (
                    "validation_flags",
                    models.JSONField(
                        blank=True,
                        db_comment="{data_quality_score,completeness_check,outlier_flags[],confidence_warnings[],model_health_score}",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "analysis_version",
                    models.CharField(
                        blank=True, db_comment="Version of the analysis pipeline", max_length=50, null=True
                    ),
                ),
                ("analyst_notes", models.TextField(blank=True, db_comment="Notes by a person", null=True)),
                (
                    "analysis_data",
                    models.JSONField(
                        blank=True,
                        db_comment="{primary_signals[],supporting_evidence[],risk_factors[],key_levels_to_watch[],invalidation_scenario,strategic_implications,next_review_trigger,sentiment_breakdown{}}",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "ai_model",
                    models.ForeignKey(
                        db_comment="Model version that produced it",
                        on_delete=django.db.models.deletion.PROTECT,
                        to="aimodels.aimodel",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        blank=True,
                        db_comment="Run of the pipeline that wrote the row; NULL = entered by a person",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="system.pipelinerun",
                    ),
                ),
                (
                    "metrics_snapshot",
                    models.ForeignKey(
                        db_comment="Snapshot analysed",
                        on_delete=django.db.models.deletion.PROTECT,
                        to="macro.metricssnapshot",
                    ),
                ),
            ],
            options={
                "verbose_name": "regime analysis",
                "verbose_name_plural": "regime analyses",
                "db_table": "ai_regime_analysis",
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["analysis_data"], name="idx_analysis_data_gin"),
                    django.contrib.postgres.indexes.GinIndex(fields=["key_levels"], name="idx_key_levels_gin"),
                    models.Index(fields=["-analysis_time"], name="idx_market_regime_time"),
                    models.Index(
                        fields=["analysis_timeframe", "data_source", "-analysis_time"], name="idx_regime_tf_time"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("metrics_snapshot", "ai_model", "series"),
                        name="unique_regime_analysis",
                        violation_error_message="This snapshot has been analysed by this model version already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("regime_confidence__range", (0, 1))),
                        name="chk_regime_confidence",
                        violation_error_message="regime_confidence must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("regime_transition_prob__range", (0, 1))),
                        name="chk_transition_prob",
                        violation_error_message="regime_transition_prob must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("trend_strength_score__range", (0, 1))),
                        name="chk_trend_strength",
                        violation_error_message="trend_strength_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("risk_adjustment_factor__range", (Decimal("0.1"), Decimal("5.0")))),
                        name="chk_risk_adjustment",
                        violation_error_message="risk_adjustment_factor must lie between 0.1 and 5.0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("regime_duration_days__gte", 0)),
                        name="chk_regime_duration_positive",
                        violation_error_message="regime_duration_days must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("analysis_timeframe__in", ["1h", "4h", "1d", "1w", "1M"])),
                        name="chk_ai_regime_analysis_analysis_timeframe",
                        violation_error_message="analysis_timeframe is none of: 1h, 4h, 1d, 1w, 1M.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("data_source__in", ["live", "backtest", "simulation"])),
                        name="chk_ai_regime_analysis_data_source",
                        violation_error_message="data_source is none of: live, backtest, simulation.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "current_regime__in",
                                ["Bull", "Bear", "Sideways", "Transition", "Accumulation", "Distribution"],
                            )
                        ),
                        name="chk_ai_regime_analysis_current_regime",
                        violation_error_message="current_regime is none of: Bull, Bear, Sideways, Transition, Accumulation, Distribution.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "predicted_regime__in",
                                ["Bull", "Bear", "Sideways", "Transition", "Accumulation", "Distribution"],
                            )
                        ),
                        name="chk_ai_regime_analysis_predicted_regime",
                        violation_error_message="predicted_regime is none of: Bull, Bear, Sideways, Transition, Accumulation, Distribution.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("risk_level__in", ["low", "medium", "high", "extreme"])),
                        name="chk_ai_regime_analysis_risk_level",
                        violation_error_message="risk_level is none of: low, medium, high, extreme.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("recommended_exposure__range", (0, 1))),
                        name="chk_ai_regime_analysis_recommended_exposure",
                        violation_error_message="recommended_exposure must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("regime_quality_score__range", (0, 1))),
                        name="chk_ai_regime_analysis_regime_quality_score",
                        violation_error_message="regime_quality_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("volatility_regime_score__range", (0, 1))),
                        name="chk_ai_regime_analysis_volatility_regime_score",
                        violation_error_message="volatility_regime_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("momentum_alignment_score__range", (0, 1))),
                        name="chk_ai_regime_analysis_momentum_alignment_score",
                        violation_error_message="momentum_alignment_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("structure_change_type__in", ["higher_high", "lower_low", "consolidation", "reversal"])
                        ),
                        name="chk_ai_regime_analysis_structure_change_type",
                        violation_error_message="structure_change_type is none of: higher_high, lower_low, consolidation, reversal.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("structure_strength__range", (0, 1))),
                        name="chk_ai_regime_analysis_structure_strength",
                        violation_error_message="structure_strength must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("breakout_type__in", ["resistance", "support", "trendline", "pattern", "range"])
                        ),
                        name="chk_ai_regime_analysis_breakout_type",
                        violation_error_message="breakout_type is none of: resistance, support, trendline, pattern, range.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("volume_surge_ratio__gte", 0)),
                        name="chk_ai_regime_analysis_volume_surge_ratio",
                        violation_error_message="volume_surge_ratio must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("volatility_expansion_score__range", (0, 1))),
                        name="chk_ai_regime_analysis_volatility_expansion_score",
                        violation_error_message="volatility_expansion_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("timeframe_consensus_score__range", (0, 1))),
                        name="chk_ai_regime_analysis_timeframe_consensus_score",
                        violation_error_message="timeframe_consensus_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("sentiment_regime__in", ["extreme_fear", "fear", "neutral", "greed", "extreme_greed"])
                        ),
                        name="chk_ai_regime_analysis_sentiment_regime",
                        violation_error_message="sentiment_regime is none of: extreme_fear, fear, neutral, greed, extreme_greed.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("fear_greed_impact__range", (0, 1))),
                        name="chk_ai_regime_analysis_fear_greed_impact",
                        violation_error_message="fear_greed_impact must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("psychological_level_score__range", (0, 1))),
                        name="chk_ai_regime_analysis_psychological_level_score",
                        violation_error_message="psychological_level_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("liquidity_regime__in", ["abundant", "normal", "tight", "stressed"])),
                        name="chk_ai_regime_analysis_liquidity_regime",
                        violation_error_message="liquidity_regime is none of: abundant, normal, tight, stressed.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("institutional_flow_score__range", (0, 1))),
                        name="chk_ai_regime_analysis_institutional_flow_score",
                        violation_error_message="institutional_flow_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("retail_participation_score__range", (0, 1))),
                        name="chk_ai_regime_analysis_retail_participation_score",
                        violation_error_message="retail_participation_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("macro_regime_alignment__in", ["supportive", "neutral", "headwind"])),
                        name="chk_ai_regime_analysis_macro_regime_alignment",
                        violation_error_message="macro_regime_alignment is none of: supportive, neutral, headwind.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("correlation_stability__range", (0, 1))),
                        name="chk_ai_regime_analysis_correlation_stability",
                        violation_error_message="correlation_stability must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("global_risk_appetite__in", ["risk_on", "risk_off", "mixed", "transitioning"])
                        ),
                        name="chk_ai_regime_analysis_global_risk_appetite",
                        violation_error_message="global_risk_appetite is none of: risk_on, risk_off, mixed, transitioning.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "recommended_strategy__in",
                                ["trend_following", "mean_reversion", "breakout", "range_trading", "defensive"],
                            )
                        ),
                        name="chk_ai_regime_analysis_recommended_strategy",
                        violation_error_message="recommended_strategy is none of: trend_following, mean_reversion, breakout, range_trading, defensive.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("position_sizing_guidance__in", ["conservative", "normal", "aggressive", "maximum"])
                        ),
                        name="chk_ai_regime_analysis_position_sizing_guidance",
                        violation_error_message="position_sizing_guidance is none of: conservative, normal, aggressive, maximum.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ai_confidence_score__range", (0, 1))),
                        name="chk_ai_regime_analysis_ai_confidence_score",
                        violation_error_message="ai_confidence_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("signal_agreement_score__range", (0, 1))),
                        name="chk_ai_regime_analysis_signal_agreement_score",
                        violation_error_message="signal_agreement_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("prediction_stability__range", (0, 1))),
                        name="chk_ai_regime_analysis_prediction_stability",
                        violation_error_message="prediction_stability must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("model_performance_rating__in", ["excellent", "good", "average", "poor"])),
                        name="chk_ai_regime_analysis_model_performance_rating",
                        violation_error_message="model_performance_rating is none of: excellent, good, average, poor.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("historical_similarity__range", (0, 1))),
                        name="chk_ai_regime_analysis_historical_similarity",
                        violation_error_message="historical_similarity must lie between 0 and 1.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NewsEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(
                        auto_now_add=True,
                        db_comment="Row creation time (UTC)",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        auto_now=True,
                        db_comment="Last change time (UTC)",
                        db_default=django.db.models.functions.datetime.Now(),
                    ),
                ),
                ("source", models.CharField(db_comment="Provider (rss name, cryptopanic, ...)", max_length=50)),
                (
                    "external_id",
                    models.CharField(blank=True, db_comment="Id at the provider", max_length=255, null=True),
                ),
                ("title", models.CharField(db_comment="Headline", max_length=500)),
                ("summary", models.TextField(blank=True, db_comment="Summary or first paragraph", null=True)),
                ("url", models.CharField(blank=True, db_comment="Link", max_length=1000, null=True)),
                ("language", models.CharField(db_comment="Language of the text", default="en", max_length=10)),
                ("category", models.CharField(blank=True, db_comment="Kind", max_length=30, null=True)),
                (
                    "importance",
                    models.CharField(
                        choices=[("low", "low"), ("medium", "medium"), ("high", "high"), ("critical", "critical")],
                        db_comment="Expected market impact",
                        default="low",
                        max_length=10,
                    ),
                ),
                (
                    "sentiment_score",
                    models.DecimalField(
                        blank=True, db_comment="-1 (bearish) .. 1 (bullish)", decimal_places=4, max_digits=5, null=True
                    ),
                ),
                (
                    "sentiment_label",
                    models.CharField(
                        blank=True,
                        choices=[("bearish", "bearish"), ("neutral", "neutral"), ("bullish", "bullish")],
                        db_comment="Label of the score",
                        max_length=10,
                        null=True,
                    ),
                ),
                (
                    "asset_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        blank=True,
                        db_comment="Assets concerned (assets.id)",
                        default=list,
                        null=True,
                        size=None,
                    ),
                ),
                (
                    "sector_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        blank=True,
                        db_comment="Sectors concerned (sectors.id)",
                        default=list,
                        null=True,
                        size=None,
                    ),
                ),
                ("raw_data", models.JSONField(blank=True, db_comment="Provider payload", default=dict, null=True)),
                ("published_at", models.DateTimeField(db_comment="Publication time")),
            ],
            options={
                "verbose_name": "news item",
                "verbose_name_plural": "news items",
                "db_table": "news_events",
                "indexes": [
                    models.Index(fields=["-published_at"], name="idx_news_published"),
                    django.contrib.postgres.indexes.GinIndex(fields=["asset_ids"], name="idx_news_asset_ids_gin"),
                    django.contrib.postgres.indexes.GinIndex(fields=["sector_ids"], name="idx_news_sector_ids_gin"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("external_id__isnull", False)),
                        fields=("source", "external_id"),
                        name="unique_news_source_external",
                        violation_error_message="This item of the source is known already.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("url__isnull", False)),
                        fields=("url",),
                        name="unique_news_url",
                        violation_error_message="An item with this address is known already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("importance__in", ["low", "medium", "high", "critical"])),
                        name="chk_news_events_importance",
                        violation_error_message="importance is none of: low, medium, high, critical.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sentiment_score__range", (-1, 1))),
                        name="chk_news_events_sentiment_score",
                        violation_error_message="sentiment_score must lie between -1 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sentiment_label__in", ["bearish", "neutral", "bullish"])),
                        name="chk_news_events_sentiment_label",
                        violation_error_message="sentiment_label is none of: bearish, neutral, bullish.",
                    ),
                ],
            },
        ),
    ]
    operations = together(operations)

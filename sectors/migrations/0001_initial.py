from decimal import Decimal

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.lookups
from django.db import migrations, models

from system.together import together


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("aimodels", "0001_initial"),
        ("assets", "0001_initial"),
        ("macro", "0001_initial"),
        ("system", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="AICrossSectorAnalysis",
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
                (
                    "timeframe",
                    models.CharField(blank=True, db_comment="Window of the analysis", max_length=10, null=True),
                ),
                ("candle_time", models.DateTimeField(blank=True, db_comment="Candle analysed, UTC", null=True)),
                ("analysis_time", models.DateTimeField(db_comment="When the analysis ran")),
                (
                    "sector_rotation_flows",
                    models.JSONField(
                        blank=True,
                        db_comment="Flow matrix {'DeFi->AI':0.72,...}; normalised in table sector_rotation_flows",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "sector_performance_ranking",
                    models.JSONField(blank=True, db_comment="[{sector, return_7d, rank}]", default=list, null=True),
                ),
                (
                    "liquidity_comparison",
                    models.JSONField(blank=True, db_comment="{sector: 0-1}", default=dict, null=True),
                ),
                (
                    "volatility_comparison",
                    models.JSONField(blank=True, db_comment="{sector: 0-1}", default=dict, null=True),
                ),
                (
                    "dominance_distribution",
                    models.JSONField(
                        blank=True, db_comment="{sector or BTC: share in percent}", default=dict, null=True
                    ),
                ),
                (
                    "correlation_matrix",
                    models.JSONField(blank=True, db_comment="{sector:{sector: -1..1}}", default=dict, null=True),
                ),
                (
                    "narrative_trends",
                    models.JSONField(blank=True, db_comment="[{sector, narrative, strength}]", default=list, null=True),
                ),
                (
                    "risk_reward_map",
                    models.JSONField(
                        blank=True, db_comment="[{sector, risk 0-1, reward 0-1}]", default=list, null=True
                    ),
                ),
                (
                    "rotation_probability",
                    models.DecimalField(
                        blank=True,
                        db_comment="Probability of a sector rotation, 0-1",
                        decimal_places=4,
                        max_digits=5,
                        null=True,
                    ),
                ),
                (
                    "leading_sectors",
                    models.JSONField(
                        blank=True, db_comment="Sector names or slugs now leading", default=list, null=True
                    ),
                ),
                (
                    "declining_sectors",
                    models.JSONField(
                        blank=True, db_comment="Sector names or slugs now declining", default=list, null=True
                    ),
                ),
                (
                    "recommended_allocation",
                    models.JSONField(blank=True, db_comment="{sector: weight 0-1}, sum 1", default=dict, null=True),
                ),
                (
                    "ai_market_outlook",
                    models.CharField(
                        blank=True,
                        choices=[("Bullish", "bullish"), ("Bearish", "bearish"), ("Neutral", "neutral")],
                        db_comment="Outlook for the whole market",
                        max_length=20,
                        null=True,
                    ),
                ),
                (
                    "ai_confidence_score",
                    models.DecimalField(
                        blank=True, db_comment="Model confidence, 0-1", decimal_places=2, max_digits=4, null=True
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
                    "outlook_duration_estimate",
                    models.IntegerField(blank=True, db_comment="Expected validity, hours", null=True),
                ),
                (
                    "analysis_data",
                    models.JSONField(
                        blank=True, db_comment="{rationale[], notes, rotation_signals{}}", default=dict, null=True
                    ),
                ),
                (
                    "ai_model",
                    models.ForeignKey(
                        db_comment="Model version", on_delete=django.db.models.deletion.PROTECT, to="aimodels.aimodel"
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
            ],
            options={
                "verbose_name": "cross-sector analysis",
                "verbose_name_plural": "cross-sector analyses",
                "db_table": "ai_cross_sector_analysis",
                "indexes": [models.Index(fields=["-analysis_time"], name="idx_sector_rotation_time")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("metrics_snapshot", "ai_model", "series"),
                        name="unique_cross_sector_analysis",
                        violation_error_message="The sectors have been compared on this snapshot already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rotation_probability__range", (0, 1))),
                        name="chk_ai_cross_sector_analysis_rotation_probability",
                        violation_error_message="rotation_probability must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ai_market_outlook__in", ["Bullish", "Bearish", "Neutral"])),
                        name="chk_ai_cross_sector_analysis_ai_market_outlook",
                        violation_error_message="ai_market_outlook is none of: Bullish, Bearish, Neutral.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ai_confidence_score__range", (0, 1))),
                        name="chk_ai_cross_sector_analysis_ai_confidence_score",
                        violation_error_message="ai_confidence_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("signal_agreement_score__range", (0, 1))),
                        name="chk_ai_cross_sector_analysis_signal_agreement_score",
                        violation_error_message="signal_agreement_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("outlook_duration_estimate__gte", 0)),
                        name="chk_ai_cross_sector_analysis_outlook_duration_estimate",
                        violation_error_message="outlook_duration_estimate must be at least 0.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Sector",
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
                    "coingecko_id",
                    models.CharField(
                        db_comment="CoinGecko category id; 'local:<slug>' for a sector CoinGecko lacks",
                        max_length=100,
                        unique=True,
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        db_comment="Name (DeFi, Gaming, Infrastructure, ...)", max_length=100, unique=True
                    ),
                ),
                ("description", models.TextField(db_comment="Description")),
                (
                    "color_code",
                    models.CharField(blank=True, db_comment="Colour for charts, #RRGGBB", max_length=7, null=True),
                ),
                (
                    "characteristics",
                    models.JSONField(
                        blank=True, db_comment="Free properties: {type, maturity, focus}", default=dict, null=True
                    ),
                ),
                (
                    "market_cap",
                    models.DecimalField(
                        blank=True,
                        db_comment="Market cap of all coins, USD",
                        decimal_places=2,
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "market_cap_change_24h",
                    models.DecimalField(
                        blank=True,
                        db_comment="Change in 24 h, USD (CoinGecko's field of that name is in percent: convert)",
                        decimal_places=2,
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "volume_24h",
                    models.DecimalField(
                        blank=True, db_comment="24 h volume, USD", decimal_places=2, max_digits=30, null=True
                    ),
                ),
                (
                    "metrics_details",
                    models.JSONField(
                        blank=True,
                        db_comment="Small embedded series, e.g. seven OHLCV rows of the last 7 days",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "top_3_coins_id",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        blank=True,
                        db_comment="assets.id of the three largest coins",
                        default=list,
                        null=True,
                        size=None,
                    ),
                ),
                ("is_active", models.BooleanField(db_comment="Actively tracked", default=True)),
            ],
            options={
                "verbose_name": "sector",
                "verbose_name_plural": "sectors",
                "db_table": "sectors",
                "indexes": [models.Index(fields=["is_active", "-market_cap"], name="idx_sectors_active_cap")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("color_code__regex", "^#[0-9A-Fa-f]{6}$")),
                        name="chk_sectors_color_code",
                        violation_error_message="A colour is written #RRGGBB.",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            models.Func("top_3_coins_id", function="cardinality", output_field=models.IntegerField()), 3
                        ),
                        name="chk_sectors_top_3_coins_id",
                        violation_error_message="At most three coins.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AISectorAnalysis",
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
                (
                    "timeframe",
                    models.CharField(blank=True, db_comment="Window of the analysis", max_length=10, null=True),
                ),
                ("candle_time", models.DateTimeField(blank=True, db_comment="Candle analysed, UTC", null=True)),
                ("analysis_time", models.DateTimeField(db_comment="When the analysis ran")),
                (
                    "sector_market_cap",
                    models.DecimalField(
                        blank=True, db_comment="Market cap, USD", decimal_places=2, max_digits=30, null=True
                    ),
                ),
                (
                    "sector_volume_24h",
                    models.DecimalField(
                        blank=True, db_comment="24 h volume, USD", decimal_places=2, max_digits=30, null=True
                    ),
                ),
                (
                    "sector_dominance_pct",
                    models.DecimalField(
                        blank=True,
                        db_comment="Share of the total market, percent",
                        decimal_places=2,
                        max_digits=6,
                        null=True,
                    ),
                ),
                (
                    "performance_24h_pct",
                    models.DecimalField(
                        blank=True, db_comment="Return 24 h, percent", decimal_places=2, max_digits=6, null=True
                    ),
                ),
                (
                    "performance_7d_pct",
                    models.DecimalField(
                        blank=True, db_comment="Return 7 d, percent", decimal_places=2, max_digits=6, null=True
                    ),
                ),
                (
                    "performance_30d_pct",
                    models.DecimalField(
                        blank=True, db_comment="Return 30 d, percent", decimal_places=2, max_digits=6, null=True
                    ),
                ),
                (
                    "momentum_score",
                    models.DecimalField(
                        blank=True, db_comment="Momentum, -1..1", decimal_places=4, max_digits=5, null=True
                    ),
                ),
                (
                    "rotation_inflow_score",
                    models.DecimalField(
                        blank=True, db_comment="Capital inflow, 0-1", decimal_places=2, max_digits=6, null=True
                    ),
                ),
                (
                    "rotation_outflow_score",
                    models.DecimalField(
                        blank=True, db_comment="Capital outflow, 0-1", decimal_places=2, max_digits=6, null=True
                    ),
                ),
                (
                    "relative_strength_score",
                    models.DecimalField(
                        blank=True,
                        db_comment="Strength against BTC/total, 0-1",
                        decimal_places=2,
                        max_digits=6,
                        null=True,
                    ),
                ),
                (
                    "liquidity_score",
                    models.DecimalField(
                        blank=True, db_comment="Liquidity depth, 0-1", decimal_places=2, max_digits=6, null=True
                    ),
                ),
                (
                    "volatility_score",
                    models.DecimalField(
                        blank=True, db_comment="Volatility, 0-1", decimal_places=2, max_digits=6, null=True
                    ),
                ),
                (
                    "correlation_with_btc",
                    models.DecimalField(
                        blank=True,
                        db_comment="Correlation with BTC returns, -1..1",
                        decimal_places=2,
                        max_digits=6,
                        null=True,
                    ),
                ),
                (
                    "correlation_with_eth",
                    models.DecimalField(
                        blank=True,
                        db_comment="Correlation with ETH returns, -1..1",
                        decimal_places=2,
                        max_digits=6,
                        null=True,
                    ),
                ),
                (
                    "narrative_tag",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=50),
                        blank=True,
                        db_comment="Dominant narratives: AI, RWA, DeFi Summer, NFT Boom, ...",
                        default=list,
                        null=True,
                        size=None,
                    ),
                ),
                (
                    "institutional_inflow",
                    models.DecimalField(
                        blank=True,
                        db_comment="Estimated institutional inflow, USD (negative = outflow)",
                        decimal_places=2,
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "tvl_total",
                    models.DecimalField(
                        blank=True, db_comment="Total value locked, USD", decimal_places=2, max_digits=30, null=True
                    ),
                ),
                ("active_users", models.IntegerField(blank=True, db_comment="Active users", null=True)),
                ("active_protocols", models.IntegerField(blank=True, db_comment="Active protocols", null=True)),
                (
                    "top_performers",
                    models.JSONField(
                        blank=True,
                        db_comment="[{asset_id, symbol, return_pct}] best assets of the sector",
                        default=list,
                        null=True,
                    ),
                ),
                (
                    "key_signals",
                    models.JSONField(
                        blank=True,
                        db_comment="[{type:'momentum_leader',value:true},{type:'liquidity_surge',value:0.78}]",
                        default=list,
                        null=True,
                    ),
                ),
                (
                    "ai_sector_outlook",
                    models.CharField(
                        blank=True,
                        choices=[("Bullish", "bullish"), ("Bearish", "bearish"), ("Neutral", "neutral")],
                        db_comment="Outlook",
                        max_length=20,
                        null=True,
                    ),
                ),
                (
                    "ai_confidence_score",
                    models.DecimalField(
                        blank=True, db_comment="Model confidence, 0-1", decimal_places=2, max_digits=4, null=True
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
                    "outlook_duration_estimate",
                    models.IntegerField(blank=True, db_comment="Expected validity, hours", null=True),
                ),
                (
                    "analysis_data",
                    models.JSONField(
                        blank=True, db_comment="{rationale[], notes, performance_metrics{}}", default=dict, null=True
                    ),
                ),
                (
                    "ai_model",
                    models.ForeignKey(
                        db_comment="Model version", on_delete=django.db.models.deletion.PROTECT, to="aimodels.aimodel"
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
                    "sector",
                    models.ForeignKey(
                        db_comment="Sector (DeFi, L1, L2, NFT, AI, RWA, ...)",
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="sectors.sector",
                    ),
                ),
            ],
            options={
                "verbose_name": "sector analysis",
                "verbose_name_plural": "sector analyses",
                "db_table": "ai_sector_analysis",
                "indexes": [
                    models.Index(fields=["sector", "-analysis_time"], name="idx_ai_sector_sector_time"),
                    models.Index(fields=["-analysis_time"], name="idx_ai_sector_time"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["narrative_tag"], name="idx_ai_sector_narrative_gin"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("metrics_snapshot", "sector", "ai_model", "series"),
                        name="unique_sector_analysis",
                        violation_error_message="This sector has been analysed on this snapshot already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sector_market_cap__gte", 0)),
                        name="chk_ai_sector_analysis_sector_market_cap",
                        violation_error_message="sector_market_cap must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sector_volume_24h__gte", 0)),
                        name="chk_ai_sector_analysis_sector_volume_24h",
                        violation_error_message="sector_volume_24h must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sector_dominance_pct__range", (0, 100))),
                        name="chk_ai_sector_analysis_sector_dominance_pct",
                        violation_error_message="sector_dominance_pct must lie between 0 and 100.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("momentum_score__range", (-1, 1))),
                        name="chk_ai_sector_analysis_momentum_score",
                        violation_error_message="momentum_score must lie between -1 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rotation_inflow_score__range", (0, 1))),
                        name="chk_ai_sector_analysis_rotation_inflow_score",
                        violation_error_message="rotation_inflow_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rotation_outflow_score__range", (0, 1))),
                        name="chk_ai_sector_analysis_rotation_outflow_score",
                        violation_error_message="rotation_outflow_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("relative_strength_score__range", (0, 1))),
                        name="chk_ai_sector_analysis_relative_strength_score",
                        violation_error_message="relative_strength_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("liquidity_score__range", (0, 1))),
                        name="chk_ai_sector_analysis_liquidity_score",
                        violation_error_message="liquidity_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("volatility_score__range", (0, 1))),
                        name="chk_ai_sector_analysis_volatility_score",
                        violation_error_message="volatility_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("correlation_with_btc__range", (-1, 1))),
                        name="chk_ai_sector_analysis_correlation_with_btc",
                        violation_error_message="correlation_with_btc must lie between -1 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("correlation_with_eth__range", (-1, 1))),
                        name="chk_ai_sector_analysis_correlation_with_eth",
                        violation_error_message="correlation_with_eth must lie between -1 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("tvl_total__gte", 0)),
                        name="chk_ai_sector_analysis_tvl_total",
                        violation_error_message="tvl_total must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("active_users__gte", 0)),
                        name="chk_ai_sector_analysis_active_users",
                        violation_error_message="active_users must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("active_protocols__gte", 0)),
                        name="chk_ai_sector_analysis_active_protocols",
                        violation_error_message="active_protocols must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ai_sector_outlook__in", ["Bullish", "Bearish", "Neutral"])),
                        name="chk_ai_sector_analysis_ai_sector_outlook",
                        violation_error_message="ai_sector_outlook is none of: Bullish, Bearish, Neutral.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ai_confidence_score__range", (0, 1))),
                        name="chk_ai_sector_analysis_ai_confidence_score",
                        violation_error_message="ai_confidence_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("signal_agreement_score__range", (0, 1))),
                        name="chk_ai_sector_analysis_signal_agreement_score",
                        violation_error_message="signal_agreement_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("outlook_duration_estimate__gte", 0)),
                        name="chk_ai_sector_analysis_outlook_duration_estimate",
                        violation_error_message="outlook_duration_estimate must be at least 0.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SectorHistory",
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
                            ("1M", "1 month"),
                        ],
                        db_comment="Candle length",
                        max_length=10,
                    ),
                ),
                (
                    "market_cap",
                    models.DecimalField(
                        blank=True,
                        db_comment="Market cap of the sector, USD",
                        decimal_places=2,
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "volume_24h",
                    models.DecimalField(
                        blank=True,
                        db_comment="24 h volume of the sector, USD",
                        decimal_places=2,
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "technical_indicators",
                    models.JSONField(
                        blank=True,
                        db_comment="{RSI, MACD:{value,signal,histogram}, SMA:{}, EMA:{}}; NULL when not stored",
                        null=True,
                    ),
                ),
                ("candle_time", models.DateTimeField(db_comment="Start of the candle, UTC")),
                (
                    "sector",
                    models.ForeignKey(
                        db_comment="Sector",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="history",
                        to="sectors.sector",
                    ),
                ),
            ],
            options={
                "verbose_name": "sector point",
                "verbose_name_plural": "sector history",
                "db_table": "sector_history",
                "indexes": [
                    models.Index(fields=["-candle_time"], name="idx_sector_history_time"),
                    models.Index(fields=["sector", "-candle_time"], name="idx_sector_perf_sector_time"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("sector", "timeframe", "candle_time"),
                        name="unique_sector_timeframe_candle",
                        violation_error_message="This point of the sector exists already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("timeframe__in", ["1m", "5m", "15m", "1h", "4h", "1d", "1w", "1M"])),
                        name="chk_sector_history_timeframe",
                        violation_error_message="timeframe is none of: 1m, 5m, 15m, 1h, 4h, 1d, 1w, 1M.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("market_cap__gte", 0)),
                        name="chk_sector_history_market_cap",
                        violation_error_message="market_cap must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("volume_24h__gte", 0)),
                        name="chk_sector_history_volume_24h",
                        violation_error_message="volume_24h must be at least 0.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SectorMapping",
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
                ("is_primary_sector", models.BooleanField(db_comment="Primary sector of the asset", default=False)),
                (
                    "weight",
                    models.DecimalField(
                        db_comment="Share of the asset counted in this sector, 0-1",
                        decimal_places=4,
                        default=Decimal("1.0"),
                        max_digits=5,
                    ),
                ),
                (
                    "valid_from",
                    models.DateTimeField(blank=True, db_comment="Member since; NULL = since ever", null=True),
                ),
                (
                    "valid_to",
                    models.DateTimeField(blank=True, db_comment="Member until (exclusive); NULL = still", null=True),
                ),
                (
                    "asset",
                    models.ForeignKey(
                        db_comment="Asset",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sector_mappings",
                        to="assets.asset",
                    ),
                ),
                (
                    "sector",
                    models.ForeignKey(
                        db_comment="Sector",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mappings",
                        to="sectors.sector",
                    ),
                ),
            ],
            options={
                "verbose_name": "sector membership",
                "verbose_name_plural": "sector memberships",
                "db_table": "sector_mapping",
                "indexes": [
                    models.Index(fields=["asset"], name="idx_crypto_sector_crypto"),
                    models.Index(fields=["sector"], name="idx_crypto_sector_sector"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("valid_from__lt", models.F("valid_to"))),
                        name="chk_sector_mapping_valid",
                        violation_error_message="A membership ends after it starts.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("valid_to__isnull", True)),
                        fields=("asset", "sector"),
                        name="unique_sector_mapping_asset_sector",
                        violation_error_message="The asset is a member of this sector already.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_primary_sector", True), ("valid_to__isnull", True)),
                        fields=("asset",),
                        name="unique_sector_mapping_primary",
                        violation_error_message="The asset has another primary sector.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("weight__range", (0, 1))),
                        name="chk_sector_mapping_weight",
                        violation_error_message="weight must lie between 0 and 1.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SectorRotationFlow",
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
                ("score", models.DecimalField(db_comment="Strength, 0-1", decimal_places=2, max_digits=6)),
                (
                    "ai_cross_sector_analysis",
                    models.ForeignKey(
                        db_comment="Analysis it belongs to (related_name='flows')",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="flows",
                        to="sectors.aicrosssectoranalysis",
                    ),
                ),
                (
                    "from_sector",
                    models.ForeignKey(
                        db_comment="Source sector (related_name='outflows')",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outflows",
                        to="sectors.sector",
                    ),
                ),
                (
                    "to_sector",
                    models.ForeignKey(
                        db_comment="Target sector (related_name='inflows')",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="inflows",
                        to="sectors.sector",
                    ),
                ),
            ],
            options={
                "verbose_name": "rotation flow",
                "verbose_name_plural": "rotation flows",
                "db_table": "sector_rotation_flows",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("from_sector", models.F("to_sector")), _negated=True),
                        name="chk_rotation_flow_distinct",
                        violation_error_message="Capital flows between two different sectors.",
                    ),
                    models.UniqueConstraint(
                        fields=("ai_cross_sector_analysis", "from_sector", "to_sector"),
                        name="unique_rotation_flow_pair",
                        violation_error_message="This pair of sectors is in the analysis already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("score__range", (0, 1))),
                        name="chk_sector_rotation_flows_score",
                        violation_error_message="score must lie between 0 and 1.",
                    ),
                ],
            },
        ),
    ]
    operations = together(operations)

import datetime
from decimal import Decimal

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from system.together import together


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "__first__"),
        ("aimodels", "0001_initial"),
        ("assets", "0001_initial"),
        ("macro", "0001_initial"),
        ("sectors", "0001_initial"),
        ("selection", "0001_initial"),
        ("system", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ActiveSignal",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("metrics_snapshot_id", models.BigIntegerField()),
                ("signal_type", models.CharField(max_length=10)),
                ("signal_origin", models.CharField(max_length=30)),
                ("signal_quality", models.CharField(max_length=10)),
                ("confidence_score", models.DecimalField(decimal_places=4, max_digits=5)),
                ("entry_price", models.DecimalField(decimal_places=18, max_digits=38, null=True)),
                ("target_price", models.DecimalField(decimal_places=18, max_digits=38, null=True)),
                ("stop_loss", models.DecimalField(decimal_places=18, max_digits=38, null=True)),
                ("risk_level", models.CharField(max_length=10, null=True)),
                ("risk_reward_ratio", models.DecimalField(decimal_places=2, max_digits=6, null=True)),
                ("market_context", models.JSONField(null=True)),
                ("sector_context", models.JSONField(null=True)),
                ("ai_analysis", models.JSONField(null=True)),
                ("time_horizon_hours", models.IntegerField(null=True)),
                ("status", models.CharField(max_length=20)),
                ("signal_strength", models.CharField(max_length=15, null=True)),
                ("confluence_count", models.IntegerField(null=True)),
                ("generated_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(null=True)),
                ("updated_at", models.DateTimeField()),
                ("symbol", models.CharField(max_length=20)),
                ("crypto_name", models.CharField(max_length=100)),
                ("current_price", models.DecimalField(decimal_places=18, max_digits=38, null=True)),
                ("potential_return_pct", models.DecimalField(decimal_places=4, max_digits=20, null=True)),
                ("max_loss_pct", models.DecimalField(decimal_places=4, max_digits=20, null=True)),
            ],
            options={
                "verbose_name": "active signal",
                "verbose_name_plural": "active signals",
                "db_table": "v_active_signals",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="AITradingSignal",
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
                    "signal_type",
                    models.CharField(
                        choices=[("long", "long"), ("short", "short")], db_comment="Direction", max_length=10
                    ),
                ),
                (
                    "signal_origin",
                    models.CharField(
                        choices=[
                            ("watchlist_screening", "watchlist screening"),
                            ("portfolio_rebalancing", "portfolio rebalancing"),
                            ("market_opportunity", "market opportunity"),
                            ("risk_management", "risk management"),
                        ],
                        db_comment="Origin",
                        max_length=30,
                    ),
                ),
                (
                    "signal_quality",
                    models.CharField(
                        choices=[("high", "high"), ("medium", "medium"), ("low", "low")],
                        db_comment="Quality by confluence",
                        max_length=10,
                    ),
                ),
                ("confidence_score", models.DecimalField(db_comment="Confidence, 0-1", decimal_places=4, max_digits=5)),
                (
                    "entry_price",
                    models.DecimalField(
                        blank=True, db_comment="Recommended entry, USD", decimal_places=18, max_digits=38, null=True
                    ),
                ),
                (
                    "target_price",
                    models.DecimalField(
                        blank=True, db_comment="Target, USD", decimal_places=18, max_digits=38, null=True
                    ),
                ),
                (
                    "stop_loss",
                    models.DecimalField(
                        blank=True, db_comment="Stop loss, USD", decimal_places=18, max_digits=38, null=True
                    ),
                ),
                (
                    "risk_level",
                    models.CharField(
                        blank=True,
                        choices=[("low", "low"), ("medium", "medium"), ("high", "high"), ("extreme", "extreme")],
                        db_comment="Risk",
                        max_length=10,
                        null=True,
                    ),
                ),
                (
                    "risk_reward_ratio",
                    models.DecimalField(
                        blank=True, db_comment="Reward / risk, > 0", decimal_places=2, max_digits=6, null=True
                    ),
                ),
                (
                    "market_context",
                    models.JSONField(
                        blank=True,
                        db_comment="{regime, trend_strength, volatility_level, volume_profile}",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "sector_context",
                    models.JSONField(
                        blank=True,
                        db_comment="{sector_performance, sector_rotation, relative_strength}",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "ai_analysis",
                    models.JSONField(
                        blank=True,
                        db_comment="{key_factors[], probability_analysis:{'24h_target','3d_target','7d_target'}}",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "confluence_factors",
                    models.JSONField(blank=True, db_comment="[{factor, weight}]", default=list, null=True),
                ),
                (
                    "invalidation_criteria",
                    models.JSONField(blank=True, db_comment="[{condition, severity}]", default=list, null=True),
                ),
                (
                    "risk_management",
                    models.JSONField(
                        blank=True,
                        db_comment="{max_position_size_pct, suggested_leverage, stop_loss_type, position_sizing_method}",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "time_horizon_hours",
                    models.IntegerField(blank=True, db_comment="Horizon, hours", default=24, null=True),
                ),
                (
                    "optimal_entry_timeframe",
                    models.CharField(
                        blank=True,
                        choices=[("1m", "1 minute"), ("5m", "5 minutes"), ("15m", "15 minutes"), ("1h", "1 hour")],
                        db_comment="Best entry timeframe",
                        max_length=10,
                        null=True,
                    ),
                ),
                (
                    "monitoring_timeframe",
                    models.CharField(
                        blank=True,
                        choices=[("5m", "5 minutes"), ("15m", "15 minutes"), ("1h", "1 hour"), ("4h", "4 hours")],
                        db_comment="Timeframe to watch it on",
                        max_length=10,
                        null=True,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("active", "active"),
                            ("executed", "executed"),
                            ("expired", "expired"),
                            ("cancelled", "cancelled"),
                            ("invalidated", "invalidated"),
                        ],
                        db_comment="State",
                        default="active",
                        max_length=20,
                    ),
                ),
                (
                    "actual_entry_price",
                    models.DecimalField(
                        blank=True,
                        db_comment="Entry price if executed, USD",
                        decimal_places=18,
                        max_digits=38,
                        null=True,
                    ),
                ),
                (
                    "max_favorable_excursion",
                    models.DecimalField(
                        blank=True,
                        db_comment="Best price after generation, USD",
                        decimal_places=18,
                        max_digits=38,
                        null=True,
                    ),
                ),
                (
                    "max_adverse_excursion",
                    models.DecimalField(
                        blank=True,
                        db_comment="Worst price after generation, USD",
                        decimal_places=18,
                        max_digits=38,
                        null=True,
                    ),
                ),
                (
                    "signal_successful",
                    models.BooleanField(blank=True, db_comment="Target before stop (NULL = not decided)", null=True),
                ),
                (
                    "signal_strength",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("weak", "weak"),
                            ("moderate", "moderate"),
                            ("strong", "strong"),
                            ("very_strong", "very strong"),
                        ],
                        db_comment="Strength",
                        max_length=15,
                        null=True,
                    ),
                ),
                ("confluence_count", models.IntegerField(blank=True, db_comment="Confirming factors", null=True)),
                (
                    "market_correlation",
                    models.DecimalField(
                        blank=True,
                        db_comment="Correlation with market sentiment, 0-1",
                        decimal_places=4,
                        max_digits=5,
                        null=True,
                    ),
                ),
                (
                    "expires_at",
                    models.DateTimeField(
                        blank=True,
                        db_comment="Expiry; 7 days ahead by default",
                        db_default=django.db.models.expressions.CombinedExpression(
                            django.db.models.functions.datetime.Now(), "+", models.Value(datetime.timedelta(days=7))
                        ),
                        null=True,
                    ),
                ),
                ("invalidated_at", models.DateTimeField(blank=True, db_comment="When invalidated", null=True)),
                (
                    "ai_model",
                    models.ForeignKey(
                        db_comment="Model version", on_delete=django.db.models.deletion.PROTECT, to="aimodels.aimodel"
                    ),
                ),
                (
                    "asset",
                    models.ForeignKey(
                        db_comment="Asset",
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="assets.asset",
                    ),
                ),
                (
                    "generated_by",
                    models.ForeignKey(
                        blank=True,
                        db_column="generated_by",
                        db_comment="Admin who entered it by hand; NULL = AI",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "metrics_snapshot",
                    models.ForeignKey(
                        db_comment="Market conditions at generation",
                        on_delete=django.db.models.deletion.PROTECT,
                        to="macro.metricssnapshot",
                    ),
                ),
                (
                    "portfolio_analysis",
                    models.ForeignKey(
                        blank=True,
                        db_comment="Portfolio analysis it came from",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="selection.aiportfolioanalysis",
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
                    "watchlist_analysis",
                    models.ForeignKey(
                        blank=True,
                        db_comment="Screening it came from",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="selection.aiwatchlistanalysis",
                    ),
                ),
            ],
            options={
                "verbose_name": "signal",
                "verbose_name_plural": "signals",
                "db_table": "ai_trading_signals",
                "indexes": [
                    models.Index(fields=["asset", "status", "-created_at"], name="idx_ai_signals_asset_status"),
                    models.Index(fields=["-created_at"], name="idx_trading_signals_generated"),
                    models.Index(
                        condition=models.Q(("status", "active")),
                        fields=["-confidence_score", "-created_at"],
                        name="idx_signals_active_conf",
                    ),
                    models.Index(
                        condition=models.Q(("status", "active")),
                        fields=["expires_at"],
                        name="idx_signals_active_expires",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "active")),
                        fields=("asset", "signal_type", "time_horizon_hours", "series"),
                        name="unique_active_signal",
                        violation_error_message="There is an active signal of this asset, direction and horizon already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("entry_price__isnull", True),
                            ("target_price__isnull", True),
                            ("stop_loss__isnull", True),
                            models.Q(
                                ("signal_type", "long"),
                                ("stop_loss__lt", models.F("entry_price")),
                                ("target_price__gt", models.F("entry_price")),
                            ),
                            models.Q(
                                ("signal_type", "short"),
                                ("stop_loss__gt", models.F("entry_price")),
                                ("target_price__lt", models.F("entry_price")),
                            ),
                            _connector="OR",
                        ),
                        name="chk_signal_levels_order",
                        violation_error_message="A long has its stop below and its target above the entry, a short the other way round.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "invalidated"), _negated=True),
                            ("invalidated_at__isnull", False),
                            _connector="OR",
                        ),
                        name="chk_signal_invalidated",
                        violation_error_message="An invalidated signal needs the time it was invalidated.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("signal_type__in", ["long", "short"])),
                        name="chk_ai_trading_signals_signal_type",
                        violation_error_message="signal_type is none of: long, short.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "signal_origin__in",
                                [
                                    "watchlist_screening",
                                    "portfolio_rebalancing",
                                    "market_opportunity",
                                    "risk_management",
                                ],
                            )
                        ),
                        name="chk_ai_trading_signals_signal_origin",
                        violation_error_message="signal_origin is none of: watchlist_screening, portfolio_rebalancing, market_opportunity, risk_management.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("signal_quality__in", ["high", "medium", "low"])),
                        name="chk_ai_trading_signals_signal_quality",
                        violation_error_message="signal_quality is none of: high, medium, low.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("confidence_score__range", (0, 1))),
                        name="chk_ai_trading_signals_confidence_score",
                        violation_error_message="confidence_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("entry_price__gt", 0)),
                        name="chk_ai_trading_signals_entry_price",
                        violation_error_message="entry_price must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("target_price__gt", 0)),
                        name="chk_ai_trading_signals_target_price",
                        violation_error_message="target_price must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("stop_loss__gt", 0)),
                        name="chk_ai_trading_signals_stop_loss",
                        violation_error_message="stop_loss must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("risk_level__in", ["low", "medium", "high", "extreme"])),
                        name="chk_ai_trading_signals_risk_level",
                        violation_error_message="risk_level is none of: low, medium, high, extreme.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("risk_reward_ratio__gt", 0)),
                        name="chk_ai_trading_signals_risk_reward_ratio",
                        violation_error_message="risk_reward_ratio must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("time_horizon_hours__gt", 0)),
                        name="chk_ai_trading_signals_time_horizon_hours",
                        violation_error_message="time_horizon_hours must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("optimal_entry_timeframe__in", ["1m", "5m", "15m", "1h"])),
                        name="chk_ai_trading_signals_optimal_entry_timeframe",
                        violation_error_message="optimal_entry_timeframe is none of: 1m, 5m, 15m, 1h.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("monitoring_timeframe__in", ["5m", "15m", "1h", "4h"])),
                        name="chk_ai_trading_signals_monitoring_timeframe",
                        violation_error_message="monitoring_timeframe is none of: 5m, 15m, 1h, 4h.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["active", "executed", "expired", "cancelled", "invalidated"])
                        ),
                        name="chk_ai_trading_signals_status",
                        violation_error_message="status is none of: active, executed, expired, cancelled, invalidated.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("actual_entry_price__gt", 0)),
                        name="chk_ai_trading_signals_actual_entry_price",
                        violation_error_message="actual_entry_price must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("signal_strength__in", ["weak", "moderate", "strong", "very_strong"])),
                        name="chk_ai_trading_signals_signal_strength",
                        violation_error_message="signal_strength is none of: weak, moderate, strong, very_strong.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("confluence_count__gte", 0)),
                        name="chk_ai_trading_signals_confluence_count",
                        violation_error_message="confluence_count must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("market_correlation__range", (0, 1))),
                        name="chk_ai_trading_signals_market_correlation",
                        violation_error_message="market_correlation must lie between 0 and 1.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Recommendation",
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
                    "target_entity_type",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("portfolio", "portfolio"),
                            ("watchlist", "watchlist"),
                            ("asset", "asset"),
                            ("user", "user"),
                            ("strategy", "strategy"),
                        ],
                        db_comment="Kind of target",
                        max_length=20,
                        null=True,
                    ),
                ),
                (
                    "target_entity_id",
                    models.BigIntegerField(
                        blank=True, db_comment="Id of the target (no FK: several tables)", null=True
                    ),
                ),
                (
                    "recommendation_type",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("entry", "entry"),
                            ("exit", "exit"),
                            ("risk_management", "risk management"),
                            ("rebalance", "rebalance"),
                            ("allocation", "allocation"),
                            ("position_sizing", "position sizing"),
                            ("learning", "learning"),
                        ],
                        db_comment="Kind",
                        max_length=30,
                        null=True,
                    ),
                ),
                ("recommendation_title", models.CharField(blank=True, db_comment="Title", max_length=200, null=True)),
                ("recommendation_summary", models.TextField(blank=True, db_comment="Short explanation", null=True)),
                (
                    "recommendation_payload",
                    models.JSONField(
                        blank=True,
                        db_comment="{suggested_position_size, stop_loss, take_profit, instructions[]}",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("approved", "approved"),
                            ("followed", "followed"),
                            ("implemented", "implemented"),
                            ("ignored", "ignored"),
                            ("expired", "expired"),
                            ("rejected", "rejected"),
                        ],
                        db_comment="State",
                        default="pending",
                        max_length=20,
                    ),
                ),
                (
                    "priority_level",
                    models.CharField(
                        choices=[("low", "low"), ("medium", "medium"), ("high", "high"), ("urgent", "urgent")],
                        db_comment="Importance",
                        default="medium",
                        max_length=10,
                    ),
                ),
                ("user_feedback", models.TextField(blank=True, db_comment="Comment of the user", null=True)),
                ("user_rating", models.IntegerField(blank=True, db_comment="1 (poor) .. 5 (excellent)", null=True)),
                (
                    "outcome_result",
                    models.JSONField(blank=True, db_comment="{actual_return, success_score}", default=dict, null=True),
                ),
                ("reviewed_at", models.DateTimeField(blank=True, db_comment="When reviewed", null=True)),
                ("implemented_at", models.DateTimeField(blank=True, db_comment="When carried out", null=True)),
                ("expires_at", models.DateTimeField(blank=True, db_comment="Expiry", null=True)),
                (
                    "ai_cross_sector_analysis",
                    models.ForeignKey(
                        blank=True,
                        db_comment="Cross-sector analysis behind it",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="sectors.aicrosssectoranalysis",
                    ),
                ),
                (
                    "ai_regime_analysis",
                    models.ForeignKey(
                        blank=True,
                        db_comment="Regime analysis behind it",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="macro.airegimeanalysis",
                    ),
                ),
                (
                    "ai_sector_analysis",
                    models.ForeignKey(
                        blank=True,
                        db_comment="Sector analysis behind it",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="sectors.aisectoranalysis",
                    ),
                ),
                (
                    "ai_trading_signal",
                    models.ForeignKey(
                        blank=True,
                        db_comment="Signal behind it",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="trading.aitradingsignal",
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        blank=True,
                        db_column="reviewed_by",
                        db_comment="Who reviewed it",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="recommendations_reviewed_by",
                        to=settings.AUTH_USER_MODEL,
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
                    "user",
                    models.ForeignKey(
                        blank=True,
                        db_comment="Recipient; NULL = for admins / everybody",
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recommendations_user",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "recommendation",
                "verbose_name_plural": "recommendations",
                "db_table": "recommendations",
                "indexes": [
                    models.Index(fields=["user", "status", "-created_at"], name="idx_recommendations_user"),
                    models.Index(fields=["target_entity_type", "target_entity_id"], name="idx_recommendations_target"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("target_entity_type__in", ["portfolio", "watchlist", "asset", "user", "strategy"])
                        ),
                        name="chk_recommendations_target_entity_type",
                        violation_error_message="target_entity_type is none of: portfolio, watchlist, asset, user, strategy.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "recommendation_type__in",
                                [
                                    "entry",
                                    "exit",
                                    "risk_management",
                                    "rebalance",
                                    "allocation",
                                    "position_sizing",
                                    "learning",
                                ],
                            )
                        ),
                        name="chk_recommendations_recommendation_type",
                        violation_error_message="recommendation_type is none of: entry, exit, risk_management, rebalance, allocation, position_sizing, learning.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                ["pending", "approved", "followed", "implemented", "ignored", "expired", "rejected"],
                            )
                        ),
                        name="chk_recommendations_status",
                        violation_error_message="status is none of: pending, approved, followed, implemented, ignored, expired, rejected.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("priority_level__in", ["low", "medium", "high", "urgent"])),
                        name="chk_recommendations_priority_level",
                        violation_error_message="priority_level is none of: low, medium, high, urgent.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("user_rating__range", (1, 5))),
                        name="chk_recommendations_user_rating",
                        violation_error_message="user_rating must lie between 1 and 5.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RiskProfile",
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
                    "max_position_size",
                    models.DecimalField(
                        blank=True,
                        db_comment="Largest position, USD",
                        decimal_places=8,
                        default=Decimal(1000),
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "max_portfolio_risk",
                    models.DecimalField(
                        blank=True,
                        db_comment="Largest risk per trade as a share of the portfolio, 0-1 (0.02 = 2 percent)",
                        decimal_places=4,
                        default=Decimal("0.02"),
                        max_digits=5,
                        null=True,
                    ),
                ),
                (
                    "risk_rules",
                    models.JSONField(
                        blank=True,
                        db_comment="{max_open_positions, max_leverage, max_sector_pct, daily_loss_limit_pct, ...}",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "current_exposure",
                    models.JSONField(
                        blank=True,
                        db_comment="Computed: {total_usd, by_asset:{}, by_sector:{}}",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "risk_metrics",
                    models.JSONField(
                        blank=True, db_comment="Computed: {var_95, volatility, drawdown, ...}", default=dict, null=True
                    ),
                ),
                (
                    "last_calculated",
                    models.DateTimeField(
                        blank=True,
                        db_comment="When the two computed fields were refreshed",
                        db_default=django.db.models.functions.datetime.Now(),
                        null=True,
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        db_comment="Owner; one profile per user",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="risk_profile",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "risk profile",
                "verbose_name_plural": "risk profiles",
                "db_table": "risk_management",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("max_position_size__gt", 0)),
                        name="chk_risk_management_max_position_size",
                        violation_error_message="max_position_size must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("max_portfolio_risk__range", (0, 1))),
                        name="chk_risk_management_max_portfolio_risk",
                        violation_error_message="max_portfolio_risk must lie between 0 and 1.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SignalAlert",
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
                    "alert_type",
                    models.CharField(
                        choices=[
                            ("price_target", "price target"),
                            ("signal_generated", "signal generated"),
                            ("volume_spike", "volume spike"),
                            ("indicator_level", "indicator level"),
                            ("regime_change", "regime change"),
                            ("sector_rotation", "sector rotation"),
                        ],
                        db_comment="Kind",
                        max_length=20,
                    ),
                ),
                (
                    "trigger_value",
                    models.DecimalField(
                        db_comment="Threshold: USD for price_target, percent or multiple for percentage_change/volume_spike, min. confidence for signal_generated",
                        decimal_places=18,
                        max_digits=38,
                    ),
                ),
                (
                    "condition",
                    models.CharField(
                        choices=[
                            ("above", "above"),
                            ("below", "below"),
                            ("equals", "equals"),
                            ("percentage_change", "percentage change"),
                        ],
                        db_comment="Comparison",
                        max_length=20,
                    ),
                ),
                ("is_active", models.BooleanField(db_comment="Being checked", default=True)),
                ("is_triggered", models.BooleanField(db_comment="Has fired", default=False)),
                ("message", models.TextField(blank=True, db_comment="Own text", null=True)),
                (
                    "notification_method",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("email", "email"),
                            ("push", "push"),
                            ("sms", "sms"),
                            ("in_app", "in app"),
                            ("telegram", "telegram"),
                            ("discord", "discord"),
                            ("slack", "slack"),
                            ("webhook", "webhook"),
                            ("ntfy", "ntfy"),
                        ],
                        db_comment="Channel besides the in-app notification; NULL = in-app only",
                        max_length=10,
                        null=True,
                    ),
                ),
                ("triggered_at", models.DateTimeField(blank=True, db_comment="When it fired", null=True)),
                ("last_checked", models.DateTimeField(blank=True, db_comment="Last check", null=True)),
                ("expires_at", models.DateTimeField(blank=True, db_comment="Expiry", null=True)),
                (
                    "parameters",
                    models.JSONField(
                        blank=True, db_comment="Indicator, window, sector … of the kind", default=dict, null=True
                    ),
                ),
                ("cooldown_minutes", models.IntegerField(db_comment="Not again before, minutes", default=0)),
                (
                    "acknowledged_at",
                    models.DateTimeField(blank=True, db_comment="When the user acknowledged it", null=True),
                ),
                (
                    "asset",
                    models.ForeignKey(
                        blank=True,
                        db_comment="Asset watched; NULL for regime_change and sector_rotation",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="assets.asset",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_comment="Owner",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "alert",
                "verbose_name_plural": "alerts",
                "db_table": "signal_alerts",
                "indexes": [
                    models.Index(fields=["user", "-created_at"], name="idx_signal_alerts_user"),
                    models.Index(
                        condition=models.Q(("is_active", True), ("is_triggered", False)),
                        fields=["asset", "alert_type"],
                        name="idx_signal_alerts_check",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("asset__isnull", False),
                            ("alert_type__in", ["regime_change", "sector_rotation"]),
                            _connector="OR",
                        ),
                        name="chk_signal_alert_asset",
                        violation_error_message="This kind of alert needs an asset.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cooldown_minutes__gte", 0)),
                        name="chk_signal_alerts_cooldown",
                        violation_error_message="cooldown_minutes must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_triggered", False), ("triggered_at__isnull", False), _connector="OR"),
                        name="chk_signal_alert_triggered",
                        violation_error_message="A fired alert needs the time it fired.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "alert_type__in",
                                [
                                    "price_target",
                                    "signal_generated",
                                    "volume_spike",
                                    "indicator_level",
                                    "regime_change",
                                    "sector_rotation",
                                ],
                            )
                        ),
                        name="chk_signal_alerts_alert_type",
                        violation_error_message="alert_type is none of: price_target, signal_generated, volume_spike, indicator_level, regime_change, sector_rotation.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("condition__in", ["above", "below", "equals", "percentage_change"])),
                        name="chk_signal_alerts_condition",
                        violation_error_message="condition is none of: above, below, equals, percentage_change.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "notification_method__in",
                                ["email", "push", "sms", "in_app", "telegram", "discord", "slack", "webhook", "ntfy"],
                            )
                        ),
                        name="chk_signal_alerts_notification_method",
                        violation_error_message="notification_method is none of: email, push, sms, in_app, telegram, discord, slack, webhook, ntfy.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TradeAction",
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
                    "action_type",
                    models.CharField(
                        choices=[
                            ("buy", "buy"),
                            ("sell", "sell"),
                            ("partial_sell", "partial sell"),
                            ("entry", "entry"),
                            ("partial_exit", "partial exit"),
                            ("full_exit", "full exit"),
                            ("modify_sl", "modify sl"),
                            ("modify_tp", "modify tp"),
                            ("short", "short"),
                            ("cover", "cover"),
                            ("deposit", "deposit"),
                            ("withdrawal", "withdrawal"),
                            ("transfer_in", "transfer in"),
                            ("transfer_out", "transfer out"),
                            ("income", "income"),
                            ("fee", "fee"),
                            ("funding", "funding"),
                            ("split", "split"),
                            ("reversal", "reversal"),
                        ],
                        db_comment="Kind",
                        max_length=20,
                    ),
                ),
                (
                    "asset_price",
                    models.DecimalField(
                        db_comment="Price at this action, USD (0 where the kind has none)",
                        decimal_places=18,
                        max_digits=38,
                    ),
                ),
                (
                    "quantity",
                    models.DecimalField(
                        db_comment="Quantity, coins (0 for modify_sl / modify_tp)", decimal_places=18, max_digits=38
                    ),
                ),
                (
                    "fees_paid",
                    models.DecimalField(
                        blank=True,
                        db_comment="Fees, USD at the moment of the action",
                        decimal_places=18,
                        default=Decimal(0),
                        max_digits=38,
                        null=True,
                    ),
                ),
                (
                    "pnl_realized_usd",
                    models.DecimalField(
                        blank=True,
                        db_comment="Realised P&L of an exit net of fees, USD, by the method of the portfolio; derived",
                        decimal_places=18,
                        default=Decimal(0),
                        max_digits=38,
                        null=True,
                    ),
                ),
                (
                    "timeframe",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("1m", "1 minute"),
                            ("5m", "5 minutes"),
                            ("15m", "15 minutes"),
                            ("1h", "1 hour"),
                            ("4h", "4 hours"),
                            ("1d", "1 day"),
                        ],
                        db_comment="Timeframe traded",
                        max_length=10,
                        null=True,
                    ),
                ),
                ("emotion_state", models.CharField(blank=True, db_comment="Emotion", max_length=20, null=True)),
                ("confidence_level", models.IntegerField(blank=True, db_comment="1-10", null=True)),
                ("stress_level", models.IntegerField(blank=True, db_comment="1-10", null=True)),
                (
                    "market_sentiment",
                    models.CharField(
                        blank=True,
                        choices=[("bullish", "bullish"), ("bearish", "bearish"), ("sideways", "sideways")],
                        db_comment="Market as the user saw it",
                        max_length=10,
                        null=True,
                    ),
                ),
                (
                    "volatility_level",
                    models.CharField(
                        blank=True,
                        choices=[("low", "low"), ("medium", "medium"), ("high", "high"), ("extreme", "extreme")],
                        db_comment="Volatility",
                        max_length=10,
                        null=True,
                    ),
                ),
                (
                    "volume_profile",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("above_average", "above average"),
                            ("below_average", "below average"),
                            ("normal", "normal"),
                        ],
                        db_comment="Volume",
                        max_length=20,
                        null=True,
                    ),
                ),
                (
                    "primary_setup",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("breakout", "breakout"),
                            ("pullback", "pullback"),
                            ("reversal", "reversal"),
                            ("trend_follow", "trend follow"),
                        ],
                        db_comment="Setup",
                        max_length=20,
                        null=True,
                    ),
                ),
                (
                    "confirmation_signals",
                    models.JSONField(blank=True, db_comment="RSI, MACD, ... used", default=list, null=True),
                ),
                ("chart_pattern", models.CharField(blank=True, db_comment="Pattern", max_length=30, null=True)),
                (
                    "analysis_snapshot",
                    models.JSONField(blank=True, db_comment="Analysis at this moment", default=dict, null=True),
                ),
                (
                    "stop_loss",
                    models.DecimalField(
                        blank=True,
                        db_comment="Stop loss at this action, USD",
                        decimal_places=18,
                        max_digits=38,
                        null=True,
                    ),
                ),
                (
                    "take_profit",
                    models.DecimalField(
                        blank=True,
                        db_comment="Take profit at this action, USD",
                        decimal_places=18,
                        max_digits=38,
                        null=True,
                    ),
                ),
                (
                    "capital_amount",
                    models.DecimalField(
                        blank=True, db_comment="Capital at the time, USD", decimal_places=2, max_digits=30, null=True
                    ),
                ),
                (
                    "risk_percent",
                    models.DecimalField(
                        blank=True,
                        db_comment="Risk of total capital, percent",
                        decimal_places=2,
                        max_digits=5,
                        null=True,
                    ),
                ),
                ("reason", models.CharField(blank=True, db_comment="Reason", max_length=50, null=True)),
                (
                    "action_source",
                    models.CharField(
                        choices=[
                            ("manual", "manual"),
                            ("ai_signal", "ai signal"),
                            ("copy_trade", "copy trade"),
                            ("algorithm", "algorithm"),
                        ],
                        db_comment="Source",
                        default="manual",
                        max_length=20,
                    ),
                ),
                ("lesson_learned", models.TextField(blank=True, db_comment="Lessons", null=True)),
                ("notes", models.TextField(blank=True, db_comment="Notes", null=True)),
                ("executed_at", models.DateTimeField(db_comment="Time of the action (UTC); may lie in the past")),
                (
                    "client_key",
                    models.CharField(
                        blank=True,
                        db_comment="Key of the client or import line: the same key again changes nothing",
                        max_length=100,
                        null=True,
                    ),
                ),
                (
                    "fee_quantity",
                    models.DecimalField(
                        blank=True, db_comment="Fee, coins of fee_asset", decimal_places=18, max_digits=38, null=True
                    ),
                ),
                ("venue", models.CharField(blank=True, db_comment="Exchange or wallet", max_length=50, null=True)),
                (
                    "external_id",
                    models.CharField(blank=True, db_comment="Trade id at the venue", max_length=100, null=True),
                ),
                (
                    "ai_signal",
                    models.ForeignKey(
                        blank=True,
                        db_comment="Signal, if source is ai_signal",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="trading.aitradingsignal",
                    ),
                ),
                (
                    "fee_asset",
                    models.ForeignKey(
                        blank=True,
                        db_comment="Coin the fee was paid in; NULL = USD",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fee_actions",
                        to="assets.asset",
                    ),
                ),
                (
                    "portfolio_asset",
                    models.ForeignKey(
                        db_comment="Position",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="actions",
                        to="selection.portfolioasset",
                    ),
                ),
                (
                    "reverses",
                    models.OneToOneField(
                        blank=True,
                        db_comment="The entry that this one takes back (kind reversal)",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversal",
                        to="trading.tradeaction",
                    ),
                ),
            ],
            options={
                "verbose_name": "journal entry",
                "verbose_name_plural": "journal entries",
                "db_table": "trade_actions",
                "indexes": [
                    models.Index(fields=["portfolio_asset", "-executed_at", "-id"], name="idx_trade_actions_position")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("client_key__isnull", False)),
                        fields=("portfolio_asset", "client_key"),
                        name="unique_trade_action_client_key",
                        violation_error_message="An entry with this key exists already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("action_type", "reversal"), ("reverses__isnull", False)),
                            models.Q(models.Q(("action_type", "reversal"), _negated=True), ("reverses__isnull", True)),
                            _connector="OR",
                        ),
                        name="chk_trade_action_reversal",
                        violation_error_message="Only a reversal names the entry that it takes back.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("fee_quantity__gte", 0)),
                        name="chk_trade_actions_fee_quantity",
                        violation_error_message="fee_quantity must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("action_type__in", ("modify_sl", "modify_tp", "fee", "funding", "reversal")),
                            ("quantity__gt", 0),
                            _connector="OR",
                        ),
                        name="chk_trade_action_quantity",
                        violation_error_message="The quantity must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "action_type__in",
                                [
                                    "buy",
                                    "sell",
                                    "partial_sell",
                                    "entry",
                                    "partial_exit",
                                    "full_exit",
                                    "modify_sl",
                                    "modify_tp",
                                    "short",
                                    "cover",
                                    "deposit",
                                    "withdrawal",
                                    "transfer_in",
                                    "transfer_out",
                                    "income",
                                    "fee",
                                    "funding",
                                    "split",
                                    "reversal",
                                ],
                            )
                        ),
                        name="chk_trade_actions_action_type",
                        violation_error_message="action_type is none of: buy, sell, partial_sell, entry, partial_exit, full_exit, modify_sl, modify_tp, short, cover, deposit, withdrawal, transfer_in, transfer_out, income, fee, funding, split, reversal.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("asset_price__gte", 0)),
                        name="chk_trade_actions_asset_price",
                        violation_error_message="asset_price must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gte", 0)),
                        name="chk_trade_actions_quantity",
                        violation_error_message="quantity must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("fees_paid__gte", 0)),
                        name="chk_trade_actions_fees_paid",
                        violation_error_message="fees_paid must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("timeframe__in", ["1m", "5m", "15m", "1h", "4h", "1d"])),
                        name="chk_trade_actions_timeframe",
                        violation_error_message="timeframe is none of: 1m, 5m, 15m, 1h, 4h, 1d.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("confidence_level__range", (1, 10))),
                        name="chk_trade_actions_confidence_level",
                        violation_error_message="confidence_level must lie between 1 and 10.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("stress_level__range", (1, 10))),
                        name="chk_trade_actions_stress_level",
                        violation_error_message="stress_level must lie between 1 and 10.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("market_sentiment__in", ["bullish", "bearish", "sideways"])),
                        name="chk_trade_actions_market_sentiment",
                        violation_error_message="market_sentiment is none of: bullish, bearish, sideways.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("volatility_level__in", ["low", "medium", "high", "extreme"])),
                        name="chk_trade_actions_volatility_level",
                        violation_error_message="volatility_level is none of: low, medium, high, extreme.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("volume_profile__in", ["above_average", "below_average", "normal"])),
                        name="chk_trade_actions_volume_profile",
                        violation_error_message="volume_profile is none of: above_average, below_average, normal.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("primary_setup__in", ["breakout", "pullback", "reversal", "trend_follow"])),
                        name="chk_trade_actions_primary_setup",
                        violation_error_message="primary_setup is none of: breakout, pullback, reversal, trend_follow.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("stop_loss__gt", 0)),
                        name="chk_trade_actions_stop_loss",
                        violation_error_message="stop_loss must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("take_profit__gt", 0)),
                        name="chk_trade_actions_take_profit",
                        violation_error_message="take_profit must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("capital_amount__gte", 0)),
                        name="chk_trade_actions_capital_amount",
                        violation_error_message="capital_amount must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("risk_percent__range", (0, 100))),
                        name="chk_trade_actions_risk_percent",
                        violation_error_message="risk_percent must lie between 0 and 100.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("action_source__in", ["manual", "ai_signal", "copy_trade", "algorithm"])),
                        name="chk_trade_actions_action_source",
                        violation_error_message="action_source is none of: manual, ai_signal, copy_trade, algorithm.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SignalExecution",
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
                    "execution_price",
                    models.DecimalField(
                        blank=True, db_comment="Price, USD", decimal_places=18, max_digits=38, null=True
                    ),
                ),
                (
                    "position_size",
                    models.DecimalField(
                        blank=True, db_comment="Position size, USD", decimal_places=8, max_digits=30, null=True
                    ),
                ),
                (
                    "portfolio_percentage",
                    models.DecimalField(
                        blank=True,
                        db_comment="Share of the portfolio, percent",
                        decimal_places=2,
                        max_digits=5,
                        null=True,
                    ),
                ),
                (
                    "execution_type",
                    models.CharField(
                        choices=[("manual", "manual"), ("automatic", "automatic")],
                        db_comment="How",
                        default="manual",
                        max_length=20,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("filled", "filled"),
                            ("partially_filled", "partially filled"),
                            ("cancelled", "cancelled"),
                        ],
                        db_comment="State",
                        default="pending",
                        max_length=20,
                    ),
                ),
                (
                    "risk_confirmed",
                    models.BooleanField(
                        db_comment="The user confirmed the risk (request field risk_confirmation)", default=False
                    ),
                ),
                (
                    "execution_details",
                    models.JSONField(
                        blank=True, db_comment="Exchange order id, fills, fees, warnings", default=dict, null=True
                    ),
                ),
                (
                    "executed_at",
                    models.DateTimeField(blank=True, db_comment="When filled; NULL while pending", null=True),
                ),
                (
                    "signal",
                    models.ForeignKey(
                        db_comment="Signal",
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="executions",
                        to="trading.aitradingsignal",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_comment="User who executes",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "trade_action",
                    models.ForeignKey(
                        blank=True,
                        db_comment="Booking in the user's portfolio, if made",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="trading.tradeaction",
                    ),
                ),
            ],
            options={
                "verbose_name": "execution",
                "verbose_name_plural": "executions",
                "db_table": "signal_executions",
                "indexes": [
                    models.Index(fields=["user", "-created_at"], name="idx_signal_executions_user"),
                    models.Index(fields=["signal"], name="idx_signal_executions_signal"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["pending", "partially_filled"])),
                        fields=("signal", "user"),
                        name="unique_open_execution",
                        violation_error_message="You are executing this signal already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("execution_price__gt", 0)),
                        name="chk_signal_executions_execution_price",
                        violation_error_message="execution_price must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("position_size__gt", 0)),
                        name="chk_signal_executions_position_size",
                        violation_error_message="position_size must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("portfolio_percentage__range", (0, 100))),
                        name="chk_signal_executions_portfolio_percentage",
                        violation_error_message="portfolio_percentage must lie between 0 and 100.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("execution_type__in", ["manual", "automatic"])),
                        name="chk_signal_executions_execution_type",
                        violation_error_message="execution_type is none of: manual, automatic.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["pending", "filled", "partially_filled", "cancelled"])),
                        name="chk_signal_executions_status",
                        violation_error_message="status is none of: pending, filled, partially_filled, cancelled.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AIPortfolioAssetAnalysis",
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
                    models.CharField(
                        blank=True,
                        choices=[
                            ("1m", "1 minute"),
                            ("5m", "5 minutes"),
                            ("15m", "15 minutes"),
                            ("1h", "1 hour"),
                            ("4h", "4 hours"),
                            ("1d", "1 day"),
                        ],
                        db_comment="Timeframe",
                        max_length=10,
                        null=True,
                    ),
                ),
                ("candle_time", models.DateTimeField(blank=True, db_comment="Candle analysed, UTC", null=True)),
                ("analysis_time", models.DateTimeField(db_comment="When the analysis ran")),
                (
                    "position_status",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("healthy", "healthy"),
                            ("at_risk", "at risk"),
                            ("critical", "critical"),
                            ("take_profit_zone", "take profit zone"),
                        ],
                        db_comment="State of the position",
                        max_length=20,
                        null=True,
                    ),
                ),
                (
                    "current_pnl_pct",
                    models.DecimalField(
                        blank=True, db_comment="Unrealised P&L, percent", decimal_places=4, max_digits=10, null=True
                    ),
                ),
                (
                    "risk_level_score",
                    models.DecimalField(blank=True, db_comment="Risk, 0-1", decimal_places=4, max_digits=5, null=True),
                ),
                (
                    "exit_probability",
                    models.DecimalField(
                        blank=True,
                        db_comment="Probability that it should be closed, 0-1",
                        decimal_places=4,
                        max_digits=5,
                        null=True,
                    ),
                ),
                (
                    "recommended_action",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("hold", "hold"),
                            ("partial_exit_25", "partial exit 25"),
                            ("partial_exit_50", "partial exit 50"),
                            ("partial_exit_75", "partial exit 75"),
                            ("full_exit", "full exit"),
                            ("add_position", "add position"),
                            ("move_sl_to_be", "move sl to be"),
                            ("tighten_sl", "tighten sl"),
                            ("extend_tp", "extend tp"),
                        ],
                        db_comment="Recommendation",
                        max_length=20,
                        null=True,
                    ),
                ),
                (
                    "urgency_level",
                    models.CharField(
                        blank=True,
                        choices=[("low", "low"), ("medium", "medium"), ("high", "high"), ("immediate", "immediate")],
                        db_comment="Urgency",
                        max_length=10,
                        null=True,
                    ),
                ),
                ("recommendation_reason", models.TextField(blank=True, db_comment="Reason", null=True)),
                (
                    "suggested_sl_price",
                    models.DecimalField(
                        blank=True, db_comment="New stop loss, USD", decimal_places=18, max_digits=38, null=True
                    ),
                ),
                (
                    "suggested_tp_price",
                    models.DecimalField(
                        blank=True, db_comment="New take profit, USD", decimal_places=18, max_digits=38, null=True
                    ),
                ),
                (
                    "suggested_exit_percentage",
                    models.DecimalField(
                        blank=True, db_comment="Share to exit, percent", decimal_places=2, max_digits=5, null=True
                    ),
                ),
                (
                    "optimal_position_size",
                    models.DecimalField(
                        blank=True,
                        db_comment="Best position size now, coins",
                        decimal_places=8,
                        max_digits=30,
                        null=True,
                    ),
                ),
                (
                    "current_signals",
                    models.JSONField(
                        blank=True,
                        db_comment="{momentum_shift, volume_declining, support_broken, sentiment_change, sector_rotation, correlation_breakdown}",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "risk_factors",
                    models.JSONField(
                        blank=True,
                        db_comment="[{factor, severity, price_level | trend | affected_correlation}]",
                        default=list,
                        null=True,
                    ),
                ),
                (
                    "market_regime_change",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("bull_to_bear", "bull to bear"),
                            ("bull_to_sideways", "bull to sideways"),
                            ("bear_to_bull", "bear to bull"),
                            ("no_change", "no change"),
                        ],
                        db_comment="Regime change since entry",
                        max_length=20,
                        null=True,
                    ),
                ),
                (
                    "condition_deterioration_score",
                    models.DecimalField(
                        blank=True,
                        db_comment="Deterioration since entry, 0-1",
                        decimal_places=4,
                        max_digits=5,
                        null=True,
                    ),
                ),
                (
                    "ai_position_outlook",
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
                ("analysis_horizon_hours", models.IntegerField(blank=True, db_comment="Validity, hours", null=True)),
                (
                    "analysis_data",
                    models.JSONField(
                        blank=True,
                        db_comment="{entry_analysis{},current_analysis{},rationale[],next_review}",
                        default=dict,
                        null=True,
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
                        db_comment="Snapshot used",
                        on_delete=django.db.models.deletion.PROTECT,
                        to="macro.metricssnapshot",
                    ),
                ),
                (
                    "portfolio_asset",
                    models.ForeignKey(
                        db_comment="Open position analysed",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="selection.portfolioasset",
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
                "verbose_name": "position analysis",
                "verbose_name_plural": "position analyses",
                "db_table": "ai_portfolio_asset_analysis",
                "indexes": [
                    models.Index(fields=["portfolio_asset", "-analysis_time"], name="idx_ai_pos_position_time")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("metrics_snapshot", "portfolio_asset", "ai_model", "series"),
                        name="unique_portfolio_asset_analysis",
                        violation_error_message="This position has been analysed on this snapshot already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("timeframe__in", ["1m", "5m", "15m", "1h", "4h", "1d"])),
                        name="chk_ai_portfolio_asset_analysis_timeframe",
                        violation_error_message="timeframe is none of: 1m, 5m, 15m, 1h, 4h, 1d.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("position_status__in", ["healthy", "at_risk", "critical", "take_profit_zone"])
                        ),
                        name="chk_ai_portfolio_asset_analysis_position_status",
                        violation_error_message="position_status is none of: healthy, at_risk, critical, take_profit_zone.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("risk_level_score__range", (0, 1))),
                        name="chk_ai_portfolio_asset_analysis_risk_level_score",
                        violation_error_message="risk_level_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("exit_probability__range", (0, 1))),
                        name="chk_ai_portfolio_asset_analysis_exit_probability",
                        violation_error_message="exit_probability must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "recommended_action__in",
                                [
                                    "hold",
                                    "partial_exit_25",
                                    "partial_exit_50",
                                    "partial_exit_75",
                                    "full_exit",
                                    "add_position",
                                    "move_sl_to_be",
                                    "tighten_sl",
                                    "extend_tp",
                                ],
                            )
                        ),
                        name="chk_ai_portfolio_asset_analysis_recommended_action",
                        violation_error_message="recommended_action is none of: hold, partial_exit_25, partial_exit_50, partial_exit_75, full_exit, add_position, move_sl_to_be, tighten_sl, extend_tp.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("urgency_level__in", ["low", "medium", "high", "immediate"])),
                        name="chk_ai_portfolio_asset_analysis_urgency_level",
                        violation_error_message="urgency_level is none of: low, medium, high, immediate.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("suggested_sl_price__gt", 0)),
                        name="chk_ai_portfolio_asset_analysis_suggested_sl_price",
                        violation_error_message="suggested_sl_price must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("suggested_tp_price__gt", 0)),
                        name="chk_ai_portfolio_asset_analysis_suggested_tp_price",
                        violation_error_message="suggested_tp_price must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("suggested_exit_percentage__range", (0, 100))),
                        name="chk_ai_portfolio_asset_analysis_suggested_exit_percentage",
                        violation_error_message="suggested_exit_percentage must lie between 0 and 100.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("optimal_position_size__gte", 0)),
                        name="chk_ai_portfolio_asset_analysis_optimal_position_size",
                        violation_error_message="optimal_position_size must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "market_regime_change__in",
                                ["bull_to_bear", "bull_to_sideways", "bear_to_bull", "no_change"],
                            )
                        ),
                        name="chk_ai_portfolio_asset_analysis_market_regime_change",
                        violation_error_message="market_regime_change is none of: bull_to_bear, bull_to_sideways, bear_to_bull, no_change.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("condition_deterioration_score__range", (0, 1))),
                        name="chk_ai_portfolio_asset_analysis_condition_deterioration_score",
                        violation_error_message="condition_deterioration_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ai_position_outlook__in", ["Bullish", "Bearish", "Neutral"])),
                        name="chk_ai_portfolio_asset_analysis_ai_position_outlook",
                        violation_error_message="ai_position_outlook is none of: Bullish, Bearish, Neutral.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ai_confidence_score__range", (0, 1))),
                        name="chk_ai_portfolio_asset_analysis_ai_confidence_score",
                        violation_error_message="ai_confidence_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("signal_agreement_score__range", (0, 1))),
                        name="chk_ai_portfolio_asset_analysis_signal_agreement_score",
                        violation_error_message="signal_agreement_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("analysis_horizon_hours__gte", 0)),
                        name="chk_ai_portfolio_asset_analysis_analysis_horizon_hours",
                        violation_error_message="analysis_horizon_hours must be at least 0.",
                    ),
                ],
            },
        ),
    ]
    operations = together(operations)

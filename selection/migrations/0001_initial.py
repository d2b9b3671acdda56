import datetime
from decimal import Decimal

import django.db.models.constraints
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
        ("system", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="SuggestionPerformance",
            fields=[
                ("ai_layer", models.IntegerField(primary_key=True, serialize=False)),
                ("total_suggestions", models.IntegerField()),
                ("approved_count", models.IntegerField()),
                ("awaiting_implementation_count", models.IntegerField()),
                ("implemented_count", models.IntegerField()),
                ("rejected_count", models.IntegerField()),
                ("open_count", models.IntegerField()),
                ("expired_count", models.IntegerField()),
                ("avg_confidence", models.DecimalField(decimal_places=10, max_digits=20, null=True)),
                ("avg_actual_return", models.DecimalField(decimal_places=10, max_digits=20, null=True)),
                ("avg_success_score", models.DecimalField(decimal_places=10, max_digits=20, null=True)),
                ("high_success_count", models.IntegerField()),
            ],
            options={
                "verbose_name": "result of suggestions",
                "verbose_name_plural": "results of suggestions",
                "db_table": "v_ai_performance",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="WatchlistSummary",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100)),
                ("watchlist_type", models.CharField(max_length=20)),
                ("tier", models.CharField(max_length=10, null=True)),
                ("user_id", models.BigIntegerField(null=True)),
                ("user_email", models.CharField(max_length=255, null=True)),
                ("is_active", models.BooleanField()),
                ("sort_order", models.IntegerField(null=True)),
                ("asset_count", models.IntegerField()),
                ("paused_count", models.IntegerField()),
                ("max_assets", models.IntegerField(null=True)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("avg_asset_weight", models.DecimalField(decimal_places=10, max_digits=20, null=True)),
                ("total_weight", models.DecimalField(decimal_places=4, max_digits=20, null=True)),
                ("asset_symbols", models.TextField(null=True)),
            ],
            options={
                "verbose_name": "list at a glance",
                "verbose_name_plural": "lists at a glance",
                "db_table": "v_watchlist_summary",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Portfolio",
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
                ("name", models.CharField(db_comment="Name", default="Main portfolio", max_length=100)),
                ("is_active", models.BooleanField(db_comment="In use; false = soft-deleted", default=True)),
                ("is_public", models.BooleanField(db_comment="May be shared (future)", default=False)),
                (
                    "user",
                    models.ForeignKey(
                        db_comment="Owner",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="portfolios",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "portfolio",
                "verbose_name_plural": "portfolios",
                "db_table": "portfolios",
                "indexes": [models.Index(fields=["user", "is_active"], name="idx_portfolios_user_active")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_active", True)),
                        fields=("user", "name"),
                        name="unique_portfolio_user_name",
                        violation_error_message="You have a portfolio of this name already.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AIPortfolioAnalysis",
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
                    "total_portfolio_value_usd",
                    models.DecimalField(
                        blank=True, db_comment="Value, USD", decimal_places=2, max_digits=30, null=True
                    ),
                ),
                (
                    "total_pnl_pct",
                    models.DecimalField(
                        blank=True, db_comment="Unrealised P&L, percent", decimal_places=4, max_digits=10, null=True
                    ),
                ),
                (
                    "total_pnl_usd",
                    models.DecimalField(
                        blank=True, db_comment="Unrealised P&L, USD", decimal_places=2, max_digits=30, null=True
                    ),
                ),
                (
                    "portfolio_risk_score",
                    models.DecimalField(
                        blank=True, db_comment="Risk, 0-1 (1 = highest)", decimal_places=4, max_digits=5, null=True
                    ),
                ),
                (
                    "diversification_score",
                    models.DecimalField(
                        blank=True,
                        db_comment="Diversification, 0-1 (1 = best)",
                        decimal_places=4,
                        max_digits=5,
                        null=True,
                    ),
                ),
                (
                    "concentration_risk",
                    models.DecimalField(
                        blank=True,
                        db_comment="Concentration, 0-1 (1 = highest)",
                        decimal_places=4,
                        max_digits=5,
                        null=True,
                    ),
                ),
                (
                    "current_allocation",
                    models.JSONField(
                        blank=True,
                        db_comment="{by_sector:{},by_risk:{},by_asset_type:{}} in percent",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "optimal_allocation",
                    models.JSONField(
                        blank=True, db_comment="{by_sector:{},by_risk:{}} in percent", default=dict, null=True
                    ),
                ),
                (
                    "allocation_deviation",
                    models.JSONField(
                        blank=True, db_comment="{sector: current - optimal, percentage points}", default=dict, null=True
                    ),
                ),
                (
                    "portfolio_beta",
                    models.DecimalField(
                        blank=True, db_comment="Beta against BTC", decimal_places=4, max_digits=8, null=True
                    ),
                ),
                (
                    "portfolio_volatility",
                    models.DecimalField(
                        blank=True, db_comment="Volatility score, 0-1", decimal_places=4, max_digits=5, null=True
                    ),
                ),
                (
                    "sharpe_ratio",
                    models.DecimalField(
                        blank=True, db_comment="Sharpe ratio", decimal_places=4, max_digits=10, null=True
                    ),
                ),
                (
                    "max_drawdown_pct",
                    models.DecimalField(
                        blank=True,
                        db_comment="Largest drawdown in the period, percent (0-100)",
                        decimal_places=2,
                        max_digits=6,
                        null=True,
                    ),
                ),
                (
                    "correlation_matrix",
                    models.JSONField(
                        blank=True,
                        db_comment="{high_correlation_pairs:[{asset1,asset2,correlation}],diversification_benefits}",
                        default=dict,
                        null=True,
                    ),
                ),
                ("rebalance_needed", models.BooleanField(blank=True, db_comment="Rebalancing recommended", null=True)),
                (
                    "overall_action",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("hold", "hold"),
                            ("reduce_risk", "reduce risk"),
                            ("increase_exposure", "increase exposure"),
                            ("rebalance", "rebalance"),
                            ("defensive", "defensive"),
                        ],
                        db_comment="Action for the portfolio",
                        max_length=20,
                        null=True,
                    ),
                ),
                (
                    "rebalancing_suggestions",
                    models.JSONField(
                        blank=True,
                        db_comment="[{action, asset, current_pct, target_pct, reason, related_signals[], suggested_signals[]}]",
                        default=list,
                        null=True,
                    ),
                ),
                (
                    "portfolio_signals",
                    models.JSONField(
                        blank=True,
                        db_comment="{exit_signals[],entry_signals[],adjustment_signals[]}",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "portfolio_efficiency_score",
                    models.DecimalField(
                        blank=True,
                        db_comment="Efficiency against the frontier, 0-1",
                        decimal_places=4,
                        max_digits=5,
                        null=True,
                    ),
                ),
                (
                    "total_fees_impact_pct",
                    models.DecimalField(
                        blank=True,
                        db_comment="Effect of fees on performance, percent",
                        decimal_places=4,
                        max_digits=8,
                        null=True,
                    ),
                ),
                (
                    "opportunity_cost_score",
                    models.DecimalField(
                        blank=True, db_comment="Opportunity cost, 0-1", decimal_places=4, max_digits=5, null=True
                    ),
                ),
                (
                    "sector_rotation_impact",
                    models.JSONField(
                        blank=True,
                        db_comment="{benefiting_sectors[],underperforming_sectors[],rotation_score}",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "portfolio_cycle_phase",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("accumulation", "accumulation"),
                            ("markup", "markup"),
                            ("distribution", "distribution"),
                            ("decline", "decline"),
                        ],
                        db_comment="Phase of the market cycle",
                        max_length=20,
                        null=True,
                    ),
                ),
                (
                    "cycle_adjustment_score",
                    models.DecimalField(
                        blank=True, db_comment="Fit to the cycle, 0-1", decimal_places=4, max_digits=5, null=True
                    ),
                ),
                (
                    "ai_portfolio_outlook",
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
                        blank=True,
                        db_comment="{strengths[],weaknesses[],opportunities[],threats[],action_priorities[{priority,action,timeline}]}",
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
                        db_comment="Market snapshot used",
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
                    "portfolio",
                    models.ForeignKey(
                        db_comment="Portfolio analysed",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="selection.portfolio",
                    ),
                ),
            ],
            options={
                "verbose_name": "portfolio analysis",
                "verbose_name_plural": "portfolio analyses",
                "db_table": "ai_portfolio_analysis",
                "indexes": [models.Index(fields=["portfolio", "-analysis_time"], name="idx_ai_portfolio_time")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("metrics_snapshot", "portfolio", "ai_model", "series"),
                        name="unique_portfolio_analysis",
                        violation_error_message="This portfolio has been analysed on this snapshot already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("portfolio_risk_score__range", (0, 1))),
                        name="chk_ai_portfolio_analysis_portfolio_risk_score",
                        violation_error_message="portfolio_risk_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("diversification_score__range", (0, 1))),
                        name="chk_ai_portfolio_analysis_diversification_score",
                        violation_error_message="diversification_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("concentration_risk__range", (0, 1))),
                        name="chk_ai_portfolio_analysis_concentration_risk",
                        violation_error_message="concentration_risk must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("portfolio_volatility__range", (0, 1))),
                        name="chk_ai_portfolio_analysis_portfolio_volatility",
                        violation_error_message="portfolio_volatility must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("max_drawdown_pct__range", (0, 100))),
                        name="chk_ai_portfolio_analysis_max_drawdown_pct",
                        violation_error_message="max_drawdown_pct must lie between 0 and 100.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "overall_action__in",
                                ["hold", "reduce_risk", "increase_exposure", "rebalance", "defensive"],
                            )
                        ),
                        name="chk_ai_portfolio_analysis_overall_action",
                        violation_error_message="overall_action is none of: hold, reduce_risk, increase_exposure, rebalance, defensive.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("portfolio_efficiency_score__range", (0, 1))),
                        name="chk_ai_portfolio_analysis_portfolio_efficiency_score",
                        violation_error_message="portfolio_efficiency_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("opportunity_cost_score__range", (0, 1))),
                        name="chk_ai_portfolio_analysis_opportunity_cost_score",
                        violation_error_message="opportunity_cost_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("portfolio_cycle_phase__in", ["accumulation", "markup", "distribution", "decline"])
                        ),
                        name="chk_ai_portfolio_analysis_portfolio_cycle_phase",
                        violation_error_message="portfolio_cycle_phase is none of: accumulation, markup, distribution, decline.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cycle_adjustment_score__range", (0, 1))),
                        name="chk_ai_portfolio_analysis_cycle_adjustment_score",
                        violation_error_message="cycle_adjustment_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ai_portfolio_outlook__in", ["Bullish", "Bearish", "Neutral"])),
                        name="chk_ai_portfolio_analysis_ai_portfolio_outlook",
                        violation_error_message="ai_portfolio_outlook is none of: Bullish, Bearish, Neutral.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ai_confidence_score__range", (0, 1))),
                        name="chk_ai_portfolio_analysis_ai_confidence_score",
                        violation_error_message="ai_confidence_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("signal_agreement_score__range", (0, 1))),
                        name="chk_ai_portfolio_analysis_signal_agreement_score",
                        violation_error_message="signal_agreement_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("outlook_duration_estimate__gte", 0)),
                        name="chk_ai_portfolio_analysis_outlook_duration_estimate",
                        violation_error_message="outlook_duration_estimate must be at least 0.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PortfolioAsset",
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
                    "asset_type",
                    models.CharField(
                        choices=[
                            ("Crypto Asset", "Crypto Asset"),
                            ("Stablecoin", "Stablecoin"),
                            ("Long Position", "Long Position"),
                            ("Short Position", "Short Position"),
                        ],
                        db_comment="Kind of holding (not assets.asset_type)",
                        max_length=20,
                    ),
                ),
                (
                    "leverage_ratio",
                    models.DecimalField(
                        blank=True,
                        db_comment="1.0 = no leverage",
                        decimal_places=2,
                        default=Decimal("1.0"),
                        max_digits=6,
                        null=True,
                    ),
                ),
                (
                    "quantity",
                    models.DecimalField(
                        db_comment="Remaining quantity, coins", decimal_places=18, default=Decimal(0), max_digits=38
                    ),
                ),
                (
                    "entry_price",
                    models.DecimalField(
                        blank=True,
                        db_comment="Entry price, USD (average of partial entries)",
                        decimal_places=18,
                        max_digits=38,
                        null=True,
                    ),
                ),
                (
                    "exit_price",
                    models.DecimalField(
                        blank=True,
                        db_comment="Exit price, USD (average of partial exits)",
                        decimal_places=18,
                        max_digits=38,
                        null=True,
                    ),
                ),
                (
                    "trade_status",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("reducing", "reducing"),
                            ("closed", "closed"),
                            ("accumulating", "accumulating"),
                            ("exit_plan", "exit plan"),
                        ],
                        db_comment="State of the position",
                        default="open",
                        max_length=20,
                    ),
                ),
                (
                    "pnl_realized_usd",
                    models.DecimalField(
                        blank=True,
                        db_comment="Realised profit/loss, USD",
                        decimal_places=18,
                        default=Decimal(0),
                        max_digits=38,
                        null=True,
                    ),
                ),
                (
                    "allocation_target_percent",
                    models.DecimalField(
                        blank=True,
                        db_comment="Target share of the portfolio, percent",
                        decimal_places=2,
                        max_digits=5,
                        null=True,
                    ),
                ),
                ("investment_thesis", models.TextField(blank=True, db_comment="Rationale", null=True)),
                (
                    "investment_timeframe",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("short_term", "short term"),
                            ("medium_term", "medium term"),
                            ("long_term", "long term"),
                        ],
                        db_comment="Horizon",
                        max_length=20,
                        null=True,
                    ),
                ),
                (
                    "risk_category",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("conservative", "conservative"),
                            ("moderate", "moderate"),
                            ("aggressive", "aggressive"),
                        ],
                        db_comment="Risk category",
                        default="moderate",
                        max_length=20,
                        null=True,
                    ),
                ),
                (
                    "stop_loss_price",
                    models.DecimalField(
                        blank=True,
                        db_comment="Stop loss of the position, USD",
                        decimal_places=18,
                        max_digits=38,
                        null=True,
                    ),
                ),
                (
                    "take_profit_price",
                    models.DecimalField(
                        blank=True,
                        db_comment="Take profit of the position, USD",
                        decimal_places=18,
                        max_digits=38,
                        null=True,
                    ),
                ),
                (
                    "max_allocation_percent",
                    models.DecimalField(
                        blank=True,
                        db_comment="Largest share of the portfolio, percent",
                        decimal_places=2,
                        default=Decimal(10),
                        max_digits=5,
                        null=True,
                    ),
                ),
                ("notes", models.TextField(blank=True, db_comment="Notes", null=True)),
                ("sort_order", models.IntegerField(db_comment="Order within the portfolio", default=1)),
                ("is_active", models.BooleanField(db_comment="In use", default=True)),
                (
                    "added_by",
                    models.ForeignKey(
                        db_column="added_by",
                        db_comment="User who added it",
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="portfolio_assets_added_by",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "asset",
                    models.ForeignKey(
                        db_comment="Asset", on_delete=django.db.models.deletion.PROTECT, to="assets.asset"
                    ),
                ),
                (
                    "last_modified_by",
                    models.ForeignKey(
                        db_column="last_modified_by",
                        db_comment="User who changed it last",
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="portfolio_assets_last_modified_by",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "portfolio",
                    models.ForeignKey(
                        db_comment="Portfolio",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="positions",
                        to="selection.portfolio",
                    ),
                ),
            ],
            options={
                "verbose_name": "position",
                "verbose_name_plural": "positions",
                "db_table": "portfolio_assets",
                "indexes": [
                    models.Index(fields=["portfolio", "is_active"], name="idx_portfolio_assets_portfolio"),
                    models.Index(fields=["portfolio", "sort_order"], name="idx_portfolio_assets_order"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("trade_status", "closed"), _negated=True), ("quantity", 0), _connector="OR"
                        ),
                        name="chk_portfolio_asset_closed_qty",
                        violation_error_message="A closed position holds nothing.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("asset_type__in", ["Crypto Asset", "Stablecoin", "Long Position", "Short Position"])
                        ),
                        name="chk_portfolio_assets_asset_type",
                        violation_error_message="asset_type is none of: Crypto Asset, Stablecoin, Long Position, Short Position.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("leverage_ratio__gt", 0)),
                        name="chk_portfolio_assets_leverage_ratio",
                        violation_error_message="leverage_ratio must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gte", 0)),
                        name="chk_portfolio_assets_quantity",
                        violation_error_message="quantity must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("entry_price__gt", 0)),
                        name="chk_portfolio_assets_entry_price",
                        violation_error_message="entry_price must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("exit_price__gt", 0)),
                        name="chk_portfolio_assets_exit_price",
                        violation_error_message="exit_price must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("trade_status__in", ["open", "reducing", "closed", "accumulating", "exit_plan"])
                        ),
                        name="chk_portfolio_assets_trade_status",
                        violation_error_message="trade_status is none of: open, reducing, closed, accumulating, exit_plan.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("allocation_target_percent__range", (0, 100))),
                        name="chk_portfolio_assets_allocation_target_percent",
                        violation_error_message="allocation_target_percent must lie between 0 and 100.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("investment_timeframe__in", ["short_term", "medium_term", "long_term"])),
                        name="chk_portfolio_assets_investment_timeframe",
                        violation_error_message="investment_timeframe is none of: short_term, medium_term, long_term.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("risk_category__in", ["conservative", "moderate", "aggressive"])),
                        name="chk_portfolio_assets_risk_category",
                        violation_error_message="risk_category is none of: conservative, moderate, aggressive.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("stop_loss_price__gt", 0)),
                        name="chk_portfolio_assets_stop_loss_price",
                        violation_error_message="stop_loss_price must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("take_profit_price__gt", 0)),
                        name="chk_portfolio_assets_take_profit_price",
                        violation_error_message="take_profit_price must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("max_allocation_percent__range", (0, 100))),
                        name="chk_portfolio_assets_max_allocation_percent",
                        violation_error_message="max_allocation_percent must lie between 0 and 100.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PositionFlow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "action_id",
                    models.BigIntegerField(
                        db_comment="trade_actions.id it follows from (kept by trading)", unique=True
                    ),
                ),
                ("occurred_at", models.DateTimeField(db_comment="Time of the action (UTC)")),
                (
                    "quantity_change",
                    models.DecimalField(
                        db_comment="Coins that joined (+) or left (-) the position", decimal_places=18, max_digits=38
                    ),
                ),
                ("price", models.DecimalField(db_comment="Price of the action, USD", decimal_places=18, max_digits=38)),
                (
                    "fee_usd",
                    models.DecimalField(db_comment="Fee, USD", decimal_places=18, default=Decimal(0), max_digits=38),
                ),
                (
                    "cash_flow_usd",
                    models.DecimalField(
                        db_comment="Dollars received (+) or spent (-), fees included", decimal_places=18, max_digits=38
                    ),
                ),
                (
                    "cost_change_usd",
                    models.DecimalField(
                        db_comment="Change of the cost of what is held, USD, by the method of the portfolio",
                        decimal_places=18,
                        max_digits=38,
                    ),
                ),
                (
                    "realized_usd",
                    models.DecimalField(
                        db_comment="Profit realised by the action, net of its fee, USD",
                        decimal_places=18,
                        default=Decimal(0),
                        max_digits=38,
                    ),
                ),
                (
                    "position",
                    models.ForeignKey(
                        db_comment="Position",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="flows",
                        to="selection.portfolioasset",
                    ),
                ),
            ],
            options={
                "verbose_name": "flow of a position",
                "verbose_name_plural": "flows of positions",
                "db_table": "position_flows",
                "indexes": [
                    models.Index(fields=["position", "occurred_at", "action_id"], name="idx_position_flows_time")
                ],
            },
        ),
        migrations.CreateModel(
            name="Watchlist",
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
                ("name", models.CharField(db_comment="Name", max_length=100)),
                ("description", models.TextField(blank=True, db_comment="Purpose", null=True)),
                (
                    "watchlist_type",
                    models.CharField(
                        choices=[("default", "default"), ("personal", "personal")],
                        db_comment="default = system list kept by admins, personal = a user's",
                        default="personal",
                        max_length=20,
                    ),
                ),
                (
                    "tier",
                    models.CharField(
                        blank=True,
                        choices=[("tier1", "tier 1"), ("tier2", "tier 2")],
                        db_comment="Tier of a default list; NULL for personal lists",
                        max_length=10,
                        null=True,
                    ),
                ),
                ("is_active", models.BooleanField(db_comment="In use; false = soft-deleted", default=True)),
                ("is_public", models.BooleanField(db_comment="May be shared (future)", default=False)),
                (
                    "max_assets",
                    models.IntegerField(
                        blank=True,
                        db_comment="Largest number of entries; NULL = system_config.watchlist_limits (tier1_max 20, tier2_max 100, personal_max 25)",
                        null=True,
                    ),
                ),
                (
                    "sort_order",
                    models.IntegerField(blank=True, db_comment="Order of a user's lists", default=0, null=True),
                ),
                (
                    "configuration",
                    models.JSONField(blank=True, db_comment="List-wide analysis settings", default=dict, null=True),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        db_comment="Owner; NULL for a default (system) list",
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="watchlists",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "watchlist",
                "verbose_name_plural": "watchlists",
                "db_table": "watchlists",
                "indexes": [
                    models.Index(fields=["watchlist_type"], name="idx_watchlists_type"),
                    models.Index(fields=["is_active"], name="idx_watchlists_active"),
                    models.Index(fields=["user", "watchlist_type"], name="idx_watchlist_user"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("tier__isnull", False), ("user__isnull", True), ("watchlist_type", "default")),
                            models.Q(("tier__isnull", True), ("user__isnull", False), ("watchlist_type", "personal")),
                            _connector="OR",
                        ),
                        name="chk_default_watchlist_user",
                        violation_error_message="A default list has a tier and no owner; a personal list has an owner and no tier.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_active", True), ("watchlist_type", "default")),
                        fields=("tier",),
                        name="unique_default_watchlist_per_tier",
                        violation_error_message="There is an active default list of this tier already.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_active", True), ("watchlist_type", "personal")),
                        fields=("user", "name"),
                        name="unique_watchlist_user_name",
                        violation_error_message="You have a list of this name already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("watchlist_type__in", ["default", "personal"])),
                        name="chk_watchlists_watchlist_type",
                        violation_error_message="watchlist_type is none of: default, personal.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("tier__in", ["tier1", "tier2"])),
                        name="chk_watchlists_tier",
                        violation_error_message="tier is none of: tier1, tier2.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("max_assets__gt", 0)),
                        name="chk_watchlists_max_assets",
                        violation_error_message="max_assets must be above 0.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AISuggestion",
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
                    "suggestion_type",
                    models.CharField(
                        choices=[
                            ("add", "add"),
                            ("remove", "remove"),
                            ("rebalance", "rebalance"),
                            ("tier_change", "change of tier"),
                            ("promote", "promote"),
                            ("demote", "demote"),
                        ],
                        db_comment="Kind",
                        max_length=20,
                    ),
                ),
                ("ai_layer", models.IntegerField(db_comment="AI layer that made it, 1-4")),
                (
                    "target_tier",
                    models.CharField(
                        blank=True,
                        choices=[("tier1", "tier 1"), ("tier2", "tier 2")],
                        db_comment="Tier aimed at",
                        max_length=10,
                        null=True,
                    ),
                ),
                (
                    "priority",
                    models.CharField(
                        choices=[("low", "low"), ("normal", "normal"), ("high", "high"), ("urgent", "urgent")],
                        db_comment="Rank in the review queue",
                        default="normal",
                        max_length=10,
                    ),
                ),
                ("confidence_score", models.DecimalField(db_comment="Confidence, 0-1", decimal_places=4, max_digits=5)),
                (
                    "reasoning",
                    models.JSONField(
                        db_comment="AI reasoning: {volume_surge, social_sentiment, technical, ...}", default=dict
                    ),
                ),
                ("context_data", models.JSONField(blank=True, db_comment="Data used", default=dict, null=True)),
                (
                    "performance_metrics",
                    models.JSONField(
                        blank=True, db_comment="Model/asset metrics at suggestion time", default=dict, null=True
                    ),
                ),
                (
                    "target_position",
                    models.IntegerField(blank=True, db_comment="Suggested position in the list", null=True),
                ),
                (
                    "target_weight",
                    models.DecimalField(
                        blank=True, db_comment="Suggested weight, 0-1", decimal_places=4, max_digits=5, null=True
                    ),
                ),
                (
                    "expected_return",
                    models.DecimalField(
                        blank=True, db_comment="Expected return, percent", decimal_places=4, max_digits=8, null=True
                    ),
                ),
                (
                    "risk_score",
                    models.DecimalField(blank=True, db_comment="Risk, 0-1", decimal_places=4, max_digits=5, null=True),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("approved", "approved"),
                            ("rejected", "rejected"),
                            ("deferred", "deferred"),
                            ("implemented", "implemented"),
                            ("expired", "expired"),
                        ],
                        db_comment="State",
                        default="pending",
                        max_length=20,
                    ),
                ),
                ("reviewed_at", models.DateTimeField(blank=True, db_comment="Time of the deciding review", null=True)),
                ("implemented_at", models.DateTimeField(blank=True, db_comment="When it was carried out", null=True)),
                (
                    "actual_return",
                    models.DecimalField(
                        blank=True,
                        db_comment="Return after implementation, percent",
                        decimal_places=4,
                        max_digits=8,
                        null=True,
                    ),
                ),
                (
                    "success_score",
                    models.DecimalField(
                        blank=True, db_comment="Success, 0-1", decimal_places=4, max_digits=5, null=True
                    ),
                ),
                (
                    "horizon_hours",
                    models.IntegerField(
                        blank=True, db_comment="Horizon after which the suggestion is scored, hours", null=True
                    ),
                ),
                (
                    "deferred_until",
                    models.DateTimeField(
                        blank=True, db_comment="Back in the queue at this time, after the decision defer", null=True
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
                (
                    "ai_model",
                    models.ForeignKey(
                        blank=True,
                        db_comment="Model version that made it",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="aimodels.aimodel",
                    ),
                ),
                (
                    "asset",
                    models.ForeignKey(
                        db_comment="Asset concerned",
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="assets.asset",
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        blank=True,
                        db_column="reviewed_by",
                        db_comment="Admin of the deciding review",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
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
                    "watchlist",
                    models.ForeignKey(
                        db_comment="List concerned",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="selection.watchlist",
                    ),
                ),
            ],
            options={
                "verbose_name": "suggestion",
                "verbose_name_plural": "suggestions",
                "db_table": "ai_suggestions",
                "indexes": [
                    models.Index(fields=["watchlist"], name="idx_ai_suggestions_watchlist"),
                    models.Index(fields=["asset"], name="idx_ai_suggestions_crypto_id"),
                    models.Index(fields=["ai_layer"], name="idx_ai_suggestions_layer"),
                    models.Index(fields=["-confidence_score"], name="idx_ai_suggestions_confidence"),
                    models.Index(fields=["-created_at"], name="idx_ai_suggestions_created_at"),
                    models.Index(fields=["status", "-created_at"], name="idx_ai_suggest_status_created"),
                    models.Index(
                        fields=["status", "ai_layer", "-confidence_score"], name="idx_ai_suggestions_composite"
                    ),
                    models.Index(
                        condition=models.Q(("status__in", ["pending", "deferred"])),
                        fields=["expires_at"],
                        name="idx_ai_suggestions_expires",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("horizon_hours__gt", 0)),
                        name="chk_ai_suggestions_horizon_hours",
                        violation_error_message="horizon_hours must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "implemented"), _negated=True),
                            ("implemented_at__isnull", False),
                            _connector="OR",
                        ),
                        name="chk_suggestion_implemented",
                        violation_error_message="An implemented suggestion needs the time it was carried out.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["pending", "expired"]), ("reviewed_at__isnull", False), _connector="OR"
                        ),
                        name="chk_suggestion_reviewed",
                        violation_error_message="A decided suggestion needs the time of its review.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["pending", "deferred"])),
                        fields=("watchlist", "asset", "suggestion_type", "series"),
                        name="unique_open_suggestion",
                        violation_error_message="The same suggestion is open already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("suggestion_type__in", ["add", "remove", "rebalance", "tier_change", "promote", "demote"])
                        ),
                        name="chk_ai_suggestions_suggestion_type",
                        violation_error_message="suggestion_type is none of: add, remove, rebalance, tier_change, promote, demote.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ai_layer__range", (1, 4))),
                        name="chk_ai_suggestions_ai_layer",
                        violation_error_message="ai_layer must lie between 1 and 4.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("target_tier__in", ["tier1", "tier2"])),
                        name="chk_ai_suggestions_target_tier",
                        violation_error_message="target_tier is none of: tier1, tier2.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("priority__in", ["low", "normal", "high", "urgent"])),
                        name="chk_ai_suggestions_priority",
                        violation_error_message="priority is none of: low, normal, high, urgent.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("confidence_score__range", (0, 1))),
                        name="chk_ai_suggestions_confidence_score",
                        violation_error_message="confidence_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("target_position__gt", 0)),
                        name="chk_ai_suggestions_target_position",
                        violation_error_message="target_position must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("target_weight__range", (0, 1))),
                        name="chk_ai_suggestions_target_weight",
                        violation_error_message="target_weight must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("risk_score__range", (0, 1))),
                        name="chk_ai_suggestions_risk_score",
                        violation_error_message="risk_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["pending", "approved", "rejected", "deferred", "implemented", "expired"])
                        ),
                        name="chk_ai_suggestions_status",
                        violation_error_message="status is none of: pending, approved, rejected, deferred, implemented, expired.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("success_score__range", (0, 1))),
                        name="chk_ai_suggestions_success_score",
                        violation_error_message="success_score must lie between 0 and 1.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SuggestionReview",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "decision",
                    models.CharField(
                        choices=[("approve", "approve"), ("reject", "reject"), ("defer", "defer")],
                        db_comment="Decision",
                        max_length=20,
                    ),
                ),
                (
                    "target_tier",
                    models.CharField(
                        blank=True,
                        choices=[("tier1", "tier 1"), ("tier2", "tier 2")],
                        db_comment="Tier chosen by the reviewer",
                        max_length=10,
                        null=True,
                    ),
                ),
                ("review_notes", models.TextField(blank=True, db_comment="Notes", null=True)),
                ("review_criteria", models.JSONField(blank=True, db_comment="Criteria used", default=dict, null=True)),
                (
                    "reviewed_at",
                    models.DateTimeField(
                        db_comment="Time of the review", db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        db_comment="Admin who reviewed",
                        on_delete=django.db.models.deletion.PROTECT,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "suggestion",
                    models.ForeignKey(
                        db_comment="Suggestion",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reviews",
                        to="selection.aisuggestion",
                    ),
                ),
            ],
            options={
                "verbose_name": "review",
                "verbose_name_plural": "reviews",
                "db_table": "suggestion_reviews",
                "indexes": [models.Index(fields=["suggestion", "-reviewed_at"], name="idx_suggestion_reviews_sugg")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("decision__in", ["approve", "reject", "defer"])),
                        name="chk_suggestion_reviews_decision",
                        violation_error_message="decision is none of: approve, reject, defer.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("target_tier__in", ["tier1", "tier2"])),
                        name="chk_suggestion_reviews_target_tier",
                        violation_error_message="target_tier is none of: tier1, tier2.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AIWatchlistAnalysis",
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
                    "asset_scores",
                    models.JSONField(
                        blank=True,
                        db_comment="[{asset_id, score 0-1, rank, signal_count, avg_signal_quality}]",
                        default=list,
                        null=True,
                    ),
                ),
                (
                    "key_signals",
                    models.JSONField(
                        blank=True,
                        db_comment="{'<asset_id>':{momentum, volume_spike, breakout, active_signals:[signal ids]}}",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "generated_signals",
                    models.JSONField(
                        blank=True,
                        db_comment="[{signal_id, asset_id, signal_type, confidence, entry_price}]",
                        default=list,
                        null=True,
                    ),
                ),
                (
                    "ai_watchlist_outlook",
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
                    models.JSONField(blank=True, db_comment="{rationale[], notes}", default=dict, null=True),
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
                        db_comment="Market snapshot used",
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
                    "watchlist",
                    models.ForeignKey(
                        db_comment="List analysed",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="selection.watchlist",
                    ),
                ),
            ],
            options={
                "verbose_name": "watchlist ranking",
                "verbose_name_plural": "watchlist rankings",
                "db_table": "ai_watchlist_analysis",
                "indexes": [models.Index(fields=["watchlist", "-analysis_time"], name="idx_ai_watchlist_list_time")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("metrics_snapshot", "watchlist", "ai_model", "series"),
                        name="unique_watchlist_analysis",
                        violation_error_message="This list has been analysed on this snapshot already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ai_watchlist_outlook__in", ["Bullish", "Bearish", "Neutral"])),
                        name="chk_ai_watchlist_analysis_ai_watchlist_outlook",
                        violation_error_message="ai_watchlist_outlook is none of: Bullish, Bearish, Neutral.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ai_confidence_score__range", (0, 1))),
                        name="chk_ai_watchlist_analysis_ai_confidence_score",
                        violation_error_message="ai_confidence_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("signal_agreement_score__range", (0, 1))),
                        name="chk_ai_watchlist_analysis_signal_agreement_score",
                        violation_error_message="signal_agreement_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("outlook_duration_estimate__gte", 0)),
                        name="chk_ai_watchlist_analysis_outlook_duration_estimate",
                        violation_error_message="outlook_duration_estimate must be at least 0.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AISuggestionArchive",
            fields=[
                (
                    "suggestion_type",
                    models.CharField(
                        choices=[
                            ("add", "add"),
                            ("remove", "remove"),
                            ("rebalance", "rebalance"),
                            ("tier_change", "change of tier"),
                            ("promote", "promote"),
                            ("demote", "demote"),
                        ],
                        db_comment="Kind",
                        max_length=20,
                    ),
                ),
                ("ai_layer", models.IntegerField(db_comment="AI layer that made it, 1-4")),
                (
                    "target_tier",
                    models.CharField(
                        blank=True,
                        choices=[("tier1", "tier 1"), ("tier2", "tier 2")],
                        db_comment="Tier aimed at",
                        max_length=10,
                        null=True,
                    ),
                ),
                (
                    "priority",
                    models.CharField(
                        choices=[("low", "low"), ("normal", "normal"), ("high", "high"), ("urgent", "urgent")],
                        db_comment="Rank in the review queue",
                        default="normal",
                        max_length=10,
                    ),
                ),
                ("confidence_score", models.DecimalField(db_comment="Confidence, 0-1", decimal_places=4, max_digits=5)),
                (
                    "reasoning",
                    models.JSONField(
                        db_comment="AI reasoning: {volume_surge, social_sentiment, technical, ...}", default=dict
                    ),
                ),
                ("context_data", models.JSONField(blank=True, db_comment="Data used", default=dict, null=True)),
                (
                    "performance_metrics",
                    models.JSONField(
                        blank=True, db_comment="Model/asset metrics at suggestion time", default=dict, null=True
                    ),
                ),
                (
                    "target_position",
                    models.IntegerField(blank=True, db_comment="Suggested position in the list", null=True),
                ),
                (
                    "target_weight",
                    models.DecimalField(
                        blank=True, db_comment="Suggested weight, 0-1", decimal_places=4, max_digits=5, null=True
                    ),
                ),
                (
                    "expected_return",
                    models.DecimalField(
                        blank=True, db_comment="Expected return, percent", decimal_places=4, max_digits=8, null=True
                    ),
                ),
                (
                    "risk_score",
                    models.DecimalField(blank=True, db_comment="Risk, 0-1", decimal_places=4, max_digits=5, null=True),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("approved", "approved"),
                            ("rejected", "rejected"),
                            ("deferred", "deferred"),
                            ("implemented", "implemented"),
                            ("expired", "expired"),
                        ],
                        db_comment="State",
                        default="pending",
                        max_length=20,
                    ),
                ),
                ("reviewed_at", models.DateTimeField(blank=True, db_comment="Time of the deciding review", null=True)),
                ("implemented_at", models.DateTimeField(blank=True, db_comment="When it was carried out", null=True)),
                (
                    "actual_return",
                    models.DecimalField(
                        blank=True,
                        db_comment="Return after implementation, percent",
                        decimal_places=4,
                        max_digits=8,
                        null=True,
                    ),
                ),
                (
                    "success_score",
                    models.DecimalField(
                        blank=True, db_comment="Success, 0-1", decimal_places=4, max_digits=5, null=True
                    ),
                ),
                (
                    "horizon_hours",
                    models.IntegerField(
                        blank=True, db_comment="Horizon after which the suggestion is scored, hours", null=True
                    ),
                ),
                (
                    "deferred_until",
                    models.DateTimeField(
                        blank=True, db_comment="Back in the queue at this time, after the decision defer", null=True
                    ),
                ),
                (
                    "id",
                    models.BigIntegerField(
                        db_comment="Id of the archived ai_suggestions row (copied, not generated)",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "expires_at",
                    models.DateTimeField(blank=True, db_comment="Expiry; 7 days ahead by default", null=True),
                ),
                (
                    "run_id",
                    models.BigIntegerField(blank=True, db_comment="As in ai_suggestions (no foreign key)", null=True),
                ),
                ("series", models.CharField(db_comment="As in ai_suggestions", max_length=40)),
                (
                    "reviews",
                    models.JSONField(
                        blank=True,
                        db_comment="Copy of the suggestion's suggestion_reviews rows [{reviewer_id, decision, target_tier, review_notes, review_criteria, reviewed_at}]",
                        null=True,
                    ),
                ),
                ("created_at", models.DateTimeField(db_comment="When suggested (copied)")),
                ("updated_at", models.DateTimeField(db_comment="Last change (copied)")),
                (
                    "archived_at",
                    models.DateTimeField(
                        db_comment="When the row was moved here", db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                (
                    "ai_model",
                    models.ForeignKey(
                        blank=True,
                        db_comment="Model version",
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="aimodels.aimodel",
                    ),
                ),
                (
                    "asset",
                    models.ForeignKey(
                        db_comment="Asset",
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="assets.asset",
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        blank=True,
                        db_column="reviewed_by",
                        db_comment="Admin of the deciding review",
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "watchlist",
                    models.ForeignKey(
                        db_comment="List at that time",
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="selection.watchlist",
                    ),
                ),
            ],
            options={
                "verbose_name": "archived suggestion",
                "verbose_name_plural": "archived suggestions",
                "db_table": "ai_suggestions_archive",
                "indexes": [
                    models.Index(fields=["ai_layer", "-created_at"], name="idx_sugg_archive_layer_created"),
                    models.Index(fields=["asset", "-created_at"], name="idx_sugg_archive_asset"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("suggestion_type__in", ["add", "remove", "rebalance", "tier_change", "promote", "demote"])
                        ),
                        name="chk_ai_suggestions_archive_suggestion_type",
                        violation_error_message="suggestion_type is none of: add, remove, rebalance, tier_change, promote, demote.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ai_layer__range", (1, 4))),
                        name="chk_ai_suggestions_archive_ai_layer",
                        violation_error_message="ai_layer must lie between 1 and 4.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("target_tier__in", ["tier1", "tier2"])),
                        name="chk_ai_suggestions_archive_target_tier",
                        violation_error_message="target_tier is none of: tier1, tier2.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("priority__in", ["low", "normal", "high", "urgent"])),
                        name="chk_ai_suggestions_archive_priority",
                        violation_error_message="priority is none of: low, normal, high, urgent.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("confidence_score__range", (0, 1))),
                        name="chk_ai_suggestions_archive_confidence_score",
                        violation_error_message="confidence_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("target_position__gt", 0)),
                        name="chk_ai_suggestions_archive_target_position",
                        violation_error_message="target_position must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("target_weight__range", (0, 1))),
                        name="chk_ai_suggestions_archive_target_weight",
                        violation_error_message="target_weight must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("risk_score__range", (0, 1))),
                        name="chk_ai_suggestions_archive_risk_score",
                        violation_error_message="risk_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["pending", "approved", "rejected", "deferred", "implemented", "expired"])
                        ),
                        name="chk_ai_suggestions_archive_status",
                        violation_error_message="status is none of: pending, approved, rejected, deferred, implemented, expired.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("success_score__range", (0, 1))),
                        name="chk_ai_suggestions_archive_success_score",
                        violation_error_message="success_score must lie between 0 and 1.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WatchlistAsset",
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
                    "position_type",
                    models.CharField(
                        choices=[("long", "long"), ("short", "short")],
                        db_comment="Direction watched for",
                        default="long",
                        max_length=10,
                    ),
                ),
                ("sort_order", models.IntegerField(db_comment="Position in the list, 1..n", default=1)),
                (
                    "weight",
                    models.DecimalField(
                        db_comment="Portfolio weight, 0-1", decimal_places=4, default=Decimal("0.0"), max_digits=5
                    ),
                ),
                (
                    "target_allocation",
                    models.DecimalField(
                        blank=True, db_comment="Target allocation, 0-1", decimal_places=4, max_digits=5, null=True
                    ),
                ),
                ("notes", models.TextField(blank=True, db_comment="Why the asset is here", null=True)),
                (
                    "is_active",
                    models.BooleanField(db_comment="false = paused (stays in the list, not analysed)", default=True),
                ),
                (
                    "analysis_config",
                    models.JSONField(
                        blank=True, db_comment="Per-entry analysis, alert and custom settings", default=dict, null=True
                    ),
                ),
                (
                    "added_by",
                    models.ForeignKey(
                        db_column="added_by",
                        db_comment="User who added it",
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="watchlist_assets_added_by",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "asset",
                    models.ForeignKey(
                        db_comment="Asset",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="assets.asset",
                    ),
                ),
                (
                    "last_modified_by",
                    models.ForeignKey(
                        db_column="last_modified_by",
                        db_comment="User who changed it last",
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="watchlist_assets_last_modified_by",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "watchlist",
                    models.ForeignKey(
                        db_comment="List",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="entries",
                        to="selection.watchlist",
                    ),
                ),
            ],
            options={
                "verbose_name": "watchlist entry",
                "verbose_name_plural": "watchlist entries",
                "db_table": "watchlist_assets",
                "indexes": [
                    models.Index(fields=["asset"], name="idx_watchlist_assets_crypto"),
                    models.Index(fields=["is_active"], name="idx_watchlist_assets_active"),
                    models.Index(
                        fields=["watchlist", "is_active", "sort_order"], name="idx_watchlist_assets_composite"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("watchlist", "asset", "position_type"),
                        name="unique_watchlist_asset_position_type",
                        violation_error_message="The asset is on this list already.",
                    ),
                    models.UniqueConstraint(
                        deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                        fields=("watchlist", "sort_order"),
                        name="unique_watchlist_asset_order",
                        violation_error_message="Two entries of a list cannot share a position.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("position_type__in", ["long", "short"])),
                        name="chk_watchlist_assets_position_type",
                        violation_error_message="position_type is none of: long, short.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sort_order__gt", 0)),
                        name="chk_watchlist_assets_sort_order",
                        violation_error_message="sort_order must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("weight__range", (0, 1))),
                        name="chk_watchlist_assets_weight",
                        violation_error_message="weight must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("target_allocation__range", (0, 1))),
                        name="chk_watchlist_assets_target_allocation",
                        violation_error_message="target_allocation must lie between 0 and 1.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WatchlistAssetHistory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "position_type",
                    models.CharField(
                        choices=[("long", "long"), ("short", "short")],
                        db_comment="Direction watched for",
                        default="long",
                        max_length=10,
                    ),
                ),
                ("sort_order", models.IntegerField(db_comment="Position in the list, 1..n, when the interval began")),
                (
                    "series",
                    models.CharField(
                        db_comment="live, or the replay that the copy belongs to", default="live", max_length=40
                    ),
                ),
                ("valid_from", models.DateTimeField(db_comment="On the list since (UTC)")),
                ("valid_to", models.DateTimeField(blank=True, db_comment="Until (exclusive); NULL = still", null=True)),
                (
                    "asset",
                    models.ForeignKey(
                        db_comment="Asset",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="assets.asset",
                    ),
                ),
                (
                    "changed_by",
                    models.ForeignKey(
                        blank=True,
                        db_column="changed_by",
                        db_comment="Who put it there",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "watchlist",
                    models.ForeignKey(
                        db_comment="List",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="history",
                        to="selection.watchlist",
                    ),
                ),
            ],
            options={
                "verbose_name": "past entry of a list",
                "verbose_name_plural": "past entries of lists",
                "db_table": "watchlist_asset_history",
                "indexes": [
                    models.Index(fields=["watchlist", "series", "valid_from"], name="idx_watchlist_history_time")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("valid_from__lt", models.F("valid_to"))),
                        name="chk_watchlist_history_interval",
                        violation_error_message="A membership ends after it starts.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("valid_to__isnull", True)),
                        fields=("watchlist", "asset", "position_type", "series"),
                        name="unique_watchlist_history_open",
                        violation_error_message="The asset is on this list already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("position_type__in", ["long", "short"])),
                        name="chk_watchlist_history_position",
                        violation_error_message="position_type is none of: long, short.",
                    ),
                ],
            },
        ),
    ]
    operations = together(operations)

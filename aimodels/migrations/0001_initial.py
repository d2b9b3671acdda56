from decimal import Decimal

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("assets", "0001_initial"),
        ("system", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ActivePrediction",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("watchlist_id", models.BigIntegerField(null=True)),
                ("user_id", models.BigIntegerField(null=True)),
                ("model_name", models.CharField(max_length=50)),
                ("model_version", models.CharField(max_length=20)),
                ("layer_source", models.IntegerField()),
                ("prediction_type", models.CharField(max_length=20)),
                ("predicted_price", models.DecimalField(decimal_places=18, max_digits=38, null=True)),
                ("predicted_value", models.JSONField(null=True)),
                ("confidence_score", models.DecimalField(decimal_places=4, max_digits=5)),
                ("prediction_horizon", models.IntegerField()),
                ("target_datetime", models.DateTimeField()),
                ("features_used", models.JSONField(null=True)),
                ("model_parameters", models.JSONField(null=True)),
                ("input_price", models.DecimalField(decimal_places=18, max_digits=38)),
                ("input_features", models.JSONField(null=True)),
                ("context_data", models.JSONField(null=True)),
                ("accuracy_threshold", models.DecimalField(decimal_places=2, max_digits=5, null=True)),
                ("training_data_end", models.DateTimeField(null=True)),
                ("market_conditions", models.CharField(max_length=20, null=True)),
                ("volatility_level", models.CharField(max_length=10, null=True)),
                ("notes", models.TextField(null=True)),
                ("as_of", models.DateTimeField()),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("symbol", models.CharField(max_length=20)),
                ("crypto_name", models.CharField(max_length=100)),
                ("current_price", models.DecimalField(decimal_places=18, max_digits=38, null=True)),
                ("user_email", models.CharField(max_length=255, null=True)),
                ("is_due", models.BooleanField()),
                ("predicted_change_pct", models.DecimalField(decimal_places=4, max_digits=20, null=True)),
            ],
            options={
                "db_table": "v_active_predictions",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="AIModel",
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
                ("name", models.CharField(db_comment="Name, shared by all versions", max_length=100)),
                ("version", models.CharField(db_comment="Version (v1.0.0); every version is a row", max_length=20)),
                ("architecture", models.CharField(db_comment="Architecture", max_length=50)),
                (
                    "model_type",
                    models.CharField(
                        choices=[("macro", "macro"), ("sector", "sector"), ("asset", "asset"), ("timing", "timing")],
                        db_comment="Layer it serves",
                        max_length=20,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("active", "active"),
                            ("training", "training"),
                            ("inactive", "inactive"),
                            ("error", "error"),
                            ("deprecated", "deprecated"),
                        ],
                        db_comment="State",
                        default="inactive",
                        max_length=20,
                    ),
                ),
                (
                    "configuration",
                    models.JSONField(
                        blank=True,
                        db_comment="{algorithm, hyperparameters{}, preprocessing{}}",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "performance_metrics",
                    models.JSONField(
                        blank=True,
                        db_comment="{classification_metrics{}, trading_metrics{}, regression_metrics{}, validation_scores{}}",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "training_features",
                    models.JSONField(
                        blank=True,
                        db_comment="{technical_indicators[], market_data[], macro_indicators[], onchain_metrics[], feature_count, feature_importance{}}",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "training_data_range",
                    models.JSONField(
                        blank=True,
                        db_comment="{start_date, end_date, total_samples, train_samples, validation_samples, test_samples, data_quality_score}",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "training_data_timeframe",
                    models.CharField(
                        choices=[
                            ("1m", "1 minute"),
                            ("5m", "5 minutes"),
                            ("15m", "15 minutes"),
                            ("1h", "1 hour"),
                            ("4h", "4 hours"),
                            ("1d", "1 day"),
                        ],
                        db_comment="Interval of the training data",
                        max_length=10,
                    ),
                ),
                ("target_variable", models.CharField(db_comment="Target", max_length=50)),
                (
                    "input_schema",
                    models.JSONField(
                        blank=True,
                        db_comment="{required_fields[], optional_fields[], preprocessing_required, normalization_method}",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "output_schema",
                    models.JSONField(
                        blank=True,
                        db_comment="{prediction_type, possible_values[], confidence_score{}, additional_outputs{}}",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "health_status",
                    models.JSONField(
                        blank=True,
                        db_comment="{status, last_health_check, performance_metrics{}, error_metrics{}, data_quality{}, alerts[]}",
                        default=dict,
                        null=True,
                    ),
                ),
                ("training_notes", models.TextField(blank=True, db_comment="Notes on training", null=True)),
                (
                    "model_file_path",
                    models.CharField(
                        blank=True,
                        db_comment="Path of the saved model, relative to the model store",
                        max_length=100,
                        null=True,
                    ),
                ),
                ("framework", models.CharField(blank=True, db_comment="ML framework", max_length=50, null=True)),
                (
                    "deployment_environment",
                    models.CharField(
                        blank=True,
                        choices=[("development", "development"), ("staging", "staging"), ("production", "production")],
                        db_comment="Environment",
                        max_length=20,
                        null=True,
                    ),
                ),
                ("last_trained", models.DateTimeField(blank=True, db_comment="When trained", null=True)),
                ("last_prediction", models.DateTimeField(blank=True, db_comment="Last prediction made", null=True)),
                ("deployed_at", models.DateTimeField(blank=True, db_comment="When deployed", null=True)),
                ("deprecated_at", models.DateTimeField(blank=True, db_comment="When deprecated", null=True)),
                ("is_active", models.BooleanField(db_comment="This version is deployed", default=False)),
                ("prediction_count", models.IntegerField(db_comment="Predictions made", default=0)),
                (
                    "model_size_mb",
                    models.DecimalField(
                        blank=True, db_comment="File size, MB", decimal_places=2, max_digits=10, null=True
                    ),
                ),
                (
                    "training_duration_minutes",
                    models.IntegerField(blank=True, db_comment="Training time, minutes", null=True),
                ),
                (
                    "min_confidence_threshold",
                    models.DecimalField(
                        db_comment="Least confidence of a valid prediction, 0-1",
                        decimal_places=2,
                        default=Decimal("0.5"),
                        max_digits=4,
                    ),
                ),
                ("max_predictions_per_hour", models.IntegerField(blank=True, db_comment="Rate limit", null=True)),
                (
                    "requires_manual_approval",
                    models.BooleanField(blank=True, db_comment="Predictions need review", default=False, null=True),
                ),
            ],
            options={
                "verbose_name": "model version",
                "verbose_name_plural": "model versions",
                "db_table": "ai_models",
                "indexes": [
                    models.Index(fields=["status"], name="idx_ai_models_status"),
                    models.Index(fields=["is_active"], name="idx_ai_models_active"),
                    models.Index(fields=["-created_at"], name="idx_ai_models_created_at"),
                    models.Index(fields=["model_type", "status"], name="idx_ai_models_type_status"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_active", True)),
                        fields=("name", "model_type"),
                        name="unique_active_model",
                        violation_error_message="Another version of this model is active already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("min_confidence_threshold__range", (0, 1))),
                        name="chk_confidence_threshold",
                        violation_error_message="min_confidence_threshold must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("prediction_count__gte", 0)),
                        name="chk_prediction_count_positive",
                        violation_error_message="prediction_count must be at least 0.",
                    ),
                    models.UniqueConstraint(
                        fields=("name", "version"),
                        name="unique_ai_models_name_version",
                        violation_error_message="This version of the model exists already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("model_type__in", ["macro", "sector", "asset", "timing"])),
                        name="chk_ai_models_model_type",
                        violation_error_message="model_type is none of: macro, sector, asset, timing.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["active", "training", "inactive", "error", "deprecated"])),
                        name="chk_ai_models_status",
                        violation_error_message="status is none of: active, training, inactive, error, deprecated.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("training_data_timeframe__in", ["1m", "5m", "15m", "1h", "4h", "1d"])),
                        name="chk_ai_models_training_data_timeframe",
                        violation_error_message="training_data_timeframe is none of: 1m, 5m, 15m, 1h, 4h, 1d.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("deployment_environment__in", ["development", "staging", "production"])),
                        name="chk_ai_models_deployment_environment",
                        violation_error_message="deployment_environment is none of: development, staging, production.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("max_predictions_per_hour__gt", 0)),
                        name="chk_ai_models_max_predictions_per_hour",
                        violation_error_message="max_predictions_per_hour must be above 0.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ModelActivation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "valid_from",
                    models.DateTimeField(blank=True, db_comment="Active since; NULL = since ever (rules)", null=True),
                ),
                (
                    "valid_to",
                    models.DateTimeField(blank=True, db_comment="Active until (exclusive); NULL = still", null=True),
                ),
                ("evidence", models.JSONField(db_comment="Gate figures that allowed it", default=dict)),
                (
                    "activated_by",
                    models.ForeignKey(
                        blank=True,
                        db_column="activated_by",
                        db_comment="Admin who activated it; NULL = system",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        db_comment="Model version that was active",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="activations",
                        to="aimodels.aimodel",
                    ),
                ),
            ],
            options={
                "verbose_name": "model activation",
                "verbose_name_plural": "model activations",
                "db_table": "model_activations",
            },
        ),
        migrations.CreateModel(
            name="ModelJob",
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
                    "job_status",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("running", "running"),
                            ("completed", "completed"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                            ("paused", "paused"),
                        ],
                        db_comment="State",
                        default="pending",
                        max_length=20,
                    ),
                ),
                (
                    "job_category",
                    models.CharField(
                        choices=[
                            ("training", "training"),
                            ("prediction", "prediction"),
                            ("evaluation", "evaluation"),
                            ("optimization", "optimization"),
                            ("deployment", "deployment"),
                        ],
                        db_comment="Category",
                        max_length=15,
                    ),
                ),
                ("job_type", models.CharField(db_comment="Kind within the category", max_length=25)),
                ("job_name", models.CharField(blank=True, db_comment="Name for people", max_length=30, null=True)),
                (
                    "progress_pct",
                    models.DecimalField(
                        db_comment="Progress, 0-100", decimal_places=2, default=Decimal(0), max_digits=5
                    ),
                ),
                ("current_phase", models.CharField(blank=True, db_comment="Phase", max_length=20, null=True)),
                ("total_steps", models.IntegerField(blank=True, db_comment="Steps", null=True)),
                ("completed_steps", models.IntegerField(blank=True, db_comment="Steps done", null=True)),
                (
                    "job_config",
                    models.JSONField(
                        db_comment="{training_config{}, prediction_config{}, output_config{}, filters{}}", default=dict
                    ),
                ),
                (
                    "job_metrics",
                    models.JSONField(
                        blank=True,
                        db_comment="{training_metrics{}, prediction_stats{}, resource_usage{}}",
                        default=dict,
                        null=True,
                    ),
                ),
                ("log_output", models.TextField(blank=True, db_comment="Log, truncated", null=True)),
                ("error_message", models.TextField(blank=True, db_comment="Error of a failed job", null=True)),
                ("started_at", models.DateTimeField(blank=True, db_comment="Start", null=True)),
                ("completed_at", models.DateTimeField(blank=True, db_comment="End", null=True)),
                (
                    "execution_time_seconds",
                    models.DecimalField(
                        blank=True, db_comment="Duration, s", decimal_places=3, max_digits=12, null=True
                    ),
                ),
                ("estimated_completion", models.DateTimeField(blank=True, db_comment="Estimated end", null=True)),
                (
                    "job_results",
                    models.JSONField(
                        blank=True,
                        db_comment="{model_output_path, final_metrics{}, predictions_output_path, sample_predictions[], performance_summary{}}",
                        default=dict,
                        null=True,
                    ),
                ),
                ("is_recurring", models.BooleanField(db_comment="Recurring", default=False)),
                (
                    "cron_schedule",
                    models.CharField(blank=True, db_comment="Cron expression", max_length=100, null=True),
                ),
                ("next_run_time", models.DateTimeField(blank=True, db_comment="Next run", null=True)),
                (
                    "priority",
                    models.CharField(
                        choices=[("low", "low"), ("normal", "normal"), ("high", "high"), ("urgent", "urgent")],
                        db_comment="Priority",
                        default="normal",
                        max_length=10,
                    ),
                ),
                ("retry_count", models.IntegerField(db_comment="Retries so far", default=0)),
                ("max_retries", models.IntegerField(db_comment="Retries allowed", default=3)),
                (
                    "resource_limits",
                    models.JSONField(
                        blank=True,
                        db_comment="{max_memory_mb, max_execution_seconds, max_cpu_percent, max_gpu_percent}",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "initiated_by",
                    models.ForeignKey(
                        blank=True,
                        db_column="initiated_by",
                        db_comment="Who started it; NULL = scheduler",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        db_comment="Model version",
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="jobs",
                        to="aimodels.aimodel",
                    ),
                ),
            ],
            options={
                "verbose_name": "model job",
                "verbose_name_plural": "model jobs",
                "db_table": "model_jobs",
            },
        ),
        migrations.CreateModel(
            name="ModelPerformance",
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
                ("evaluation_date", models.DateTimeField(db_comment="When evaluated")),
                (
                    "evaluation_type",
                    models.CharField(
                        choices=[
                            ("backtesting", "backtesting"),
                            ("forward_testing", "forward testing"),
                            ("cross_validation", "cross validation"),
                            ("live_performance", "live performance"),
                            ("job_triggered", "job triggered"),
                        ],
                        db_comment="Kind",
                        max_length=50,
                    ),
                ),
                (
                    "accuracy",
                    models.DecimalField(
                        blank=True, db_comment="Accuracy, 0-1", decimal_places=6, max_digits=8, null=True
                    ),
                ),
                (
                    "precision_score",
                    models.DecimalField(
                        blank=True, db_comment="Precision, 0-1", decimal_places=6, max_digits=8, null=True
                    ),
                ),
                (
                    "recall",
                    models.DecimalField(
                        blank=True, db_comment="Recall, 0-1", decimal_places=6, max_digits=8, null=True
                    ),
                ),
                (
                    "f1_score",
                    models.DecimalField(blank=True, db_comment="F1, 0-1", decimal_places=6, max_digits=8, null=True),
                ),
                (
                    "win_rate",
                    models.DecimalField(
                        blank=True, db_comment="Win rate, 0-1", decimal_places=6, max_digits=8, null=True
                    ),
                ),
                (
                    "profit_factor",
                    models.DecimalField(
                        blank=True, db_comment="Gross profit / gross loss", decimal_places=4, max_digits=10, null=True
                    ),
                ),
                (
                    "sharpe_ratio",
                    models.DecimalField(
                        blank=True, db_comment="Sharpe ratio", decimal_places=6, max_digits=10, null=True
                    ),
                ),
                (
                    "max_drawdown",
                    models.DecimalField(
                        blank=True, db_comment="Largest drawdown, 0-1", decimal_places=6, max_digits=8, null=True
                    ),
                ),
                (
                    "total_return",
                    models.DecimalField(
                        blank=True, db_comment="Total return, percent", decimal_places=4, max_digits=10, null=True
                    ),
                ),
                (
                    "mse",
                    models.DecimalField(
                        blank=True, db_comment="Mean squared error", decimal_places=10, max_digits=30, null=True
                    ),
                ),
                (
                    "mae",
                    models.DecimalField(
                        blank=True, db_comment="Mean absolute error", decimal_places=10, max_digits=30, null=True
                    ),
                ),
                (
                    "r2_score",
                    models.DecimalField(
                        blank=True, db_comment="R squared, at most 1", decimal_places=6, max_digits=14, null=True
                    ),
                ),
                ("sample_count", models.IntegerField(blank=True, db_comment="Predictions evaluated", null=True)),
                (
                    "confidence_avg",
                    models.DecimalField(
                        blank=True, db_comment="Mean confidence, 0-1", decimal_places=4, max_digits=6, null=True
                    ),
                ),
                (
                    "confidence_std",
                    models.DecimalField(
                        blank=True,
                        db_comment="Standard deviation of the confidence",
                        decimal_places=4,
                        max_digits=6,
                        null=True,
                    ),
                ),
                ("true_positives", models.IntegerField(blank=True, db_comment="TP", null=True)),
                ("false_positives", models.IntegerField(blank=True, db_comment="FP", null=True)),
                ("true_negatives", models.IntegerField(blank=True, db_comment="TN", null=True)),
                ("false_negatives", models.IntegerField(blank=True, db_comment="FN", null=True)),
                (
                    "market_regime",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("bull", "bull"),
                            ("bear", "bear"),
                            ("sideways", "sideways"),
                            ("volatile", "volatile"),
                        ],
                        db_comment="Regime during the evaluation",
                        max_length=20,
                        null=True,
                    ),
                ),
                (
                    "market_volatility",
                    models.DecimalField(
                        blank=True, db_comment="Mean volatility, 0-1", decimal_places=6, max_digits=8, null=True
                    ),
                ),
                (
                    "btc_correlation",
                    models.DecimalField(
                        blank=True, db_comment="Correlation with BTC, -1..1", decimal_places=4, max_digits=10, null=True
                    ),
                ),
                (
                    "detailed_metrics",
                    models.JSONField(
                        blank=True,
                        db_comment="Every further metric (incl. auc_score, valid_predictions)",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "evaluation_metadata",
                    models.JSONField(
                        blank=True,
                        db_comment="Data set, conditions, trigger: job_completion | manual | scheduled | api_request",
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "meets_threshold",
                    models.BooleanField(blank=True, db_comment="Meets the business thresholds", null=True),
                ),
                (
                    "performance_grade",
                    models.CharField(
                        blank=True,
                        choices=[("A", "A"), ("B", "B"), ("C", "C"), ("D", "D"), ("F", "F")],
                        db_comment="Grade",
                        max_length=2,
                        null=True,
                    ),
                ),
                (
                    "overall_score",
                    models.DecimalField(
                        blank=True, db_comment="Overall score, 0-1", decimal_places=4, max_digits=6, null=True
                    ),
                ),
                (
                    "evaluation_status",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("completed", "completed"),
                            ("failed", "failed"),
                            ("partial", "partial"),
                            ("invalidated", "invalidated"),
                        ],
                        db_comment="State",
                        max_length=20,
                        null=True,
                    ),
                ),
                ("evaluation_notes", models.TextField(blank=True, db_comment="Notes", null=True)),
                ("recommendations", models.TextField(blank=True, db_comment="Recommendations", null=True)),
                (
                    "model",
                    models.ForeignKey(
                        db_comment="Model version evaluated",
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evaluations",
                        to="aimodels.aimodel",
                    ),
                ),
                (
                    "source_job",
                    models.ForeignKey(
                        blank=True,
                        db_comment="Job that triggered the evaluation",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="evaluations",
                        to="aimodels.modeljob",
                    ),
                ),
            ],
            options={
                "verbose_name": "evaluation",
                "verbose_name_plural": "evaluations",
                "db_table": "model_performance",
            },
        ),
        migrations.CreateModel(
            name="Prediction",
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
                ("model_name", models.CharField(db_comment="Model name", max_length=50)),
                ("model_version", models.CharField(db_comment="Model version", max_length=20)),
                ("layer_source", models.IntegerField(db_comment="AI layer, 1-4", db_default=3, default=3)),
                (
                    "prediction_type",
                    models.CharField(db_comment="Kind", db_default="price", default="price", max_length=20),
                ),
                (
                    "predicted_price",
                    models.DecimalField(
                        blank=True,
                        db_comment="Predicted price, USD; required for prediction_type price",
                        decimal_places=18,
                        max_digits=38,
                        null=True,
                    ),
                ),
                (
                    "predicted_value",
                    models.JSONField(
                        blank=True,
                        db_comment="Other results: quantiles, direction, probabilities",
                        db_default=models.Value({}, models.JSONField()),
                        default=dict,
                        null=True,
                    ),
                ),
                ("confidence_score", models.DecimalField(db_comment="Confidence, 0-1", decimal_places=4, max_digits=5)),
                ("prediction_horizon", models.IntegerField(db_comment="Horizon, hours")),
                ("target_datetime", models.DateTimeField(db_comment="When it falls due")),
                (
                    "features_used",
                    models.JSONField(
                        blank=True,
                        db_comment="Features",
                        db_default=models.Value({}, models.JSONField()),
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "model_parameters",
                    models.JSONField(
                        blank=True,
                        db_comment="Parameters (incl. features_override of the request)",
                        db_default=models.Value({}, models.JSONField()),
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "input_price",
                    models.DecimalField(db_comment="Price when predicted, USD", decimal_places=18, max_digits=38),
                ),
                (
                    "input_features",
                    models.JSONField(
                        blank=True,
                        db_comment="Input values",
                        db_default=models.Value({}, models.JSONField()),
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "context_data",
                    models.JSONField(
                        blank=True,
                        db_comment="Market context {market_regime, sentiment}",
                        db_default=models.Value({}, models.JSONField()),
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "actual_price",
                    models.DecimalField(
                        blank=True,
                        db_comment="Price at target_datetime, USD",
                        decimal_places=18,
                        max_digits=38,
                        null=True,
                    ),
                ),
                (
                    "accuracy_percentage",
                    models.DecimalField(
                        blank=True,
                        db_comment="max(0, 100 - 100*|actual-predicted|/actual)",
                        decimal_places=2,
                        max_digits=5,
                        null=True,
                    ),
                ),
                (
                    "absolute_error",
                    models.DecimalField(
                        blank=True, db_comment="|actual - predicted|, USD", decimal_places=18, max_digits=38, null=True
                    ),
                ),
                (
                    "squared_error",
                    models.DecimalField(
                        blank=True, db_comment="(actual - predicted)^2", decimal_places=36, max_digits=76, null=True
                    ),
                ),
                (
                    "is_realized",
                    models.BooleanField(db_comment="Evaluated against the market", db_default=False, default=False),
                ),
                (
                    "is_accurate",
                    models.BooleanField(blank=True, db_comment="Error within accuracy_threshold", null=True),
                ),
                (
                    "accuracy_threshold",
                    models.DecimalField(
                        blank=True,
                        db_comment="Allowed error, percent",
                        db_default=Decimal("5.0"),
                        decimal_places=2,
                        default=Decimal("5.0"),
                        max_digits=5,
                        null=True,
                    ),
                ),
                (
                    "training_data_end",
                    models.DateTimeField(blank=True, db_comment="End of the training data", null=True),
                ),
                (
                    "market_conditions",
                    models.CharField(blank=True, db_comment="Regime word at prediction time", max_length=20, null=True),
                ),
                ("volatility_level", models.CharField(blank=True, db_comment="Volatility", max_length=10, null=True)),
                (
                    "model_training_time",
                    models.DecimalField(
                        blank=True, db_comment="Training time, s", decimal_places=2, max_digits=10, null=True
                    ),
                ),
                (
                    "prediction_time",
                    models.DecimalField(
                        blank=True, db_comment="Inference time, s", decimal_places=6, max_digits=10, null=True
                    ),
                ),
                ("notes", models.TextField(blank=True, db_comment="Notes", null=True)),
                (
                    "debug_info",
                    models.JSONField(
                        blank=True,
                        db_comment="Debug data; admins only",
                        db_default=models.Value({}, models.JSONField()),
                        default=dict,
                        null=True,
                    ),
                ),
                (
                    "as_of",
                    models.DateTimeField(
                        db_comment="Moment whose knowledge the forecast used; created_at says when it was issued"
                    ),
                ),
                ("evaluated_at", models.DateTimeField(blank=True, db_comment="When evaluated", null=True)),
                (
                    "ai_model",
                    models.ForeignKey(
                        blank=True,
                        db_comment="Model version; model_name/model_version stay as written words",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="aimodels.aimodel",
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
                        db_comment="Who asked for it; NULL = system",
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "forecast",
                "verbose_name_plural": "forecasts",
                "db_table": "predictions",
            },
        ),
    ]

from decimal import Decimal

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from system.together import together


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "__first__"),
        ("assets", "0001_initial"),
        ("system", "0001_initial"),
    ]

    operations = [
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
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("valid_from__lt", models.F("valid_to"))),
                        name="chk_model_activation_interval",
                        violation_error_message="An activation ends after it starts.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("valid_to__isnull", True)),
                        fields=("model",),
                        name="unique_model_activation_current",
                        violation_error_message="This version is active already.",
                    ),
                ],
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
                "indexes": [
                    models.Index(
                        fields=["job_status", "job_category", "-created_at"], name="idx_model_jobs_status_category"
                    ),
                    models.Index(fields=["model", "job_category", "job_status"], name="idx_model_jobs_model_type"),
                    models.Index(
                        models.OrderBy(
                            models.Case(
                                models.When(priority="urgent", then=3),
                                models.When(priority="high", then=2),
                                models.When(priority="normal", then=1),
                                default=0,
                            ),
                            descending=True,
                        ),
                        models.OrderBy(models.F("created_at")),
                        condition=models.Q(("job_status", "pending")),
                        name="idx_model_jobs_priority_queue",
                    ),
                    models.Index(
                        condition=models.Q(("is_recurring", True)),
                        fields=["is_recurring", "next_run_time"],
                        name="idx_model_jobs_recurring",
                    ),
                    models.Index(
                        condition=models.Q(("job_status__in", ["pending", "running"])),
                        fields=["job_status", "progress_pct", "-updated_at"],
                        name="idx_model_jobs_monitoring",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("progress_pct__range", (0, 100))),
                        name="chk_progress_range",
                        violation_error_message="Progress lies between 0 and 100 percent.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("retry_count__gte", 0), ("retry_count__lte", models.F("max_retries"))),
                        name="chk_retry_count",
                        violation_error_message="A job may not be retried more often than max_retries allows.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("max_retries__range", (0, 10))),
                        name="chk_max_retries",
                        violation_error_message="max_retries lies between 0 and 10.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("job_category__in", ["training", "prediction", "evaluation", "optimization", "deployment"])
                        ),
                        name="chk_job_category_valid",
                        violation_error_message="job_category is none of: training, prediction, evaluation, optimization, deployment.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cron_schedule__isnull", True), ("is_recurring", True), _connector="OR"),
                        name="chk_cron_schedule_valid",
                        violation_error_message="Only a recurring job has a cron schedule.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("completed_steps__lte", models.F("total_steps"))),
                        name="chk_model_job_steps",
                        violation_error_message="A job cannot have done more steps than it has.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("completed_at__gte", models.F("started_at"))),
                        name="chk_model_job_times",
                        violation_error_message="A job cannot end before it starts.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("job_status__in", ["pending", "running", "completed", "failed", "cancelled", "paused"])
                        ),
                        name="chk_model_jobs_job_status",
                        violation_error_message="job_status is none of: pending, running, completed, failed, cancelled, paused.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("total_steps__gte", 0)),
                        name="chk_model_jobs_total_steps",
                        violation_error_message="total_steps must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("completed_steps__gte", 0)),
                        name="chk_model_jobs_completed_steps",
                        violation_error_message="completed_steps must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("execution_time_seconds__gte", 0)),
                        name="chk_model_jobs_execution_time_seconds",
                        violation_error_message="execution_time_seconds must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("priority__in", ["low", "normal", "high", "urgent"])),
                        name="chk_model_jobs_priority",
                        violation_error_message="priority is none of: low, normal, high, urgent.",
                    ),
                ],
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
                "indexes": [
                    models.Index(fields=["model", "-evaluation_date"], name="idx_perf_model_recent"),
                    models.Index(
                        fields=["performance_grade", "meets_threshold", "-overall_score"],
                        name="idx_perf_grade_threshold",
                    ),
                    models.Index(
                        condition=models.Q(("meets_threshold", True)),
                        fields=["-win_rate", "-sharpe_ratio", "-profit_factor"],
                        name="idx_perf_trading_metrics",
                    ),
                    models.Index(
                        condition=models.Q(("source_job__isnull", False)),
                        fields=["source_job", "-evaluation_date"],
                        name="idx_perf_job_source",
                    ),
                    models.Index(
                        fields=["evaluation_type", "evaluation_status", "-evaluation_date"],
                        name="idx_perf_trigger_status",
                    ),
                    models.Index(
                        condition=models.Q(("evaluation_status", "completed")),
                        fields=["-sample_count", "-confidence_avg"],
                        name="idx_perf_quality_samples",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("accuracy__isnull", True), ("accuracy__range", (0, 1)), _connector="OR"),
                            models.Q(
                                ("precision_score__isnull", True), ("precision_score__range", (0, 1)), _connector="OR"
                            ),
                            models.Q(("recall__isnull", True), ("recall__range", (0, 1)), _connector="OR"),
                            models.Q(("f1_score__isnull", True), ("f1_score__range", (0, 1)), _connector="OR"),
                        ),
                        name="chk_perf_ml_metrics",
                        violation_error_message="Accuracy, precision, recall and F1 lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("win_rate__isnull", True), ("win_rate__range", (0, 1)), _connector="OR"),
                            models.Q(("max_drawdown__isnull", True), ("max_drawdown__range", (0, 1)), _connector="OR"),
                            models.Q(("profit_factor__isnull", True), ("profit_factor__gte", 0), _connector="OR"),
                        ),
                        name="chk_perf_trading_metrics",
                        violation_error_message="Win rate and drawdown lie between 0 and 1; the profit factor is not negative.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("r2_score__isnull", True), ("r2_score__lte", 1), _connector="OR"),
                            models.Q(("mse__isnull", True), ("mse__gte", 0), _connector="OR"),
                            models.Q(("mae__isnull", True), ("mae__gte", 0), _connector="OR"),
                        ),
                        name="chk_perf_statistical_metrics",
                        violation_error_message="R squared is at most 1; squared and absolute errors are not negative.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("sample_count__isnull", True), ("sample_count__gt", 0), _connector="OR"),
                            models.Q(
                                ("sample_count__isnull", True),
                                (
                                    "sample_count__gte",
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                django.db.models.functions.comparison.Coalesce("true_positives", 0),
                                                "+",
                                                django.db.models.functions.comparison.Coalesce("false_positives", 0),
                                            ),
                                            "+",
                                            django.db.models.functions.comparison.Coalesce("true_negatives", 0),
                                        ),
                                        "+",
                                        django.db.models.functions.comparison.Coalesce("false_negatives", 0),
                                    ),
                                ),
                                _connector="OR",
                            ),
                        ),
                        name="chk_perf_sample_counts",
                        violation_error_message="The confusion counts may not exceed a positive sample_count.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("confidence_avg__isnull", True), ("confidence_avg__range", (0, 1)), _connector="OR"
                            ),
                            models.Q(("confidence_std__isnull", True), ("confidence_std__gte", 0), _connector="OR"),
                        ),
                        name="chk_perf_confidence_metrics",
                        violation_error_message="Mean confidence lies between 0 and 1; its deviation is not negative.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("overall_score__range", (0, 1))),
                        name="chk_perf_composite_score",
                        violation_error_message="overall_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("market_volatility__range", (0, 1))),
                        name="chk_perf_market_volatility",
                        violation_error_message="market_volatility must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("performance_grade__in", ["A", "B", "C", "D", "F"])),
                        name="chk_perf_grade_valid",
                        violation_error_message="performance_grade is none of: A, B, C, D, F.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("market_regime__in", ["bull", "bear", "sideways", "volatile"])),
                        name="chk_perf_market_regime",
                        violation_error_message="market_regime is none of: bull, bear, sideways, volatile.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("evaluation_status__in", ["completed", "failed", "partial", "invalidated"])
                        ),
                        name="chk_perf_status_valid",
                        violation_error_message="evaluation_status is none of: completed, failed, partial, invalidated.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "evaluation_type__in",
                                [
                                    "backtesting",
                                    "forward_testing",
                                    "cross_validation",
                                    "live_performance",
                                    "job_triggered",
                                ],
                            )
                        ),
                        name="chk_model_performance_evaluation_type",
                        violation_error_message="evaluation_type is none of: backtesting, forward_testing, cross_validation, live_performance, job_triggered.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("true_positives__gte", 0)),
                        name="chk_model_performance_true_positives",
                        violation_error_message="true_positives must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("false_positives__gte", 0)),
                        name="chk_model_performance_false_positives",
                        violation_error_message="false_positives must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("true_negatives__gte", 0)),
                        name="chk_model_performance_true_negatives",
                        violation_error_message="true_negatives must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("false_negatives__gte", 0)),
                        name="chk_model_performance_false_negatives",
                        violation_error_message="false_negatives must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("btc_correlation__range", (-1, 1))),
                        name="chk_model_performance_btc_correlation",
                        violation_error_message="btc_correlation must lie between -1 and 1.",
                    ),
                ],
            },
        ),
    ]
    operations = together(operations)

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("aimodels", "0001_initial"),
        ("selection", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="prediction",
            name="watchlist",
            field=models.ForeignKey(
                blank=True,
                db_comment="Context",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                to="selection.watchlist",
            ),
        ),
        migrations.AddConstraint(
            model_name="modelactivation",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_from__lt", models.F("valid_to"))),
                name="chk_model_activation_interval",
                violation_error_message="An activation ends after it starts.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modelactivation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("valid_to__isnull", True)),
                fields=("model",),
                name="unique_model_activation_current",
                violation_error_message="This version is active already.",
            ),
        ),
        migrations.AddIndex(
            model_name="modeljob",
            index=models.Index(
                fields=["job_status", "job_category", "-created_at"], name="idx_model_jobs_status_category"
            ),
        ),
        migrations.AddIndex(
            model_name="modeljob",
            index=models.Index(fields=["model", "job_category", "job_status"], name="idx_model_jobs_model_type"),
        ),
        migrations.AddIndex(
            model_name="modeljob",
            index=models.Index(
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
        ),
        migrations.AddIndex(
            model_name="modeljob",
            index=models.Index(
                condition=models.Q(("is_recurring", True)),
                fields=["is_recurring", "next_run_time"],
                name="idx_model_jobs_recurring",
            ),
        ),
        migrations.AddIndex(
            model_name="modeljob",
            index=models.Index(
                condition=models.Q(("job_status__in", ["pending", "running"])),
                fields=["job_status", "progress_pct", "-updated_at"],
                name="idx_model_jobs_monitoring",
            ),
        ),
        migrations.AddConstraint(
            model_name="modeljob",
            constraint=models.CheckConstraint(
                condition=models.Q(("progress_pct__range", (0, 100))),
                name="chk_progress_range",
                violation_error_message="Progress lies between 0 and 100 percent.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modeljob",
            constraint=models.CheckConstraint(
                condition=models.Q(("retry_count__gte", 0), ("retry_count__lte", models.F("max_retries"))),
                name="chk_retry_count",
                violation_error_message="A job may not be retried more often than max_retries allows.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modeljob",
            constraint=models.CheckConstraint(
                condition=models.Q(("max_retries__range", (0, 10))),
                name="chk_max_retries",
                violation_error_message="max_retries lies between 0 and 10.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modeljob",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("job_category__in", ["training", "prediction", "evaluation", "optimization", "deployment"])
                ),
                name="chk_job_category_valid",
                violation_error_message="job_category is none of: training, prediction, evaluation, optimization, deployment.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modeljob",
            constraint=models.CheckConstraint(
                condition=models.Q(("cron_schedule__isnull", True), ("is_recurring", True), _connector="OR"),
                name="chk_cron_schedule_valid",
                violation_error_message="Only a recurring job has a cron schedule.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modeljob",
            constraint=models.CheckConstraint(
                condition=models.Q(("completed_steps__lte", models.F("total_steps"))),
                name="chk_model_job_steps",
                violation_error_message="A job cannot have done more steps than it has.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modeljob",
            constraint=models.CheckConstraint(
                condition=models.Q(("completed_at__gte", models.F("started_at"))),
                name="chk_model_job_times",
                violation_error_message="A job cannot end before it starts.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modeljob",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("job_status__in", ["pending", "running", "completed", "failed", "cancelled", "paused"])
                ),
                name="chk_model_jobs_job_status",
                violation_error_message="job_status is none of: pending, running, completed, failed, cancelled, paused.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modeljob",
            constraint=models.CheckConstraint(
                condition=models.Q(("total_steps__gte", 0)),
                name="chk_model_jobs_total_steps",
                violation_error_message="total_steps must be at least 0.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modeljob",
            constraint=models.CheckConstraint(
                condition=models.Q(("completed_steps__gte", 0)),
                name="chk_model_jobs_completed_steps",
                violation_error_message="completed_steps must be at least 0.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modeljob",
            constraint=models.CheckConstraint(
                condition=models.Q(("execution_time_seconds__gte", 0)),
                name="chk_model_jobs_execution_time_seconds",
                violation_error_message="execution_time_seconds must be at least 0.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modeljob",
            constraint=models.CheckConstraint(
                condition=models.Q(("priority__in", ["low", "normal", "high", "urgent"])),
                name="chk_model_jobs_priority",
                violation_error_message="priority is none of: low, normal, high, urgent.",
            ),
        ),
        migrations.AddIndex(
            model_name="modelperformance",
            index=models.Index(fields=["model", "-evaluation_date"], name="idx_perf_model_recent"),
        ),
        migrations.AddIndex(
            model_name="modelperformance",
            index=models.Index(
                fields=["performance_grade", "meets_threshold", "-overall_score"], name="idx_perf_grade_threshold"
            ),
        ),
        migrations.AddIndex(
            model_name="modelperformance",
            index=models.Index(
                condition=models.Q(("meets_threshold", True)),
                fields=["-win_rate", "-sharpe_ratio", "-profit_factor"],
                name="idx_perf_trading_metrics",
            ),
        ),
        migrations.AddIndex(
            model_name="modelperformance",
            index=models.Index(
                condition=models.Q(("source_job__isnull", False)),
                fields=["source_job", "-evaluation_date"],
                name="idx_perf_job_source",
            ),
        ),
        migrations.AddIndex(
            model_name="modelperformance",
            index=models.Index(
                fields=["evaluation_type", "evaluation_status", "-evaluation_date"], name="idx_perf_trigger_status"
            ),
        ),
        migrations.AddIndex(
            model_name="modelperformance",
            index=models.Index(
                condition=models.Q(("evaluation_status", "completed")),
                fields=["-sample_count", "-confidence_avg"],
                name="idx_perf_quality_samples",
            ),
        ),
        migrations.AddConstraint(
            model_name="modelperformance",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("accuracy__isnull", True), ("accuracy__range", (0, 1)), _connector="OR"),
                    models.Q(("precision_score__isnull", True), ("precision_score__range", (0, 1)), _connector="OR"),
                    models.Q(("recall__isnull", True), ("recall__range", (0, 1)), _connector="OR"),
                    models.Q(("f1_score__isnull", True), ("f1_score__range", (0, 1)), _connector="OR"),
                ),
                name="chk_perf_ml_metrics",
                violation_error_message="Accuracy, precision, recall and F1 lie between 0 and 1.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modelperformance",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("win_rate__isnull", True), ("win_rate__range", (0, 1)), _connector="OR"),
                    models.Q(("max_drawdown__isnull", True), ("max_drawdown__range", (0, 1)), _connector="OR"),
                    models.Q(("profit_factor__isnull", True), ("profit_factor__gte", 0), _connector="OR"),
                ),
                name="chk_perf_trading_metrics",
                violation_error_message="Win rate and drawdown lie between 0 and 1; the profit factor is not negative.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modelperformance",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("r2_score__isnull", True), ("r2_score__lte", 1), _connector="OR"),
                    models.Q(("mse__isnull", True), ("mse__gte", 0), _connector="OR"),
                    models.Q(("mae__isnull", True), ("mae__gte", 0), _connector="OR"),
                ),
                name="chk_perf_statistical_metrics",
                violation_error_message="R squared is at most 1; squared and absolute errors are not negative.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modelperformance",
            constraint=models.CheckConstraint(
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
        ),
        migrations.AddConstraint(
            model_name="modelperformance",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("confidence_avg__isnull", True), ("confidence_avg__range", (0, 1)), _connector="OR"),
                    models.Q(("confidence_std__isnull", True), ("confidence_std__gte", 0), _connector="OR"),
                ),
                name="chk_perf_confidence_metrics",
                violation_error_message="Mean confidence lies between 0 and 1; its deviation is not negative.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modelperformance",
            constraint=models.CheckConstraint(
                condition=models.Q(("overall_score__range", (0, 1))),
                name="chk_perf_composite_score",
                violation_error_message="overall_score must lie between 0 and 1.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modelperformance",
            constraint=models.CheckConstraint(
                condition=models.Q(("market_volatility__range", (0, 1))),
                name="chk_perf_market_volatility",
                violation_error_message="market_volatility must lie between 0 and 1.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modelperformance",
            constraint=models.CheckConstraint(
                condition=models.Q(("performance_grade__in", ["A", "B", "C", "D", "F"])),
                name="chk_perf_grade_valid",
                violation_error_message="performance_grade is none of: A, B, C, D, F.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modelperformance",
            constraint=models.CheckConstraint(
                condition=models.Q(("market_regime__in", ["bull", "bear", "sideways", "volatile"])),
                name="chk_perf_market_regime",
                violation_error_message="market_regime is none of: bull, bear, sideways, volatile.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modelperformance",
            constraint=models.CheckConstraint(
                condition=models.Q(("evaluation_status__in", ["completed", "failed", "partial", "invalidated"])),
                name="chk_perf_status_valid",
                violation_error_message="evaluation_status is none of: completed, failed, partial, invalidated.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modelperformance",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "evaluation_type__in",
                        ["backtesting", "forward_testing", "cross_validation", "live_performance", "job_triggered"],
                    )
                ),
                name="chk_model_performance_evaluation_type",
                violation_error_message="evaluation_type is none of: backtesting, forward_testing, cross_validation, live_performance, job_triggered.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modelperformance",
            constraint=models.CheckConstraint(
                condition=models.Q(("true_positives__gte", 0)),
                name="chk_model_performance_true_positives",
                violation_error_message="true_positives must be at least 0.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modelperformance",
            constraint=models.CheckConstraint(
                condition=models.Q(("false_positives__gte", 0)),
                name="chk_model_performance_false_positives",
                violation_error_message="false_positives must be at least 0.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modelperformance",
            constraint=models.CheckConstraint(
                condition=models.Q(("true_negatives__gte", 0)),
                name="chk_model_performance_true_negatives",
                violation_error_message="true_negatives must be at least 0.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modelperformance",
            constraint=models.CheckConstraint(
                condition=models.Q(("false_negatives__gte", 0)),
                name="chk_model_performance_false_negatives",
                violation_error_message="false_negatives must be at least 0.",
            ),
        ),
        migrations.AddConstraint(
            model_name="modelperformance",
            constraint=models.CheckConstraint(
                condition=models.Q(("btc_correlation__range", (-1, 1))),
                name="chk_model_performance_btc_correlation",
                violation_error_message="btc_correlation must lie between -1 and 1.",
            ),
        ),
        migrations.AddIndex(
            model_name="prediction",
            index=models.Index(fields=["asset", "layer_source", "-created_at"], name="idx_predictions_crypto_layer"),
        ),
        migrations.AddIndex(
            model_name="prediction",
            index=models.Index(fields=["layer_source", "-created_at"], name="idx_predictions_layer_source"),
        ),
        migrations.AddIndex(
            model_name="prediction",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["context_data"], name="idx_predictions_context_data"
            ),
        ),
        migrations.AddIndex(
            model_name="prediction",
            index=models.Index(fields=["layer_source", "prediction_type"], name="idx_predictions_layer_type"),
        ),
        migrations.AddIndex(
            model_name="prediction",
            index=models.Index(fields=["asset", "prediction_type"], name="idx_predictions_crypto_type"),
        ),
        migrations.AddIndex(
            model_name="prediction",
            index=models.Index(fields=["prediction_type", "-created_at"], name="idx_predictions_type_time"),
        ),
        migrations.AddIndex(
            model_name="prediction",
            index=models.Index(fields=["asset", "is_realized", "-created_at"], name="idx_predictions_composite"),
        ),
        migrations.AddIndex(
            model_name="prediction",
            index=models.Index(fields=["user", "-created_at"], name="idx_predictions_user_created"),
        ),
        migrations.AddIndex(
            model_name="prediction",
            index=models.Index(fields=["target_datetime"], name="idx_predictions_target_time"),
        ),
        migrations.AddIndex(
            model_name="prediction",
            index=models.Index(fields=["is_realized", "is_accurate"], name="idx_predictions_realized"),
        ),
        migrations.AddIndex(
            model_name="prediction",
            index=models.Index(
                condition=models.Q(("is_realized", False)), fields=["target_datetime"], name="idx_predictions_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="prediction",
            constraint=models.UniqueConstraint(
                condition=models.Q(("user__isnull", True)),
                fields=("ai_model", "asset", "prediction_type", "prediction_horizon", "as_of", "series"),
                name="unique_prediction",
                violation_error_message="This forecast has been made already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="prediction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("prediction_type", "price"), _negated=True),
                    ("predicted_price__isnull", False),
                    _connector="OR",
                ),
                name="chk_prediction_price_given",
                violation_error_message="A price forecast needs a predicted price.",
            ),
        ),
        migrations.AddConstraint(
            model_name="prediction",
            constraint=models.CheckConstraint(
                condition=models.Q(("predicted_price__gt", 0)),
                name="chk_prediction_price_positive",
                violation_error_message="predicted_price must be above 0.",
            ),
        ),
        migrations.AddConstraint(
            model_name="prediction",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_realized", False), ("evaluated_at__isnull", False), _connector="OR"),
                name="chk_prediction_realized",
                violation_error_message="A scored forecast needs the time of its scoring.",
            ),
        ),
        migrations.AddConstraint(
            model_name="prediction",
            constraint=models.CheckConstraint(
                condition=models.Q(("training_data_end__lte", models.F("created_at"))),
                name="chk_prediction_no_lookahead",
                violation_error_message="A model may not have been trained on data from after the forecast.",
            ),
        ),
        migrations.AddConstraint(
            model_name="prediction",
            constraint=models.CheckConstraint(
                condition=models.Q(("layer_source__range", (1, 4))),
                name="chk_predictions_layer_source",
                violation_error_message="layer_source must lie between 1 and 4.",
            ),
        ),
        migrations.AddConstraint(
            model_name="prediction",
            constraint=models.CheckConstraint(
                condition=models.Q(("confidence_score__range", (0, 1))),
                name="chk_predictions_confidence_score",
                violation_error_message="confidence_score must lie between 0 and 1.",
            ),
        ),
        migrations.AddConstraint(
            model_name="prediction",
            constraint=models.CheckConstraint(
                condition=models.Q(("prediction_horizon__gt", 0)),
                name="chk_predictions_prediction_horizon",
                violation_error_message="prediction_horizon must be above 0.",
            ),
        ),
        migrations.AddConstraint(
            model_name="prediction",
            constraint=models.CheckConstraint(
                condition=models.Q(("input_price__gt", 0)),
                name="chk_predictions_input_price",
                violation_error_message="input_price must be above 0.",
            ),
        ),
        migrations.AddConstraint(
            model_name="prediction",
            constraint=models.CheckConstraint(
                condition=models.Q(("accuracy_percentage__range", (0, 100))),
                name="chk_predictions_accuracy_percentage",
                violation_error_message="accuracy_percentage must lie between 0 and 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="prediction",
            constraint=models.CheckConstraint(
                condition=models.Q(("absolute_error__gte", 0)),
                name="chk_predictions_absolute_error",
                violation_error_message="absolute_error must be at least 0.",
            ),
        ),
        migrations.AddConstraint(
            model_name="prediction",
            constraint=models.CheckConstraint(
                condition=models.Q(("squared_error__gte", 0)),
                name="chk_predictions_squared_error",
                violation_error_message="squared_error must be at least 0.",
            ),
        ),
        migrations.AddConstraint(
            model_name="prediction",
            constraint=models.CheckConstraint(
                condition=models.Q(("accuracy_threshold__gt", 0)),
                name="chk_predictions_accuracy_threshold",
                violation_error_message="accuracy_threshold must be above 0.",
            ),
        ),
    ]

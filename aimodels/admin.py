"""Models, jobs, evaluations and the forecast ledger in the admin: all of it to look at."""

from django.contrib import admin

from aimodels.models import ActivePrediction, AIModel, ModelActivation, ModelJob, ModelPerformance, Prediction
from system.admin_base import History


@admin.register(AIModel)
class AIModelAdmin(History):
    list_display = (
        "name",
        "version",
        "model_type",
        "status",
        "is_active",
        "architecture",
        "last_trained",
        "deployed_at",
    )
    list_filter = ("model_type", "status", "is_active")
    search_fields = ("name", "version")
    ordering = ("name", "-created_at")


@admin.register(ModelActivation)
class ModelActivationAdmin(History):
    list_display = ("model", "valid_from", "valid_to", "activated_by")
    list_filter = (("valid_to", admin.EmptyFieldListFilter), "model__model_type")
    ordering = ("-valid_from", "-pk")


@admin.register(ModelJob)
class ModelJobAdmin(History):
    list_display = (
        "job_name",
        "model",
        "job_category",
        "job_type",
        "job_status",
        "progress_pct",
        "current_phase",
        "priority",
        "created_at",
        "execution_time_seconds",
    )
    list_filter = ("job_status", "job_category", "priority", "is_recurring")
    search_fields = ("job_name", "model__name", "error_message")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)


@admin.register(ModelPerformance)
class ModelPerformanceAdmin(History):
    list_display = (
        "evaluation_date",
        "model",
        "evaluation_type",
        "performance_grade",
        "sample_count",
        "accuracy",
        "sharpe_ratio",
        "meets_threshold",
        "evaluation_status",
    )
    list_filter = ("evaluation_type", "performance_grade", "meets_threshold", "evaluation_status")
    search_fields = ("model__name",)
    date_hierarchy = "evaluation_date"
    ordering = ("-evaluation_date",)


@admin.register(Prediction)
class PredictionAdmin(History):
    list_display = (
        "as_of",
        "asset",
        "prediction_type",
        "prediction_horizon",
        "predicted_price",
        "input_price",
        "confidence_score",
        "model_name",
        "is_realized",
        "is_accurate",
        "series",
    )
    list_filter = ("prediction_type", "prediction_horizon", "is_realized", "is_accurate", "series", "model_name")
    search_fields = ("=asset__symbol", "model_name")
    date_hierarchy = "as_of"
    ordering = ("-as_of", "-pk")


@admin.register(ActivePrediction)
class ActivePredictionAdmin(History):
    list_display = (
        "created_at",
        "symbol",
        "prediction_type",
        "prediction_horizon",
        "predicted_price",
        "current_price",
        "predicted_change_pct",
        "target_datetime",
        "is_due",
        "user_email",
    )
    list_filter = ("prediction_type", "prediction_horizon", "is_due")
    search_fields = ("=symbol",)
    ordering = ("-created_at",)

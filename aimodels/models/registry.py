"""Model versions and when each was active."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from aimodels.choices import TRAINING_TIMEFRAMES, DeploymentEnvironment, ModelStatus, ModelType
from system.constraints import above, at_least, between, one_of
from system.fields import Numeric
from system.formats import minute
from system.models.base import TimeStamped


class AIModel(TimeStamped):
    """One version of a model. Versions are never deleted: results point at them."""

    name = models.CharField(max_length=100, db_comment="Name, shared by all versions")
    version = models.CharField(max_length=20, db_comment="Version (v1.0.0); every version is a row")
    architecture = models.CharField(max_length=50, db_comment="Architecture")
    model_type = models.CharField(max_length=20, choices=ModelType, db_comment="Layer it serves")
    status = models.CharField(max_length=20, choices=ModelStatus, default=ModelStatus.INACTIVE, db_comment="State")
    configuration = models.JSONField(
        null=True, blank=True, default=dict, db_comment="{algorithm, hyperparameters{}, preprocessing{}}"
    )
    performance_metrics = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="{classification_metrics{}, trading_metrics{}, regression_metrics{}, validation_scores{}}",
    )
    training_features = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="{technical_indicators[], market_data[], macro_indicators[], onchain_metrics[], feature_count, "
        "feature_importance{}}",
    )
    training_data_range = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="{start_date, end_date, total_samples, train_samples, validation_samples, test_samples, "
        "data_quality_score}",
    )
    training_data_timeframe = models.CharField(
        max_length=10, choices=TRAINING_TIMEFRAMES, db_comment="Interval of the training data"
    )
    target_variable = models.CharField(max_length=50, db_comment="Target")
    input_schema = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="{required_fields[], optional_fields[], preprocessing_required, normalization_method}",
    )
    output_schema = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="{prediction_type, possible_values[], confidence_score{}, additional_outputs{}}",
    )
    health_status = models.JSONField(
        null=True,
        blank=True,
        default=dict,
        db_comment="{status, last_health_check, performance_metrics{}, error_metrics{}, data_quality{}, alerts[]}",
    )
    training_notes = models.TextField(null=True, blank=True, db_comment="Notes on training")
    model_file_path = models.CharField(
        max_length=100, null=True, blank=True, db_comment="Path of the saved model, relative to the model store"
    )
    framework = models.CharField(max_length=50, null=True, blank=True, db_comment="ML framework")
    deployment_environment = models.CharField(
        max_length=20, choices=DeploymentEnvironment, null=True, blank=True, db_comment="Environment"
    )
    last_trained = models.DateTimeField(null=True, blank=True, db_comment="When trained")
    last_prediction = models.DateTimeField(null=True, blank=True, db_comment="Last prediction made")
    deployed_at = models.DateTimeField(null=True, blank=True, db_comment="When deployed")
    deprecated_at = models.DateTimeField(null=True, blank=True, db_comment="When deprecated")
    is_active = models.BooleanField(default=False, db_comment="This version is deployed")
    prediction_count = models.IntegerField(default=0, db_comment="Predictions made")
    model_size_mb = Numeric(10, 2, null=True, blank=True, db_comment="File size, MB")
    training_duration_minutes = models.IntegerField(null=True, blank=True, db_comment="Training time, minutes")
    min_confidence_threshold = Numeric(
        4, 2, default=Decimal("0.5"), db_comment="Least confidence of a valid prediction, 0-1"
    )
    max_predictions_per_hour = models.IntegerField(null=True, blank=True, db_comment="Rate limit")
    requires_manual_approval = models.BooleanField(
        null=True, blank=True, default=False, db_comment="Predictions need review"
    )

    class Meta:
        db_table = "ai_models"
        verbose_name = _("model version")
        verbose_name_plural = _("model versions")
        constraints = [
            models.UniqueConstraint(
                fields=["name", "model_type"],
                condition=models.Q(is_active=True),
                name="unique_active_model",
                violation_error_message=_("Another version of this model is active already."),
            ),
            between("min_confidence_threshold", 0, 1, name="chk_confidence_threshold"),
            at_least("prediction_count", 0, name="chk_prediction_count_positive"),
            models.UniqueConstraint(
                fields=["name", "version"],
                name="unique_ai_models_name_version",
                violation_error_message=_("This version of the model exists already."),
            ),
            one_of("model_type", ModelType, name="chk_ai_models_model_type"),
            one_of("status", ModelStatus, name="chk_ai_models_status"),
            one_of("training_data_timeframe", TRAINING_TIMEFRAMES, name="chk_ai_models_training_data_timeframe"),
            one_of("deployment_environment", DeploymentEnvironment, name="chk_ai_models_deployment_environment"),
            above("max_predictions_per_hour", 0, name="chk_ai_models_max_predictions_per_hour"),
        ]
        indexes = [
            models.Index(fields=["status"], name="idx_ai_models_status"),
            models.Index(fields=["is_active"], name="idx_ai_models_active"),
            models.Index(fields=["-created_at"], name="idx_ai_models_created_at"),
            models.Index(fields=["model_type", "status"], name="idx_ai_models_type_status"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class ModelActivation(models.Model):
    """A model version was the active one of its name over an interval of time. Runs at a past moment ask here."""

    model = models.ForeignKey(
        AIModel, on_delete=models.PROTECT, related_name="activations", db_comment="Model version that was active"
    )
    valid_from = models.DateTimeField(null=True, blank=True, db_comment="Active since; NULL = since ever (rules)")
    valid_to = models.DateTimeField(null=True, blank=True, db_comment="Active until (exclusive); NULL = still")
    activated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_column="activated_by",
        db_comment="Admin who activated it; NULL = system",
    )
    evidence = models.JSONField(default=dict, db_comment="Gate figures that allowed it")

    class Meta:
        db_table = "model_activations"
        verbose_name = _("model activation")
        verbose_name_plural = _("model activations")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_from__lt=models.F("valid_to")),
                name="chk_model_activation_interval",
                violation_error_message=_("An activation ends after it starts."),
            ),
            models.UniqueConstraint(
                fields=["model"],
                condition=models.Q(valid_to__isnull=True),
                name="unique_model_activation_current",
                violation_error_message=_("This version is active already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} · {minute(self.valid_from) if self.valid_from else '–'}"

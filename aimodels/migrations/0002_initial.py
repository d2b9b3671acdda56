from decimal import Decimal

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from system.together import together


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("aimodels", "0001_initial"),
        ("selection", "0001_initial"),
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
                "verbose_name": "open forecast",
                "verbose_name_plural": "open forecasts",
                "db_table": "v_active_predictions",
                "managed": False,
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
                (
                    "watchlist",
                    models.ForeignKey(
                        blank=True,
                        db_comment="Context",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="selection.watchlist",
                    ),
                ),
            ],
            options={
                "verbose_name": "forecast",
                "verbose_name_plural": "forecasts",
                "db_table": "predictions",
                "indexes": [
                    models.Index(fields=["asset", "layer_source", "-created_at"], name="idx_predictions_crypto_layer"),
                    models.Index(fields=["layer_source", "-created_at"], name="idx_predictions_layer_source"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["context_data"], name="idx_predictions_context_data"
                    ),
                    models.Index(fields=["layer_source", "prediction_type"], name="idx_predictions_layer_type"),
                    models.Index(fields=["asset", "prediction_type"], name="idx_predictions_crypto_type"),
                    models.Index(fields=["prediction_type", "-created_at"], name="idx_predictions_type_time"),
                    models.Index(fields=["asset", "is_realized", "-created_at"], name="idx_predictions_composite"),
                    models.Index(fields=["user", "-created_at"], name="idx_predictions_user_created"),
                    models.Index(fields=["target_datetime"], name="idx_predictions_target_time"),
                    models.Index(fields=["is_realized", "is_accurate"], name="idx_predictions_realized"),
                    models.Index(
                        condition=models.Q(("is_realized", False)),
                        fields=["target_datetime"],
                        name="idx_predictions_due",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("user__isnull", True)),
                        fields=("ai_model", "asset", "prediction_type", "prediction_horizon", "as_of", "series"),
                        name="unique_prediction",
                        violation_error_message="This forecast has been made already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("prediction_type", "price"), _negated=True),
                            ("predicted_price__isnull", False),
                            _connector="OR",
                        ),
                        name="chk_prediction_price_given",
                        violation_error_message="A price forecast needs a predicted price.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("predicted_price__gt", 0)),
                        name="chk_prediction_price_positive",
                        violation_error_message="predicted_price must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_realized", False), ("evaluated_at__isnull", False), _connector="OR"),
                        name="chk_prediction_realized",
                        violation_error_message="A scored forecast needs the time of its scoring.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("training_data_end__lte", models.F("created_at"))),
                        name="chk_prediction_no_lookahead",
                        violation_error_message="A model may not have been trained on data from after the forecast.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("layer_source__range", (1, 4))),
                        name="chk_predictions_layer_source",
                        violation_error_message="layer_source must lie between 1 and 4.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("confidence_score__range", (0, 1))),
                        name="chk_predictions_confidence_score",
                        violation_error_message="confidence_score must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("prediction_horizon__gt", 0)),
                        name="chk_predictions_prediction_horizon",
                        violation_error_message="prediction_horizon must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("input_price__gt", 0)),
                        name="chk_predictions_input_price",
                        violation_error_message="input_price must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("accuracy_percentage__range", (0, 100))),
                        name="chk_predictions_accuracy_percentage",
                        violation_error_message="accuracy_percentage must lie between 0 and 100.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("absolute_error__gte", 0)),
                        name="chk_predictions_absolute_error",
                        violation_error_message="absolute_error must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("squared_error__gte", 0)),
                        name="chk_predictions_squared_error",
                        violation_error_message="squared_error must be at least 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("accuracy_threshold__gt", 0)),
                        name="chk_predictions_accuracy_threshold",
                        violation_error_message="accuracy_threshold must be above 0.",
                    ),
                ],
            },
        ),
    ]
    operations = together(operations)

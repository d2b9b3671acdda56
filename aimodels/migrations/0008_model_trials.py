"""Every variant that was tried is counted."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("aimodels", "0007_jobs_queue"),
    ]

    operations = [
        migrations.CreateModel(
            name="ModelTrial",
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
                ("name", models.CharField(db_comment="Model name, as the versions have it", max_length=100)),
                ("generation", models.CharField(db_comment="Set of features that it was tried with", max_length=50)),
                ("number", models.IntegerField(db_comment="How many of the name had been tried, this one among them")),
                ("kind", models.CharField(db_comment="Kind of model: logistic, lightgbm, histogram", max_length=20)),
                (
                    "settings",
                    models.JSONField(blank=True, db_comment="Settings of its trees; empty = it has none", default=dict),
                ),
                (
                    "settings_hash",
                    models.CharField(
                        db_comment="SHA-256 of kind, settings, seed and features: equal = the same variant",
                        max_length=64,
                    ),
                ),
                ("as_of", models.DateTimeField(db_comment="Moment whose knowledge was used, UTC")),
                ("final_from", models.DateTimeField(db_comment="Start of the untouched block, UTC")),
                ("final_to", models.DateTimeField(db_comment="End of the untouched block (exclusive), UTC")),
                (
                    "final_read_at",
                    models.DateTimeField(
                        blank=True, db_comment="When it was tested on the untouched block; NULL = never", null=True
                    ),
                ),
                (
                    "fold_figures",
                    models.JSONField(
                        blank=True,
                        db_comment="Figures on folds inside the training part {log_skill, sharpe}",
                        default=dict,
                    ),
                ),
                (
                    "final_figures",
                    models.JSONField(
                        blank=True, db_comment="Figures on the untouched block; NULL = not tested there", null=True
                    ),
                ),
                (
                    "duration_seconds",
                    models.DecimalField(
                        blank=True, db_comment="How long its folds took, s", decimal_places=2, max_digits=10, null=True
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        blank=True,
                        db_comment="Version that came of it; NULL = none",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="trials",
                        to="aimodels.aimodel",
                    ),
                ),
                (
                    "source_job",
                    models.ForeignKey(
                        blank=True,
                        db_comment="Job that tried it; NULL = tried by hand",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="trials",
                        to="aimodels.modeljob",
                    ),
                ),
            ],
            options={
                "verbose_name": "tried variant",
                "verbose_name_plural": "tried variants",
                "db_table": "model_trials",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("name", "generation", "settings_hash", "as_of"),
                        name="unique_model_trial",
                        violation_error_message="This variant has been tried on these data already.",
                    ),
                    models.UniqueConstraint(
                        fields=("name", "number"),
                        name="unique_model_trial_number",
                        violation_error_message="This number belongs to another variant.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("final_from__lt", models.F("final_to"))),
                        name="chk_model_trials_final_span",
                        violation_error_message="The untouched block ends after it starts.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("number__gt", 0)),
                        name="chk_model_trials_number",
                        violation_error_message="number must be above 0.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("duration_seconds__gte", 0)),
                        name="chk_model_trials_duration_seconds",
                        violation_error_message="duration_seconds must be at least 0.",
                    ),
                ],
            },
        ),
    ]

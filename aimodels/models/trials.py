"""Variants of models that were tried: what was chosen from, and how often the untouched block was looked at."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from system.constraints import above, at_least
from system.fields import Numeric
from system.models.base import Created


class ModelTrial(Created):
    """One variant as it was tried once. Who tries many variants finds a good one by chance: their number belongs to
    every figure that is shown."""

    name = models.CharField(max_length=100, db_comment="Model name, as the versions have it")
    generation = models.CharField(max_length=50, db_comment="Set of features that it was tried with")
    number = models.IntegerField(db_comment="How many of the name had been tried, this one among them")
    kind = models.CharField(max_length=20, db_comment="Kind of model: logistic, lightgbm, histogram")
    settings = models.JSONField(default=dict, blank=True, db_comment="Settings of its trees; empty = it has none")
    settings_hash = models.CharField(
        max_length=64, db_comment="SHA-256 of kind, settings, seed and features: equal = the same variant"
    )
    features = models.JSONField(default=list, blank=True, db_comment="Features, in the order of their columns")
    as_of = models.DateTimeField(db_comment="Moment whose knowledge was used, UTC")
    final_from = models.DateTimeField(db_comment="Start of the untouched block, UTC")
    final_to = models.DateTimeField(db_comment="End of the untouched block (exclusive), UTC")
    final_read_at = models.DateTimeField(
        null=True, blank=True, db_comment="When it was tested on the untouched block; NULL = never"
    )
    data_hash = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_comment="SHA-256 of the data of the training that tested it; empty = none did",
    )
    fold_figures = models.JSONField(
        default=dict, blank=True, db_comment="Figures on folds inside the training part {log_skill, sharpe}"
    )
    final_figures = models.JSONField(
        null=True, blank=True, db_comment="Figures on the untouched block; NULL = not tested there"
    )
    model = models.ForeignKey(
        "aimodels.AIModel",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="trials",
        db_comment="Version that came of it; NULL = none",
    )
    source_job = models.ForeignKey(
        "aimodels.ModelJob",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="trials",
        db_comment="Job that tried it; NULL = tried by hand",
    )
    duration_seconds = Numeric(10, 2, null=True, blank=True, db_comment="How long its folds took, s")

    class Meta:
        db_table = "model_trials"
        verbose_name = _("tried variant")
        verbose_name_plural = _("tried variants")
        constraints = [
            models.UniqueConstraint(
                fields=["name", "generation", "settings_hash", "as_of"],
                name="unique_model_trial",
                violation_error_message=_("This variant has been tried on these data already."),
            ),
            models.UniqueConstraint(
                fields=["name", "number"],
                name="unique_model_trial_number",
                violation_error_message=_("This number belongs to another variant."),
            ),
            models.CheckConstraint(
                condition=models.Q(final_from__lt=models.F("final_to")),
                name="chk_model_trials_final_span",
                violation_error_message=_("The untouched block ends after it starts."),
            ),
            above("number", 0, name="chk_model_trials_number"),
            at_least("duration_seconds", 0, name="chk_model_trials_duration_seconds"),
        ]

    def __str__(self) -> str:
        return f"{self.name} · {self.number}"

"""What stands beside the forecasts: the chain that proves them, their scores, and corrections of wrong outcomes."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from assets.choices import Timeframe
from system.constraints import above, at_least, one_of
from system.fields import Numeric, PriceField
from system.models.base import Created


class PredictionChain(models.Model):
    """The chain of a model version: how long it is and the hash it ends with. Only the database's trigger writes it."""

    model_name = models.CharField(max_length=50, db_comment="Model name, as the forecasts have it")
    model_version = models.CharField(max_length=20, db_comment="Model version, as the forecasts have it")
    length = models.BigIntegerField(default=0, db_default=0, db_comment="Links in the chain")
    head = models.CharField(
        max_length=64, default="", blank=True, db_default="", db_comment="Hash of the last link; empty = none yet"
    )

    class Meta:
        db_table = "prediction_chains"
        verbose_name = _("chain of forecasts")
        verbose_name_plural = _("chains of forecasts")
        constraints = [
            models.UniqueConstraint(
                fields=["model_name", "model_version"],
                name="unique_prediction_chain",
                violation_error_message=_("A model version has one chain."),
            ),
            at_least("length", 0, name="chk_prediction_chains_length"),
        ]

    def __str__(self) -> str:
        return f"{self.model_name} {self.model_version}"


class PredictionLink(models.Model):
    """A forecast's place in the chain of its model version. Only the database's trigger writes it.

    ``hash`` = SHA-256 of ``<hash of the link before>:<content_hash>:<position>:<recorded_at in microseconds>``.
    """

    prediction = models.OneToOneField(
        "aimodels.Prediction",
        on_delete=models.PROTECT,
        primary_key=True,
        related_name="link",
        db_comment="The forecast",
    )
    chain = models.ForeignKey(
        PredictionChain, on_delete=models.PROTECT, related_name="links", db_index=False, db_comment="Chain"
    )
    position = models.BigIntegerField(db_comment="Place in the chain, from 1")
    recorded_at = models.DateTimeField(db_comment="When the database took the forecast in, by its own clock")
    content_hash = models.CharField(max_length=64, db_comment="SHA-256 of what the forecast says")
    hash = models.CharField(max_length=64, db_comment="SHA-256 over this link and the one before")

    class Meta:
        db_table = "prediction_links"
        verbose_name = _("link of a chain of forecasts")
        verbose_name_plural = _("links of chains of forecasts")
        constraints = [
            models.UniqueConstraint(
                fields=["chain", "position"],
                name="unique_prediction_link_position",
                violation_error_message=_("A place in a chain holds one forecast."),
            ),
            above("position", 0, name="chk_prediction_links_position"),
        ]

    def __str__(self) -> str:
        return f"{self.chain_id} {self.position}"


class Outcome(models.Model):
    """What came of a forecast, and how good it was beside the naive forecast stored with it.

    Columns that do not fit the kind of the forecast are NULL.
    """

    actual_price = PriceField(db_comment="Price at the target, USD")
    timeframe = models.CharField(max_length=10, choices=Timeframe, db_comment="Length of the candle that decided")
    candle_time = models.DateTimeField(db_comment="Start of the candle that decided, UTC")
    log_return = models.FloatField(db_comment="ln(actual price / price when predicted)")
    brier = models.FloatField(null=True, blank=True, db_comment="(probability of a rise - rise)^2")
    brier_naive = models.FloatField(null=True, blank=True, db_comment="The same of the naive probability")
    log_loss = models.FloatField(null=True, blank=True, db_comment="-ln of the probability given to what happened")
    log_loss_naive = models.FloatField(null=True, blank=True, db_comment="The same of the naive probability")
    pinball = models.FloatField(
        null=True, blank=True, db_comment="Mean pinball loss over the quantiles, in log returns"
    )
    pinball_naive = models.FloatField(null=True, blank=True, db_comment="The same of the naive quantiles")
    in_interval_90 = models.BooleanField(null=True, blank=True, db_comment="Between the quantiles 0.05 and 0.95")
    in_interval_90_naive = models.BooleanField(null=True, blank=True, db_comment="The same of the naive quantiles")
    in_interval_50 = models.BooleanField(null=True, blank=True, db_comment="Between the quantiles 0.25 and 0.75")
    in_interval_50_naive = models.BooleanField(null=True, blank=True, db_comment="The same of the naive quantiles")

    class Meta:
        abstract = True


class PredictionScore(Outcome):
    """The outcome of a forecast as it was first seen; written once, by the scorer."""

    prediction = models.OneToOneField(
        "aimodels.Prediction",
        on_delete=models.PROTECT,
        primary_key=True,
        related_name="score",
        db_comment="The forecast",
    )
    scored_at = models.DateTimeField(db_default=Now(), db_comment="When scored")

    class Meta:
        db_table = "prediction_scores"
        verbose_name = _("score of a forecast")
        verbose_name_plural = _("scores of forecasts")
        constraints = [
            above("actual_price", 0, name="chk_prediction_scores_actual_price"),
            one_of("timeframe", Timeframe, name="chk_prediction_scores_timeframe"),
        ]
        indexes = [models.Index(fields=["candle_time", "timeframe"], name="idx_prediction_scores_candle")]

    def __str__(self) -> str:
        return f"{self.prediction_id} {self.log_return:+.4f}"


class PredictionRevision(Outcome, Created):
    """A later outcome of a forecast whose candle was corrected. The last one counts; the first stays as it is."""

    prediction = models.ForeignKey(
        "aimodels.Prediction",
        on_delete=models.PROTECT,
        related_name="revisions",
        db_index=False,
        db_comment="The forecast",
    )
    number = models.IntegerField(db_comment="1 = first correction")
    reason = models.CharField(max_length=100, db_comment="Why the outcome was wrong")
    previous_price = PriceField(db_comment="Price at the target as it was held before, USD")
    absolute_error = PriceField(null=True, blank=True, db_comment="|actual - predicted|, USD")
    squared_error = Numeric(76, 36, null=True, blank=True, db_comment="(actual - predicted)^2")
    accuracy_percentage = Numeric(5, 2, null=True, blank=True, db_comment="max(0, 100 - 100*|actual-predicted|/actual)")
    is_accurate = models.BooleanField(null=True, blank=True, db_comment="Error within accuracy_threshold")

    class Meta:
        db_table = "prediction_revisions"
        verbose_name = _("corrected outcome")
        verbose_name_plural = _("corrected outcomes")
        constraints = [
            models.UniqueConstraint(
                fields=["prediction", "number"],
                name="unique_prediction_revision",
                violation_error_message=_("This correction is written already."),
            ),
            above("number", 0, name="chk_prediction_revisions_number"),
            above("actual_price", 0, name="chk_prediction_revisions_actual_price"),
            one_of("timeframe", Timeframe, name="chk_prediction_revisions_timeframe"),
        ]

    def __str__(self) -> str:
        return f"{self.prediction_id} · {self.number}"

"""What the forecasts of a moment add up to, so that nobody has to count them again."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from assets.choices import Market
from system.constraints import above, one_of
from system.fields import Numeric
from system.formats import minute


def _count(meaning: str) -> models.IntegerField:
    return models.IntegerField(default=0, db_default=0, db_comment=meaning)


def _total(meaning: str) -> Numeric:
    return Numeric(38, 18, default=0, db_default=0, db_comment=meaning)


class PredictionSum(models.Model):
    """An addend to the sums over the system's forecasts of one kind and moment. Only the database's triggers write it:
    one row as forecasts are issued, one as they are scored, one that takes back and adds as outcomes are corrected.
    Nobody waits for anybody, because no row is changed; the sum over the rows is exact, because they are decimal.
    """

    series = models.CharField(max_length=40, db_comment="live, or the name of a replay, as the forecasts have it")
    layer_source = models.IntegerField(db_comment="AI layer, 1-4, as the forecasts have it")
    market = models.CharField(max_length=10, choices=Market, db_comment="Market of their assets")
    as_of = models.DateTimeField(db_comment="Moment whose knowledge they used, UTC")
    prediction_horizon = models.IntegerField(db_comment="Horizon, hours")
    model_name = models.CharField(max_length=50, db_comment="Model name, as the forecasts have it")
    market_conditions = models.CharField(
        max_length=20, blank=True, default="", db_default="", db_comment="Regime word at prediction time; empty = none"
    )
    bin = models.SmallIntegerField(
        null=True, blank=True, db_comment="Twentieth of the probability of a rise, 0-19; NULL = no scored direction"
    )
    issued = _count("Forecasts written before their target, or of a replay")
    late = _count("Forecasts written after it; they count nowhere else")
    scored = _count("Those of issued with an outcome")
    n = _count("Those of scored with a Brier score")
    hits = _count("Those of n that came true")
    rises = _count("Those of n whose price rose")
    chance = _total("Probabilities of a rise, added up, of those with a bin")
    brier = _total("Brier scores, added up")
    brier_naive = _total("The same of the naive probabilities")
    n_intervals = _count("Those of scored with an interval of 90 percent")
    in_interval_90 = _count("Prices between the quantiles 0.05 and 0.95")
    in_interval_50 = _count("Prices between the quantiles 0.25 and 0.75")
    pinball = _total("Mean pinball losses, added up")
    pinball_naive = _total("The same of the naive quantiles")

    class Meta:
        db_table = "prediction_sums"
        verbose_name = _("sum over forecasts")
        verbose_name_plural = _("sums over forecasts")
        constraints = [
            one_of("market", Market, name="chk_prediction_sums_market"),
            above("prediction_horizon", 0, name="chk_prediction_sums_prediction_horizon"),
        ]
        indexes = [models.Index(fields=["series", "layer_source", "as_of"], name="idx_prediction_sums_moment")]

    def __str__(self) -> str:
        return f"{self.model_name} {self.prediction_horizon} h · {minute(self.as_of)}"

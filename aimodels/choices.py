"""Words of the models."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from assets.choices import Timeframe, subset


class ModelType(models.TextChoices):
    """The layer that a model serves."""

    MACRO = "macro", _("macro")
    SECTOR = "sector", _("sector")
    ASSET = "asset", _("asset")
    TIMING = "timing", _("timing")


class ModelStatus(models.TextChoices):
    ACTIVE = "active", _("active")
    TRAINING = "training", _("training")
    INACTIVE = "inactive", _("inactive")
    ERROR = "error", _("error")
    DEPRECATED = "deprecated", _("deprecated")


TRAINING_TIMEFRAMES = subset(Timeframe.M1, Timeframe.M5, Timeframe.M15, Timeframe.H1, Timeframe.H4, Timeframe.D1)


class DeploymentEnvironment(models.TextChoices):
    DEVELOPMENT = "development", _("development")
    STAGING = "staging", _("staging")
    PRODUCTION = "production", _("production")


class EvaluationType(models.TextChoices):
    BACKTESTING = "backtesting", _("backtesting")
    FORWARD_TESTING = "forward_testing", _("forward testing")
    CROSS_VALIDATION = "cross_validation", _("cross validation")
    LIVE_PERFORMANCE = "live_performance", _("live performance")
    JOB_TRIGGERED = "job_triggered", _("job triggered")


class EvaluationRegime(models.TextChoices):
    BULL = "bull", _("bull")
    BEAR = "bear", _("bear")
    SIDEWAYS = "sideways", _("sideways")
    VOLATILE = "volatile", _("volatile")


class PerformanceGrade(models.TextChoices):
    A = "A", _("A")
    B = "B", _("B")
    C = "C", _("C")
    D = "D", _("D")
    F = "F", _("F")


class EvaluationStatus(models.TextChoices):
    COMPLETED = "completed", _("completed")
    FAILED = "failed", _("failed")
    PARTIAL = "partial", _("partial")
    INVALIDATED = "invalidated", _("invalidated")


class Unresolved(models.TextChoices):
    """Why a forecast that is due has no outcome."""

    GAP = "gap", _("the candle at its target is missing, later ones are there")
    NO_CANDLES = "no_candles", _("no candle of the asset has come since its target")


class JobStatus(models.TextChoices):
    PENDING = "pending", _("pending")
    RUNNING = "running", _("running")
    COMPLETED = "completed", _("completed")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")
    PAUSED = "paused", _("paused")


class JobCategory(models.TextChoices):
    TRAINING = "training", _("training")
    PREDICTION = "prediction", _("prediction")
    EVALUATION = "evaluation", _("evaluation")
    OPTIMIZATION = "optimization", _("optimization")
    DEPLOYMENT = "deployment", _("deployment")


class StopRequest(models.TextChoices):
    """What the worker of a running job is asked to do."""

    CANCEL = "cancel", _("cancel")
    PAUSE = "pause", _("pause")

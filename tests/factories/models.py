"""Model versions and their forecasts."""

from datetime import timedelta
from decimal import Decimal
from math import log
from typing import Any

import factory
from factory.django import DjangoModelFactory

from aimodels.choices import JobCategory, ModelStatus, ModelType
from aimodels.models import (
    AIModel,
    ModelActivation,
    ModelJob,
    ModelPerformance,
    ModelTrial,
    Prediction,
    PredictionScore,
)
from tests.factories.assets import AssetFactory
from tests.factories.base import clock_at, moment


class AIModelFactory(DjangoModelFactory):
    """A rule-based version."""

    class Meta:
        model = AIModel

    name = factory.Sequence(lambda n: f"rule_based_{n}")
    version = "v1"
    architecture = "rules"
    model_type = ModelType.ASSET
    status = ModelStatus.ACTIVE
    training_data_timeframe = "1d"
    target_variable = "return"


class ModelActivationFactory(DjangoModelFactory):
    class Meta:
        model = ModelActivation

    model = factory.SubFactory(AIModelFactory)


class ModelJobFactory(DjangoModelFactory):
    class Meta:
        model = ModelJob

    model = factory.SubFactory(AIModelFactory)
    job_category = JobCategory.TRAINING
    job_type = "full"


class ModelPerformanceFactory(DjangoModelFactory):
    class Meta:
        model = ModelPerformance

    model = factory.SubFactory(AIModelFactory)
    evaluation_date = factory.Sequence(moment)
    evaluation_type = "backtesting"


class PredictionFactory(DjangoModelFactory):
    """A price forecast of the system over a day, written at the moment it is about unless ``created_at`` says else."""

    class Meta:
        model = Prediction

    asset = factory.SubFactory(AssetFactory)
    ai_model = factory.SubFactory(AIModelFactory)
    model_name = factory.SelfAttribute("ai_model.name")
    model_version = factory.SelfAttribute("ai_model.version")
    predicted_price = Decimal(69500)
    input_price = Decimal("67234.5")
    confidence_score = Decimal("0.55")
    prediction_horizon = 24
    as_of = factory.Sequence(moment)
    target_datetime = factory.LazyAttribute(
        lambda prediction: prediction.as_of + timedelta(hours=prediction.prediction_horizon)
    )
    created_at = factory.SelfAttribute("as_of")

    @classmethod
    def _create(cls, model_class: type[Prediction], *args: Any, **columns: Any) -> Prediction:
        with clock_at(columns.pop("created_at")):
            made: Prediction = super()._create(model_class, *args, **columns)
        return made


class ModelTrialFactory(DjangoModelFactory):
    """A variant that was judged on folds."""

    class Meta:
        model = ModelTrial

    name = "asset_direction_1d_24h"
    generation = "1"
    number = factory.Sequence(lambda n: n + 1)
    kind = "logistic"
    settings_hash = factory.Sequence(lambda n: f"{n:064x}")
    as_of = factory.Sequence(moment)
    final_from = factory.LazyAttribute(lambda trial: trial.as_of - timedelta(days=100))
    final_to = factory.SelfAttribute("as_of")


def scored_direction(chance: float, actual: Decimal, *, naive: float = 0.5, **columns: Any) -> Prediction:
    """A direction forecast whose outcome is known, beside a naive forecast, of a half unless told otherwise."""
    price = columns.get("input_price", Decimal("67234.5"))
    rose = actual > price
    forecast: Prediction = PredictionFactory(
        prediction_type="direction",
        predicted_price=None,
        predicted_value={"probability_up": chance, "naive_probability_up": naive},
        actual_price=actual,
        is_realized=True,
        is_accurate=rose == (chance > 0.5),
        **columns,
    )
    PredictionScore.objects.create(
        prediction=forecast,
        actual_price=actual,
        timeframe="1d",
        candle_time=forecast.target_datetime - timedelta(days=1),
        log_return=log(actual / price),
        brier=(chance - rose) ** 2,
        brier_naive=(naive - rose) ** 2,
    )
    return forecast

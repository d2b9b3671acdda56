"""Filters of forecasts."""

from typing import Any

import django_filters.rest_framework as filters
from django.db.models import QuerySet

from aimodels.choices import EvaluationType, JobCategory, JobStatus, ModelStatus, ModelType, PerformanceGrade
from system.rest import Filters, FlagFilter, IdFilter, LayerFilter, OrderingFilter, WholeNumberFilter


class PredictionFilters(Filters):
    """By layer, asset, horizon, kind, outcome, list and author."""

    defaults = {"mine": "false"}
    layer = LayerFilter(field_name="layer_source", label="1-4 or layer1-layer4")
    asset = IdFilter()
    crypto_id = IdFilter(field_name="asset")
    horizon = WholeNumberFilter(field_name="prediction_horizon", label="hours")
    prediction_type = filters.CharFilter()
    is_realized = FlagFilter()
    watchlist = IdFilter()
    mine = FlagFilter(method="of_caller")

    def of_caller(self, predictions: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:  # noqa: ARG002
        return predictions.filter(user=self.request.user) if value else predictions


class AssetPredictionFilters(Filters):
    """By layer and outcome."""

    layer = LayerFilter(field_name="layer_source", label="1-4 or layer1-layer4")
    is_realized = FlagFilter()


class ActiveFilters(Filters):
    """Those that are due, or not yet."""

    is_due = FlagFilter()


class ModelFilters(Filters):
    """By layer, state and name."""

    type = filters.ChoiceFilter(field_name="model_type", choices=ModelType.choices)
    status = filters.ChoiceFilter(choices=ModelStatus.choices)
    is_active = FlagFilter()
    name = filters.CharFilter(label="exactly this name")


class EvaluationFilters(Filters):
    """By version, kind and what came out; the newest first unless asked otherwise."""

    defaults = {"ordering": "-evaluation_date"}
    model = IdFilter()
    type = filters.ChoiceFilter(field_name="evaluation_type", choices=EvaluationType.choices)
    meets_threshold = FlagFilter()
    grade = filters.ChoiceFilter(field_name="performance_grade", choices=PerformanceGrade.choices)
    ordering = OrderingFilter(fields=("evaluation_date", "overall_score", "accuracy", "sharpe_ratio"))


class JobFilters(Filters):
    """By version, state and category; schedules or jobs."""

    model = IdFilter()
    status = filters.ChoiceFilter(field_name="job_status", choices=JobStatus.choices)
    category = filters.ChoiceFilter(field_name="job_category", choices=JobCategory.choices)
    recurring = FlagFilter(field_name="is_recurring")

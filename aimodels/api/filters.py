"""Filters of forecasts."""

from typing import Any

import django_filters.rest_framework as filters
from django.db.models import QuerySet

from system.rest import Filters, FlagFilter, IdFilter, LayerFilter, WholeNumberFilter


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

"""Filters of signals."""

from typing import Any

import django_filters.rest_framework as filters
from django.db.models import QuerySet
from django.utils import timezone

from selection.choices import PositionType
from system.choices import RiskLevel
from system.rest import Filters, FlagFilter, IdFilter, OrderingFilter, PeriodFilters
from trading.choices import (
    ActionSource,
    ActionType,
    BacktestStatus,
    ExecutionStatus,
    RecommendationPriority,
    RecommendationStatus,
    RecommendationTarget,
    RecommendationType,
    SignalStatus,
)
from trading.selectors.recommendation_states import in_state
from trading.selectors.visible import with_status

ALL = "all"


class AssetSignalFilters(Filters):
    """Active ones unless asked otherwise."""

    defaults = {"status": SignalStatus.ACTIVE.value}
    status = filters.ChoiceFilter(choices=[*SignalStatus.choices, (ALL, ALL)], method="in_status")

    def in_status(self, signals: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:  # noqa: ARG002
        return signals if value == ALL else with_status(signals, value)


class SignalFilters(AssetSignalFilters):
    """Active ones, the most confident first, unless asked otherwise."""

    defaults = {"status": SignalStatus.ACTIVE.value, "ordering": "-confidence_score"}
    confidence_min = filters.NumberFilter(
        field_name="confidence_score", lookup_expr="gte", min_value=0, max_value=1, label="0-1"
    )
    asset = IdFilter()
    crypto_id = IdFilter(field_name="asset")
    signal_type = filters.ChoiceFilter(choices=PositionType.choices)
    risk_level = filters.ChoiceFilter(choices=RiskLevel.choices)
    ordering = OrderingFilter(
        fields=(
            "confidence_score",
            ("created_at", "generated_at"),
            "risk_reward_ratio",
            "potential_return_pct",
            "expires_at",
        )
    )


class AlertFilters(Filters):
    """On an asset, watching or not, fired or not."""

    asset = IdFilter()
    crypto_id = IdFilter(field_name="asset")
    is_active = FlagFilter()
    is_triggered = FlagFilter()


class RecommendationFilters(Filters):
    """By the caller's own state, the kind, and what it is about."""

    status = filters.ChoiceFilter(choices=RecommendationStatus.choices, method="in_state")
    type = filters.ChoiceFilter(field_name="recommendation_type", choices=RecommendationType.choices)
    priority = filters.ChoiceFilter(field_name="priority_level", choices=RecommendationPriority.choices)
    target_type = filters.ChoiceFilter(field_name="target_entity_type", choices=RecommendationTarget.choices)
    target_id = IdFilter(field_name="target_entity_id")

    def in_state(self, advice: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:  # noqa: ARG002
        return in_state(advice, self.request.user, timezone.now(), value)


class ActionFilters(PeriodFilters):
    """Of a position, a kind, a source and a time."""

    time_field = "executed_at"
    position = IdFilter(field_name="portfolio_asset")
    action_type = filters.ChoiceFilter(choices=ActionType.choices)
    action_source = filters.ChoiceFilter(choices=ActionSource.choices)


class BacktestFilters(Filters):
    """In a state."""

    status = filters.ChoiceFilter(choices=BacktestStatus.choices)


class ExecutionFilters(Filters):
    """Of a person and in a state."""

    user_id = IdFilter(field_name="user")
    status = filters.ChoiceFilter(choices=ExecutionStatus.choices)

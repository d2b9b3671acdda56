"""Filters of signals."""

from typing import Any

import django_filters.rest_framework as filters
from django.db.models import QuerySet

from selection.choices import PositionType
from system.choices import RiskLevel
from system.rest import Filters, IdFilter
from trading.choices import ExecutionStatus, SignalStatus
from trading.selectors.visible import with_status

ALL = "all"


class SignalFilters(Filters):
    """Active ones, the most confident first, unless asked otherwise."""

    defaults = {"status": SignalStatus.ACTIVE.value, "ordering": "-confidence_score"}
    status = filters.ChoiceFilter(choices=[*SignalStatus.choices, (ALL, ALL)], method="in_status")
    confidence_min = filters.NumberFilter(
        field_name="confidence_score", lookup_expr="gte", min_value=0, max_value=1, label="0-1"
    )
    asset = IdFilter()
    crypto_id = IdFilter(field_name="asset")
    signal_type = filters.ChoiceFilter(choices=PositionType.choices)
    risk_level = filters.ChoiceFilter(choices=RiskLevel.choices)
    ordering = filters.OrderingFilter(
        fields=(
            "confidence_score",
            ("created_at", "generated_at"),
            "risk_reward_ratio",
            "potential_return_pct",
            "expires_at",
        )
    )

    def in_status(self, signals: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:  # noqa: ARG002
        return signals if value == ALL else with_status(signals, value)


class ExecutionFilters(Filters):
    """Of a person and in a state."""

    user_id = IdFilter(field_name="user")
    status = filters.ChoiceFilter(choices=ExecutionStatus.choices)

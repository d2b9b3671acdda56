"""Named CHECK constraints in the words of the schema, each with the sentence that a person sees when it is violated.

All of them accept NULL, as a CHECK in SQL does: an unknown value breaks no rule.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

Limit = int | Decimal


Choices = type[models.Choices] | Iterable[tuple[str, Any]]


def one_of(field: str, choices: Choices, *, name: str) -> models.CheckConstraint:
    """The value is one of the enum's, or of the pairs (value, label)."""
    values = choices.values if isinstance(choices, type) else [value for value, _label in choices]
    return models.CheckConstraint(
        condition=models.Q(**{f"{field}__in": values}),
        name=name,
        violation_error_message=format_lazy(_("{field} is none of: {values}."), field=field, values=", ".join(values)),
    )


def between(field: str, low: Limit, high: Limit, *, name: str) -> models.CheckConstraint:
    """``low <= value <= high``."""
    return models.CheckConstraint(
        condition=models.Q(**{f"{field}__range": (low, high)}),
        name=name,
        violation_error_message=format_lazy(
            _("{field} must lie between {low} and {high}."), field=field, low=low, high=high
        ),
    )


def at_least(field: str, limit: Limit, *, name: str) -> models.CheckConstraint:
    """``value >= limit``."""
    return models.CheckConstraint(
        condition=models.Q(**{f"{field}__gte": limit}),
        name=name,
        violation_error_message=format_lazy(_("{field} must be at least {limit}."), field=field, limit=limit),
    )


def above(field: str, limit: Limit, *, name: str) -> models.CheckConstraint:
    """``value > limit``."""
    return models.CheckConstraint(
        condition=models.Q(**{f"{field}__gt": limit}),
        name=name,
        violation_error_message=format_lazy(_("{field} must be above {limit}."), field=field, limit=limit),
    )


def unknown_or(field: str, **lookups: Any) -> models.Q:
    """NULL, or a value that passes every lookup: a part of a condition over several columns."""
    known = models.Q(**{f"{field}__{lookup}": value for lookup, value in lookups.items()})
    return models.Q(**{f"{field}__isnull": True}) | known

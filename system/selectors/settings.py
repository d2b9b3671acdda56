"""Reading the settings of the running product."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from system import configuration
from system.configuration import ConfigGroup
from system.models import SystemConfig, SystemConfigHistory


def setting(key: str, as_of: datetime | None = None) -> dict[str, Any]:
    """Value of a group as it was in force at ``as_of`` (now, if not given).

    A field that a stored value lacks, because the product has grown, has its default.
    """
    return _in_force([configuration.group(key)], as_of)[key]


def every_setting(as_of: datetime | None = None) -> dict[str, dict[str, Any]]:
    """The same of all groups by key, in one query."""
    return _in_force(configuration.groups(), as_of)


def _in_force(groups: Sequence[ConfigGroup], as_of: datetime | None) -> dict[str, dict[str, Any]]:
    keys = [group.key for group in groups]
    rows: QuerySet[Any]
    if as_of is None:
        rows = SystemConfig.objects.filter(key__in=keys)
    else:
        rows = SystemConfigHistory.objects.filter(key__in=keys, valid_from__lte=as_of).exclude(valid_to__lte=as_of)
    stored = dict(rows.values_list("key", "value"))
    return {group.key: {**group.default, **(stored.get(group.key) or {})} for group in groups}

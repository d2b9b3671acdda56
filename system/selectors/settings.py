"""Reading the settings of the running product."""

from datetime import datetime
from typing import Any

from system import configuration
from system.models import SystemConfig, SystemConfigHistory


def setting(key: str, as_of: datetime | None = None) -> dict[str, Any]:
    """Value of a group as it was in force at ``as_of`` (now, if not given).

    A field that a stored value lacks, because the product has grown, has its default.
    """
    group = configuration.group(key)
    if as_of is None:
        stored = SystemConfig.objects.filter(key=key).values_list("value", flat=True).first()
    else:
        stored = (
            SystemConfigHistory.objects.filter(key=key, valid_from__lte=as_of)
            .exclude(valid_to__lte=as_of)
            .values_list("value", flat=True)
            .first()
        )
    return {**group.default, **(stored or {})}

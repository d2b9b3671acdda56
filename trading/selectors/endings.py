"""How many signals ended since a moment."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Count, Max

from trading.models import SignalOutcome
from trading.selectors.visible import visible_signals


def endings_since(user: Any, asset_ids: Collection[int], since: datetime) -> dict[str, tuple[int, datetime]]:
    """Live signals on some assets that a person may see and that ended after a moment: by what ended them, as it was
    first seen, how many and when the last one did. One query."""
    rows = (
        SignalOutcome.objects.filter(signal__in=visible_signals(user), signal__asset__in=asset_ids, ended_at__gt=since)
        .order_by()
        .values("outcome")
        .annotate(n=Count("pk"), at=Max("ended_at"))
        .order_by("-n", "outcome")
    )
    return {row["outcome"]: (row["n"], row["at"]) for row in rows}

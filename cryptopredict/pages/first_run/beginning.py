"""Switching the collection of real data on, and how far its first pieces have come."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cryptopredict.starting import start_task
from system.choices import TaskStatus
from system.models import BackgroundTask
from system.services.settings import merge_settings

NAMES = {
    "assets.sync_coins": _("Coins and their pairs"),
    "assets.sync_prices": _("Candles are asked for"),
    "assets.services.collect_candles": _("Candles"),
    "macro.sync_series": _("Series from outside, such as interest rates and Fear & Greed"),
    "macro.sync_news": _("News"),
}
"""Pieces of the beginning, by the name of their task."""
ORDERED = ("assets.sync_coins", "assets.sync_prices", "macro.sync_series", "macro.sync_news")
OPEN = (TaskStatus.PENDING, TaskStatus.RUNNING)


@dataclass(frozen=True)
class Piece:
    """One piece of work: how it stands, since when, and what went wrong."""

    name: str
    timeframe: str
    status: str
    status_name: str
    since: datetime
    error: str

    @property
    def label(self) -> str:
        """What it is called."""
        return str(NAMES[self.name])

    @property
    def is_open(self) -> bool:
        """Whether it waits or goes on."""
        return self.status in OPEN


@transaction.atomic
def begin_collection(given: Mapping[str, Any], *, actor: Any) -> None:
    """Fetch market data from now on, and the first of them at once.

    Args:
        given: keys of the setting ``collection``.
    Raises:
        InvalidInput: a value that the setting does not take; it is named.
    """
    merge_settings({"collection": {**given, "enabled": True}}, actor=actor)
    for name in ORDERED:
        start_task(name, {}, actor=actor)


def end_collection(*, actor: Any) -> None:
    """Fetch nothing any more."""
    merge_settings({"collection": {"enabled": False}}, actor=actor)


def pieces() -> list[Piece]:
    """The newest of each piece of work, as it stands; of candles by their length."""
    rows = BackgroundTask.objects.filter(task_name__in=NAMES).order_by(
        "task_name", "task_params__timeframe", "-created_at"
    )
    newest = rows.distinct("task_name", "task_params__timeframe")
    found = [
        Piece(
            row.task_name,
            str((row.task_params or {}).get("timeframe") or ""),
            row.status,
            row.get_status_display(),
            row.completed_at or row.started_at or row.created_at,
            row.error_message or "",
        )
        for row in newest
    ]
    order = list(NAMES)
    return sorted(found, key=lambda one: (order.index(one.name), one.timeframe))

"""Times that a portfolio is looked at over."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from django.utils.translation import gettext

from system import formats

RANGES: dict[str, tuple[int | None, Callable[[], str]]] = {
    "7d": (7, lambda: formats.span(24 * 7)),
    "30d": (30, lambda: formats.span(24 * 30)),
    "90d": (90, lambda: formats.span(24 * 90)),
    "ytd": (None, lambda: gettext("this year")),
    "1y": (365, lambda: gettext("1 year")),
    "all": (None, lambda: gettext("all")),
}
"""How far back, in days, and what that is called."""
USUAL = "all"


def chosen(wanted: str) -> str:
    """A key of ``RANGES``; anything else is the usual one."""
    return wanted if wanted in RANGES else USUAL


def since(key: str, now: datetime) -> date | None:
    """The first day of a range; None = the first of all."""
    today = now.astimezone(UTC).date()
    if key == "ytd":
        return today.replace(month=1, day=1)
    days = RANGES[key][0]
    return None if days is None else today - timedelta(days=days)


def labels() -> list[tuple[str, str]]:
    """Every range with its words."""
    return [(key, told()) for key, (_days, told) in RANGES.items()]

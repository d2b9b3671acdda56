"""How the product is: the newest round of checks, in a word and in full."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from system.models import SystemHealth

HEALTHY_FROM, DEGRADED_FROM = 90, 50
"""Scores, 0-100."""
STALE_AFTER = timedelta(minutes=5)
"""Rounds come every minute. Without one for so long, whoever measures does not work, whatever the last one said."""


class HealthWord(TextChoices):
    HEALTHY = "healthy", _("healthy")
    DEGRADED = "degraded", _("degraded")
    DOWN = "down", _("down")


def newest_health() -> SystemHealth | None:
    """The newest round of checks; None before the first."""
    return SystemHealth.objects.order_by("-check_time", "-pk").first()


def health_reports(ids: Iterable[int]) -> dict[int, SystemHealth]:
    """Rounds of checks by id; those that are gone are left out."""
    return SystemHealth.objects.in_bulk(set(ids))


def health_word(check: SystemHealth | None, now: datetime) -> HealthWord | None:
    """The state in one word: down when nothing was measured lately; None where nothing was ever measured."""
    if check is None or check.overall_health_score is None:
        return None
    if now - check.check_time > STALE_AFTER or check.overall_health_score < DEGRADED_FROM:
        return HealthWord.DOWN
    return HealthWord.HEALTHY if check.overall_health_score >= HEALTHY_FROM else HealthWord.DEGRADED

"""When a person wants to be told: quiet hours and the time of digests, on the clock of their wall."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.choices import Timing
from accounts.compute.hours import next_at, quiet_until
from accounts.models import User
from accounts.services.activities import record_activity
from system.exceptions import InvalidInput

KEY = "notifications"
"""Where ``users.preferences`` keeps them."""
WEEKDAYS = range(7)


@dataclass(frozen=True)
class Hours:
    """The wishes of one person.

    Args:
        zone: of their wall.
        quiet_from, quiet_until: nothing is sent outside in between; None = at any time.
        urgent_passes: what is urgent is sent all the same.
        digest_at: time of digests.
        digest_weekday: day of the weekly one, Monday = 0.
    """

    zone: ZoneInfo
    quiet_from: time | None = None
    quiet_until: time | None = None
    urgent_passes: bool = True
    digest_at: time = time(8)
    digest_weekday: int = 0

    def waits_until(self, now: datetime) -> datetime | None:
        """End of the quiet hours that ``now`` lies in; None when it is not quiet."""
        if self.quiet_from is None or self.quiet_until is None:
            return None
        return quiet_until(now, self.zone, self.quiet_from, self.quiet_until)

    def next_digest(self, now: datetime, timing: str) -> datetime:
        """When the next digest is due."""
        return next_at(now, self.zone, self.digest_at, weekday=self.digest_weekday if timing == Timing.WEEKLY else None)


def hours_of(user: User) -> Hours:
    """The wishes of a person; what they have not said, or what cannot be understood any more, is as by default."""
    said = (user.preferences or {}).get(KEY)
    kept: Mapping[str, Any] = said if isinstance(said, dict) else {}
    weekday = kept.get("digest_weekday", 0)
    return Hours(
        zone_of(user),
        clock(kept.get("quiet_from")),
        clock(kept.get("quiet_until")),
        bool(kept.get("urgent_passes", True)),
        clock(kept.get("digest_at")) or time(8),
        weekday if isinstance(weekday, int) and weekday in WEEKDAYS else 0,
    )


@transaction.atomic
def set_hours(
    user: User,
    *,
    quiet_from: time | None,
    quiet_until: time | None,
    urgent_passes: bool,
    digest_at: time,
    digest_weekday: int,
) -> None:
    """Say when one wants to be told.

    Raises:
        InvalidInput: quiet hours with one end only or without a length, or no day of the week.
    """
    if (quiet_from is None) != (quiet_until is None) or (quiet_from is not None and quiet_from == quiet_until):
        raise InvalidInput(_("Quiet hours need a beginning and another end."), field="quiet_until")
    if digest_weekday not in WEEKDAYS:
        raise InvalidInput(_("There is no such day of the week."), field="digest_weekday")
    row = User.objects.select_for_update().get(pk=user.pk)
    said = {
        "quiet_from": quiet_from and f"{quiet_from:%H:%M}",
        "quiet_until": quiet_until and f"{quiet_until:%H:%M}",
        "urgent_passes": urgent_passes,
        "digest_at": f"{digest_at:%H:%M}",
        "digest_weekday": digest_weekday,
    }
    row.preferences = {**(row.preferences or {}), KEY: said}
    row.save(update_fields=["preferences", "updated_at"])
    user.preferences = row.preferences
    record_activity(user, activity_type="preferences", action="update", entity=user, details=said)


def clock(text: Any) -> time | None:
    """A time of the day as it is kept."""
    try:
        return time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None) if text else None
    except (TypeError, ValueError):
        return None


def zone_of(user: User) -> ZoneInfo:
    """The zone of a person; the market's, UTC, when theirs does not exist (any more)."""
    try:
        return ZoneInfo(user.timezone or UTC.tzname(None))
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")

"""The journal by day: a month as a grid with what each day brought."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from cryptopredict.pages.journal.forms import midnight
from system import calendars, formats
from trading.selectors.journal_statistics import CalendarDay, journal_calendar

ONE_DAY = timedelta(days=1)
EARLIEST = date(2009, 1, 1)
"""There was no coin before."""
MONDAY, SATURDAY = 0, 5
"""On which days weeks begin, by language and calendar."""


@dataclass(frozen=True)
class Cell:
    """A day of the grid; ``found`` is None where nothing happened."""

    day: date
    is_inside: bool
    is_today: bool
    found: CalendarDay | None

    @property
    def number(self) -> str:
        """Its place in the month."""
        return formats.digits(str(calendars.jalali(self.day).day if calendars.is_jalali() else self.day.day))

    @property
    def mood(self) -> str:
        """How it is shown besides its number."""
        if not self.is_inside:
            return "out"
        amount = self.found.realized_usd if self.found else Decimal(0)
        return "gain" if amount > 0 else "loss" if amount < 0 else ""


@dataclass(frozen=True)
class CalendarPage:
    """A month. ``before``, ``after``: the months beside it; the latter None where it lies ahead."""

    name: str
    month: str
    finding: str
    heads: list[str]
    weeks: list[list[Cell]]
    before: str
    after: str | None
    days: Sequence[CalendarDay]


def month_of(wanted: str, now: datetime) -> tuple[date, date]:
    """The first day of a month such as ``2026-11`` or ``1405-09``, and that of the next one; of the present one for
    anything else, and for what lies ahead."""
    this = calendars.month_start(now.astimezone(UTC).date())
    found = calendars.month_from(wanted)
    if found is None or not EARLIEST <= found[0] <= this:
        return this, calendars.next_month(this)
    return found


def month_days(user: Any, first: date, after: date) -> list[CalendarDay]:
    """Days of a month on which something happened."""
    return journal_calendar(user, midnight(first), midnight(after))


def calendar_page(user: Any, wanted: str, now: datetime) -> CalendarPage:
    """The page."""
    today = now.astimezone(UTC).date()
    first = calendars.month_start(month_of(wanted, now)[0])  # a month of the other calendar begins within one of ours
    after = calendars.next_month(first)
    days = month_days(user, first, after)
    begin = SATURDAY if formats.is_persian() or calendars.is_jalali() else MONDAY
    start = first - ((first.weekday() - begin) % 7) * ONE_DAY
    count = -(-((after - start).days) // 7)
    found = {one.day: one for one in days}
    weeks = [
        [
            Cell(day, first <= day < after, day == today, found.get(day) if first <= day < after else None)
            for day in (start + (7 * week + place) * ONE_DAY for place in range(7))
        ]
        for week in range(count)
    ]
    return CalendarPage(
        name=formats.months(first, after - ONE_DAY),
        month=calendars.month_code(first),
        finding=_finding(days),
        heads=[date_format(cell.day, "D") for cell in weeks[0]],
        weeks=weeks,
        before=calendars.month_code(first - ONE_DAY),
        after=calendars.month_code(after) if after <= today else None,
        days=days,
    )


def _finding(days: Sequence[CalendarDay]) -> str:
    realized = [one for one in days if one.realized_usd]
    if not realized:
        return gettext("Nothing was realised in this month")
    told = ngettext("%(amount)s USD realised on %(n)s day", "%(amount)s USD realised on %(n)s days", len(realized))
    total = sum((one.realized_usd for one in realized), Decimal(0))
    return told % {"amount": formats.number(total, 2, signed=True), "n": formats.number(len(realized))}

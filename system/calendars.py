"""The calendar in which pages tell dates: the Gregorian one, or the solar Hijri one (Jalali) for whoever chooses it.

Only what is shown changes. Rows, files, mails, the API and the days in addresses keep Gregorian dates; a month in an
address is that of either calendar, which its year tells.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from django.utils.translation import pgettext_lazy
from persiantools.jdatetime import JalaliDate


class Calendar(StrEnum):
    """By the names that browsers know them by."""

    GREGORIAN = "gregory"
    JALALI = "persian"


FIRST_GREGORIAN_YEAR = 1700
"""Years of addresses below it are those of the Jalali calendar, which is in its fifteenth century."""


class Day(NamedTuple):
    """A day of the Jalali calendar."""

    year: int
    month: int
    day: int


JALALI_MONTHS = (
    pgettext_lazy("month of the Jalali calendar", "Farvardin"),
    pgettext_lazy("month of the Jalali calendar", "Ordibehesht"),
    pgettext_lazy("month of the Jalali calendar", "Khordad"),
    pgettext_lazy("month of the Jalali calendar", "Tir"),
    pgettext_lazy("month of the Jalali calendar", "Mordad"),
    pgettext_lazy("month of the Jalali calendar", "Shahrivar"),
    pgettext_lazy("month of the Jalali calendar", "Mehr"),
    pgettext_lazy("month of the Jalali calendar", "Aban"),
    pgettext_lazy("month of the Jalali calendar", "Azar"),
    pgettext_lazy("month of the Jalali calendar", "Dey"),
    pgettext_lazy("month of the Jalali calendar", "Bahman"),
    pgettext_lazy("month of the Jalali calendar", "Esfand"),
)

_chosen: ContextVar[Callable[[], Calendar] | None] = ContextVar("calendar", default=None)


@contextmanager
def telling_dates_in(choice: Callable[[], Calendar]) -> Iterator[None]:
    """Tell dates in the calendar that ``choice`` gives; it is asked only when a date is told."""
    token = _chosen.set(choice)
    try:
        yield
    finally:
        _chosen.reset(token)


def is_jalali() -> bool:
    """Whether dates are told in the Jalali calendar here."""
    choice = _chosen.get()
    return choice is not None and choice() == Calendar.JALALI


def jalali(moment: date) -> Day:
    """A day by the Jalali calendar; of a time, the day that its own zone has then."""
    found = JalaliDate(moment.date() if isinstance(moment, datetime) else moment)
    return Day(found.year, found.month, found.day)


def plain_day(moment: date) -> str:
    """A day in figures, in the calendar that is told here: ``2026-11-22``, ``1405-09-01``."""
    if is_jalali():
        year, month, day = jalali(moment)
        return f"{year:04}-{month:02}-{day:02}"
    return f"{moment:%Y-%m-%d}"


def month_start(day: date) -> date:
    """The first day of the month that a day lies in, by the calendar that is told here."""
    if is_jalali():
        return day - timedelta(days=jalali(day).day - 1)
    return day.replace(day=1)


def next_month(first: date) -> date:
    """The first day of the month after the one that begins on a day."""
    return month_start(first + timedelta(days=31))


def month_code(first: date) -> str:
    """A month in an address: ``2026-11``, ``1405-09``."""
    return plain_day(first)[:7]


def month_from(code: str) -> tuple[date, date] | None:
    """The days from which to which (exclusive) a month of an address goes; None for what names none.

    Whatever calendar is told here, ``2026-11`` is Gregorian and ``1405-09`` is not.
    """
    found = re.fullmatch(r"([0-9]{4})-([0-9]{2})", code)
    if found is None:
        return None
    year, month = map(int, found.groups())
    calendar = Calendar.JALALI if year < FIRST_GREGORIAN_YEAR else Calendar.GREGORIAN
    try:
        first = JalaliDate(year, month, 1).to_gregorian() if calendar == Calendar.JALALI else date(year, month, 1)
        with telling_dates_in(lambda: calendar):
            return first, next_month(first)
    except (ValueError, OverflowError):
        return None

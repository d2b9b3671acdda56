"""Times of a cron expression, in UTC."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7))
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
NAMES = {name: number for number, name in enumerate(MONTHS, start=1)} | {name: n for n, name in enumerate(DAYS)}
FURTHEST_DAYS = 366 * 9
"""Between two 29ths of February lie up to eight years."""


@dataclass(frozen=True)
class Cron:
    """The moments that an expression names: minutes, hours, days of the month, months, days of the week (0 = Sunday).

    Where both kinds of day are limited, one of the two is enough, as cron has it.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool

    def is_day(self, moment: datetime) -> bool:
        """Whether it names the day of that moment."""
        if moment.month not in self.months:
            return False
        by_month, by_week = moment.day in self.days, moment.isoweekday() % 7 in self.weekdays
        return by_month or by_week if self.either_day else by_month and by_week


def parse_cron(expression: str) -> Cron:
    """Read five fields: numbers, names of months and days, ``*``, lists, ranges and steps.

    Raises:
        ValueError: it is no such expression; the sentence names the field.
    """
    words = expression.split()
    if len(words) != len(FIELDS):
        raise ValueError(f"a cron expression has {len(FIELDS)} fields, not {len(words)}")
    minutes, hours, days, months, weekdays = (
        frozenset(_values(word, *field)) for word, field in zip(words, FIELDS, strict=True)
    )
    either = not words[2].startswith("*") and not words[4].startswith("*")
    return Cron(minutes, hours, days, months, frozenset(day % 7 for day in weekdays), either)


def _values(word: str, name: str, low: int, high: int) -> Iterator[int]:
    for part in word.lower().split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        start = low if span == "*" else _number(first, name)
        end = high if span == "*" or (slash and not dash) else _number(last if dash else first, name)
        every = _number(step, name) if slash else 1
        if not low <= start <= end <= high or every < 1:
            raise ValueError(f"{part!r} is no {name}: {low} to {high} are")
        yield from range(start, end + 1, every)


def _number(text: str, name: str) -> int:
    if text in NAMES:
        return NAMES[text]
    if not (text.isascii() and text.isdecimal() and len(text) < 4):
        raise ValueError(f"{text!r} is no {name}")
    return int(text)


def next_time(expression: str, after: datetime) -> datetime:
    """The first moment later than ``after`` that the expression names.

    Args:
        expression: as ``parse_cron`` reads it.
        after: with a time zone.
    Raises:
        ValueError: no such expression, or one that names no moment (30 February).
    """
    cron = parse_cron(expression)
    moment = after.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    day = moment.replace(hour=0, minute=0)
    for _ in range(FURTHEST_DAYS):
        if cron.is_day(day):
            for hour in sorted(cron.hours):
                for minute in sorted(cron.minutes):
                    found = day.replace(hour=hour, minute=minute)
                    if found >= moment:
                        return found
        day += timedelta(days=1)
    raise ValueError(f"{expression!r} names no moment")


def last_time(expression: str, first: datetime, until: datetime) -> datetime:
    """The last moment not later than ``until`` that the expression names, beginning with ``first``, which is one.

    Raises:
        ValueError: as ``next_time``.
    """
    found = first
    for span in (timedelta(days=400), timedelta(days=32), timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)):
        while until - span > found and (later := next_time(expression, until - span)) <= until and later > found:
            found = later
    while (later := next_time(expression, found)) <= until:
        found = later
    return found

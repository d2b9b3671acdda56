"""Numbers and times as people and exchanges write them, taken strictly: what could mean two things is refused."""

import re
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

from trading.compute.trade_files.lines import BadValue

PLACES = Decimal(1).scaleb(-18)
LARGEST = Decimal(10) ** 20
EXACT = Context(prec=100)
FIRST_MOMENT = datetime(2009, 1, 3, tzinfo=UTC)
"""Bitcoin's first block: nothing was traded before."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
PLAIN = re.compile(r"[+-]?[0-9]{1,60}(\.[0-9]{1,60})?([eE][+-]?[0-9]{1,4})?", re.ASCII)
GROUPED = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]{1,60})?", re.ASCII)
WITH_COMMA = re.compile(r"[+-]?([0-9]{1,60}|[0-9]{1,3}(\.[0-9]{3})+)(,[0-9]{1,60})?", re.ASCII)
NUMBER_OF_NOTHING = re.compile(r"[+-]?(nan|inf|infinity|snan)", re.IGNORECASE)
TIME = re.compile(
    r"(?P<year>[0-9]{4})[-/](?P<month>[0-9]{2})[-/](?P<day>[0-9]{2})"
    r"(?:[T ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.](?P<fraction>[0-9]{1,9}))?)?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})?",
    re.ASCII,
)
SHORT_YEAR = re.compile(r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{1,2}([T ,].*)?", re.ASCII)
DAY_FIRST = re.compile(r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}.*", re.ASCII)


def number(text: str, field: str, *, decimal_comma: bool = False, grouped: bool = False) -> Decimal:
    """A finite number that a column of prices can hold.

    Args:
        text: as it stands in the file.
        field: name of its column, for the fault.
        decimal_comma: the file writes 1.234,56.
        grouped: the file writes thousands as 1,234.56.
    Raises:
        BadValue: empty, a formula, a comma that could mean two things, no number, too large, or too fine.
    """
    stripped = text.strip()
    if not stripped:
        raise BadValue(field, "missing")
    plain = _plain(stripped, field, decimal_comma, grouped)
    try:
        value = Decimal(plain)
        return in_range(value, field, text)
    except InvalidOperation:
        raise BadValue(field, "too_large", text) from None


def _plain(text: str, field: str, decimal_comma: bool, grouped: bool) -> str:
    if decimal_comma and WITH_COMMA.fullmatch(text):
        return text.replace(".", "").replace(",", ".")
    if not decimal_comma and PLAIN.fullmatch(text):
        return text
    if grouped and GROUPED.fullmatch(text):
        return text.replace(",", "")
    if NUMBER_OF_NOTHING.fullmatch(text):
        raise BadValue(field, "not_finite", text)
    if text.startswith(FORMULA):
        raise BadValue(field, "formula", text)
    commas = GROUPED.fullmatch(text) or WITH_COMMA.fullmatch(text)
    raise BadValue(field, "comma" if commas and not decimal_comma else "not_a_number", text)


def in_range(value: Decimal, field: str, shown: str) -> Decimal:
    """The value, if it fits 20 digits before the point and 18 after it."""
    if not value.is_finite():
        raise BadValue(field, "not_finite", shown)
    if not value:
        return Decimal(0)
    if value.adjusted() > 30 or not -LARGEST < value < LARGEST:
        raise BadValue(field, "too_large", shown)
    if value.adjusted() < -60 or value != value.quantize(PLACES, context=EXACT):
        raise BadValue(field, "too_precise", shown)
    return value


def above_zero(value: Decimal, field: str) -> Decimal:
    """The value, if it is above 0.

    Raises:
        BadValue: zero or negative.
    """
    if value == 0:
        raise BadValue(field, "zero", str(value))
    return not_negative(value, field)


def not_negative(value: Decimal, field: str) -> Decimal:
    """The value, if it is not negative.

    Raises:
        BadValue: negative.
    """
    if value < 0:
        raise BadValue(field, "negative", str(value))
    return value


def quotient(amount: Decimal, count: Decimal) -> Decimal:
    """Price per coin of an amount, rounded to the 18 places of a price."""
    return EXACT.divide(amount, count).quantize(PLACES, ROUND_HALF_EVEN, EXACT)


def moment(text: str, field: str, *, now: datetime, zone: str | None = None) -> datetime:
    """A moment, UTC.

    Args:
        text: as it stands in the file, year first.
        field: name of its column.
        now: nothing later is taken.
        zone: zone of times that name none, where the format documents it (``UTC``); None = they are refused.
    Raises:
        BadValue: no time, a year of two digits, day and month in doubt, no zone, in the future, before 2009.
    """
    stripped = text.strip()
    if not stripped:
        raise BadValue(field, "missing")
    match = TIME.fullmatch(stripped)
    if match is None:
        code = "two_digit_year" if SHORT_YEAR.fullmatch(stripped) else "not_a_time"
        raise BadValue(field, "day_or_month" if DAY_FIRST.fullmatch(stripped) else code, text)
    if match["hour"] is None:
        raise BadValue(field, "no_hour", text)
    said = match["zone"] or zone
    if said is None:
        raise BadValue(field, "no_zone", text)
    found = _moment(match, said, field, text)
    if found > now:
        raise BadValue(field, "future", text)
    if found < FIRST_MOMENT:
        raise BadValue(field, "too_early", text)
    return found


def _moment(match: "re.Match[str]", zone: str, field: str, shown: str) -> datetime:
    micro = int((match["fraction"] or "0").ljust(9, "0")[:6])
    numbers = [int(match[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")]
    try:
        naive = datetime(*numbers, micro, tzinfo=UTC)  # type: ignore[arg-type,misc]
        return naive - _offset(zone)
    except (ValueError, OverflowError):
        raise BadValue(field, "not_a_time", shown) from None


def _offset(zone: str) -> timedelta:
    if not zone.startswith(("+", "-")):
        return timedelta(0)
    digits = zone[1:].replace(":", "")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 14 or minutes > 59:
        raise ValueError("there is no such zone")
    length = timedelta(hours=hours, minutes=minutes)
    return -length if zone[0] == "-" else length

"""Figures and times as people read them, in the language that is active.

Numbers come in exact (``Decimal``) or as they were computed (``float``); they leave as text. What is not known is None
and never comes here: templates show it as a dash with its reason.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache

from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, gettext_lazy, pgettext

from system import calendars

Number = Decimal | float | int
MINUS, NO_BREAK = "\N{MINUS SIGN}", "\N{NO-BREAK SPACE}"
TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"
LEFT_ISOLATED, ISOLATED = "\N{LEFT-TO-RIGHT ISOLATE}", "\N{RIGHT-TO-LEFT ISOLATE}"
ISOLATED_END = "\N{POP DIRECTIONAL ISOLATE}"
PERSIAN = str.maketrans(
    "0123456789.,%",
    "۰۱۲۳۴۵۶۷۸۹\N{ARABIC DECIMAL SEPARATOR}\N{ARABIC THOUSANDS SEPARATOR}\N{ARABIC PERCENT SIGN}",
)
PERSIAN_DIGITS = {code: letter for code, letter in PERSIAN.items() if chr(code).isdigit()}
PLAIN = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?%?")
SIGNIFICANT = 4
CENT = Decimal("0.01")
MOST_DECIMALS = 18
RECENT = timedelta(days=60)
"""Up to this age a time is told by its distance from now, beyond by its date."""


def is_persian() -> bool:
    return (get_language() or "").startswith("fa")


def localized(text: str) -> str:
    """Latin digits and separators of a number in those of the active language."""
    return text.translate(PERSIAN) if is_persian() else text


def digits(text: str) -> str:
    """Digits of a date or a label in those of the active language; everything else stays."""
    return text.translate(PERSIAN_DIGITS) if is_persian() else text


def told(text: str) -> str:
    """What a sentence names: a plain number with its separators, anything else with its digits, as the language has."""
    return localized(text) if PLAIN.fullmatch(text) else digits(text)


def exact(value: Number) -> Decimal:
    """The number itself: of a float, its shortest decimal."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


@cache
def last_place(decimals: int) -> Decimal:
    """Of the last decimal: 0.01 for two."""
    return Decimal(1).scaleb(-decimals)


def number(value: Number, decimals: int = 0, *, signed: bool = False) -> str:
    """A number with thousands separated: ``67,234.50``."""
    rounded = exact(value).quantize(last_place(decimals), ROUND_HALF_EVEN)
    sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
    if sign and is_persian():  # else it stands behind the number in a Persian sentence
        sign = TO_RIGHT + sign
    return sign + localized(f"{abs(rounded):,.{decimals}f}")


def with_word(text: str, word: str) -> str:
    """A number and the word that is read after it. In Persian the word stands at its left wherever both are shown."""
    both = f"{text}{NO_BREAK}{word}"
    return f"{ISOLATED}{both}{ISOLATED_END}" if is_persian() else both


def left_to_right(text: str) -> str:
    """Numbers with Latin letters and signs between them, in a Persian sentence kept in their order."""
    return f"{LEFT_ISOLATED}{localized(text)}{ISOLATED_END}" if is_persian() else text


class Count(int):
    """How many: counted with as any number, written in the digits of the language wherever a template writes it."""

    def __str__(self) -> str:
        return localized(f"{int(self):,}")


def price_decimals(value: Number) -> int:
    """How many decimals a price of this size needs: two from 100 up, four from 0.1 up, below that four digits that
    count, without idle zeros."""
    size = abs(exact(value))
    if size >= 100 or size == 0:
        return 2
    if size >= Decimal("0.1"):
        return 4
    most = min(MOST_DECIMALS, SIGNIFICANT - 1 - size.adjusted())
    shortest = f"{size.quantize(Decimal(1).scaleb(-most)):f}".rstrip("0")
    return max(2, len(shortest.partition(".")[2]))


def price(value: Number) -> str:
    """A price with as many digits as its size needs: ``0.00000812``, ``67,234.50``."""
    return number(value, price_decimals(value))


def dollars(value: Number) -> str:
    """A sum of money in cents: ``16.73``. One below a cent has the digits that it needs."""
    exactly = exact(value)
    return number(value, 2) if not exactly or abs(exactly) >= CENT else price(value)


def coins(value: Number) -> str:
    """A quantity with all its digits and no idle zeros: ``0.00012``, ``1,250``."""
    shortest = f"{exact(value).normalize():f}"
    return number(value, len(shortest.partition(".")[2]))


def estimate(value: Number) -> str:
    """A price that is only estimated: four digits that count, however large or small it is."""
    exactly = exact(value)
    unit = SIGNIFICANT - 1 - exactly.adjusted() if exactly else 0
    return number(round(exactly, unit), max(0, unit))


def points(value: Number, decimals: int = 1, *, signed: bool = True) -> str:
    """A change of a percentage: ``+2.8 pp``."""
    unit = pgettext("percentage points, after a number", "pp")
    return with_word(number(value, decimals, signed=signed), unit)


def percent(value: Number, decimals: int = 1, *, signed: bool = True) -> str:
    """A percentage with its sign: ``+1.8 %``."""
    text = number(value, decimals, signed=signed)
    return text + localized("%") if is_persian() else f"{text}{NO_BREAK}%"


def share(value: Number, decimals: int = 0) -> str:
    """A part of one as a percentage: ``0.54`` is ``54 %``."""
    return percent(100 * exact(value), decimals, signed=False)


def amount(value: Number) -> str:
    """A big amount in short: ``1.24 T``, ``503.31 B``; below a thousand like a price."""
    size = abs(exact(value))
    for limit, unit in (
        (Decimal("1e12"), pgettext("trillion, after a number", "T")),
        (Decimal("1e9"), pgettext("billion, after a number", "B")),
        (Decimal("1e6"), pgettext("million, after a number", "M")),
        (Decimal("1e3"), pgettext("thousand, after a number", "K")),
    ):
        # What rounds up to the next unit is told in it: 999,996 is 1.00 M.
        if size >= limit * Decimal("0.999995"):
            return with_word(number(exact(value) / limit, 2), unit)
    return price(value)


def day(moment: date) -> str:
    """A date: ``9 Sep 2026``, ``18 Shahrivar 1405``."""
    if calendars.is_jalali():
        year, month, number_of_day = calendars.jalali(moment)
        return digits(f"{number_of_day} {calendars.JALALI_MONTHS[month - 1]} {year}")
    return digits(date_format(moment, "j M Y"))


def plain_day(moment: date) -> str:
    """A date in figures: ``2026-09-09``, ``1405-06-18``."""
    return digits(calendars.plain_day(moment))


def minute(moment: datetime) -> str:
    """A time in figures, exact to the minute: ``2026-11-21 02:00``."""
    return digits(f"{calendars.plain_day(moment)} {moment:%H:%M}")


def clock(moment: datetime) -> str:
    """A time in UTC, exact to the minute: ``2026-11-21 02:00 UTC``."""
    return left_to_right(f"{calendars.plain_day(moment)} {moment:%H:%M} UTC")


def months(first: date, last: date) -> str:
    """The month or months of the calendar that is told here, from one day to another at most a month later:
    ``September 2026``, ``Mehr 1405``, ``Shahrivar – Mehr 1405``."""
    if not calendars.is_jalali():
        return digits(date_format(first, "F Y"))
    begin, end = calendars.jalali(first), calendars.jalali(last)
    names = [str(calendars.JALALI_MONTHS[one.month - 1]) for one in (begin, end)]
    if begin.month == end.month:
        return digits(f"{names[0]} {begin.year}")
    years = [f" {begin.year}" if begin.year != end.year else "", f" {end.year}"]
    return digits(f"{names[0]}{years[0]} – {names[1]}{years[1]}")


DISTANCES = {
    "now": gettext_lazy("just now"),
    "minutes": gettext_lazy("%(n)s min ago"),
    "hours": gettext_lazy("%(n)s h ago"),
    "days": gettext_lazy("%(n)s d ago"),
    "in_minutes": gettext_lazy("in %(n)s min"),
    "in_hours": gettext_lazy("in %(n)s h"),
    "in_days": gettext_lazy("in %(n)s d"),
}


def distances() -> dict[str, str]:
    """How distances in time are told; ``%(n)s`` is the number. The pages' script uses the same words."""
    return {name: str(words) for name, words in DISTANCES.items()}


def relative(moment: datetime, now: datetime) -> str:
    """How long ago or how far ahead: ``3 h ago``, ``in 2 d``; the date when that is long."""
    distance = abs(now - moment)
    if distance > RECENT:
        return day(moment)
    minutes = distance // timedelta(minutes=1)
    if minutes < 1:
        return str(DISTANCES["now"])
    if minutes < 60:
        unit, count = "minutes", minutes
    elif minutes < 48 * 60:
        unit, count = "hours", minutes // 60
    else:
        unit, count = "days", minutes // 1440
    words = DISTANCES[unit if moment <= now else f"in_{unit}"]
    return str(words) % {"n": number(count)}


def span(hours: int) -> str:
    """A length of time: ``24 h``, ``7 d``."""
    if hours >= 48 and hours % 24 == 0:
        return gettext("%(n)s d") % {"n": number(hours // 24)}
    return gettext("%(n)s h") % {"n": number(hours)}


def listed(words: Sequence[str]) -> str:
    """Some words in a row: ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    comma = gettext(", ")
    return gettext("%(first)s and %(last)s") % {"first": comma.join(words[:-1]), "last": words[-1]}

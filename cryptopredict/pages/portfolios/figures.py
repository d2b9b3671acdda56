"""The figures of a portfolio over a time, each with what it is made from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext, ngettext

from cryptopredict.pages.kpis import Explanation
from cryptopredict.pages.portfolios import words
from selection.compute.performance import average_invested, payments
from selection.selectors.performance import Benchmark, Performance
from system import calendars, formats

HYPHEN = "\u2011"
"""That does not break."""


@dataclass(frozen=True)
class Figure:
    """A figure beside its explanation.

    Attributes:
        key: of the figure in ``selection.selectors.explain``.
        form: name of the form in ``figures.FORMS``.
        is_change: whether it is shown as a rise or a fall.
        reason: why it is unknown.
        unit: behind the value.
        note: a few words beside it.
        is_assumed: whether it rests on an assumption (◊).
    """

    key: str
    label: str
    value: Any
    form: str
    explanation: Explanation
    reason: str | None = None
    unit: str = ""
    note: str = ""
    is_change: bool = False
    is_assumed: bool = False


def figures(
    found: Performance, compared: Benchmark | None, compared_name: str, rests_on: Sequence[str]
) -> list[Figure]:
    """Returns and the deepest fall of a time.

    Args:
        found: the portfolio.
        compared: what it is held against; None where nothing is known of it.
        compared_name: how that is called.
        rests_on: what is assumed, in sentences.
    """
    rate, no_rate = found.money_weighted
    fall = found.drawdown
    is_assumed = bool(rests_on)
    beside = ""
    if compared is not None and compared.value is not None:
        told = formats.percent(100 * compared.value)
        beside = gettext("%(name)s: %(change)s") % {"name": compared_name, "change": told}
    return [
        Figure(
            "profit", gettext("Profit"), found.profit, "price", _profit(found, rests_on),
            words.reason(found.period.paid_gap), found.currency, is_change=True, is_assumed=is_assumed,
        ),
        Figure(
            "twr", gettext("Time-weighted return"), _percent(found.time_weighted.value), "change",
            _time_weighted(found, rests_on), words.reason(found.time_weighted.reason), note=beside, is_change=True,
            is_assumed=is_assumed,
        ),
        Figure(
            "mwr", gettext("Money-weighted return"), _percent(rate.value), "change", _money_weighted(found, rests_on),
            words.reason(no_rate or rate.reason), is_change=True, is_assumed=is_assumed,
            note=gettext("a year") if rate.days >= 365 else gettext("of this time"),
        ),
        Figure(
            "simple", gettext("Simple return"), _percent(found.simple.value), "change", _simple(found, rests_on),
            words.reason(found.simple.reason), is_change=True, is_assumed=is_assumed,
        ),
        Figure(
            "max_drawdown", gettext("Deepest fall"), None if fall is None else -100 * fall.depth, "change",
            _fall(found, rests_on), None if fall is not None else words.reason("nothing_held"), is_change=True,
            is_assumed=is_assumed, note=_fall_days(found),
        ),
    ]  # fmt: skip


def further(found: Performance, rests_on: Sequence[str]) -> list[Figure]:
    """What belongs to the whole past of a portfolio, and ratios of the time."""
    last = found.period.days[-1] if found.period.days else None
    amounts = {
        "invested": (gettext("Cost of what is held"), last and last.invested),
        "unrealized": (gettext("Not yet realised"), last and last.unrealized),
        "realized": (gettext("Realised since the beginning"), last and last.realized),
        "income": (gettext("Of that, income"), last and last.income),
        "fees": (gettext("Fees since the beginning"), last and last.fees),
    }
    ratios = {
        "volatility": (gettext("Volatility, a year"), found.volatility, "share1"),
        "sharpe": ("Sharpe", found.sharpe, "signed"),
        "sortino": ("Sortino", found.sortino, "signed"),
        "calmar": ("Calmar", found.calmar, "signed"),
    }
    nothing = Explanation("", "", "", "")
    return [
        *(
            Figure(key, label, value, "dollars", nothing, words.reason("nothing_held"), found.currency,
                   is_assumed=bool(rests_on))
            for key, (label, value) in amounts.items()
        ),
        *(
            Figure(key, label, value, form, nothing, words.reason("too_few_days"), is_assumed=bool(rests_on))
            for key, (label, value, form) in ratios.items()
        ),
    ]  # fmt: skip


def assumed(rests_on: Sequence[str]) -> str:
    """What figures rest on, in one text."""
    if not rests_on:
        return gettext("Nothing is assumed: every price is a known one.")
    return "◊ " + " ".join(rests_on)


def period(found: Performance) -> str:
    """The days that figures are about."""
    days = found.period.days
    if not days:
        return gettext("No day has ended yet with something held.")
    told = ngettext("%(first)s to %(last)s: %(n)s day (UTC)", "%(first)s to %(last)s: %(n)s days (UTC)", len(days))
    first, last = (date.fromordinal(one.day) for one in (days[0], days[-1]))
    return told % {"first": _day(first), "last": _day(last), "n": formats.number(len(days))}


def _profit(found: Performance, rests_on: Sequence[str]) -> Explanation:
    return Explanation(
        gettext("Worth at the end − worth at the start − what was put in + what was taken out."),
        gettext("Start %(start)s, end %(end)s, put in less taken out %(external)s %(currency)s.")
        % {
            "start": _amount(found.period.start_value),
            "end": _amount(found.period.end_value),
            "external": _amount(found.period.external),
            "currency": found.currency,
        },
        period(found),
        assumed(rests_on),
    )


def _time_weighted(found: Performance, rests_on: Sequence[str]) -> Explanation:
    known = sum(1 for day in found.period.days if day.growth is not None)
    restarts = len(found.time_weighted.restarts)
    told = ngettext("The return of %(n)s day", "The returns of %(n)s days", known) % {"n": formats.number(known)}
    begun = ngettext(
        "the chain began anew once, because nothing was held",
        "the chain began anew %(n)s times, because nothing was held",
        restarts,
    ) % {"n": formats.number(restarts)}
    return Explanation(
        gettext(
            "Product of the returns between payments, minus 1. What you put in or took out, and when, does not count: "
            "it tells how well the coins were chosen."
        ),
        f"{told}; {begun}." if restarts else f"{told}.",
        period(found),
        assumed(rests_on),
    )


def _money_weighted(found: Performance, rests_on: Sequence[str]) -> Explanation:
    paid = len(payments(found.period))
    return Explanation(
        gettext(
            "The rate at which all payments and the worth at the end balance (XIRR, actual/365). When you put money in "
            "counts. Below 365 days it is the rate of the time itself, from a year on that of a year."
        ),
        ngettext("%(n)s payment, start and end included.", "%(n)s payments, start and end included.", paid)
        % {"n": formats.number(paid)},
        period(found),
        assumed(rests_on),
    )


def _simple(found: Performance, rests_on: Sequence[str]) -> Explanation:
    return Explanation(
        gettext("Profit / mean cost of what was held, over the days on which something was."),
        gettext("Profit %(profit)s, mean cost %(invested)s %(currency)s.")
        % {
            "profit": _amount(found.profit),
            "invested": _amount(average_invested(found.period)),
            "currency": found.currency,
        },
        period(found),
        assumed(rests_on),
    )


def _fall(found: Performance, rests_on: Sequence[str]) -> Explanation:
    return Explanation(
        gettext("Largest fall of what 1 invested would have become below its highest value before."),
        gettext("The same daily returns as the time-weighted return."),
        period(found),
        assumed(rests_on),
    )


def _fall_days(found: Performance) -> str:
    fall, days = found.drawdown, found.period.days
    if fall is None or not fall.depth:
        return ""
    peak = days[max(fall.peak, 0)].day
    return f"{_day(date.fromordinal(peak))} – {_day(date.fromordinal(days[fall.trough].day))}"


def _day(day: date) -> str:
    """A date that no line ends inside."""
    return formats.left_to_right(calendars.plain_day(day).replace("-", HYPHEN))


def _amount(value: Decimal | None) -> str:
    return gettext("not known") if value is None else formats.price(value)


def _percent(value: Decimal | float | None) -> Decimal | float | None:
    return None if value is None else 100 * value

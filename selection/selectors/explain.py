"""Explain this number: the formula of a portfolio's figure and all that went into it, each with its key.

What is given is enough to count the figure again by hand: every input that the formula names stands among the inputs,
with the value that was used and the row it came from (``portfolio_days:2024-06-01``, ``price_data:7:1d:2024-06-01``,
``position_flows:15:0``).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from selection.compute.performance import Period, Unknown, average_invested, payments
from selection.compute.portfolio_days import Day
from selection.models import Portfolio
from selection.selectors.daily_prices import day_end
from selection.selectors.explain_analysis import explain_newest
from selection.selectors.explain_catalogue import FIGURES as ANALYSIS_FIGURES
from selection.selectors.explain_positions import Parts, cost_parts, flow_parts, marks_of_held, value_parts
from selection.selectors.explanation import Explanation, Grade, Input, Value
from selection.selectors.performance import Performance, benchmarks, performance
from system.exceptions import InvalidInput


@dataclass(frozen=True)
class Figure:
    """One figure of the catalogue: its formula, and where its parts come from."""

    formula: str
    explain: Callable[["Subject"], Explanation]


@dataclass(frozen=True)
class Subject:
    """What is explained."""

    portfolio: Portfolio
    found: Performance
    figure: str
    formula: str

    @property
    def days(self) -> Sequence[Day]:
        return self.found.period.days

    def said(self, value: Value, unit: str, inputs: Sequence[Input], **more: Any) -> Explanation:
        """An explanation with what all of them have in common."""
        days = self.days
        first, last = (date.fromordinal(days[0].day), date.fromordinal(days[-1].day)) if days else (None, None)
        return Explanation(
            self.figure, value, unit, self.formula, first, last, day_end(last) if last else None, tuple(inputs), **more
        )


def explain(portfolio: Portfolio, figure: str, since: date | None = None, until: date | None = None) -> Explanation:
    """How a figure of a portfolio came about, over the counted days of a period; one of its analysis (of risk, of
    shares) by the newest that was made until then.

    Raises:
        InvalidInput: there is no such figure.
    """
    if figure in ANALYSIS_FIGURES:
        return explain_newest(portfolio, figure, until)
    if figure not in FIGURES:
        names = ", ".join((*FIGURES, *ANALYSIS_FIGURES))
        raise InvalidInput(_("%(value)s is none of: %(values)s.") % {"value": figure, "values": names}, field="figure")
    entry = FIGURES[figure]
    found = performance(portfolio, since, until)
    explained = entry.explain(Subject(portfolio, found, figure, entry.formula))
    marks = {*explained.assumptions, *found.assumptions, *_rests_on(portfolio, found.period)}
    explained = replace(explained, assumptions=tuple(sorted(marks)))
    return replace(explained, quality=_grade(explained, found.period.days))


def _rests_on(portfolio: Portfolio, period: Period) -> frozenset[str]:
    """What was held when the period began may rest on assumptions of days before it."""
    if not period.days:
        return frozenset()
    return marks_of_held(portfolio, date.fromordinal(period.days[0].day - 1))


def _grade(explained: Explanation, days: Sequence[Day]) -> Grade:
    if explained.value is None:
        return Grade.F
    if any(day.value is None for day in days):
        return Grade.D
    if any(not code.startswith("as_dollar") for code in explained.assumptions):
        return Grade.C
    return Grade.B if explained.assumptions or any(day.carried for day in days) else Grade.A


def _day(day: Day, name: str, value: Decimal | float | None, unit: str) -> Input:
    on = date.fromordinal(day.day)
    return Input(name, value, unit, f"portfolio_days:{on.isoformat()}", on)


def _positions(subject: Subject, parts: Callable[[Portfolio, date], Parts], attribute: str) -> Explanation:
    days = subject.days
    if not days:
        return subject.said(None, subject.found.currency, [], reason=Unknown.NOTHING_HELD)
    used = parts(subject.portfolio, date.fromordinal(days[-1].day))
    value = getattr(days[-1], attribute)
    return subject.said(
        value,
        subject.found.currency,
        used.inputs,
        candles=tuple(used.candles),
        lots=tuple(used.lots),
        assumptions=tuple(sorted(used.assumptions)),
        reason=_lacking(days[-1], value),
    )


def _lacking(last: Day, value: Value) -> str | None:
    """Why a figure of the last day is unknown, if it is."""
    if value is not None:
        return None
    return Unknown.NO_VALUE_AT_END if last.value is None else Unknown.NO_RATE_AT_A_FLOW


def _profit(subject: Subject) -> Explanation:
    period, unit = subject.found.period, subject.found.currency
    inputs = [Input("start_value", period.start_value, unit, "portfolio_days:before"), *_external(subject)]
    if period.days:
        inputs.append(_day(period.days[-1], "end_value", period.end_value, unit))
    return subject.said(subject.found.profit, unit, inputs, reason=period.paid_gap)


def _external(subject: Subject) -> list[Input]:
    unit = subject.found.currency
    return [_day(day, "external", day.external, unit) for day in subject.days if day.external is None or day.external]


def _simple(subject: Subject) -> Explanation:
    unit, found = subject.found.currency, subject.found
    inputs = [
        Input("profit", found.profit, unit, "profit"),
        *(_day(day, "invested", day.invested, unit) for day in subject.days if day.invested is None or day.invested),
        Input("average_invested", average_invested(found.period), unit, "mean of invested"),
    ]
    return subject.said(found.simple.value, "ratio", inputs, reason=found.simple.reason)


def _growth(subject: Subject) -> list[Input]:
    return [_day(day, "growth", day.growth, "ratio") for day in subject.days if day.growth is not None]


def _time_weighted(subject: Subject) -> Explanation:
    found = subject.found.time_weighted
    return subject.said(found.value, "ratio", _growth(subject), reason=found.reason)


def _money_weighted(subject: Subject) -> Explanation:
    rate, reason = subject.found.money_weighted
    unit = subject.found.currency
    paid = [
        Input("payment", one.amount, unit, f"portfolio_days:{date.fromordinal(one.day)}", date.fromordinal(one.day))
        for one in payments(subject.found.period)
    ]
    return subject.said(rate.value, "ratio", paid, reason=reason or rate.reason)


def _statistic(subject: Subject) -> Explanation:
    found = subject.found
    fall = found.drawdown
    values: dict[str, float | None] = {
        "max_drawdown": None if fall is None else fall.depth,
        "volatility": found.volatility,
        "sharpe": found.sharpe,
        "sortino": found.sortino,
        "calmar": found.calmar,
    }
    value = values[subject.figure]
    return subject.said(value, "ratio", _growth(subject), reason=None if value is not None else "too_few_days")


def _benchmark(subject: Subject) -> Explanation:
    compared = {one.name: one for one in benchmarks(subject.portfolio, subject.found.period)}
    one = compared.get(subject.figure.removeprefix("benchmark_"))
    if one is None:
        return subject.said(None, "ratio", [], reason="not_collected")
    inputs = [
        Input("return", float(value), "ratio", f"price_data:{','.join(map(str, one.asset_ids))}:1d", on)
        for value, on in zip(one.returns, (date.fromordinal(day.day) for day in subject.days), strict=True)
    ]
    return subject.said(one.value, "ratio", inputs, reason=None if one.value is not None else "no_close_on_a_day")


FIGURES = {
    "value": Figure(
        "(sum over positions of (quantity * price, negative if short) - owed) / rate; rate 1 in USD",
        lambda subject: _positions(subject, value_parts, "value"),
    ),
    "unrealized": Figure(
        "(sum over positions of (quantity * price, negative if short) - owed) / rate - sum of tied; rate 1 in USD",
        lambda subject: _positions(subject, value_parts, "unrealized"),
    ),
    "invested": Figure(
        "sum over positions of the size of tied", lambda subject: _positions(subject, cost_parts, "invested")
    ),
    "realized": Figure("sum of realized", lambda subject: _positions(subject, flow_parts("realized"), "realized")),
    "income": Figure("sum of income", lambda subject: _positions(subject, flow_parts("income"), "income")),
    "fees": Figure("sum of fee", lambda subject: _positions(subject, flow_parts("fee"), "fees")),
    "profit": Figure("end_value - start_value - sum of external", _profit),
    "simple": Figure("profit / average_invested", _simple),
    "twr": Figure("product of growth - 1", _time_weighted),
    "mwr": Figure(
        "the rate r with sum of payment / (1 + r) ^ (days since the first payment / 365) = 0; below 365 days "
        "(1 + r) ^ (days / 365) - 1",
        _money_weighted,
    ),
    "max_drawdown": Figure(
        "largest fall of the running product of growth below its highest value, 1 at first", _statistic
    ),
    "volatility": Figure("standard deviation (n - 1) of growth - 1, * sqrt(365)", _statistic),
    "sharpe": Figure("mean of growth - 1 / its standard deviation (n - 1), * sqrt(365)", _statistic),
    "sortino": Figure("mean of growth - 1 / root of the mean of min(growth - 1, 0)^2, * sqrt(365)", _statistic),
    "calmar": Figure("((product of growth) ^ (365 / days) - 1) / max_drawdown", _statistic),
    "benchmark_bitcoin": Figure("product of (1 + return) - 1", _benchmark),
    "benchmark_half_half": Figure("product of (1 + return) - 1", _benchmark),
}
"""Every figure of a period that can be explained; those of an analysis are ``ANALYSIS_FIGURES``."""

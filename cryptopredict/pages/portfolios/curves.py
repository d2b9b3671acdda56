"""The curves of a portfolio: its worth, what became of 1 invested beside a benchmark, and how far below its high."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

import numpy as np
from django.utils.translation import gettext

from cryptopredict.pages.graphs import Graph, Line
from selection.compute.portfolio_days import Day
from selection.compute.statistics import underwater, wealth
from selection.selectors.performance import Benchmark, Performance
from system import formats


def curves(found: Performance, compared: Benchmark | None, compared_name: str) -> list[Graph]:
    """What it was worth, how it grew beside a benchmark, and its falls."""
    days = found.period.days
    times = [end_of(day) for day in days]
    return [
        _worth(found, times),
        _growth(found, times, compared, compared_name),
        _falls(found, times),
    ]


def end_of(day: Day) -> datetime:
    """The day as a moment: its date."""
    return datetime.combine(date.fromordinal(day.day), time(), UTC)


def _worth(found: Performance, times: Sequence[datetime]) -> Graph:
    days = found.period.days
    values = [None if day.value is None else float(day.value) for day in days]
    known = [value for value in values if value is not None]
    title = gettext("Worth at the ends of days")
    if known and values and values[-1] is not None:
        highest = max(known)
        if values[-1] >= highest:
            title = gettext("Worth more than ever in this time")
        else:
            told = formats.percent(100 * (values[-1] / highest - 1)) if highest > 0 else ""
            title = gettext("Worth %(change)s against its highest day") % {"change": told} if told else title
    cost = [None if day.invested is None else float(day.invested) for day in days]
    return Graph(
        "worth", title, times,
        [Line(gettext("Worth"), values), Line(gettext("Cost of what is held"), cost, "edge", "step")],
        found.currency,
        note=gettext("By the closes of the days (UTC). Where a price is not known the line is broken."),
    )  # fmt: skip


def _growth(found: Performance, times: Sequence[datetime], compared: Benchmark | None, name: str) -> Graph:
    lines = [Line(gettext("This portfolio"), _percents(found.returns))]
    title = gettext("What became of 1 invested, in percent")
    if compared is not None and len(compared.returns) == len(times):
        lines.append(Line(name, _percents(compared.returns), "regime-transition"))
        if found.time_weighted.value is not None and compared.value is not None:
            ahead = 100 * (float(found.time_weighted.value) - compared.value)
            told = {"name": name, "points": formats.points(abs(ahead)).lstrip("+")}
            title = (
                gettext("Ahead of %(name)s by %(points)s") if ahead > 0 else gettext("Behind %(name)s by %(points)s")
            ) % told
    return Graph(
        "growth", title, times, lines, "%", 1, level=(0, formats.number(0)),
        note=gettext("Without what was put in or taken out: only the choice of coins counts."),
    )  # fmt: skip


def _percents(returns: np.ndarray) -> list[float | None]:
    """Growth since the start after each day, percent; not known before the first known return."""
    known = np.isfinite(returns)
    if not known.any():
        return [None] * len(returns)
    first = int(known.argmax())
    grown = 100 * (wealth(returns) - 1)
    return [None if place < first else round(float(value), 4) for place, value in enumerate(grown)]


def _falls(found: Performance, times: Sequence[datetime]) -> Graph:
    title = gettext("Below its high so far")
    depths = 100 * underwater(found.returns)
    values = [round(float(depth), 4) for depth in depths] if np.isfinite(found.returns).any() else []
    if values:
        title = (
            gettext("At its high")
            if values[-1] >= 0
            else gettext("%(change)s below its high") % {"change": formats.percent(abs(values[-1]), signed=False)}
        )
    line = Line(gettext("Below the high"), values or [None] * len(times), "down")
    return Graph("falls", title, times, [line], "%", 1, high=0)

"""Backtests as pages show them: a list, one report, several side by side."""

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext, gettext_lazy

from cryptopredict.pages.graphs import Graph, Line
from cryptopredict.pages.parts import part
from cryptopredict.pages.record_page import regime_name
from cryptopredict.pages.words import named
from selection.choices import PositionType
from system import formats
from trading.choices import BacktestStatus
from trading.models import Backtest
from trading.selectors.backtest_curve import CurvePoint, backtest_curve
from trading.selectors.backtest_trades import StoredTrades
from trading.services.backtests.assumptions import words_of
from trading.services.backtests.figure_words import figure_rows, study_rows

PER_PAGE = 50
MOST_COMPARED = 4
HUES = ("accent", "regime-distribution", "regime-transition", "regime-bull")
ONE_IN_TWENTY = 0.05
REASONS: dict[str, Any] = {
    "stop": gettext_lazy("stop"),
    "target": gettext_lazy("target"),
    "expiry": gettext_lazy("end of its time"),
    "invalid": gettext_lazy("no longer valid"),
    "signal": gettext_lazy("opposite signal"),
}
"""What ended a trade, as reports name it."""
REFUSALS: dict[str, Any] = {
    "in_position": gettext_lazy("the asset was held already"),
    "max_open": gettext_lazy("as many positions were open as may be"),
    "size": gettext_lazy("too small to be worth its fee"),
    "max_share": gettext_lazy("no room below the largest share of one asset"),
    "capital": gettext_lazy("no capital was free"),
    "max_sector": gettext_lazy("no room below the largest share of one sector"),
    "asset_left_out": gettext_lazy("the asset is not among those that are traded"),
    "rule_not_known": gettext_lazy("the plan has a rule that cannot be followed"),
    "no_candle_in_its_time": gettext_lazy("no candle lies in its time"),
    "makes_no_sense": gettext_lazy("its levels make no sense"),
}
"""Why orders were not taken, as reports name it."""
OPEN = (BacktestStatus.PENDING, BacktestStatus.RUNNING)


@dataclass(frozen=True)
class Verdict:
    """What came of a backtest, for a line of the list and the top of its report.

    Attributes:
        result, holding: fractions; of holding all assets in equal parts.
        depth: of the deepest fall, a fraction.
        chance: that the Sharpe ratio is above 0, variants counted.
        luck: p that random entries do as well.
    """

    result: float | None
    holding: float | None
    depth: float | None
    chance: float | None
    luck: float | None

    @property
    def is_beyond_luck(self) -> bool:
        """Whether neither random entries nor the number of variants explain it."""
        return (
            self.luck is not None
            and self.luck < ONE_IN_TWENTY
            and self.chance is not None
            and self.chance > 1 - ONE_IN_TWENTY
        )


@dataclass(frozen=True)
class Report:
    """A backtest with everything that is told of it; without a result it has its state alone."""

    backtest: Backtest
    verdict: Verdict
    equity: Graph
    falls: Graph
    figures: list[tuple[str, str]]
    studies: list[tuple[str, str]]
    regimes: list[tuple[str, dict[str, Any]]]
    folds: list[dict[str, Any]]
    refused: list[tuple[str, int]]
    assumptions: list[str]
    configuration: str
    trades: Page[dict[str, str]]
    lines: list["TradeLine"]


@dataclass(frozen=True)
class TradeLine:
    """A trade of the report; what had not happened at the end is None.

    Attributes:
        result: percent of what was put in.
        assumed: whether the stop was taken to have come first.
    """

    symbol: str
    side: str
    side_label: str
    entered_at: datetime
    exited_at: datetime | None
    entry: float
    exit: float | None
    pnl: float | None
    result: float | None
    reason_label: str
    assumed: bool


@dataclass(frozen=True)
class Comparison:
    """Several backtests side by side; each row has a name and a value for each of them."""

    backtests: list[tuple[Backtest, Verdict]]
    curves: Graph
    figures: list[tuple[str, list[str]]]
    studies: list[tuple[str, list[str]]]


def verdict(backtest: Backtest) -> Verdict:
    """The figures of the list; None where there are none."""
    metrics = backtest.metrics or {}
    figures = metrics.get("figures") or {}
    return Verdict(
        figures.get("total_return"),
        (metrics.get("holding") or {}).get("total_return"),
        (figures.get("drawdown") or {}).get("depth"),
        (metrics.get("deflated_sharpe") or {}).get("chance"),
        (metrics.get("random_entries") or {}).get("p_value"),
    )


def progress(backtest: Backtest) -> float:
    """How far it is, percent."""
    if backtest.status not in OPEN:
        return 100.0
    return 0.0 if backtest.job is None else float(backtest.job.progress_pct or 0)


def report(backtest: Backtest, number: Any) -> Report:
    """All of one.

    Args:
        number: page of its trades; anything that is none is the first or last one.
    """
    metrics = backtest.metrics or {}
    curve = part(lambda: backtest_curve(backtest))
    page = Paginator(StoredTrades(backtest), PER_PAGE).get_page(number)
    refused = {**(metrics.get("refused") or {}), **(metrics.get("left_out") or {})}
    return Report(
        backtest=backtest,
        verdict=verdict(backtest),
        equity=part(lambda: equity_graph(curve)),
        falls=part(lambda: falls_graph(curve)),
        figures=localised(figure_rows(metrics["figures"])) if metrics else [],
        studies=part(lambda: localised(study_rows(metrics)) if metrics else []),
        regimes=[(regime_name(name), one) for name, one in (metrics.get("regimes") or {}).items()],
        folds=metrics.get("folds") or [],
        refused=[(named(REFUSALS, name), count) for name, count in sorted(refused.items(), key=lambda one: -one[1])],
        assumptions=part(lambda: [words_of(one) for one in backtest.assumptions or []]),
        configuration=json.dumps(backtest.configuration, indent=2, ensure_ascii=False),
        trades=page,
        lines=part(lambda: [trade_line(one) for one in page]),
    )


def trade_line(stored: Mapping[str, str]) -> TradeLine:
    """A line of the report's file."""
    return TradeLine(
        symbol=stored["symbol"].removeprefix("'"),
        side=stored["side"],
        side_label=str(PositionType(stored["side"]).label),
        entered_at=datetime.fromisoformat(stored["entered_at"]),
        exited_at=datetime.fromisoformat(stored["exited_at"]) if stored["exited_at"] else None,
        entry=float(stored["entry"]),
        exit=_float(stored["exit"]),
        pnl=_float(stored["pnl"]),
        result=_float(stored["return_percent"]),
        reason_label=str(REASONS[stored["reason"]]) if stored["reason"] else gettext("open"),
        assumed=stored["assumed"] == "True",
    )


def _float(text: str) -> float | None:
    return float(text) if text else None


def localised(rows: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Names with values in the digits of the language."""
    return [(name, formats.localized(value)) for name, value in rows]


def equity_graph(curve: Sequence[CurvePoint]) -> Graph:
    """The account at closes."""
    title = gettext("Account at each close")
    if curve:
        title = gettext("From %(first)s to %(last)s USD") % {
            "first": formats.number(curve[0].value, 2),
            "last": formats.number(curve[-1].value, 2),
        }
    return Graph(
        "equity", title, [one.time for one in curve], [Line(gettext("Account"), [one.value for one in curve])], "USD"
    )


def falls_graph(curve: Sequence[CurvePoint]) -> Graph:
    """How far below its high it stood."""
    title = gettext("Below its high")
    if curve:
        deepest = min(one.below for one in curve)
        title = gettext("At the deepest %(depth)s below its high") % {"depth": formats.percent(-deepest, signed=False)}
    line = Line(gettext("Below its high"), [one.below for one in curve], "danger")
    return Graph("falls", title, [one.time for one in curve], [line], "%", 1, high=0)


def comparison(backtests: Sequence[Backtest]) -> Comparison:
    """Done ones side by side, in the order in which they were named."""
    tables = [localised(figure_rows(one.metrics["figures"])) for one in backtests if one.metrics]
    studies = [localised(study_rows(one.metrics)) for one in backtests if one.metrics]
    return Comparison(
        backtests=[(one, verdict(one)) for one in backtests],
        curves=curves_graph(backtests, [backtest_curve(one) for one in backtests]),
        figures=_side_by_side(tables),
        studies=_side_by_side(studies),
    )


def _side_by_side(tables: Sequence[Sequence[tuple[str, str]]]) -> list[tuple[str, list[str]]]:
    return [(rows[0][0], [value for _name, value in rows]) for rows in zip(*tables, strict=True)]


def curves_graph(backtests: Sequence[Backtest], curves: Sequence[Sequence[CurvePoint]]) -> Graph:
    """All accounts from 100 on, each over its own time; between two closes the last one holds."""
    times = sorted({one.time for curve in curves for one in curve})
    lines = [
        Line(f"{place}: {backtest.name}", _held(curve, times), HUES[place - 1])
        for place, (backtest, curve) in enumerate(zip(backtests, curves, strict=True), start=1)
    ]
    title = gettext("The accounts, each from 100 on")
    return Graph("compare", title, times, lines, "", 1, level=(100, gettext("start")))


def _held(curve: Sequence[CurvePoint], times: Sequence[datetime]) -> list[float | None]:
    known = [one.time for one in curve]
    values: list[float | None] = []
    for time in times:
        place = bisect_right(known, time)
        inside = place > 0 and (place < len(known) or time == known[-1])
        values.append(round(100 * curve[place - 1].value / curve[0].value, 4) if inside else None)
    return values

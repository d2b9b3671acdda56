"""Explain the figures of a portfolio's analysis: risk of the present holdings, shares, better shares.

Every figure is counted again from what was known at the moment of the analysis, and compared with the one that was
stored. Where an entry, a sector or a risk class was changed since, so that the two differ, the explanation says so and
gives no value.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from math import isclose
from typing import Any

import numpy as np

from selection.models import AIPortfolioAnalysis, Portfolio
from selection.selectors.analysed import Analysed, analysed
from selection.selectors.daily_prices import day_end
from selection.selectors.explain_catalogue import FIGURES, AnalysisFigure
from selection.selectors.explain_inputs import candles
from selection.selectors.explanation import Explanation, Grade, Value
from selection.selectors.stand_ins import AS_DOLLAR
from system.choices import LIVE

NOT_ANALYSED = "not_analysed"
CHANGED = "changed_since_the_analysis"


def explain_newest(portfolio: Portfolio, figure: str, until: date | None = None) -> Explanation:
    """How a figure of the newest analysis came about; of the newest one that was made until the end of a day."""
    rows = AIPortfolioAnalysis.objects.filter(portfolio=portfolio, series=LIVE).select_related(
        "portfolio", "metrics_snapshot"
    )
    if until is not None:
        rows = rows.filter(analysis_time__lte=day_end(until))
    newest = rows.order_by("-analysis_time", "-pk").first()
    if newest is None:
        entry = FIGURES[figure]
        return Explanation(
            figure, None, entry.unit, entry.formula, None, None, None, reason=NOT_ANALYSED, quality=Grade.F
        )
    return explain_analysis(newest, figure)


def explain_analysis(analysis: AIPortfolioAnalysis, figure: str) -> Explanation:
    """How a figure of an analysis came about."""
    entry, case = FIGURES[figure], analysed(analysis)
    stored = entry.stored(analysis)
    value, reason = _checked(entry, case, stored)
    marks = _marks(entry, case)
    return Explanation(
        figure,
        value,
        entry.unit,
        entry.formula,
        None,
        case.view.candle_time.date(),
        case.view.as_of,
        tuple(entry.inputs(case, case.held)) if case.held is not None else (),
        candles(case) if entry.of_prices else (),
        assumptions=marks,
        reason=reason,
        quality=_grade(value, marks, entry, case),
    )


def _checked(entry: AnalysisFigure, case: Analysed, stored: Any) -> tuple[Value, str | None]:
    """The figure with all its digits, or why there is none."""
    if stored is None:
        missing = (case.analysis.analysis_data or {}).get("missing", {})
        return None, missing.get(entry.column, entry.lacking)
    value = entry.count(case, case.held) if case.held is not None else None
    if value is None or not _agree(value, stored):
        return None, CHANGED
    return value, None


def _agree(value: Any, stored: Any) -> bool:
    """Whether a figure is the stored one, but for the digits that its column does not keep."""
    if isinstance(value, Mapping):
        return value.keys() == stored.keys() and all(_agree(one, stored[name]) for name, one in value.items())
    if isinstance(value, str) or value is None or stored is None:
        return bool(value == stored)
    if isinstance(value, Sequence):
        return len(value) == len(stored) and all(_agree(*pair) for pair in zip(value, stored, strict=True))
    unit = float(Decimal(1).scaleb(int(stored.as_tuple().exponent))) if isinstance(stored, Decimal) else 1e-9
    return isclose(value, stored, rel_tol=1e-9, abs_tol=unit / 2 + 1e-12)


def _marks(entry: AnalysisFigure, case: Analysed) -> tuple[str, ...]:
    """Codes of what a figure rests on besides known closes."""
    found: set[str] = set()
    if entry.of_prices:
        found = {code for one in case.valued for code in (*one.marks, *([one.mark] if one.mark else []))}
    if entry.of_past:
        found.update(case.past.assumptions)
    return tuple(sorted(found))


def _grade(value: Value, marks: Sequence[str], entry: AnalysisFigure, case: Analysed) -> Grade:
    if value is None:
        return Grade.F
    if _has_unknown(entry, case):
        return Grade.D
    if any(not code.startswith(AS_DOLLAR) for code in marks):
        return Grade.C
    is_carried = entry.of_prices and any(not one.is_own for one in candles(case))
    return Grade.B if marks or is_carried else Grade.A


def _has_unknown(entry: AnalysisFigure, case: Analysed) -> bool:
    """Whether some days that the figure looks at have no return."""
    if entry.of_past and any(day.value is None for day in case.past.period.days):
        return True
    known = case.mixed[len(case.mixed) - case.known_bars :]
    return entry.of_returns and not bool(np.isfinite(known).all())

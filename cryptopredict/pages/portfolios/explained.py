"""One figure with everything that it was counted from, to be counted again by hand."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator

from cryptopredict.pages.portfolios import periods, words
from cryptopredict.pages.portfolios.overview import plain
from selection.models import Portfolio
from selection.selectors.explain import explain
from selection.selectors.explanation import Candle, Explanation, Input, LotUsed
from selection.services import count_days

PER_PAGE = 50
RETURNS = ("twr", "mwr", "simple")
"""Ratios that are told in percent."""
INPUT_COLUMNS = ("name", "of", "day", "value", "unit", "row")


@dataclass(frozen=True)
class ExplainedPage:
    """A figure explained.

    Attributes:
        reason: why it is unknown, in words.
        inputs: a page of them; the file has all.
        candles, lots: the first of those that were used.
        rests_on: what is assumed, in sentences.
    """

    found: Explanation
    range: str
    reason: str | None
    inputs: Page[Input]
    candles: list[Candle]
    lots: list[LotUsed]
    rests_on: list[str]
    grade: str

    @property
    def name(self) -> str:
        """Of the figure, as the overview calls it."""
        return str(words.FIGURES.get(self.found.figure, self.found.figure.replace("_", " ").capitalize()))

    @property
    def method(self) -> str:
        """How it is counted, in a sentence; empty where only the formula says it."""
        return str(words.FORMULAS.get(self.found.figure, ""))

    @property
    def has_names(self) -> bool:
        """Whether any of the inputs shown is of something that has a name."""
        return any(one.of for one in self.inputs.object_list)

    @property
    def percent(self) -> Decimal | None:
        """A ratio as it is shown elsewhere; None for other figures."""
        is_ratio = self.is_single and self.found.unit == "ratio" and self.found.figure in RETURNS
        return 100 * Decimal(str(self.found.value)) if is_ratio else None

    @property
    def is_single(self) -> bool:
        """Whether the value is one number, and no list or shares by name."""
        return isinstance(self.found.value, Decimal | float | int)


def explained_page(portfolio: Portfolio, figure: str, query: Mapping[str, str], now: datetime) -> ExplainedPage:
    """The page.

    Raises:
        InvalidInput: there is no such figure.
    """
    count_days(portfolio)
    key = periods.chosen(query.get("range", ""))
    found = explain(portfolio, figure, periods.since(key, now))
    return ExplainedPage(
        found,
        key,
        words.reason(found.reason),
        Paginator(found.inputs, PER_PAGE).get_page(query.get("page")),
        list(found.candles[:PER_PAGE]),
        list(found.lots[:PER_PAGE]),
        words.assumptions(found.assumptions),
        str(words.GRADES[found.quality]),
    )


def input_cells(page: ExplainedPage) -> Iterator[tuple[Any, ...]]:
    """Every input for a file."""
    for one in page.found.inputs:
        value = plain(one.value) if isinstance(one.value, Decimal) else one.value
        yield one.name, one.of, one.day and one.day.isoformat(), value, one.unit, one.key

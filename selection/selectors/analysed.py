"""What an analysis of a portfolio was counted from, lifted again as it was known at its moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np

from assets.compute.series import Floats
from assets.selectors import MarketView, market_view
from selection.compute import risk
from selection.compute.performance import average_invested
from selection.models import AIPortfolioAnalysis, Portfolio
from selection.selectors.holdings import Holdings, holdings
from selection.selectors.performance import Performance, performance
from selection.selectors.prices import OLDEST, last_closes
from selection.selectors.valued import Valued, valued_positions
from system.services import setting

YEAR, QUARTER, ONE_DAY = timedelta(days=365), timedelta(days=90), timedelta(days=1)
LEVELS = (0.95, 0.99)
"""Shares of days that are better than the loss which is shown."""


def past_year(portfolio: Portfolio, view: MarketView) -> Performance:
    """The portfolio's last year as it was at the view's moment, by the days that have been counted."""
    last = (view.as_of - ONE_DAY).date()
    return performance(portfolio, last - YEAR + ONE_DAY, last, as_of=view.as_of)


def fees_impact_pct(past: Performance) -> float | None:
    """Fees of the period by what was invested on average, percent."""
    invested, days = average_invested(past.period), past.period.days
    if invested is None or not days or days[-1].fees is None or past.period.fees_before is None:
        return None
    paid = days[-1].fees - past.period.fees_before
    return float(100 * paid / invested)


@dataclass(frozen=True)
class Analysed:
    """An analysis and what it rests on.

    Attributes:
        analysis: the row.
        view: the market at its moment.
        valued: positions that were open then.
        held: the same as arrays; None where a price was unknown or nothing was worth anything.
        times: beginning of the candle that each asset's price is the close of.
    """

    analysis: AIPortfolioAnalysis
    view: MarketView
    valued: Sequence[Valued]
    held: Holdings | None
    times: Mapping[int, datetime]

    @cached_property
    def past(self) -> Performance:
        """The portfolio's own last year."""
        return past_year(self.analysis.portfolio, self.view)

    @cached_property
    def limits(self) -> dict[str, Any]:
        """The settings ``portfolio_rules`` of that moment."""
        found: dict[str, Any] = setting("portfolio_rules", self.view.as_of)
        return found

    @cached_property
    def mixed(self) -> Floats:
        """Return of the present holdings on each day of the past; empty where there are none."""
        return np.empty(0) if self.held is None else risk.mixed_returns(self.held.returns, self.held.weights)

    @cached_property
    def known_bars(self) -> int:
        """How many of the past's returns lie since the first candle of any of the coins."""
        if self.held is None:
            return 0
        returns = self.held.returns
        moving = np.isfinite(returns[:, np.nan_to_num(returns).any(axis=0)]).any(axis=1)
        return len(returns) - int(moving.argmax()) if moving.any() else 0


def analysed(analysis: AIPortfolioAnalysis) -> Analysed:
    """What a row was counted from. Entries that were made or taken back since are not told apart."""
    snapshot = analysis.metrics_snapshot
    view = market_view(snapshot.timeframe, snapshot.snapshot_time)
    valued = valued_positions(analysis.portfolio, view)
    held = None if any(one.value is None for one in valued) else holdings(valued, view)
    ids = {one.position.asset_id for one in valued if not one.is_assumed and one.price is not None}
    found = last_closes(ids, view.timeframe, view.candle_time - OLDEST, as_of=view.as_of)
    return Analysed(analysis, view, valued, held, {asset_id: time for asset_id, (time, _close) in found.items()})

"""The market at a moment, lifted once for all stages of a run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from assets.choices import Market
from assets.compute import periods
from assets.selectors.panel import CandlePanel, candle_panel
from assets.selectors.universe import Universe, universe

Figure = TypeVar("Figure")
BARS = {"1h": 1100, "4h": 900, "1d": 800, "1w": 320}
"""How far back the analyses look: a month and the slow averages at least, and some years of days."""


@dataclass(frozen=True)
class MarketView:
    """The universe and its candles, all known at ``as_of``."""

    timeframe: str
    as_of: datetime
    universe: Universe
    panel: CandlePanel
    figures: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def figure(self, name: str, compute: Callable[[], Figure]) -> Figure:
        """Something computed from this view alone, computed once for all stages that ask for it."""
        if name not in self.figures:
            self.figures[name] = compute()
        found: Figure = self.figures[name]
        return found

    @property
    def market(self) -> Market:
        return self.universe.market

    @property
    def candle_time(self) -> datetime:
        """Start of the newest closed candle."""
        return periods.last_closed(self.as_of, self.timeframe)

    @property
    def closed_at(self) -> datetime:
        """End of the newest closed candle: how far the knowledge of prices reaches."""
        return periods.end(self.candle_time, self.timeframe)

    def bars(self, span: timedelta) -> int:
        """How many candles fill a span."""
        return periods.bars(span, self.timeframe)

    def resolves(self, span: timedelta) -> bool:
        """Whether candles are short enough to say anything of a span."""
        return periods.LENGTHS[self.timeframe] <= span


_memory: ContextVar[dict[tuple[str, datetime], MarketView] | None] = ContextVar("market_views", default=None)


def market_view(timeframe: str, as_of: datetime) -> MarketView:
    """The market at ``as_of``.

    Raises:
        NoData: no asset has a fresh candle of the timeframe.
    """
    before = remembered(timeframe, as_of)
    if before is not None:
        return before
    found = universe(timeframe, as_of)
    view = MarketView(timeframe, as_of, found, candle_panel(found.asset_ids, timeframe, as_of, BARS[timeframe]))
    remember(view)
    return view


def remembered(timeframe: str, as_of: datetime) -> MarketView | None:
    """The view that was lifted before in the same block of ``remembered_views``, if there is one."""
    return (_memory.get() or {}).get((timeframe, as_of))


def remember(view: MarketView) -> None:
    """Keep a view for whoever asks for it later in the block; outside of one it is kept nowhere."""
    memory = _memory.get()
    if memory is not None:
        memory[view.timeframe, view.as_of] = view


@contextmanager
def remembered_views() -> Iterator[None]:
    """Within the block, which is one transaction of one run, the same view is lifted only once."""
    token = _memory.set({})
    try:
        yield
    finally:
        _memory.reset(token)

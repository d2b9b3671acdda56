"""The market at each moment of the past as live runs saw it, cut from candles that are read once."""

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import replace
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from assets.choices import Market
from assets.compute import periods
from assets.compute.periods import LENGTHS
from assets.selectors import MarketView, candle_panel, moment, universe
from assets.selectors.market import BARS
from assets.selectors.panel import CandlePanel
from assets.selectors.universe import Member, Universe
from macro.compute.regime.scorecard import REGIMES
from macro.services.judging import judge_market
from sectors.selectors.market import lifted
from sectors.selectors.members import primary_sectors
from sectors.services.figures import Figures
from sectors.services.rows import outlook
from selection.services import standing
from system.exceptions import NoData
from trading.services.setups import Layers, mood_of, outlook_of

SPACING = {"1h": 4, "4h": 1, "1d": 1, "1w": 1}
"""Every so many candles: a plan lives much longer than that."""
MOST = 20_000
"""Assets times moments that are looked at; with more, each asset has its turn every few moments."""
JUDGED = 120
"""Regimes that are judged on the way, evenly spaced; between them the last one holds."""


class MarketWalk:
    """Moments of the past, oldest first, by their number.

    Attributes:
        universes: assets of each moment, by its end, seconds since 1970.
        panel: candles of all of them.
    """

    def __init__(self, timeframe: str, as_of: datetime, bars: int, horizon: int, *, is_thinned: bool = True) -> None:
        """Every moment of the last ``bars`` candles whose plans' time, ``horizon`` candles, was up at ``as_of``.

        Args:
            is_thinned: moments, assets and regimes are looked at by turns where there are many; else all of them.
        Raises:
            NoData: only the demo market has candles, or none has.
        """
        self.timeframe, self.as_of = timeframe, as_of
        self.step = int(LENGTHS[timeframe].total_seconds())
        last = int(periods.last_closed(as_of, timeframe).timestamp())
        ends = [last + self.step - back * self.step for back in range(horizon, bars)][::-1]
        if is_thinned:
            ends = [end for end in ends if end // self.step % SPACING[timeframe] == 0]
        self.universes = dict(self._universes(ends))
        if not self.universes:
            raise NoData(f"The real market has no {timeframe} candles before {as_of:%Y-%m-%d %H:%M} UTC.")
        span = (last - min(self.universes)) // self.step + 1 + BARS[timeframe]
        self.panel = candle_panel(sorted(self.members), timeframe, as_of, span)
        looked_at = sum(len(one.free) for one in self.universes.values())
        self.turns = -(-looked_at // MOST) if is_thinned else 1
        self.judged_every = -(-len(self.universes) // JUDGED) if is_thinned else 1
        self.moods: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self.universes)

    def on(self, panel: CandlePanel) -> "MarketWalk":
        """The same walk over other candles of the same assets; nothing that was made of the first ones is kept."""
        other = copy(self)
        other.__dict__.pop("sectors", None)
        other.panel, other.moods = panel, {}
        other.as_of = min(self.as_of, moment(int(panel.times[-1]) + self.step))
        return other

    @cached_property
    def ends(self) -> list[int]:
        """When each moment was, seconds since 1970."""
        return list(self.universes)

    @cached_property
    def members(self) -> dict[int, Member]:
        """Every asset of any moment."""
        return {member.asset_id: member for one in self.universes.values() for member in one.members}

    @cached_property
    def sectors(self) -> tuple[Mapping[int, int], NDArray[np.int8]] | None:
        """Column of each sector, and the outlook of each at every candle: as of each, by the members of that time."""
        newest = self.universes[max(self.universes)]
        everyone = tuple(self.members[asset_id] for asset_id in sorted(self.members))
        whole = Universe(newest.market, everyone, newest.bitcoin, newest.ether)
        market = lifted(MarketView(self.timeframe, self.as_of, whole, self.panel))
        if market is None:
            return None
        return {one.sector.pk: column for column, one in enumerate(market.members)}, Figures(market).words

    def row(self, number: int) -> int:
        """Place of a moment's newest candle in ``panel``."""
        return (self.ends[number] - self.step - int(self.panel.times[0])) // self.step

    def view(self, number: int) -> MarketView:
        """The market at a moment."""
        end = self.ends[number]
        found = self.universes[end]
        return MarketView(self.timeframe, moment(end), found, self._until(self.row(number)).take(found.asset_ids))

    def turn(self, number: int) -> list[int]:
        """Assets that are looked at then."""
        free = self.universes[self.ends[number]].free
        return [one for place, one in enumerate(free) if (place + number) % self.turns == 0]

    def layers(self, number: int, view: MarketView) -> Layers:
        """What the layers above said then."""
        outlooks: dict[int, float] = {}
        if self.sectors is not None:
            columns, words = self.sectors
            row = self.row(number)
            for asset_id, sector in primary_sectors(view.universe.free, view.as_of).items():
                if sector.pk in columns:
                    outlooks[asset_id] = outlook_of(outlook(int(words[row, columns[sector.pk]])))
        return Layers(standing(view), self._mood(number), outlooks)

    def _universes(self, ends: list[int]) -> Iterator[tuple[int, Universe]]:
        for end in ends:
            try:
                found = universe(self.timeframe, moment(end))
            except NoData:
                continue
            if found.market == Market.REAL:
                yield end, found

    def _until(self, row: int) -> CandlePanel:
        """What a live run at that candle looks back on."""
        return rows_of(self.panel, max(0, row + 1 - BARS[self.timeframe]), row + 1)

    def judged(self, number: int) -> int:
        """The moment whose regime still holds then."""
        return number - number % self.judged_every

    def _mood(self, number: int) -> float:
        """What the regime said, by the version that served when it was judged last."""
        judged = self.judged(number)
        if judged not in self.moods:
            self.moods[judged] = _mood(self.view(judged))
        return self.moods[judged]


def rows_of(panel: CandlePanel, first: int, end: int) -> CandlePanel:
    """Some of its candles, ``end`` excluded."""
    kept = slice(first, end)
    lines = {name: getattr(panel, name)[kept] for name in ("open", "high", "low", "close", "volume")}
    return replace(panel, times=panel.times[kept], **lines)


def _mood(view: MarketView) -> float:
    try:
        return mood_of(REGIMES[int(judge_market(view).states[-1])])
    except NoData:
        return mood_of(None)

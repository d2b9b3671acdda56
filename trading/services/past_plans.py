"""The plans that live runs would have made in the past, each from what was known then, and how they ended."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aimodels.compute.boosting import Stopped
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
from trading.compute.barriers import Endings, decided, first_touch
from trading.compute.features import Limits, Setup, rule_chance, setup
from trading.rules import horizon_candles
from trading.services.chances import setup_features
from trading.services.setups import Layers, candles_of, mood_of, outlook_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
HISTORY = {"1h": 8_760, "4h": 4_380, "1d": 3_000, "1w": 420}
"""Candles that plans are looked for in."""
SPACING = {"1h": 4, "4h": 1, "1d": 1, "1w": 1}
"""Every so many candles: a plan lives much longer than that."""
MOST = 20_000
"""Assets times moments that are looked at; with more, each asset has its turn every few moments."""
JUDGED = 120
"""Regimes that are judged on the way, evenly spaced; between them the last one holds."""
FINER = {"1h": "5m", "4h": "15m", "1d": "1h", "1w": "1d"}
"""Candles that decide where one holds target and stop."""


@dataclass(frozen=True)
class Plans:
    """Plans of the past, oldest first, and how they ended: n plans.

    Attributes:
        asset_ids: shape (n,).
        rows: place of the newest candle that each was made from, in ``panel``; ``columns`` of its asset; shape (n,).
        features: shape (n, k).
        directions: 1 or -1. ``ruled``: chance that the rules gave, 0-1; shape (n,).
        target, stop: USD, shape (n,).
        endings: on the candles that followed.
        panel: candles of all assets.
    """

    asset_ids: Integers
    rows: Integers
    columns: Integers
    features: Floats
    directions: Integers
    ruled: Floats
    target: Floats
    stop: Floats
    endings: Endings
    panel: CandlePanel


def past_plans(
    timeframe: str, as_of: datetime, limits: Limits, *, history: int | None = None, stop: Callable[[], bool] = bool
) -> Plans:
    """Plans for every asset of the real market whose time was up at ``as_of``, as live runs would have made them: the
    universe, ranking, regime, sectors and candles of each moment.

    A plan is made whether or not one of its kind lives, so neighbouring ones share candles.

    Args:
        timeframe: of the candles.
        as_of: nothing later is read.
        limits: what a plan must offer.
        history: candles that plans are looked for in; ``HISTORY`` without it.
        stop: asked at every moment.
    Raises:
        NoData: no plan was made, or only the demo market has candles.
        Stopped: ``stop`` said so.
    """
    horizon, bars = horizon_candles(timeframe), history or HISTORY[timeframe]
    walk = _Walk(timeframe, as_of, bars, horizon)
    made: list[tuple[int, int, Setup]] = []
    told: list[Floats] = []
    for view, row, assets in walk.moments():
        if stop():
            raise Stopped
        layers = walk.layers(view, row)
        setups: dict[int, Setup] = {}
        for asset_id in assets:
            candles = candles_of(view, asset_id)
            one = candles if isinstance(candles, str) else setup(candles, layers.around(asset_id), limits)
            if isinstance(one, Setup):
                setups[asset_id] = one
        told.append(setup_features(view, setups))
        made += [(row, asset_id, one) for asset_id, one in setups.items()]
    if not made:
        raise NoData(f"No plan could be made on {timeframe} candles before {as_of:%Y-%m-%d %H:%M} UTC.")
    rows, asset_ids = (np.array([one[place] for one in made], dtype=np.int64) for place in (0, 1))
    columns = np.array([walk.panel.column(int(asset_id)) for asset_id in asset_ids], dtype=np.int64)
    setups_made = [one for _row, _asset, one in made]
    target, stops = (np.array([getattr(one.plan, name) for one in setups_made]) for name in ("target", "stop"))
    return Plans(
        asset_ids,
        rows,
        columns,
        np.concatenate(told),
        np.array([one.direction for one in setups_made], dtype=np.int64),
        np.array([rule_chance(one, horizon) for one in setups_made]),
        target,
        stops,
        _endings(walk.panel, as_of, horizon, rows, columns, target, stops),
        walk.panel,
    )


class _Walk:
    """The market at each moment, cut from candles that are read once."""

    def __init__(self, timeframe: str, as_of: datetime, bars: int, horizon: int) -> None:
        self.timeframe, self.as_of = timeframe, as_of
        step = int(LENGTHS[timeframe].total_seconds())
        last = int(periods.last_closed(as_of, timeframe).timestamp())
        ends = [last + step - back * step for back in range(horizon, bars)][::-1]
        ends = [end for end in ends if end // step % SPACING[timeframe] == 0]
        self.universes = dict(self._universes(ends))
        if not self.universes:
            raise NoData(f"The real market has no {timeframe} candles before {as_of:%Y-%m-%d %H:%M} UTC.")
        members = {member.asset_id: member for one in self.universes.values() for member in one.members}
        span = (last - min(self.universes)) // step + 1 + BARS[timeframe]
        self.panel = candle_panel(sorted(members), timeframe, as_of, span)
        self.step, self.mood = step, float("nan")
        looked_at = sum(len(one.free) for one in self.universes.values())
        self.turns = -(-looked_at // MOST)
        self.judged_every = -(-len(self.universes) // JUDGED)
        self.sectors = self._sectors(members)

    def _universes(self, ends: list[int]) -> Iterator[tuple[int, Universe]]:
        for end in ends:
            try:
                found = universe(self.timeframe, moment(end))
            except NoData:
                continue
            if found.market == Market.REAL:
                yield end, found

    def _sectors(self, members: Mapping[int, Member]) -> tuple[dict[int, int], NDArray[np.int8]] | None:
        """Column of each sector, and the outlook of each at every candle: as of each, by the members of that time."""
        newest = self.universes[max(self.universes)]
        everyone = tuple(members[asset_id] for asset_id in sorted(members))
        whole = Universe(newest.market, everyone, newest.bitcoin, newest.ether)
        market = lifted(MarketView(self.timeframe, self.as_of, whole, self.panel))
        if market is None:
            return None
        return {one.sector.pk: column for column, one in enumerate(market.members)}, Figures(market).words

    def moments(self) -> Iterator[tuple[MarketView, int, list[int]]]:
        """The view of each moment, oldest first, the place of its newest candle, and the assets whose turn it is."""
        for number, (end, found) in enumerate(self.universes.items()):
            row = (end - self.step - int(self.panel.times[0])) // self.step
            view = MarketView(self.timeframe, moment(end), found, self._until(row).take(found.asset_ids))
            if number % self.judged_every == 0:
                self.mood = _mood(view)
            yield view, row, [one for place, one in enumerate(found.free) if (place + number) % self.turns == 0]

    def _until(self, row: int) -> CandlePanel:
        """What a live run at that candle looks back on."""
        held, kept = self.panel, slice(max(0, row + 1 - BARS[self.timeframe]), row + 1)
        lines = (held.open, held.high, held.low, held.close, held.volume)
        return CandlePanel(held.timeframe, held.asset_ids, held.times[kept], *(line[kept] for line in lines))

    def layers(self, view: MarketView, row: int) -> Layers:
        """What the layers above said then."""
        outlooks: dict[int, float] = {}
        if self.sectors is not None:
            columns, words = self.sectors
            for asset_id, sector in primary_sectors(view.universe.free, view.as_of).items():
                if sector.pk in columns:
                    outlooks[asset_id] = outlook_of(outlook(int(words[row, columns[sector.pk]])))
        return Layers(standing(view), self.mood, outlooks)


def _mood(view: MarketView) -> float:
    """What the regime said, by the version that served then."""
    try:
        return mood_of(REGIMES[int(judge_market(view).states[-1])])
    except NoData:
        return mood_of(None)


def _endings(
    panel: CandlePanel,
    as_of: datetime,
    horizon: int,
    rows: Integers,
    columns: Integers,
    target: Floats,
    stop: Floats,
) -> Endings:
    ahead = rows[:, None] + np.arange(1, horizon + 1)
    high, low = (line[ahead, columns[:, None]] for line in (panel.high, panel.low))
    found = first_touch(target, stop, high, low)
    inside = _inside(panel, as_of, rows + 1 + found.candle, columns, np.flatnonzero(found.both))
    return decided(found, target, stop, *inside)


def _inside(panel: CandlePanel, as_of: datetime, rows: Integers, columns: Integers, wanted: Integers) -> Any:
    """Highs and lows of the shorter candles inside some candles, shape (b, f) each."""
    finer = FINER[panel.timeframe]
    parts = LENGTHS[panel.timeframe] // LENGTHS[finer]
    high, low = np.full((len(wanted), parts), np.nan), np.full((len(wanted), parts), np.nan)
    for column in np.unique(columns[wanted]).tolist():
        places = np.flatnonzero(columns[wanted] == column)
        starts = panel.times[rows[wanted[places]]]
        step = int(LENGTHS[finer].total_seconds())
        bars = int((as_of.timestamp() - starts.min()) // step) + 1
        lines = candle_panel([int(panel.asset_ids[column])], finer, as_of, bars)
        within = (starts[:, None] - lines.times[0]) // step + np.arange(parts)
        high[places], low[places] = lines.high[within, 0], lines.low[within, 0]
    return high, low

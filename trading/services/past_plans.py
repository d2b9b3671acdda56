"""The plans that live runs would have made in the past, each from what was known then, and how they ended."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from aimodels.compute.boosting import Stopped
from aimodels.compute.gates import Failed
from assets.selectors.panel import CandlePanel
from system.exceptions import NoData
from trading.compute.barriers import Endings, decided, first_touch
from trading.compute.features import Limits
from trading.rules import FINER, horizon_candles
from trading.services.market_walk import MarketWalk
from trading.services.plan_proofs import Made, plan_proofs, plans_at
from trading.services.shorter_candles import candles_inside

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
HISTORY = {"1h": 8_760, "4h": 4_380, "1d": 3_000, "1w": 420}
"""Candles that plans are looked for in."""


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
        proofs: what stands against them.
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
    proofs: list[Failed]


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
    walk = MarketWalk(timeframe, as_of, bars, horizon)
    made: list[Made] = []
    for number in range(len(walk)):
        if stop():
            raise Stopped
        made.append(plans_at(walk, number, limits))
    asset_ids = np.concatenate([one.asset_ids for one in made])
    if not len(asset_ids):
        raise NoData(f"No plan could be made on {timeframe} candles before {as_of:%Y-%m-%d %H:%M} UTC.")
    rows = np.repeat([walk.row(number) for number in range(len(walk))], [len(one.asset_ids) for one in made])
    columns = np.array([walk.panel.column(asset_id) for asset_id in asset_ids.tolist()], dtype=np.int64)
    directions, ruled, target, stops, _carrying = np.concatenate([one.levels for one in made]).T
    return Plans(
        asset_ids,
        rows,
        columns,
        np.concatenate([one.features for one in made]),
        directions.astype(np.int64),
        ruled,
        target,
        stops,
        _endings(walk.panel, as_of, horizon, rows, columns, target, stops),
        walk.panel,
        plan_proofs(walk, made, limits, stop=stop),
    )


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
    both = np.flatnonzero(found.both)
    starts = panel.times[rows[both] + 1 + found.candle[both]]
    finer = FINER[panel.timeframe]
    _opens, high, low = candles_inside(panel.asset_ids[columns[both]], starts, panel.timeframe, finer, as_of)
    return decided(found, target, stop, high, low)

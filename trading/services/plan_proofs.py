"""The plans of a moment of the past, and the proof that nothing later is in them.

The proof takes the way of the training itself: at a few moments the plans are made once more from candles that end at
that moment, from candles that are noise after it, and from no more candles than a live run looks back on.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from aimodels.compute.boosting import Stopped
from aimodels.compute.gates import WARM_UP_TOLERANCE, Failed, Gate
from assets.selectors.market import BARS
from assets.selectors.panel import CandlePanel
from trading.compute.features import NAMES, Limits, Setup, rule_chance
from trading.compute.signals import Plan
from trading.rules import horizon_candles
from trading.services.chances import setup_features
from trading.services.market_walk import MarketWalk, rows_of
from trading.services.setups import setup_at

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
PROVEN = 4
"""Moments of a proof, evenly spaced among those with a plan: each costs a walk through the sectors, three times."""
PLAN = "plan"
"""What a proof calls whether there is a plan, its side, its levels and the chance that the rules give it."""


@dataclass(frozen=True)
class Made:
    """Plans of one moment, n of them.

    Attributes:
        asset_ids: shape (n,).
        features: a row each, shape (n, k).
        levels: side (1 or -1), the rules' chance (0-1), target, stop and the level that carries it (USD, NaN without
            one) of each, shape (n, 5).
        setups: the whole of each.
    """

    asset_ids: Integers
    features: Floats
    levels: Floats
    setups: tuple[Setup, ...]


def plans_at(walk: MarketWalk, number: int, limits: Limits) -> Made:
    """The plans that a live run would have made at a moment.

    Args:
        number: of the moment.
        limits: what a plan must offer.
    """
    view, horizon = walk.view(number), horizon_candles(walk.timeframe)
    layers = walk.layers(number, view)
    setups: dict[int, Setup] = {}
    for asset_id in walk.turn(number):
        one = setup_at(view, layers, asset_id, limits)
        if isinstance(one, Setup):
            setups[asset_id] = one
    levels = [
        (one.direction, rule_chance(one, horizon), one.plan.target, one.plan.stop, _carrying(one.plan))
        for one in setups.values()
    ]
    return Made(
        np.array(list(setups), dtype=np.int64),
        setup_features(view, setups),
        np.array(levels, dtype=np.float64).reshape(-1, 5),
        tuple(setups.values()),
    )


def _carrying(plan: Plan) -> float:
    return float("nan") if plan.level is None else plan.level


def plan_proofs(
    walk: MarketWalk, made: Sequence[Made], limits: Limits, *, stop: Callable[[], bool] = bool
) -> list[Failed]:
    """What comes out otherwise when the future is taken away or replaced by noise, or the past before the look-back of
    a live run is. A proof that compared no plan has failed.

    Args:
        walk: that the plans were made on.
        made: the plans of each of its moments.
        limits: that they were made with.
        stop: asked at every moment.
    Raises:
        Stopped: ``stop`` said so.
    """
    numbers = [number for number, one in enumerate(made) if len(one.asset_ids)]
    if not numbers:
        return [Failed(Gate.LOOK_AHEAD, "No plan was made again without its future: nothing is proven.", PLAN)]
    found: dict[tuple[Gate, str], Failed] = {}
    for place in np.unique(np.linspace(0, len(numbers) - 1, PROVEN).round().astype(np.int64)).tolist():
        if stop():
            raise Stopped
        for one in _differences(walk, numbers[place], made[numbers[place]], limits):
            found.setdefault((one.gate, one.subject), one)
    return list(found.values())


def _differences(walk: MarketWalk, number: int, made: Made, limits: Limits) -> Iterator[Failed]:
    row = walk.row(number)
    first = max(0, walk.row(walk.judged(number)) + 1 - BARS[walk.timeframe])
    for panel in (rows_of(walk.panel, 0, row + 1), _noise_after(walk.panel, row)):
        for name in _changed(made, plans_at(walk.on(panel), number, limits), 0.0):
            reason = f"The feature {name} changes when all after candle {row} is taken away: it knows the future."
            yield Failed(Gate.LOOK_AHEAD, reason, name, {"cut": row + 1, "cuts": PROVEN})
    window = walk.on(rows_of(walk.panel, first, row + 1))
    length = row + 1 - first
    for name in _changed(made, plans_at(window, number, limits), WARM_UP_TOLERANCE):
        reason = f"The feature {name} is not the same from {length} candles as from all: its warm-up is longer."
        yield Failed(Gate.WARM_UP, reason, name, {"length": length})


def _changed(made: Made, again: Made, tolerance: float) -> list[str]:
    """Features whose values are not the same where both have a plan, and ``PLAN`` where the plans are others."""
    both, ours, theirs = np.intersect1d(made.asset_ids, again.asset_ids, return_indices=True)

    def differ(before: Floats, after: Floats) -> Flags:
        near = np.isclose(after[theirs], before[ours], rtol=tolerance, atol=0.0, equal_nan=True)
        return np.asarray(~near.all(axis=0))

    names = [NAMES[column] for column in np.flatnonzero(differ(made.features, again.features)).tolist()]
    is_other = not len(both) == len(made.asset_ids) == len(again.asset_ids)
    return [*names, PLAN] if is_other or differ(made.levels, again.levels).any() else names


def _noise_after(panel: CandlePanel, row: int) -> CandlePanel:
    """The same up to a row; every later value is multiplied by something else."""
    generator = np.random.default_rng(row)
    lines = {}
    for name in ("open", "high", "low", "close", "volume"):
        lines[name] = getattr(panel, name).copy()
        lines[name][row + 1 :] *= np.exp(generator.standard_normal(lines[name][row + 1 :].shape))
    return replace(panel, **lines)

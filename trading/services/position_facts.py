"""What the market says of one open position."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from assets.selectors import MarketView
from macro.compute.regime.levels import key_levels
from selection.compute.ranking import Floats, true_range
from selection.selectors.valued import Valued
from trading.compute.features import Around, Setup, factors
from trading.compute.signals import Plan, confluence, direction_of, plan
from trading.services.position_surroundings import Surroundings
from trading.services.setups import candles_of

LEVELS = ("min_risk_reward", "min_stop_atr", "max_stop_atr")
"""Settings of signals that new levels for a position keep to."""
Columns = dict[str, Any]
Reasons = dict[str, str]
"""Why columns have no value."""


@dataclass(frozen=True)
class Facts:
    """What the market says of a position, as far as it is known.

    Attributes:
        side: 1 for a long, -1 for a short.
        price: USD.
        atr: average true range, USD.
        levels: key levels, USD.
        close, volume, bitcoin: of the candles that its asset has, shape (t,).
        planned: stop and target that the structure suggests.
        own: its own stop and target from here on; None where one is missing or passed.
        setup: the same as the timing model judges it; None also where the newest candles have a hole.
        way: where trend and momentum agree that the asset goes, 1, -1 or 0; None with a hole in its newest candles.
    """

    side: int
    price: float
    atr: float
    levels: list[float]
    close: Floats
    volume: Floats
    bitcoin: Floats
    planned: Plan | None
    own: Plan | None
    setup: Setup | None
    way: int | None


def facts_of(one: Valued, around: Surroundings, limits: Mapping[str, Any]) -> Facts | str:
    """The facts of a position, or why there are none."""
    if one.price is None:
        return "no price at this moment"
    high, low, close, volume, bitcoin = _candles(around.view, one.position.asset_id)
    atr = float(true_range(high, low, close)[0])
    if not atr > 0:
        return "too few candles"
    price, side = float(one.price), -1 if one.holding.is_short else 1
    levels = [level.price for level in key_levels(high[:, 0], low[:, 0], close[:, 0], atr)]
    planned = plan(price, atr, levels, side, **{name: limits[name] for name in LEVELS})
    own = _own_plan(one, price, side)
    seen = candles_of(around.view, one.position.asset_id)
    setup = way = None
    if not isinstance(seen, str):
        known = factors(seen, _around(one.position.asset_id, around))
        way = direction_of(known)
        if own is not None:
            setup = Setup(side, own, *confluence(known, side), known, atr, levels, seen)
    return Facts(side, price, atr, levels, close[:, 0], volume[:, 0], bitcoin, planned, own, setup, way)


def _own_plan(one: Valued, price: float, side: int) -> Plan | None:
    stop, target = one.position.stop_loss_price, one.position.take_profit_price
    if stop is None or target is None:
        return None
    risk, reward = side * (price - float(stop)), side * (float(target) - price)
    return Plan(price, float(target), float(stop), reward / risk) if risk > 0 and reward > 0 else None


def _around(asset_id: int, around: Surroundings) -> Around:
    """What the layers above say of the asset; of one that is not ranked, only the regime and its sector."""
    unknown, layers = float("nan"), around.layers
    if asset_id in layers.standing.asset_ids:
        return layers.around(asset_id)
    return Around(unknown, unknown, layers.mood, layers.outlooks.get(asset_id, unknown))


def _candles(view: MarketView, asset_id: int) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """High, low, close and volume of an asset's candles in the view, shape (t, 1), and the closes of Bitcoin beside
    them, shape (t,), empty if it has none; none if the asset is not in the universe."""
    if asset_id not in view.universe.asset_ids:
        nothing = np.empty((0, 1))
        return nothing, nothing, nothing, nothing, np.empty(0)
    panel = view.panel.take([asset_id])
    present = np.isfinite(panel.close[:, 0])
    bitcoin = view.universe.bitcoin
    beside = np.empty(0) if bitcoin is None else view.panel.close[present, view.panel.column(bitcoin)]
    return panel.high[present], panel.low[present], panel.close[present], panel.volume[present], beside

"""What better weights are looked for from: the returns of the coins that can be shifted, and what they must keep to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from assets.compute.series import Floats
from selection.compute.allocation import LEAST_DAYS, Costs, Limits
from selection.selectors.holdings import Holdings

TOO_FEW = "fewer than two coins that move"
TOO_SHORT = f"fewer than {LEAST_DAYS} days with returns of all coins"


@dataclass(frozen=True)
class Movable:
    """The part of a portfolio whose weights can be shifted.

    Attributes:
        free: which of the positions it is made of, shape (n,).
        share: of the gross exposure, 0-1.
        current: present weights within it, shape (m,), sum 1.
        returns: of the days on which all of them have one, shape (t, m).
        limits: of the whole, as limits of this part.
        costs: of trading and of risk.
    """

    free: np.ndarray
    share: float
    current: Floats
    returns: Floats
    limits: Limits
    costs: Costs


def movable(held: Holdings, settings: Mapping[str, Any]) -> Movable | str:
    """What can be shifted, or the reason why nothing can. What does not move, is borrowed or sold short cannot."""
    free = held.is_free
    if free.sum() < 2:
        return TOO_FEW
    returns = held.returns[:, free]
    returns = returns[np.isfinite(returns).all(axis=1)]
    if len(returns) < LEAST_DAYS:
        return TOO_SHORT
    share = float(held.weights[free].sum())
    costs = Costs(settings["trading_cost_pct"] / 100, settings["holding_days"], settings["risk_aversion"])
    return Movable(free, share, held.weights[free] / share, returns, _limits(held, free, share, settings), costs)


def _limits(held: Holdings, free: np.ndarray, share: float, settings: Mapping[str, Any]) -> Limits:
    """Limits of the whole portfolio as limits of its movable part."""
    own = [
        100.0 if most is None or not settings["use_position_limits"] else float(most)
        for most, moves in zip((one.position.max_allocation_percent for one in held.valued), free, strict=True)
        if moves
    ]
    largest = np.minimum(np.array(own), settings["max_asset_pct"]) / 100 / share
    sectors = tuple(name for name, moves in zip(held.sectors, free, strict=True) if moves)
    group = min(1.0, settings["max_sector_pct"] / 100 / share)
    return Limits(np.minimum(largest, 1.0), sectors, group, 2 * settings["max_turnover_pct"] / 100)

"""Which trades towards better weights pay for themselves. Ratios, in float64."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.compute.series import Floats
from selection.compute.allocation import Costs


@dataclass(frozen=True)
class Plan:
    """Trades, as changes of weights.

    Attributes:
        change: shape (n,), 0 where nothing is traded; what is bought is paid for by what is sold.
        gain: rise of expected utility over the time of holding, as a share of the portfolio.
        cost: of all trades, as a share of the portfolio.
        dropped: trades that were left out because they do not pay, or are too small, shape (n,).
    """

    change: Floats
    gain: float
    cost: float
    dropped: NDArray[np.bool_]


def utility(weights: Floats, mean: Floats, covariance: Floats, costs: Costs) -> float:
    """Expected return less risk of the time of holding; what is not invested earns and risks nothing."""
    return costs.days * float(mean @ weights - costs.aversion * weights @ covariance @ weights)


def plan(
    current: Floats, target: Floats, mean: Floats, covariance: Floats, costs: Costs, *, least: float = 0.0
) -> Plan:
    """The trades from present to better weights without those that cost more than they gain.

    From the smallest up, each trade is left out if the plan without it is as good after costs; what remains is evened
    out, so that sales pay for purchases. If the whole does not pay, nothing is traded.

    Args:
        current: present weights, shape (n,).
        target: better ones, shape (n,), the same sum.
        mean: expected daily returns, shape (n,).
        covariance: of daily returns, shape (n, n).
        costs: of trading and of risk.
        least: smaller changes are not worth a trade.
    """
    wanted = target - current
    change = np.where(np.abs(wanted) < least, 0.0, wanted)

    def worth(candidate: Floats) -> float:
        return utility(current + candidate, mean, covariance, costs) - costs.rate * float(np.abs(candidate).sum())

    for place in np.argsort(np.abs(wanted), kind="stable"):
        without = change.copy()
        without[place] = 0.0
        if change[place] and worth(evened(without)) >= worth(evened(change)):
            change = without
    change = evened(change)
    gain = utility(current + change, mean, covariance, costs) - utility(current, mean, covariance, costs)
    cost = costs.rate * float(np.abs(change).sum())
    if gain <= cost:
        change, gain, cost = np.zeros_like(change), 0.0, 0.0
    return Plan(change, gain, cost, (change == 0) & (np.abs(wanted) > 1e-6))


def evened(change: Floats) -> Floats:
    """The changes with the larger side cut down, so that what is sold pays for what is bought."""
    bought, sold = float(change[change > 0].sum()), float(-change[change < 0].sum())
    if not bought or not sold:
        return np.zeros_like(change)
    scale = np.where(change > 0, min(1.0, sold / bought), min(1.0, bought / sold))
    return np.asarray(change * scale)

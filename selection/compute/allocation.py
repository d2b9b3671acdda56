"""Which shares would be better: optimal weights by skfolio, and the trades that lead there where they pay.

skfolio is loaded on first use: it takes seconds, and most processes never need it. Weights are shares of what is
invested, 0-1, without short positions; ratios, in float64.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assets.compute.series import Floats

LEAST_DAYS = 60
"""Fewer days in common estimate no covariance."""
ROOM = 1e-9


@dataclass(frozen=True)
class Limits:
    """What weights must keep to.

    Attributes:
        largest: highest weight of each asset, shape (n,).
        groups: sector of each asset.
        largest_group: highest weight of a sector.
        largest_turnover: how much of the whole may be traded, 0-2; None = all of it.
    """

    largest: Floats
    groups: Sequence[str]
    largest_group: float = 1.0
    largest_turnover: float | None = None


@dataclass(frozen=True)
class Costs:
    """What trading costs and what risk is worth.

    Attributes:
        rate: cost of a trade, as a share of what is traded.
        days: how long a portfolio is held, over which a cost is spread.
        aversion: how much a unit of daily variance costs.
    """

    rate: float = 0.001
    days: int = 30
    aversion: float = 3.0

    @property
    def daily(self) -> float:
        """Cost of a trade per day of holding what was traded."""
        return self.rate / self.days


@dataclass(frozen=True)
class Optimum:
    """Optimal weights and how they came about.

    Attributes:
        method: ``mean_risk``, ``hrp`` or ``hrp_without_limits``.
        weights: shape (n,), sum 1.
        fallbacks: each method that failed before, with its reason.
    """

    method: str
    weights: Floats
    fallbacks: tuple[tuple[str, str], ...] = ()


def conflict(limits: Limits) -> str | None:
    """Why no weights can keep to the limits, in words; None where some can."""
    reachable = 0.0
    for group in dict.fromkeys(limits.groups):
        members = [value for value, name in zip(limits.largest, limits.groups, strict=True) if name == group]
        reachable += min(float(sum(members)), limits.largest_group)
    if reachable < 1 - ROOM:
        return f"the limits leave room for {100 * reachable:.1f} % only"
    return None


def optimum(returns: Floats, limits: Limits, current: Floats, costs: Costs) -> Optimum:
    """Weights of the highest expected utility after trading costs, or the nearest that can be had.

    First mean-risk; where the limits or the solver refuse it, hierarchical risk parity within the limits of single
    assets; where those leave no room, without any. The reasons are kept.

    Args:
        returns: simple returns per day, shape (t, n), all finite.
        limits: what weights must keep to.
        current: present weights, shape (n,), which trading is counted from.
        costs: of trading and of risk.
    Raises:
        ValueError: fewer than 60 days, fewer than two assets, or one that stood still.
    """
    if returns.ndim != 2 or len(returns) < LEAST_DAYS or returns.shape[1] < 2:
        raise ValueError(f"an optimum needs {LEAST_DAYS} days of two assets")
    if not returns.std(axis=0).all():
        raise ValueError("an asset that stands still has no risk to weigh")
    from skfolio.exceptions import OptimizationError

    failed: list[tuple[str, str]] = []
    refused = conflict(limits)
    if refused is not None:
        failed.append(("mean_risk", refused))
    else:
        try:
            return Optimum("mean_risk", mean_risk(returns, limits, current, costs))
        except OptimizationError as error:
            failed.append(("mean_risk", _refusal(error, limits)))
    if float(limits.largest.sum()) >= 1:
        failed.append(("hrp", "the limits of sectors and of turnover are left out"))
        return Optimum("hrp", risk_parity(returns, limits.largest), tuple(failed))
    failed.append(("hrp", f"the limits of single assets leave room for {100 * limits.largest.sum():.1f} % only"))
    return Optimum("hrp_without_limits", risk_parity(returns, None), tuple(failed))


def _refusal(error: Exception, limits: Limits) -> str:
    if limits.largest_turnover is not None:
        return f"no weights within the limits are reached by trading {100 * limits.largest_turnover:.1f} % of the whole"
    return str(error)


def mean_risk(returns: Floats, limits: Limits, current: Floats, costs: Costs) -> Floats:
    """Weights that maximise expected return less risk less trading costs, under the limits (skfolio's ``MeanRisk``).

    The covariance is shrunk as Ledoit and Wolf do, the means as James and Stein do: a history of some months says
    little of the means, and nothing of tomorrow's.
    """
    from skfolio.optimization import MeanRisk, ObjectiveFunction

    names = [f"g{number}" for number in range(len(set(limits.groups)))]
    place = dict(zip(dict.fromkeys(limits.groups), names, strict=True))
    model = MeanRisk(
        objective_function=ObjectiveFunction.MAXIMIZE_UTILITY,
        risk_aversion=costs.aversion,
        prior_estimator=prior(),
        max_weights=np.minimum(limits.largest, 1.0),
        groups=[[place[name] for name in limits.groups]],
        linear_constraints=[f"{name} <= {limits.largest_group}" for name in names],
        transaction_costs=costs.daily,
        previous_weights=current,
        max_turnover=limits.largest_turnover,
    )
    return np.asarray(model.fit(returns).weights_, dtype=np.float64)


def risk_parity(returns: Floats, largest: Floats | None) -> Floats:
    """Weights of hierarchical risk parity (López de Prado 2016, skfolio's ``HierarchicalRiskParity``)."""
    from skfolio.optimization import HierarchicalRiskParity

    limits = {} if largest is None else {"max_weights": np.minimum(largest, 1.0)}
    return np.asarray(HierarchicalRiskParity(**limits).fit(returns).weights_, dtype=np.float64)


def prior() -> Any:
    """How means and covariances are estimated."""
    from skfolio.moments import LedoitWolf, ShrunkMu
    from skfolio.prior import EmpiricalPrior

    return EmpiricalPrior(mu_estimator=ShrunkMu(), covariance_estimator=LedoitWolf())


def moments(returns: Floats) -> tuple[Floats, Floats]:
    """Mean, shape (n,), and covariance, shape (n, n), of the daily returns, as the optimum sees them."""
    estimated = prior().fit(returns).return_distribution_
    return np.asarray(estimated.mu, dtype=np.float64), np.asarray(estimated.covariance, dtype=np.float64)


def efficiency(returns: Floats, weights: Floats) -> float | None:
    """Least volatility at the same expected return, by that of the weights: 1 = on the frontier; None if unsolved."""
    from skfolio.exceptions import OptimizationError
    from skfolio.optimization import MeanRisk

    mean, covariance = moments(returns)
    own = float(weights @ covariance @ weights)
    try:
        best = MeanRisk(prior_estimator=prior(), min_return=float(mean @ weights) - 1e-12).fit(returns).weights_
    except OptimizationError:
        return None
    return min(1.0, float(np.sqrt((best @ covariance @ best) / own))) if own > 0 else None

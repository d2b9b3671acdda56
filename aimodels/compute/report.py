"""Figures of several forecasts of the same samples side by side."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aimodels.compute.baseline import LEVELS
from aimodels.compute.bootstrap import Interval, mean_interval, skill_interval
from aimodels.compute.calibration import CalibrationError
from aimodels.compute.evaluation import Figures, Plan, figures_of, step_of
from aimodels.compute.gates import COVERAGE, MOST_CALIBRATION_ERROR
from aimodels.compute.grades import CLEAR
from aimodels.compute.material import Material
from aimodels.compute.metrics import pinball_losses, within
from aimodels.compute.scores import SkillInterval
from aimodels.compute.trading_metrics import TradingFigures, held_positions, net_returns, trading_figures

Floats = NDArray[np.float64]
FEE, SLIPPAGE = 0.001, 0.0005
"""Of the traded value: the fee of a usual spot account, and half the spread of a liquid pair."""
NAIVE, RULES = "naive", "rules"


@dataclass(frozen=True)
class ValueFigures:
    """How good quantiles of the change were.

    Attributes:
        pinball_skill: over the naive quantiles.
        coverage: of the interval between the outermost two levels.
    """

    pinball_skill: SkillInterval | None
    coverage: Interval | None


@dataclass(frozen=True)
class Line:
    """Figures of one forecaster: ``naive``, ``rules``, or the kind of a model."""

    who: str
    figures: Figures
    values: ValueFigures | None
    trading: TradingFigures | None


@dataclass(frozen=True)
class Report:
    """What was measured on one stretch of time.

    Attributes:
        name: of the model.
        first, last: candles since 1970.
        rows: samples.
        lines: one for each forecaster.
        trials: variants of the name that were ever tried, these among them.
    """

    name: str
    first: int
    last: int
    rows: int
    lines: tuple[Line, ...]
    trials: int

    def line(self, who: str) -> Line:
        """Figures of one of them."""
        return next(line for line in self.lines if line.who == who)


@dataclass(frozen=True)
class Traded:
    """What one who follows forecasts holds, and what the assets did meanwhile; shape (t, m) both.

    Attributes:
        returns: simple returns over each candle; NaN where an asset did not trade.
    """

    positions: Floats
    returns: Floats
    per_year: float

    @property
    def net(self) -> Floats:
        """Return of the whole after costs, per candle, shape (t,)."""
        return np.asarray(net_returns(self.positions, self.returns, fee=FEE, slippage=SLIPPAGE).mean(axis=1))

    @property
    def figures(self) -> TradingFigures:
        return trading_figures(self.positions, self.returns, fee=FEE, slippage=SLIPPAGE, per_year=self.per_year)


def line_of(
    who: str,
    material: Material,
    plan: Plan,
    chances: Floats,
    quantiles: Floats | None,
    *,
    champion: Floats | None = None,
) -> Line:
    """Figures of forecasts of all rows of a material.

    Args:
        chances: 0-1, shape (n,).
        quantiles: log returns at ``LEVELS``, shape (n, q); None if there are none.
        champion: chances of what serves, shape (n,); NaN where it could not be asked.
    """
    held = traded(material, chances)
    return Line(
        who,
        figures_of(chances, material.naive, material.samples, plan, champion=champion),
        None if quantiles is None else value_figures(material, plan, quantiles),
        None if held is None else held.figures,
    )


def simple_lines(material: Material, plan: Plan) -> tuple[Line, Line]:
    """Figures of the naive forecast and of the rules."""
    values = material.values
    return (
        line_of(NAIVE, material, plan, material.naive, None if values is None else values.naive),
        line_of(RULES, material, plan, material.rules, None if values is None else values.rules),
    )


def value_figures(material: Material, plan: Plan, quantiles: Floats) -> ValueFigures | None:
    """Figures of quantiles; None for a material that has no values."""
    values, times = material.values, material.samples.times
    if values is None:
        return None
    draw = {"block": plan.block, "seed": plan.seed}
    ours, naive = (pinball_losses(given, values.change, LEVELS) for given in (quantiles, values.naive))
    inside = within(quantiles[:, 0], quantiles[:, -1], values.change).astype(np.float64)
    return ValueFigures(skill_interval(ours, naive, times, **draw), mean_interval(inside, times, **draw))


def traded(material: Material, chances: Floats) -> Traded | None:
    """One who buys what is more likely to rise than not, and sells what is less likely, each for the horizon; None
    where a forecast is not a position."""
    trades = material.trades
    if trades is None or not len(chances):
        return None
    first, horizon = int(trades.rows.min()), material.samples.horizon
    returns = trades.returns[first : int(trades.rows.max()) + horizon]
    decisions = np.full(returns.shape, np.nan)
    decisions[trades.rows - first, trades.columns] = np.sign(chances - 0.5)
    # Of moments that are some candles apart, fewer decisions stand at once: together they are one whole position.
    positions = held_positions(decisions, horizon) * min(step_of(trades.rows), horizon)
    return Traded(np.clip(positions, -1, 1), returns, trades.per_year)


def overall_score(
    skill: SkillInterval | None, calibration: CalibrationError | None = None, coverage: Interval | None = None
) -> float | None:
    """One number for sorting, 0-1: 60 % for the lower bound of the skill (0 at -2 %, 1 at +2 %), 20 % for the
    calibration error (1 at 0, 0 at twice what is allowed), 20 % for the coverage (1 at 90 %, 0 at twice the distance
    that is allowed); what does not apply is left out. None without an interval of the skill."""
    if skill is None or not np.isfinite(skill.low):
        return None
    parts = [(0.6, (skill.low + CLEAR) / (2 * CLEAR))]
    if calibration is not None:
        parts.append((0.2, 1 - calibration.corrected / (2 * MOST_CALIBRATION_ERROR)))
    if coverage is not None:
        middle, allowed = sum(COVERAGE) / 2, COVERAGE[1] - COVERAGE[0]
        parts.append((0.2, 1 - abs(coverage.value - middle) / allowed))
    whole = sum(weight for weight, _part in parts)
    return float(sum(weight * min(1.0, max(0.0, part)) for weight, part in parts) / whole)


def importance(names: tuple[str, ...], parts: Floats) -> Mapping[str, float]:
    """Mean size of what each feature adds to the log odds, the strongest first.

    Args:
        parts: contributions, shape (n, k), n >= 1.
    """
    means = np.abs(parts).mean(axis=0)
    return {names[place]: float(means[place]) for place in np.argsort(-means, kind="stable")}

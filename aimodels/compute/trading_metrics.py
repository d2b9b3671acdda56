"""What following forecasts would have earned, after fees and slippage."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aimodels.compute.sharpe import sharpe_ratio

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TradingFigures:
    """Figures of a strategy; NaN where they cannot be said.

    Attributes:
        total_return: a fraction, compounded, equal weight on each asset, rebalanced each period.
        sharpe: per year.
        max_drawdown: largest fall from a high, 0-1.
        win_rate: share of trades that earned, 0-1.
        profit_factor: what they earned over what the others lost; NaN without a loss.
        trades: stretches of one position in one asset, ``open_trades`` of them still open at the end.
        turnover: mean change of position per period and asset.
        exposure: mean size of position.
        costs: fees and slippage, as a fraction of equity, summed.
    """

    total_return: float
    sharpe: float
    max_drawdown: float
    win_rate: float
    profit_factor: float
    trades: int
    open_trades: int
    turnover: float
    exposure: float
    costs: float


def held_positions(decisions: Floats, periods: int) -> Floats:
    """Positions of one who acts on each decision for ``periods`` periods: the mean of the last ``periods`` decisions.

    Args:
        decisions: -1 to 1, known at the start of each period, shape (t,) or (t, n); NaN counts as no position.
        periods: horizon of the forecast, at least 1.
    """
    if periods < 1:
        raise ValueError("periods must be at least 1")
    known = np.nan_to_num(decisions)
    sums = np.cumsum(known, axis=0)
    sums[periods:] -= np.cumsum(known, axis=0)[:-periods]
    return np.asarray(sums / periods)


def net_returns(positions: Floats, returns: Floats, *, fee: float, slippage: float) -> Floats:
    """``position * return - (fee + slippage) * |change of position|``, the first position bought from none.

    Args:
        positions: share of the equity of each asset, -1 to 1, known at the start of each period, shape (t,) or (t, n).
        returns: simple returns over each period, same shape; NaN where the asset did not trade counts as 0.
        fee, slippage: of the traded value, fractions, 0 and more.
    Returns:
        Fractions, same shape.
    Raises:
        ValueError: shapes that differ, or costs below 0.
    """
    if positions.shape != returns.shape:
        raise ValueError("positions and returns must have one shape")
    if fee < 0 or slippage < 0:
        raise ValueError("fee and slippage must be at least 0")
    changes = np.abs(np.diff(positions, axis=0, prepend=np.zeros_like(positions[:1])))
    return np.asarray(positions * np.nan_to_num(returns) - (fee + slippage) * changes)


def trading_figures(
    positions: Floats, returns: Floats, *, fee: float, slippage: float, per_year: float
) -> TradingFigures:
    """Figures of a strategy that holds ``positions``.

    Args:
        positions, returns, fee, slippage: as for ``net_returns``, oldest first, t >= 1.
        per_year: periods per year.
    Raises:
        ValueError: as ``net_returns``, or nothing at all.
    """
    if not positions.size:
        raise ValueError("there are no periods")
    one = positions.ndim == 1
    held, market = (positions[:, None], returns[:, None]) if one else (positions, returns)
    earned = net_returns(held, market, fee=fee, slippage=slippage)
    whole = earned.mean(axis=1)
    results, still = _trades(held, earned)
    won, lost = results[results > 0].sum(), -results[results < 0].sum()
    changes = np.abs(np.diff(held, axis=0, prepend=0.0)).mean()
    return TradingFigures(
        total_return=float(np.prod(1 + whole) - 1),
        sharpe=sharpe_ratio(whole, per_year=per_year),
        max_drawdown=max_drawdown(whole),
        win_rate=float((results > 0).mean()) if len(results) else float("nan"),
        profit_factor=float(won / lost) if lost > 0 else float("nan"),
        trades=len(results),
        open_trades=still,
        turnover=float(changes),
        exposure=float(np.abs(held).mean()),
        costs=float(changes * len(held) * (fee + slippage)),
    )


def max_drawdown(returns: Floats) -> float:
    """Largest fall of the compounded equity from its high, the start among them; at most 1, which is everything.

    Args:
        returns: fractions, shape (t,), t >= 1.
    """
    equity = np.maximum(np.concatenate([[1.0], np.cumprod(1 + returns)]), 0.0)
    return float((1 - equity / np.maximum.accumulate(equity)).max())


def _trades(positions: Floats, earned: Floats) -> tuple[Floats, int]:
    """Result of each stretch of one side in one asset, the cost of leaving it among them, and how many still run."""
    results: list[float] = []
    still = 0
    for column in range(positions.shape[1]):
        side = np.sign(positions[:, column])
        starts = np.flatnonzero(np.diff(side, prepend=0.0))
        stops = np.append(starts, len(side))[1:]
        for start, stop in zip(starts, stops, strict=True):
            if side[start] == 0:
                continue
            leaving = earned[stop, column] if stop < len(side) and side[stop] == 0 else 0.0
            results.append(float(earned[start:stop, column].sum() + leaving))
            still += int(stop == len(side))
    return np.array(results), still

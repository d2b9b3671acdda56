"""Who trades, and how easily: liquidity of the market, size of the trades, money in derivatives."""

import numpy as np
from numpy.typing import NDArray

from assets.compute.series import log_returns, rolling_mean
from macro.compute.regime.place import place, rolling_deviation

Floats = NDArray[np.float64]
WEEK = 7
"""Candles that are averaged before they are compared with their year."""
LIQUIDITY = (("stressed", 0.1), ("tight", 0.3), ("normal", 0.7))
"""Words for a liquidity score below a limit; above the last one it is abundant."""
WHALES_FROM = 0.95


def illiquidity(close: Floats, volume: Floats) -> Floats:
    """How far a dollar of volume moves the price: ``|log return| / volume``; NaN where nothing was traded.

    Source: Amihud, Y. (2002), Illiquidity and stock returns, Journal of Financial Markets 5.

    Args:
        close: USD, shape (t,), finite.
        volume: USD per candle, shape (t,).
    """
    moves = np.abs(log_returns(close))
    return np.divide(moves, volume, out=np.full(len(close), np.nan), where=volume > 0)


def liquidity(close: Floats, volume: Floats) -> float:
    """How easily the market trades against its own year, 0 (hardly) to 1.

    Mean of the place of the 7-candle volume and of one less the place of the 7-candle illiquidity. NaN with too little
    history; a market without volume for 7 candles is at 0 by its volume alone.
    """
    traded = place(rolling_mean(volume, WEEK))
    hard = place(rolling_mean(illiquidity(close, volume), WEEK))
    return traded if not np.isfinite(hard) else (traded + 1 - hard) / 2


def liquidity_word(score: float) -> str:
    """The word for a score of 0-1."""
    return next((word for word, limit in LIQUIDITY if score < limit), "abundant")


def trade_sizes(volume: Floats, trades: Floats) -> Floats:
    """Mean size of a trade, USD; NaN where no trade was counted.

    Args:
        volume: USD per candle, shape (t,).
        trades: trades per candle, shape (t,); NaN or 0 where they are not known.
    """
    return np.divide(volume, trades, out=np.full(len(volume), np.nan), where=trades > 0)


def retail_participation(volume: Floats, trades: Floats) -> float:
    """How much small money takes part, 0-1: many trades, and small ones, against the last year.

    Mean of the place of the 7-candle number of trades and of one less the place of their mean size. NaN when either is
    not known.
    """
    many = place(rolling_mean(trades, WEEK))
    large = place(rolling_mean(trade_sizes(volume, trades), WEEK))
    return (many + 1 - large) / 2


def whales_moved(close: Floats, volume: Floats, trades: Floats) -> bool | None:
    """Whether unusually large trades came with an unusual move in the last candle; None when that is not known.

    Large: mean size of a trade among the top 5 % of the last year. Unusual: beyond one deviation of the 60 candles
    before.
    """
    size = place(trade_sizes(volume, trades))
    spread = rolling_deviation(log_returns(close), 60)
    if not np.isfinite(size) or len(close) < 62 or not np.isfinite(spread[-2]):
        return None
    move = abs(float(np.log(close[-1] / close[-2])))
    return bool(size >= WHALES_FROM and move > spread[-2])


def inflow(open_interest: Floats) -> float:
    """Place of the 7-value change of the open interest among the last year's changes, 0-1; NaN with too few values.

    Args:
        open_interest: daily, any unit, oldest first, shape (t,).
    """
    if len(open_interest) <= WEEK or (open_interest <= 0).any():
        return float("nan")
    return place(np.log(open_interest[WEEK:] / open_interest[:-WEEK]))

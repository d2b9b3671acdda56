"""What asset models see of a market at each moment. Panels have shape (t, m): t candles, oldest first, m assets; NaN
where an asset has no candle.

Causal, and finite: what a row says depends on the rows up to it alone, ``look_back`` of them. Prices enter as moves in
units of their volatility, so that what is learned from one asset holds for another.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from aimodels.compute.baseline import Memory, volatility
from aimodels.compute.panels import Features
from aimodels.compute.windows import known_in_window, shifted, window_extreme, window_mean, window_sum
from assets.compute.series import log_returns
from macro.compute.known_values import OUTSIDE

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
GENERATION = "1"
"""Changes whenever a feature means something else."""
RSI_PERIODS = 14
LEAST = 0.8
"""Part of a window that must be known."""


@dataclass(frozen=True)
class Spans:
    """Windows of a timeframe.

    Attributes:
        rows: five, rising.
        names: what each is called, such as ``7d``.
        memory: of the volatility.
    """

    rows: tuple[int, int, int, int, int]
    names: tuple[str, str, str, str, str]
    memory: Memory

    @property
    def look_back(self) -> int:
        """Rows that the features of a moment depend on, itself among them."""
        return max(self.rows[-1], 2**self.memory.doublings) + 1


@dataclass(frozen=True)
class Market:
    """What features are made from.

    Attributes:
        high, low, close: USD, shape (t, m).
        volume: USD per candle, shape (t, m).
        sector: number of the primary sector of each asset at each moment, -1 for none, shape (t, m).
        bitcoin: its column; None where it is not among them.
        outside: columns as in ``OUTSIDE``, as known at each moment, shape (t, 5).
    """

    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    sector: Integers
    bitcoin: int | None
    outside: Floats

    def rows(self, first: int, end: int) -> "Market":
        """Some of its moments."""
        taken = slice(first, end)
        return Market(
            self.high[taken],
            self.low[taken],
            self.close[taken],
            self.volume[taken],
            self.sector[taken],
            self.bitcoin,
            self.outside[taken],
        )


def features(market: Market, spans: Spans, *, last: int | None = None) -> Features:
    """The features of every moment, or of the ``last`` ones only: the same function for training and for a run.

    Args:
        market: ``spans.look_back`` rows at least before the first moment that is wanted.
        spans: windows.
        last: moments wanted; None = all.
    """
    end = len(market.close)
    last = min(last or end, end)
    needed = market.rows(max(0, end + 1 - last - spans.look_back), end)
    own = {name: values[-last:] for name, values in _own(needed, spans).items()}
    compared = _compared(own, spans, market.sector[-last:])
    shared = _shared(own, spans, market.bitcoin, market.outside[-last:])
    shape = own["volatility"].shape
    groups = {"asset": own, "comparison": compared, "market": shared}
    named = {name: np.broadcast_to(values, shape) for part in groups.values() for name, values in part.items()}
    named.pop("turnover")  # an amount: only its rank says something of one asset beside another
    return Features(
        tuple(named),
        np.stack(list(named.values()), axis=2),
        {group: [name for name in part if name in named] for group, part in groups.items()},
    )


@cache
def feature_names(spans: Spans) -> tuple[str, ...]:
    """Names of the features: those of an asset of which nothing is known are those of any."""
    unknown = np.full((spans.look_back, 1), np.nan)
    outside = np.full((spans.look_back, len(OUTSIDE)), np.nan)
    nothing = Market(unknown, unknown, unknown, unknown, np.full(unknown.shape, -1), None, outside)
    return features(nothing, spans, last=1).names


def _own(market: Market, spans: Spans) -> dict[str, Floats]:
    """Of each asset by itself."""
    price, spread = np.log(market.close), volatility(market.close, spans.memory)
    returns = log_returns(market.close)
    found: dict[str, Floats] = {}
    for rows, name in zip(spans.rows, spans.names, strict=True):
        found[f"momentum_{name}"] = (price - shifted(price, rows)) / (spread * np.sqrt(rows))
    for rows, name in ((spans.rows[2], spans.names[2]), (spans.rows[4], spans.names[4])):
        found[f"trend_{name}"] = (price - _mean(price, rows)) / (spread * np.sqrt(rows))
    found["rsi"] = _rsi(returns)
    found["range"] = _mean(np.log(market.high / market.low), RSI_PERIODS) / spread
    found["volatility"] = np.log(spread)
    found["volatility_change"] = _ratio(_mean(returns**2, spans.rows[1] + 2), _mean(returns**2, spans.rows[4])) / 2
    found["drawdown"] = (price - window_extreme(price, spans.rows[4], highest=True)) / (spread * np.sqrt(spans.rows[4]))
    found["rise_from_low"] = (price - window_extreme(price, spans.rows[3], highest=False)) / (
        spread * np.sqrt(spans.rows[3])
    )
    usual = _mean(market.volume, spans.rows[3])
    found["volume_now"] = _ratio(market.volume, usual)
    found["volume_surge"] = _ratio(_mean(market.volume, spans.rows[1]), usual)
    found["turnover"] = np.log(np.where(usual > 0, usual, np.nan))
    return found


def _compared(own: dict[str, Floats], spans: Spans, sector: Integers) -> dict[str, Floats]:
    """Of each asset beside the others of the moment."""
    week, month = f"momentum_{spans.names[2]}", f"momentum_{spans.names[3]}"
    ranked = (week, month, "volatility", "turnover", "volume_surge")
    found = {f"rank_{name}": _ranks(own[name]) for name in ranked}
    found["sector_momentum"] = _sector_means(own[week], sector)
    found["above_sector"] = own[week] - found["sector_momentum"]
    found["above_market"] = own[week] - _medians(own[week])[:, None]
    return found


def _shared(own: dict[str, Floats], spans: Spans, bitcoin: int | None, outside: Floats) -> dict[str, Floats]:
    """Of the market, the same for all its assets; shape (t, 1) each."""
    names = [f"momentum_{name}" for name in spans.names]
    unknown = np.full(len(own["volatility"]), np.nan)
    found = {}
    for name in (names[1], names[3], "volatility", "volatility_change"):
        found[f"bitcoin_{name}"] = unknown if bitcoin is None else own[name][:, bitcoin]
    found["market_momentum"] = _medians(own[names[2]])
    found["breadth"] = _share_above(own[f"trend_{spans.names[4]}"])
    found |= dict(zip(OUTSIDE, outside.T, strict=True))
    return {name: values[:, None] for name, values in found.items()}


def _mean(values: Floats, rows: int) -> Floats:
    return window_mean(values, rows, least=max(1, round(LEAST * rows)))


def _ratio(above: Floats, below: Floats) -> Floats:
    """Logarithm of a ratio; NaN where one of the two is not above 0."""
    both = (above > 0) & (below > 0)
    return np.log(np.divide(above, below, out=np.full_like(above, np.nan), where=both))


def _rsi(returns: Floats) -> Floats:
    """Share of the rises in all moves of the last ``RSI_PERIODS`` candles, 0-1."""
    known = known_in_window(returns, RSI_PERIODS) >= RSI_PERIODS
    rises, falls = window_sum(returns.clip(min=0), RSI_PERIODS), window_sum(-returns.clip(max=0), RSI_PERIODS)
    moved = known & (rises + falls > 0)
    return np.divide(rises, rises + falls, out=np.full_like(returns, np.nan), where=moved)


def _ranks(values: Floats) -> Floats:
    """``percentile_rank`` of each row, all rows at once."""
    order = np.argsort(values, axis=1, kind="stable")
    held = np.take_along_axis(values, order, axis=1)
    places = np.broadcast_to(np.arange(values.shape[1]), values.shape)
    differs = held[:, 1:] != held[:, :-1]
    edge = np.ones((len(values), 1), dtype=np.bool_)
    first = np.maximum.accumulate(np.where(np.hstack([edge, differs]), places, 0), axis=1)
    behind = np.where(np.hstack([differs, edge]), places, values.shape[1])
    final = np.minimum.accumulate(behind[:, ::-1], axis=1)[:, ::-1]
    others = np.isfinite(values).sum(axis=1, keepdims=True) - 1
    shares = np.divide((first + final) / 2, others, out=np.full(values.shape, 0.5), where=others > 0)
    result = np.empty_like(values)
    np.put_along_axis(result, order, np.where(np.isfinite(held), shares, np.nan), axis=1)
    return result


def _medians(values: Floats) -> Floats:
    """Median of what is known in each row; NaN where nothing is."""
    ordered, known = np.sort(values, axis=1), np.isfinite(values).sum(axis=1)
    rows, top = np.arange(len(values)), np.maximum(known - 1, 0)
    return np.where(known > 0, (ordered[rows, top // 2] + ordered[rows, (top + 1) // 2]) / 2, np.nan)


def _share_above(values: Floats) -> Floats:
    """Share of what is above 0 in what is known of each row; NaN where nothing is."""
    known = np.isfinite(values).sum(axis=1)
    return np.divide((values > 0).sum(axis=1), known, out=np.full(len(values), np.nan), where=known > 0)


def _sector_means(values: Floats, sector: Integers) -> Floats:
    """Mean of the assets of each one's sector at the moment, itself among them; NaN without a sector."""
    result = np.full(values.shape, np.nan)
    for number in np.unique(sector[sector >= 0]).tolist():
        members = sector == number
        seen = members & np.isfinite(values)
        counts = seen.sum(axis=1)
        # One after the other: columns of assets that had no candle add 0 and change no bit.
        sums = np.cumsum(np.where(seen, values, 0.0), axis=1)[:, -1]
        means = np.divide(sums, counts, out=np.full(len(values), np.nan), where=counts > 0)
        result = np.where(members, means[:, None], result)
    return result

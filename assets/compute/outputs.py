"""Which indicators there are: how each is computed by TA-Lib, and how many candles it needs.

A value is *defined* once its first window is full. It is *settled* once what happened before the first candle given
could not change it by more than 1e-9 any more, even if prices or volumes were a thousand times higher before: of the
price for SMA, EMA, MACD, the bands and VWAP, of 100 for what runs from 0 to 100, of itself for all else. Windows settle
when they are full; what is smoothed forgets a fixed share per candle, and has settled when next to nothing is left.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

RSI_PERIODS = (7, 14, 21)
SMA_PERIODS = (20, 50, 100, 200)
EMA_PERIODS = (12, 20, 26, 50, 100, 200)
LEFT_OF_PRICES, LEFT_OF_MOVES = 1e-13, 1e-15
"""Weight that the start of a smoothed series may still have. A fall to a thousandth is a thousand prices, and more by
what they have moved since; but it is tens of thousands of usual movements."""


@dataclass(frozen=True)
class Output:
    """One series.

    Attributes:
        name: as it is stored and shown.
        defined: candles up to and including the first value.
        settled: candles until the value does not depend on how far back the series begins; None: it always does.
    """

    name: str
    defined: int
    settled: int | None


@dataclass(frozen=True)
class Calculation:
    """What one call computes.

    Attributes:
        function: of TA-Lib; ``VWAP`` is ours.
        inputs: series it reads, in its order.
        parameters: periods and the like, in its order.
        outputs: what it returns, in its order.
    """

    function: str
    inputs: tuple[str, ...]
    parameters: tuple[float, ...]
    outputs: tuple[Output, ...]


def forgotten(share: float, left: float) -> int:
    """Candles after which a weight of at most ``left`` remains, if each takes ``share`` of what is there."""
    return math.ceil(math.log(left) / math.log1p(-share))


def _window(name: str, period: int) -> Output:
    return Output(name, period, period)


def _ema(name: str, period: int) -> Output:
    return Output(name, period, period + forgotten(2 / (period + 1), LEFT_OF_PRICES))


def _wilder(name: str, period: int) -> Output:
    """Smoothed by Wilder: the first value is the mean of ``period`` changes."""
    return Output(name, period + 1, period + 1 + forgotten(1 / period, LEFT_OF_MOVES))


MACD_LINE = Output("MACD", 34, _ema("", 26).settled)
"""TA-Lib shows it from where its signal is known."""
MACD_SIGNAL = Output("MACD_signal", 34, 34 + forgotten(2 / 27, LEFT_OF_PRICES) + 9)
HIGH_LOW_CLOSE = ("high", "low", "close")

CALCULATIONS: tuple[Calculation, ...] = (
    *(Calculation("RSI", ("close",), (n,), (_wilder(f"RSI_{n}", n),)) for n in RSI_PERIODS),
    *(Calculation("SMA", ("close",), (n,), (_window(f"SMA_{n}", n),)) for n in SMA_PERIODS),
    *(Calculation("EMA", ("close",), (n,), (_ema(f"EMA_{n}", n),)) for n in EMA_PERIODS),
    Calculation(
        "MACD",
        ("close",),
        (12, 26, 9),
        (MACD_LINE, MACD_SIGNAL, Output("MACD_histogram", 34, MACD_SIGNAL.settled)),
    ),
    Calculation(
        "BBANDS", ("close",), (20, 2.0, 2.0), tuple(_window(f"BB_{n}", 20) for n in ("upper", "middle", "lower"))
    ),
    Calculation("ATR", HIGH_LOW_CLOSE, (14,), (_wilder("ATR_14", 14),)),
    Calculation("ADX", HIGH_LOW_CLOSE, (14,), (Output("ADX_14", 28, 28 + forgotten(1 / 14, LEFT_OF_MOVES) + 49),)),
    Calculation("PLUS_DI", HIGH_LOW_CLOSE, (14,), (_wilder("PLUS_DI_14", 14),)),
    Calculation("MINUS_DI", HIGH_LOW_CLOSE, (14,), (_wilder("MINUS_DI_14", 14),)),
    Calculation("STOCH", HIGH_LOW_CLOSE, (14, 3, 0, 3, 0), (Output("STOCH_k", 18, 18), Output("STOCH_d", 18, 18))),
    Calculation("OBV", ("close", "volume"), (), (Output("OBV", 1, None),)),
    Calculation("SMA", ("volume",), (20,), (_window("volume_sma_20", 20),)),
    Calculation("VWAP", (*HIGH_LOW_CLOSE, "volume"), (20,), (_window("VWAP_20", 20),)),
)
BANDWIDTH = _window("BB_bandwidth", 20)
"""Upper less lower Bollinger band, over the middle one."""
OUTPUTS: dict[str, Output] = {
    output.name: output for output in (*(o for c in CALCULATIONS for o in c.outputs), BANDWIDTH)
}
WITHOUT_LEVEL = {name for name, output in OUTPUTS.items() if output.settled is None}
"""Series of which a single value says nothing: it counts from the first candle given."""


def warm_up(names: Iterable[str] | None = None) -> int:
    """Candles after which all the named outputs are defined and settled; of every output by default."""
    chosen = known(names)
    return max(OUTPUTS[name].settled or OUTPUTS[name].defined for name in chosen)


def known(names: Iterable[str] | None) -> Sequence[str]:
    """The named outputs, all of them by default.

    Raises:
        ValueError: no name, or one that there is no output for.
    """
    chosen = list(OUTPUTS) if names is None else list(dict.fromkeys(names))
    unknown = [name for name in chosen if name not in OUTPUTS]
    if unknown or not chosen:
        raise ValueError(f"no such indicator: {', '.join(unknown) or 'none was named'}; there are {', '.join(OUTPUTS)}")
    return chosen


PLAIN = {"volume_sma_20": "volume_sma"}
"""Series that stand in no group where they are kept with a candle."""


def place(name: str) -> tuple[str, ...]:
    """Where an output is kept in ``price_data.technical_indicators``: group and part, or its own name."""
    if name in PLAIN:
        return (PLAIN[name],)
    group, _, part = name.rpartition("_")
    return (group, part) if group else (name, "value")


WARM_UP = warm_up()
"""Candles that settle every output."""

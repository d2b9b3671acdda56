"""Indicators of 1,000 assets with 1,000 candles each, table in, table out; against TA-Lib in C called bare: one call
per asset and indicator on ready arrays, its results dropped at once. Both in one thread, alternating; in CPU time:
neither waits for anything, and so busy neighbours count less.

Two selections: 18 outputs, one of each kind that TA-Lib knows, and all that the product has. Before the clock starts
every output is compared with TA-Lib's. Last the declared warm-ups: the first value, and how many candles it takes until
prices and volumes a thousand times as high before the first candle change a value by no more than 1e-9.

Arguments: ``--assets``, ``--candles``, ``--rounds``. Prints a table, a JSON line and a summary line.
"""

import argparse
import inspect
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import talib
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from assets.compute.indicators import indicators, with_indicators
from assets.compute.outputs import CALCULATIONS, OUTPUTS, WARM_UP

Floats = NDArray[np.float64]
EIGHTEEN = (
    "RSI_14", "SMA_50", "SMA_200", "EMA_20", "EMA_200", "MACD", "MACD_signal", "MACD_histogram", "BB_upper",
    "BB_middle", "BB_lower", "ATR_14", "ADX_14", "PLUS_DI_14", "MINUS_DI_14", "STOCH_k", "STOCH_d", "OBV",
)  # fmt: skip
SERIES = ("high", "low", "close", "volume")
BEFORE, AFTER = 800, 40
Call = tuple[Callable[..., Any], tuple[int, ...], tuple[float, ...], tuple[str, ...]]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--assets", type=int, default=1000)
    arguments.add_argument("--candles", type=int, default=1000)
    arguments.add_argument("--rounds", type=int, default=11)
    chosen = arguments.parse_args()
    table = candles(chosen.assets, chosen.candles)
    worst = compare(table, chosen.candles)
    measured = {"18": measure(table, chosen, EIGHTEEN), "all": measure(table, chosen, tuple(OUTPUTS))}
    print_warm_ups()
    size = {"assets": chosen.assets, "candles": chosen.candles, "rounds": chosen.rounds}
    print(json.dumps(size | {"largest difference": worst} | measured))
    few, every = measured["18"], measured["all"]
    print(
        f"18 outputs {few['ratio']:.2f}x, all {len(OUTPUTS)} outputs {every['ratio']:.2f}x of bare TA-Lib in C; "
        f"{few['ns']:.0f} and {every['ns']:.0f} ns a candle; largest difference {worst:.0e} "
        f"({chosen.rounds} rounds, {table.height} candles)"
    )


def walk(length: int, generator: np.random.Generator) -> tuple[Floats, Floats, Floats, Floats]:
    """High, low, close and volume of a random walk of 2 % a candle."""
    close = 100 * np.exp(np.cumsum(0.02 * generator.standard_normal(length)))
    high = close * (1 + 0.01 * np.abs(generator.standard_normal(length)))
    low = close / (1 + 0.01 * np.abs(generator.standard_normal(length)))
    return high, low, close, 1e6 * generator.random(length)


def candles(assets: int, length: int) -> pl.DataFrame:
    generator = np.random.default_rng(7)
    lines = zip(*(walk(length, generator) for _ in range(assets)), strict=True)
    columns = dict(zip(SERIES, map(np.concatenate, lines), strict=True))
    return pl.DataFrame({"asset_id": np.repeat(np.arange(assets), length)} | columns)


def calls(names: Sequence[str]) -> list[Call]:
    """What TA-Lib is asked for these outputs, without the layer that accepts other series than arrays."""
    plain: list[Call] = []
    for one in CALCULATIONS:
        outputs = tuple(output.name for output in one.outputs)
        if set(names) & set(outputs):
            function = talib.VWMA if one.function == "VWAP" else getattr(talib, one.function)
            inputs = (2, 3) if one.function == "VWAP" else tuple(SERIES.index(name) for name in one.inputs)
            plain.append((inspect.unwrap(function), inputs, one.parameters, outputs))
    return plain


def bare(lines: list[Floats], length: int, asked: list[Call]) -> None:
    for first in range(0, len(lines[0]), length):
        series = [line[first : first + length] for line in lines]
        for function, inputs, parameters, _ in asked:
            function(*[series[place] for place in inputs], *parameters)


def compare(table: pl.DataFrame, length: int) -> float:
    """The largest difference to TA-Lib over all outputs and candles, relative to the value (to 1 where it is smaller).

    The weighted price has a peer in TA-Lib when it is given the typical price; the bandwidth follows from the bands.
    """
    ours = with_indicators(table)
    worst = 0.0
    for number in range(0, table.height // length, 50):
        rows = slice(number * length, (number + 1) * length)
        high, low, close, volume = (table[name].to_numpy()[rows] for name in SERIES)
        theirs: dict[str, Floats] = {}
        for function, inputs, parameters, names in calls(tuple(OUTPUTS)):
            series = [(high, low, close, volume)[place] for place in inputs]
            if names == ("VWAP_20",):
                series = [(high + low + close) / 3, volume]
            found = function(*series, *parameters)
            theirs |= dict(zip(names, found if isinstance(found, tuple) else (found,), strict=True))
        theirs["BB_bandwidth"] = (theirs["BB_upper"] - theirs["BB_lower"]) / theirs["BB_middle"]
        for name, values in theirs.items():
            mine = ours[name].to_numpy()[rows]
            known = np.isfinite(values)
            if not np.array_equal(known, np.isfinite(mine)):
                raise SystemExit(f"{name} is known at other candles than TA-Lib's")
            gap = np.abs(mine - values)[known] / np.maximum(1, np.abs(values[known]))
            worst = max(worst, float(gap.max(initial=0)))
    if worst > 1e-9:
        raise SystemExit(f"differs from TA-Lib by {worst:.1e}")
    return worst


def measure(table: pl.DataFrame, chosen: argparse.Namespace, names: Sequence[str]) -> dict[str, Any]:
    """Medians of both in milliseconds of CPU time, their ratio with its spread, and nanoseconds a candle."""
    lines, asked = [table[name].to_numpy() for name in SERIES], calls(names)
    peer, product = [], []
    for _ in range(chosen.rounds):
        started = time.process_time()
        bare(lines, chosen.candles, asked)
        between = time.process_time()
        with_indicators(table, names)
        peer.append(between - started)
        product.append(time.process_time() - between)
    ratios = sorted(mine / theirs for mine, theirs in zip(product, peer, strict=True))
    result: dict[str, Any] = {
        "outputs": len(names),
        "talib_ms": round(1e3 * statistics.median(peer), 1),
        "ms": round(1e3 * statistics.median(product), 1),
        "ratio": round(statistics.median(ratios), 3),
        "spread": [round(ratios[0], 3), round(ratios[-1], 3)],
        "ns": round(1e9 * statistics.median(product) / table.height, 1),
    }
    print(
        f"{len(names)} outputs: bare TA-Lib {result['talib_ms']} ms, table to table {result['ms']} ms, "
        f"ratio {result['ratio']} ({result['spread'][0]} to {result['spread'][1]}), {result['ns']} ns a candle"
    )
    return result


def print_warm_ups() -> None:
    """Declared and measured lengths of every output."""
    print(f"\n{'output':<16}{'first value':>12}{'measured':>10}{'settled':>10}{'measured':>10}")
    generator = np.random.default_rng(11)
    common = walk(WARM_UP + AFTER, generator)
    past = [1e3 * line for line in walk(BEFORE, generator)]
    alone = indicators(*common)
    together = indicators(*(np.concatenate(pair) for pair in zip(past, common, strict=True)))
    for name, output in OUTPUTS.items():
        first = int(np.isfinite(alone[name]).argmax()) + 1
        gap = np.abs(alone[name] - together[name][BEFORE:]) / unit(name, alone[name], common[2])
        late = np.flatnonzero(~(gap <= 1e-9))
        needed = "never" if late[-1] == len(gap) - 1 else str(late[-1] + 2)
        print(f"{name:<16}{output.defined:>12}{first:>10}{output.settled or 'never':>10}{needed:>10}")
    print()


def unit(name: str, values: Floats, close: Floats) -> Floats:
    """What a difference is measured by: 100 for percentages, the price for the averages, else the value itself."""
    if name.startswith(("RSI", "ADX", "PLUS", "MINUS", "STOCH")):
        return np.full(len(values), 100.0)
    return np.abs(values) if name in ("BB_bandwidth", "ATR_14", "OBV", "volume_sma_20") else close


if __name__ == "__main__":
    main()

"""Regimes as they were judged day by day, against bull and bear phases dated afterwards, on the real data.

There is no speed and no peer: the limits are naive rules that anybody would try first. Every day is judged by a version
that was trained on the years before. Prints one JSON line with every figure, then one summary line. Daily candles of
nine pairs carry the panel, so breadth before 2024 is a share of nine; Bitcoin before 2019-09 is the second source's
close, other coins before their first candle that of the chain's data, where that folder is there.
"""

import argparse
import json
import os
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")

import django  # noqa: E402

django.setup()

import numpy as np  # noqa: E402
import polars as pl  # noqa: E402

from macro.compute.regime.phase import Panel  # noqa: E402
from macro.selectors.daily import History  # noqa: E402
from macro.services.evaluation import Evaluation, evaluate  # noqa: E402

DATA = ROOT.parent / "shared" / "data"
LEAST = 400
EPOCH = date(1970, 1, 1)


def history(data: Path, until: date) -> History:
    """Daily candles of all files up to a day, which is not included."""
    lines = {
        path.name.removesuffix("USDT-1d.csv.gz"): candles(path)
        for path in _files(data, "candles/binance-spot-daily", "*-1d.csv.gz")
    }
    earlier = {
        path.name.removesuffix(".csv.gz").upper(): closes(path, "time", "PriceUSD")
        for path in _files(data, "noncommercial/daily-coinmetrics", "*.csv.gz")
    }
    earlier = {name: line for name, line in earlier.items() if name not in ("USDT", "USDC", "DAI")}
    bitcoin = [closes(data / "macro/btc-yahoo-daily.csv", "date", "price")]
    for name in sorted(earlier.keys() | lines.keys()):
        parts = [lines[name]] if name in lines else []
        parts += bitcoin if name == "BTC" else []
        parts += [earlier[name]] if name in earlier else []
        lines[name] = _joined(parts)
    last = (until - EPOCH).days
    kept = {name: line[line[:, 0] < last] for name, line in sorted(lines.items())}
    kept = {name: line for name, line in kept.items() if len(line) >= LEAST}
    first = int(min(line[0, 0] for line in kept.values()))
    panel = np.full((3, last - first, len(kept)), np.nan)
    for place, line in enumerate(kept.values()):
        panel[:, line[:, 0].astype(int) - first, place] = line[:, 1:].T
    return History(np.arange(first, last), tuple(kept), Panel(*panel))


def candles(path: Path) -> np.ndarray:
    """Day, high, low, close."""
    return _rows(pl.read_csv(path), "candle_time", ["high", "low", "close"])


def closes(path: Path, time: str, price: str) -> np.ndarray:
    """Day, and the close three times: the source knows no range."""
    frame = pl.read_csv(path, infer_schema_length=None).filter(pl.col(price) > 0)
    return _rows(frame, time, [price, price, price])


def _rows(frame: pl.DataFrame, time: str, columns: list[str]) -> np.ndarray:
    days = frame[time].str.slice(0, 10).str.to_date().cast(pl.Int32).to_numpy()
    return np.column_stack([days, *(frame[name].to_numpy() for name in columns)]).astype(np.float64)


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    """The first source, and before its first day the next one."""
    found = parts[0]
    for part in parts[1:]:
        found = np.concatenate([part[part[:, 0] < found[0, 0]], found])
    return found


def _files(data: Path, folder: str, pattern: str) -> list[Path]:
    return sorted((data / folder).glob(pattern))


def summary(found: Evaluation) -> str:
    """The figures that are asked for first."""
    one, gain = found.bitcoin["combined"], found.gain["combined"]
    panel = {name: accuracy for name, (accuracy, _length) in found.panel.items()}
    best = max((name for name in panel if name not in found.gain), key=panel.__getitem__)
    return (
        f"regimes {found.start} to {found.end}: BTC balanced accuracy {one.balanced_accuracy:.3f}, "
        f"mean length {one.mean_length_days:.0f} days, delay {one.delay_days:.0f} days, "
        f"{one.false_switches} of {one.switches} switches false; "
        f"panel of {len(found.symbols)}: {panel['combined']:.3f}, sma_50 {panel['sma_50']:.3f}, "
        f"best naive {best} {panel[best]:.3f}; "
        f"gain on sma_50 {gain[0]:+.3f} [{gain[1]:+.3f} … {gain[2]:+.3f}]"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--start", type=date.fromisoformat, default=date(2022, 1, 1))
    parser.add_argument("--end", type=date.fromisoformat, default=date(2026, 1, 1))
    options = parser.parse_args()
    result = evaluate(history(options.data, options.end), options.start, options.end)
    print(json.dumps(result.plain(), default=float))
    print(summary(result))

"""Candles a second of a backtest over 10 pairs with a year of 5-minute candles: a cross of simple means with a stop of
2 % and a fee of 0.1 %, long only. Then the same with all features on: both sides, two targets, a trailing stop, the
stop to the entry, a time limit, three tiers of fees, slippage by volume, limits of the account.

What is timed is everything from arrays of candles to trades, equity, figures and the fingerprint, in one process; the
studies of luck are timed apart. The market is made (seeded). Peers, with ``--peers``: vectorbt (warm: its second round
and later) and backtesting.py, installed into a virtual environment that is thrown away, timed in the same run, round by
round in turn, on the same candles and rule; each in its own way, so that only the speed is compared. freqtrade cannot
be installed like that: its figure, 25,000 candles/s, was measured once on two shared cores and is only named.

Prints ``name: figure`` lines, medians of the rounds.

    .venv/bin/python benchmarks/backtest.py [--rounds 5] [--peers]
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
PAIRS, CANDLES, STEP = 10, 105_120, 300
CROSS = {"entry": {"rule": "sma_cross", "fast": 20, "slow": 50}, "stop": {"percent": 2}}
FULL = CROSS | {
    "sides": ["long", "short"],
    "targets": [{"r": 1, "share": 0.5}, {"r": 3, "share": 0.5}],
    "trail_percent": 3,
    "to_entry": True,
    "time_limit": 500,
}
STORED = {"vectorbt, warm": 8.2, "backtesting.py": 0.142, "freqtrade": 0.025}
"""Million candles/s as measured once, on two shared cores."""
Floats = NDArray[np.float64]

VECTORBT = """
import sys, time
import numpy as np, pandas as pd, vectorbt as vbt
lines = np.load(sys.argv[1])
index = pd.date_range("2024-01-01", periods=lines.shape[1], freq="5min")
frames = [pd.DataFrame(line, index=index) for line in lines[:4]]
def once():
    close = frames[3]
    fast, slow = close.rolling(20).mean(), close.rolling(50).mean()
    above = fast > slow
    before = above.shift(1, fill_value=False)
    entries, exits = above & ~before, ~above & before
    found = vbt.Portfolio.from_signals(close, entries.shift(1, fill_value=False), exits.shift(1, fill_value=False),
        open=frames[0], high=frames[1], low=frames[2], price=frames[0], sl_stop=0.02, fees=0.001, freq="5min")
    return found.total_return().sum(), found.trades.count().sum()
once()
for _line in sys.stdin:
    started = time.perf_counter()
    _total, trades = once()
    print(time.perf_counter() - started, int(trades), flush=True)
"""
BACKTESTING = """
import sys, time, warnings
import numpy as np, pandas as pd
warnings.simplefilter("ignore")
from backtesting import Backtest, Strategy
from backtesting.lib import crossover
lines = np.load(sys.argv[1])
index = pd.date_range("2024-01-01", periods=lines.shape[1], freq="5min")
def mean(values, length):
    return pd.Series(values).rolling(length).mean()
class Cross(Strategy):
    def init(self):
        self.fast, self.slow = self.I(mean, self.data.Close, 20), self.I(mean, self.data.Close, 50)
    def next(self):
        if crossover(self.fast, self.slow):
            self.buy(sl=self.data.Close[-1] * 0.98)
        elif crossover(self.slow, self.fast):
            self.position.close()
def once():
    trades = 0
    for pair in range(lines.shape[2]):
        frame = pd.DataFrame({name: lines[place][:, pair] for place, name in
                              enumerate(("Open", "High", "Low", "Close"))}, index=index)
        trades += Backtest(frame, Cross, cash=1e6, commission=0.001, finalize_trades=True).run()["# Trades"]
    return trades
for _line in sys.stdin:
    started = time.perf_counter()
    trades = once()
    print(time.perf_counter() - started, int(trades), flush=True)
"""
PEERS = {"vectorbt, warm": ("vectorbt", VECTORBT), "backtesting.py": ("backtesting", BACKTESTING)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", action="store_true", help="install the peers into a throw-away environment")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    lines = market()
    timed: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        peers = started_peers(Path(folder), lines) if options.peers else {}
        for number in range(options.rounds + 1):
            seconds = {"plain": ours(lines, CROSS, is_full=False), "all features": ours(lines, FULL, is_full=True)}
            seconds |= {name: asked(peer) for name, peer in peers.items()}
            for name, value in seconds.items() if number else []:  # the first round warms up
                timed.setdefault(name, []).append(value)
        for peer in peers.values():
            peer.kill()
            peer.wait()
    for name, values in timed.items():
        speeds = [PAIRS * CANDLES / value / 1e6 for value in values]
        told = f"from {min(speeds):.2f} to {max(speeds):.2f}"
        print(f"{name}: {median(speeds):.2f} million candles/s, {told}")
    for name in peers:
        ratios = [theirs / ours for theirs, ours in zip(timed[name], timed["plain"], strict=True)]
        print(f"plain against {name}: {median(ratios):.2f} times as fast, from {min(ratios):.2f} to {max(ratios):.2f}")
    for name, speed in STORED.items():
        if name not in timed:
            print(f"{name} (stored, not measured now): {speed} million candles/s")
    print(f"studies of luck: {studies(lines):.2f} s")
    return 0


def market() -> Floats:
    """Open, high, low, close and volume of all pairs, shape (5, t, n)."""
    generator = np.random.default_rng(20240101)
    close = 100 * np.exp(np.cumsum(0.0015 * generator.standard_normal((CANDLES, PAIRS)), axis=0))
    opens = np.vstack([close[:1], close[:-1]])
    wick = 0.0008 * np.abs(generator.standard_normal((2, CANDLES, PAIRS)))
    high, low = np.maximum(opens, close) * (1 + wick[0]), np.minimum(opens, close) * (1 - wick[1])
    volume = 1e6 * np.exp(generator.standard_normal((CANDLES, PAIRS)))
    return np.stack([opens, high, low, close, volume])


def backtested(lines: Floats, declared: dict[str, Any], *, is_full: bool) -> Any:
    from trading.compute.backtest.account import Account
    from trading.compute.backtest.bars import Bars
    from trading.compute.backtest.costs import Costs, FeeTier, Slippage
    from trading.compute.backtest.entries import rule_orders
    from trading.compute.backtest.rules import rules_of
    from trading.compute.backtest.run import backtest

    keys = tuple(f"P{place}" for place in range(PAIRS))
    bars = Bars(keys, 1_704_067_200, STEP, lines[0], lines[1], lines[2], lines[3], lines[4])
    account, costs = Account(), Costs((FeeTier(0, 0.001, 0.001),))
    if is_full:
        account = Account(max_open=6, max_sector=0.5, sectors=dict.fromkeys(keys[:4], ((0, "one"),)))
        tiers = (FeeTier(0, 0.001, 0.001), FeeTier(100_000, 0.0008, 0.0009), FeeTier(1e6, 0.0006, 0.0008))
        costs = Costs(tiers, Slippage(0.0002, 0.1, 0.02))
    found = backtest(bars, rule_orders(bars, rules_of(declared)), account=account, costs=costs, pauses=False)
    return found, costs


def ours(lines: Floats, declared: dict[str, Any], *, is_full: bool) -> float:
    started = time.perf_counter()
    found, _costs = backtested(lines, declared, is_full=is_full)
    _fingerprint = found.fingerprint
    return time.perf_counter() - started


def studies(lines: Floats) -> float:
    from trading.compute.backtest.studies import holding, random_entries, reordered

    found, costs = backtested(lines, CROSS, is_full=False)
    started = time.perf_counter()
    holding(found.bars, found.equity.value, found.account.start, costs)
    random_entries(found.bars, found.orders, found.paths, found.trades, costs)
    reordered(found.trades)
    return time.perf_counter() - started


def started_peers(folder: Path, lines: Floats) -> dict[str, "subprocess.Popen[str]"]:
    """The peers that install, ready to be asked for a round."""
    data = folder / "candles.npy"
    np.save(data, lines)
    python = folder / "peers/bin/python"
    subprocess.run([sys.executable, "-m", "venv", str(folder / "peers")], check=True)
    found = {}
    for name, (package, program) in PEERS.items():
        done = subprocess.run([str(python), "-m", "pip", "install", "-q", package], capture_output=True, check=False)
        if done.returncode:
            print(f"{name}: does not install here")
            continue
        command = [str(python), "-c", program, str(data)]
        found[name] = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return found


def asked(peer: "subprocess.Popen[str]") -> float:
    """One round of a peer, seconds."""
    given, told = stream(peer.stdin), stream(peer.stdout)
    given.write(json.dumps("again") + "\n")
    given.flush()
    return float(told.readline().split()[0])


def stream(one: IO[str] | None) -> IO[str]:
    if one is None:
        raise OSError("a peer has no pipe")
    return one


if __name__ == "__main__":
    raise SystemExit(main())

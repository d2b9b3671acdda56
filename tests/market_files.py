"""Markets for tests: the real one of 2024 that stands beside the checkout, and a small one made here."""

import gzip
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

DAYS, COINS = 200, 12
OWN_START = datetime(2024, 1, 1, tzinfo=UTC)


def real_market(shared: Path, timeframe: str = "1d") -> list[Path]:
    """Candles of one timeframe, macro series and sectors of 2024."""
    candles = sorted((shared / "data/candles/binance-spot-2024").glob(f"*-{timeframe}.csv.gz"))
    macro = sorted((shared / "data/macro").glob("*.csv"))
    return [*candles, *macro, shared / "data/sectors/coin-categories-2024-05.csv"]


def cut_after(files: Iterable[Path], target: Path, last_day: str) -> list[Path]:
    """Copies of the files without the rows of later days; files that would be empty are left out."""
    copies = []
    for file in files:
        packed = file.suffix == ".gz"
        text = gzip.decompress(file.read_bytes()).decode() if packed else file.read_text()
        header, *rows = text.splitlines()
        dated = "time" in header.split(",")[0].lower() or "date" in header.split(",")[0].lower()
        kept = [row for row in rows if not dated or row[: len(last_day)] <= last_day]
        if kept:
            copy = target / file.parent.name / file.name
            copy.parent.mkdir(parents=True, exist_ok=True)
            lines = "\n".join([header, *kept, ""]).encode()
            copy.write_bytes(gzip.compress(lines) if packed else lines)
            copies.append(copy)
    return copies


def own_market(target: Path) -> list[Path]:
    """Twelve coins that share a market with a rise and a fall, two sectors, and a mood; seeded."""
    generator = np.random.default_rng(20240101)
    drift = np.repeat([0.004, -0.004], DAYS // 2)[:, None]
    market = drift + 0.02 * generator.standard_normal((DAYS, 1))
    closes = np.exp(np.cumsum(market + 0.02 * generator.standard_normal((DAYS, COINS)), axis=0)) * 50
    symbols = ["BTC", "ETH", *(f"OWN{place}" for place in range(COINS - 2))]
    files = []
    for column, symbol in enumerate(symbols):
        lines = ["candle_time,open,high,low,close,volume"]
        before = closes[0, column]
        for day in range(DAYS):
            close = closes[day, column]
            high, low = max(before, close) * 1.01, min(before, close) * 0.99
            volume = (COINS - column) * 1e5 * (1 + generator.random())
            time = f"{OWN_START + timedelta(days=day):%Y-%m-%dT%H:%M:%SZ}"
            lines.append(f"{time},{before:.6f},{high:.6f},{low:.6f},{close:.6f},{volume:.4f}")
            before = close
        files.append(_written(target / "candles" / f"{symbol}USDT-1d.csv", lines))
    mood = [f"{OWN_START + timedelta(days=day):%Y-%m-%d},{50 + day % 30},Neutral" for day in range(DAYS)]
    files.append(_written(target / "macro/crypto-fear-greed-daily.csv", ["date,value,value_classification", *mood]))
    members = [
        f"{symbol},{'layer-1' if place % 2 == 0 else 'defi'},{place + 1}" for place, symbol in enumerate(symbols)
    ]
    header = "coin_name,category,rank_in_category"
    files.append(_written(target / "sectors/coin-categories-2024-05.csv", [header, *members]))
    return files


def _written(path: Path, lines: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*lines, ""]))
    return path

"""Macro, sentiment and funding series of the demo market, moved by its market factor."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SEED = 20240102


@dataclass(frozen=True)
class DemoSeries:
    """One series by day.

    Attributes:
        code, name, kind, unit: as in ``external_series``, the code without the demo market's prefix.
        days: days since 1970, shape (d,).
        values: shape (d,).
    """

    code: str
    name: str
    kind: str
    unit: str
    days: NDArray[np.int64]
    values: Floats


def daily_series(first_day: date, factor: Floats, stress: Floats) -> list[DemoSeries]:
    """All series for whole days from ``first_day`` on.

    Args:
        first_day: day of the first element.
        factor: log level of the market factor at the end of each day, shape (d,).
        stress: stress of the market at the end of each day, at least 1, shape (d,).
    """
    generator = np.random.default_rng(SEED)
    count = len(factor)
    noise = generator.standard_normal((count, 6))
    moves = np.diff(factor, prepend=0.0)
    stocks = 4750 * np.exp(np.cumsum(0.0003 + 0.07 * moves + 0.007 * noise[:, 0]))
    gold = 2050 * np.exp(np.cumsum(0.0002 - 0.01 * moves + 0.007 * noise[:, 1]))
    dollar = 102 * np.exp(np.cumsum(-0.012 * moves + 0.003 * noise[:, 2]))
    rate = 4.0 + np.cumsum(0.04 * noise[:, 3] - 0.2 * moves) * 0.9
    fear = np.clip(12 + 5 * stress - 20 * moves + 1.5 * noise[:, 4], 9, 80)
    month = factor - np.concatenate([np.zeros(min(30, count)), factor[:-30]])[:count]
    greed = np.clip(50 + 90 * month - 3 * (stress - 1) + 4 * noise[:, 5], 3, 97)
    funding = 0.0001 + 0.0006 * np.tanh(2 * month) + 0.00003 * noise[:, 5]
    days = (first_day - date(1970, 1, 1)) // timedelta(days=1) + np.arange(count, dtype=np.int64)
    trading = (days + 3) % 7 < 5  # 1970-01-01 was a Thursday: markets rest on Saturday and Sunday
    weekdays = [
        ("SP500", "S&P 500 (demo)", "points", stocks),
        ("GOLD", "Gold (demo)", "USD/oz", gold),
        ("DXY", "US Dollar Index (demo)", "points", dollar),
        ("US10Y", "US 10-year yield (demo)", "percent", np.maximum(rate, 0.3)),
        ("VIX", "CBOE Volatility Index (demo)", "points", fear),
    ]
    every_day = [
        ("FNG", "Fear & Greed Index (demo)", "sentiment", "points", np.round(greed)),
        ("FUNDING:BTC-DEMO-PERP", "Funding rate of Bitcoin (demo)", "funding", "fraction per interval", funding),
    ]
    found = [DemoSeries(c, name, "macro", unit, days[trading], v[trading]) for c, name, unit, v in weekdays]
    return found + [DemoSeries(c, name, kind, unit, days, v) for c, name, kind, unit, v in every_day]

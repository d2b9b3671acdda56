"""Macro, sentiment, chain and futures series of the demo market, moved by its market factor."""

import zlib
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
SEED = 20220102
DAY, FUNDING_HOURS = 86400, 8
MONTH = 30
PERPETUALS = {"BTC": 1.0, "ETH": 1.15, "SOL": 1.4}
"""Coins with a perpetual future, and how much stronger than Bitcoin's its positions move."""


@dataclass(frozen=True)
class DemoSeries:
    """One series.

    Attributes:
        code, name, kind, unit: as in ``external_series``, the code without the demo market's prefix.
        observed: moments or starts of the days that the values describe, seconds since 1970, shape (v,).
        known: from when on each could be known, shape (v,).
        values: shape (v,).
    """

    code: str
    name: str
    kind: str
    unit: str
    observed: Integers
    known: Integers
    values: Floats


@dataclass(frozen=True)
class _Days:
    """Whole days since the beginning: level and stress of the market at the end of each, shape (d,)."""

    starts: Integers
    level: Floats
    stress: Floats

    @property
    def moves(self) -> Floats:
        return np.diff(self.level, prepend=0.0)

    @property
    def month(self) -> Floats:
        """Change of the level over thirty days, from the first day on before that."""
        return self.level - np.concatenate([np.full(min(MONTH, len(self.level)), 0.0), self.level[:-MONTH]])

    def noise(self, name: str) -> Floats:
        """Standard normal, of a source of chance of its own: more days leave the earlier ones as they are."""
        return np.random.default_rng([SEED, zlib.crc32(name.encode())]).standard_normal(len(self.level))


def demo_series(first: datetime, level: Floats, stress: Floats) -> list[DemoSeries]:
    """All series of the whole days, and the funding of the whole intervals, from the beginning on.

    Args:
        first: midnight at which the demo market begins.
        level: log level of the market factor at the end of each hour, shape (t,).
        stress: volatility of the market over that of a calm one, shape (t,).
    """
    count = len(level) // 24
    origin = int(first.timestamp())
    days = _Days(origin + DAY * np.arange(count, dtype=np.int64), level[23 : count * 24 : 24], _by_day(stress, count))
    made = [*_exchanges(days), *_every_day(days)]
    return [series for series in made + _funding(origin, level) if len(series.values)]


def _by_day(hourly: Floats, count: int) -> Floats:
    means: Floats = hourly[: count * 24].reshape(count, 24).mean(axis=1)
    return means


def _exchanges(days: _Days) -> list[DemoSeries]:
    """Closed on Saturdays and Sundays; what happened meanwhile is in Monday's value."""
    moves, noise = days.moves, days.noise
    stocks = 4750 * np.exp(np.cumsum(0.0003 + 0.09 * moves + 0.006 * noise("SP500")))
    gold = 1900 * np.exp(np.cumsum(0.0002 - 0.02 * moves + 0.007 * noise("GOLD")))
    values = {
        ("SP500", "S&P 500 (demo)", "points"): stocks,
        ("GOLD", "Gold (demo)", "USD/oz"): gold,
        ("DXY", "US Dollar Index (demo)", "points"): 102 * np.exp(_returning(0.003 * noise("DXY") - 0.02 * moves, 200)),
        ("US10Y", "US 10-year yield (demo)", "percent"): 3.8 + _returning(0.05 * noise("US10Y") - 0.1 * moves, 250),
        ("OIL", "Crude oil (demo)", "USD/bbl"): 78 * np.exp(_returning(0.018 * noise("OIL") + 0.08 * moves, 120)),
        ("VIX", "CBOE Volatility Index (demo)", "points"): np.clip(
            10 + 4.2 * days.stress - 40 * moves + 1.2 * noise("VIX"), 9, 80
        ),
    }
    opened = (days.starts // DAY + 3) % 7 < 5  # 1970-01-01 was a Thursday
    starts = days.starts[opened]
    return [
        DemoSeries(code, name, "macro", unit, starts, starts + DAY, figures[opened])
        for (code, name, unit), figures in values.items()
    ]


def _every_day(days: _Days) -> list[DemoSeries]:
    greed = 50 + 45 * np.tanh(1.6 * days.month) - 2.5 * (days.stress - 1.5) + 4 * days.noise("FNG")
    users = 850_000 * np.exp(0.25 * days.level + _returning(0.03 * days.noise("ACTIVE_ADDRESSES"), 20))
    known = days.starts + DAY
    made = [
        DemoSeries(
            "FNG", "Fear & Greed Index (demo)", "sentiment", "points", days.starts, known, np.rint(greed).clip(3, 97)
        ),
        DemoSeries(
            "ACTIVE_ADDRESSES:BTC-DEMO",
            "Active addresses of Bitcoin (demo)",
            "onchain",
            "addresses",
            days.starts,
            known,
            np.rint(users),
        ),
    ]
    for coin, strength in PERPETUALS.items():
        own = _returning(0.02 * days.noise(f"OPEN_INTEREST:{coin}"), 60)
        positions = 9e9 / strength**4 * np.exp(0.8 * strength * days.level + own - 0.1 * np.log(days.stress))
        made.append(
            DemoSeries(
                f"OPEN_INTEREST:{coin}-DEMO-PERP",
                f"Open interest of {coin} (demo)",
                "open_interest",
                "USD",
                days.starts,
                known,
                np.rint(positions),
            )
        )
    return made


def _funding(origin: int, level: Floats) -> list[DemoSeries]:
    """Paid every eight hours: longs pay when the market has risen. Known when it is paid."""
    count = len(level) // FUNDING_HOURS
    paid = level[FUNDING_HOURS - 1 : count * FUNDING_HOURS : FUNDING_HOURS]
    times = origin + 3600 * FUNDING_HOURS * np.arange(1, count + 1, dtype=np.int64)
    week = paid - np.concatenate([np.zeros(min(21, count)), paid[:-21]])
    made = []
    for coin, strength in PERPETUALS.items():
        code = f"FUNDING:{coin}-DEMO-PERP"
        noise = np.random.default_rng([SEED, zlib.crc32(code.encode())]).standard_normal(count)
        rate = 0.0001 + strength * (0.0004 * np.tanh(3 * week) + 0.00003 * noise)
        name = f"Funding rate of {coin} (demo)"
        made.append(DemoSeries(code, name, "funding", "fraction per interval", times, times, np.round(rate, 8)))
    return made


def _returning(shocks: Floats, half_life: float) -> Floats:
    """``x[t] = keeps * x[t-1] + shocks[t]`` from 0 on; half of a distance is gone after ``half_life`` steps."""
    keeps, level, found = 0.5 ** (1 / half_life), 0.0, np.empty(len(shocks))
    for place, shock in enumerate(shocks.tolist()):
        level = keeps * level + shock
        found[place] = level
    return found

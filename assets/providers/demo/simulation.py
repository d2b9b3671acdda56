"""The paths that the demo market follows, hour by hour from a fixed start.

A market factor switches between rise, fall, range and panic; sectors and coins add moves of their own that return to
their mean, so that no price runs away over the years. Volatility comes in clusters, shocks have fat tails, coins jump.

Time is cut into blocks of equal length. A block is always simulated whole, from the state in which the one before
ended and from chances that belong to it alone: what has been shown does not change when time goes on.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from assets.providers.demo.coins import COINS

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
START = datetime(2022, 1, 1, tzinfo=UTC)
SEED = 337
"""One of several hundred that were tried: its years hold every regime, and no price leaves its bounds until 2032."""
HOUR = timedelta(hours=1)
BLOCK = 84 * 24
"""Hours: whole days, so that no daily candle reaches over two blocks."""


class Regime(IntEnum):
    """State of the market factor."""

    RISE = 0
    FALL = 1
    RANGE = 2
    PANIC = 3


# By regime: drift and volatility per hour, the chance to leave per hour, and where to.
DRIFT = (0.00018, -0.00018, 0.0, -0.0022)
VOLATILITY = (0.0043, 0.0050, 0.0029, 0.0120)
LEAVE = (1 / 2900, 1 / 2300, 1 / 1600, 1 / 72)
NEXT = ((0.0, 0.25, 0.50, 0.25), (0.25, 0.0, 0.60, 0.15), (0.52, 0.38, 0.0, 0.10), (0.30, 0.40, 0.30, 0.0))
HEAT = (2.5, -2.5, 0.0, -1.0)
"""How much sooner a regime ends when the market stands high above its trend: per unit of the log level."""
PULL = 4e-5
"""Share of the distance from the trend that is undone per hour."""
TREND = 0.15 / (365 * 24)
"""Log growth per hour of every price that is not pegged."""
CALM = VOLATILITY[Regime.RANGE]
SECTOR_DRIFT, SECTOR_SHOCK = 0.0030 / 24, 0.0105 / np.sqrt(24)
FAT = 5
"""Degrees of freedom of the shocks: the fewer, the fatter the tails."""
JUMPS_PER_HOUR, JUMP_SIZE = 1 / (40 * 24), 0.05
CALM_SHARE = 0.75
"""Volatility of a coin's own moves in a calm hour, over its mean."""


def _half_life(hours: float) -> float:
    """Share that is left after one hour of what is halved in ``hours``."""
    return float(0.5 ** (1 / hours))


CLUSTER, CLUSTER_SPREAD = _half_life(6 * 24), 0.45
CLUSTER_SHOCK = CLUSTER_SPREAD * np.sqrt(1 - CLUSTER**2)
SECTOR_MOOD, SECTOR_LEVEL = _half_life(15 * 24), _half_life(150 * 24)
SECTORS = tuple(sorted({coin.sector for coin in COINS}))
PEGGED = np.array([coin.is_stable for coin in COINS])
OWN_LEVEL = np.array([_half_life(8 if coin.is_stable else 150 * 24) for coin in COINS])


@dataclass(frozen=True)
class DemoPaths:
    """Hours that were simulated, t of them, for the n coins in the order of ``COINS``.

    Attributes:
        first: number of the first hour since the start.
        level: log level of the market factor at the end of each hour, without trend, shape (t,).
        regime: a ``Regime``, shape (t,).
        stress: volatility of the market over that of a calm one, shape (t,).
        close: log price at the end of each hour, shape (t, n).
        before: log price at the end of the hour before the first, shape (n,).
        spread: volatility of each coin in each hour, shape (t, n).
    """

    first: int
    level: Floats
    regime: Integers
    stress: Floats
    close: Floats
    before: Floats
    spread: Floats


class _Market(NamedTuple):
    """Where the market factor stands at the end of a block."""

    level: float = 0.0
    cluster: float = 0.0
    regime: int = Regime.RANGE


@dataclass
class _State:
    """Where everything stands at the end of a block."""

    market: _Market = field(default_factory=_Market)
    moods: Floats = field(default_factory=lambda: np.zeros(len(SECTORS)))
    sectors: Floats = field(default_factory=lambda: np.zeros(len(SECTORS)))
    clusters: Floats = field(default_factory=lambda: np.zeros(len(COINS)))
    coins: Floats = field(default_factory=lambda: np.zeros(len(COINS)))


def simulate(until: datetime) -> Iterator[DemoPaths]:
    """All blocks from ``START`` on, the last one cut after the last whole hour before ``until``.

    Raises:
        ValueError: not one hour has passed.
    """
    hours = (until - START) // HOUR
    if hours < 1:
        raise ValueError(f"the demo market begins on {START:%Y-%m-%d}")
    state, before = _State(), _resting_prices(np.zeros(1))[0]
    for block in range(-(-hours // BLOCK)):
        paths = _simulate_block(block, state, before)
        before = paths.close[-1]
        yield _cut(paths, hours - paths.first)


def chances(block: int, name: str) -> np.random.Generator:
    """The source of chance of one thing in one block: nothing else draws from it."""
    return np.random.default_rng([SEED, block, zlib.crc32(name.encode())])


def _cut(paths: DemoPaths, hours: int) -> DemoPaths:
    """The first hours of a block."""
    return replace(
        paths,
        level=paths.level[:hours],
        regime=paths.regime[:hours],
        stress=paths.stress[:hours],
        close=paths.close[:hours],
        spread=paths.spread[:hours],
    )


def _simulate_block(block: int, state: _State, before: Floats) -> DemoPaths:
    """The next whole block; ``state`` is moved to its end."""
    first = block * BLOCK
    level, regime, volatility = _market(block, state)
    stress = volatility / CALM
    sectors = _sectors(block, state)[:, [SECTORS.index(coin.sector) for coin in COINS]]
    own, restless = _coins(block, state, stress)
    beta = np.array([coin.beta for coin in COINS])
    resting = _resting_prices(np.arange(first + 1, first + BLOCK + 1, dtype=np.float64))
    close = resting + beta * level[:, None] + np.where(PEGGED, 0.0, sectors) + own
    common = np.hypot(beta * volatility[:, None], np.where(PEGGED, 0.0, SECTOR_SHOCK))
    return DemoPaths(first, level, regime, stress, close, before, np.hypot(common, restless))


def _resting_prices(hours: Floats) -> Floats:
    """Log prices without any shock, some hours after the start, shape (t, n)."""
    first = np.log([coin.price for coin in COINS])
    return first + np.where(PEGGED, 0.0, TREND * hours[:, None])


def _market(block: int, state: _State) -> tuple[Floats, Integers, Floats]:
    """Level, regime and volatility of the market factor by hour."""
    generator = chances(block, "market")
    leaving, going = generator.random(BLOCK).tolist(), generator.random(BLOCK).tolist()
    shocks = _fat_shocks(generator).tolist()
    noise = _returning(CLUSTER_SHOCK * generator.standard_normal((BLOCK, 1)), CLUSTER, np.array([state.market.cluster]))
    clusters = np.exp(noise[:, 0] - CLUSTER_SPREAD**2).tolist()
    level, regime = state.market.level, state.market.regime
    levels, regimes, volatilities = [], [], []
    for leave, where, shock, cluster in zip(leaving, going, shocks, clusters, strict=True):
        if leave < LEAVE[regime] * np.exp(HEAT[regime] * level):
            regime = _next_regime(regime, where, level)
        volatility = VOLATILITY[regime] * cluster
        level += DRIFT[regime] - PULL * level + volatility * shock
        levels.append(level)
        regimes.append(regime)
        volatilities.append(volatility)
    state.market = _Market(level, float(noise[-1, 0]), regime)
    return np.array(levels), np.array(regimes, dtype=np.int64), np.array(volatilities)


def _next_regime(regime: int, chance: float, level: float) -> int:
    """Where the market goes from a regime: the higher it stands, the rarer a rise and the likelier a fall."""
    weights = np.array(NEXT[regime]) * np.exp(-2 * level * np.array([1, -1, 0, -1]))
    reach = np.cumsum(weights) / weights.sum()
    return min(int(np.searchsorted(reach, chance, side="right")), Regime.PANIC)


def _sectors(block: int, state: _State) -> Floats:
    """Log level of each sector's own factor by hour: a mood that lasts for weeks, and shocks."""
    draws = np.column_stack([chances(block, f"sector {name}").standard_normal((BLOCK, 2)) for name in SECTORS])
    moods = _returning(SECTOR_DRIFT * np.sqrt(1 - SECTOR_MOOD**2) * draws[:, ::2], SECTOR_MOOD, state.moods)
    levels = _returning(moods + SECTOR_SHOCK * draws[:, 1::2], SECTOR_LEVEL, state.sectors)
    state.moods, state.sectors = moods[-1], levels[-1]
    return levels


def _coins(block: int, state: _State, stress: Floats) -> tuple[Floats, Floats]:
    """Log level of each coin's own part by hour, and its volatility; stress of the market makes all more restless."""
    parts = [_own_shocks(chances(block, coin.symbol)) for coin in COINS]
    shocks, jumps, noise = (np.column_stack(columns) for columns in zip(*parts, strict=True))
    clusters = _returning(CLUSTER_SHOCK * noise, CLUSTER, state.clusters)
    calm = CALM_SHARE * np.array([coin.restless for coin in COINS]) / np.sqrt(24)
    restless = calm * np.exp(clusters - CLUSTER_SPREAD**2) * np.sqrt(np.minimum(stress, 9))[:, None]
    levels = _returning(restless * shocks + np.where(PEGGED, 0.0, jumps), OWN_LEVEL, state.coins)
    state.clusters, state.coins = clusters[-1], levels[-1]
    return levels, restless


def _own_shocks(generator: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """Shocks with variance 1, jumps as log moves, and noise for the volatility: each of shape (BLOCK,)."""
    jumps = np.where(generator.random(BLOCK) < JUMPS_PER_HOUR, JUMP_SIZE * generator.standard_normal(BLOCK), 0.0)
    return _fat_shocks(generator), jumps, generator.standard_normal(BLOCK)


def _fat_shocks(generator: np.random.Generator) -> Floats:
    """Student's t, scaled to variance 1 and bounded: an hour of 12 deviations is enough."""
    return np.clip(generator.standard_t(FAT, BLOCK) * np.sqrt((FAT - 2) / FAT), -12, 12)


def _returning(shocks: Floats, keeps: float | Floats, last: Floats) -> Floats:
    """``x[t] = keeps * x[t-1] + shocks[t]``, begun at ``last``, for all hours at once.

    Each pass doubles how many hours back a sum reaches.
    """
    found, reach, share = shocks.copy(), 1, np.asarray(keeps)
    found[0] += share * last
    while reach < len(found):
        found[reach:] += share * found[:-reach]
        reach, share = 2 * reach, share * share
    return found

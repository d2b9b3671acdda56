"""The built-in demo market: a seeded simulation to try the product with. It proves nothing, and every page says so.

A market factor switches between calm rise, calm fall, range and panic; sectors and coins add moves of their own, coins
jump now and then, and volume swells with volatility. Hours are simulated one after the other from a fixed start, so a
longer simulation begins with the shorter one: what has been shown does not change when time goes on.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
START = datetime(2024, 1, 1, tzinfo=UTC)
SEED = 20240101
HOUR = timedelta(hours=1)
SUFFIX = "-DEMO"


@dataclass(frozen=True)
class DemoCoin:
    """A coin of the demo market. ``beta`` is its share in the market's moves, ``restless`` its own daily volatility."""

    symbol: str
    name: str
    sector: str
    price: float
    supply: float
    beta: float
    restless: float

    @property
    def demo_symbol(self) -> str:
        return f"{self.symbol}{SUFFIX}"


COINS = tuple(
    DemoCoin(*row)
    for row in (
        ("BTC", "Bitcoin", "Bitcoin", 42000.0, 19.6e6, 1.00, 0.010),
        ("ETH", "Ethereum", "Smart Contract Platforms", 2300.0, 120e6, 1.15, 0.016),
        ("BNB", "BNB", "Smart Contract Platforms", 310.0, 150e6, 0.90, 0.018),
        ("SOL", "Solana", "Layer 1", 100.0, 430e6, 1.45, 0.028),
        ("ADA", "Cardano", "Layer 1", 0.60, 35e9, 1.25, 0.026),
        ("AVAX", "Avalanche", "Layer 1", 39.0, 365e6, 1.40, 0.030),
        ("DOT", "Polkadot", "Layer 1", 8.2, 1.3e9, 1.20, 0.027),
        ("ATOM", "Cosmos", "Layer 1", 10.6, 390e6, 1.15, 0.027),
        ("TRX", "TRON", "Layer 1", 0.105, 88e9, 0.70, 0.018),
        ("ARB", "Arbitrum", "Layer 2", 1.6, 1.3e9, 1.35, 0.032),
        ("OP", "Optimism", "Layer 2", 3.7, 900e6, 1.40, 0.034),
        ("MATIC", "Polygon", "Layer 2", 0.97, 9.3e9, 1.25, 0.028),
        ("STX", "Stacks", "Layer 2", 1.5, 1.4e9, 1.30, 0.036),
        ("UNI", "Uniswap", "DeFi", 7.3, 600e6, 1.25, 0.030),
        ("AAVE", "Aave", "DeFi", 108.0, 14.7e6, 1.25, 0.030),
        ("MKR", "Maker", "DeFi", 1700.0, 0.92e6, 1.00, 0.030),
        ("CRV", "Curve DAO", "DeFi", 0.60, 1.1e9, 1.30, 0.036),
        ("LDO", "Lido DAO", "DeFi", 2.8, 890e6, 1.35, 0.036),
        ("LINK", "Chainlink", "Infrastructure", 15.0, 568e6, 1.20, 0.026),
        ("FIL", "Filecoin", "Infrastructure", 6.9, 490e6, 1.25, 0.030),
        ("GRT", "The Graph", "Infrastructure", 0.19, 9.4e9, 1.30, 0.033),
        ("FET", "Fetch.ai", "AI", 0.70, 830e6, 1.45, 0.042),
        ("TAO", "Bittensor", "AI", 270.0, 6.2e6, 1.35, 0.042),
        ("RNDR", "Render", "AI", 4.5, 375e6, 1.45, 0.040),
        ("DOGE", "Dogecoin", "Meme", 0.09, 142e9, 1.20, 0.034),
        ("SHIB", "Shiba Inu", "Meme", 0.0000103, 589e12, 1.25, 0.038),
        ("PEPE", "Pepe", "Meme", 0.0000013, 420e12, 1.40, 0.052),
        ("IMX", "Immutable", "Gaming", 2.2, 1.3e9, 1.40, 0.036),
        ("GALA", "Gala", "Gaming", 0.030, 28e9, 1.35, 0.038),
        ("SAND", "The Sandbox", "Gaming", 0.58, 2.2e9, 1.30, 0.033),
        ("XRP", "XRP", "Payments", 0.62, 54e9, 0.95, 0.024),
        ("XLM", "Stellar", "Payments", 0.13, 28e9, 0.95, 0.024),
        ("LTC", "Litecoin", "Payments", 73.0, 74e6, 0.90, 0.022),
        ("XMR", "Monero", "Privacy", 165.0, 18.4e6, 0.75, 0.022),
        ("ZEC", "Zcash", "Privacy", 28.0, 16.3e6, 0.95, 0.030),
        ("ONDO", "Ondo", "RWA", 0.23, 1.4e9, 1.20, 0.044),
    )
)
SECTORS = tuple(sorted({coin.sector for coin in COINS}))
# Regimes of the factor: drift and volatility per hour, and the chance to leave per hour.
DRIFT = np.array([0.00018, -0.00016, 0.0, -0.0011])
VOLATILITY = np.array([0.0042, 0.0052, 0.0030, 0.0130])
LEAVE = np.array([1 / 1700, 1 / 1200, 1 / 900, 1 / 60])
NEXT = np.array([[0.0, 0.25, 0.65, 0.10], [0.35, 0.0, 0.55, 0.10], [0.55, 0.40, 0.0, 0.05], [0.15, 0.55, 0.30, 0.0]])


@dataclass(frozen=True)
class DemoMarket:
    """Simulated hours.

    Attributes:
        times: starts of the hours, seconds since 1970, shape (t,).
        open, high, low, close: USD, shape (t, n) in the order of ``COINS``.
        base_volume: coins traded, shape (t, n).
        factor: log level of the market factor at the end of each hour, shape (t,).
        stress: volatility of the present regime over that of the calmest, shape (t,).
    """

    times: NDArray[np.int64]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    base_volume: Floats
    factor: Floats
    stress: Floats


def simulate(until: datetime) -> DemoMarket:
    """All whole hours from ``START`` to ``until``.

    Raises:
        ValueError: not one hour has passed.
    """
    hours = (until - START) // HOUR
    if hours < 1:
        raise ValueError("the demo market begins on 2024-01-01")
    seeds = [np.random.default_rng(seed) for seed in np.random.SeedSequence(SEED).spawn(6)]
    states = _states(seeds[0].random((hours, 2)))
    shocks = seeds[1].standard_normal((hours, 1 + len(SECTORS) + len(COINS)))
    jumps = seeds[2].random((hours, len(COINS))) < 1 / 4000
    jump_sizes = 0.06 * seeds[3].standard_normal((hours, len(COINS)))
    wicks = np.abs(seeds[4].standard_normal((hours, 2 * len(COINS))))
    noise = seeds[5].standard_normal((hours, len(COINS)))

    market = DRIFT[states] + VOLATILITY[states] * shocks[:, 0]
    stress = VOLATILITY[states] / VOLATILITY.min()
    sector_of = np.array([SECTORS.index(coin.sector) for coin in COINS])
    beta = np.array([coin.beta for coin in COINS])
    restless = np.array([coin.restless for coin in COINS]) / np.sqrt(24)
    returns = beta * market[:, None]
    returns += 0.0018 * np.sqrt(stress)[:, None] * shocks[:, 1 + sector_of]
    returns += restless * shocks[:, 1 + len(SECTORS) :] - restless**2 / 2
    returns += np.where(jumps, jump_sizes, 0)

    first = np.array([coin.price for coin in COINS])
    close = first * np.exp(np.cumsum(returns, axis=0))
    opened = np.vstack([first, close[:-1]])
    spread = 0.35 * np.hypot(beta * (VOLATILITY[states])[:, None], restless)
    high = np.maximum(opened, close) * np.exp(spread * wicks[:, : len(COINS)])
    low = np.minimum(opened, close) * np.exp(-spread * wicks[:, len(COINS) :])
    turnover = np.array([0.03 * coin.supply / 24 for coin in COINS])
    volume = turnover * np.exp(0.25 * noise) * (0.5 + 0.5 * stress[:, None]) * (1 + 40 * np.abs(returns))
    times = int(START.timestamp()) + 3600 * np.arange(hours, dtype=np.int64)
    return DemoMarket(times, opened, high, low, close, volume, np.cumsum(market), stress)


def _states(chances: Floats) -> NDArray[np.int64]:
    """Path of the regimes, from a range on."""
    states = np.empty(len(chances), dtype=np.int64)
    present = 2
    reach = NEXT.cumsum(axis=1)
    for i, (leave, where) in enumerate(chances):
        if leave < LEAVE[present]:
            present = min(int(np.searchsorted(reach[present], where)), 3)
        states[i] = present
    return states


@dataclass(frozen=True)
class DemoCandles:
    """Candles of all coins over whole periods of some hours, shape (t, n)."""

    times: NDArray[np.int64]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    base_volume: Floats


def aggregate(market: DemoMarket, hours: int) -> DemoCandles:
    """Whole periods of ``hours`` hours: first open, highest high, lowest low, last close, summed volume."""
    count = len(market.times) // hours

    def blocks(values: Floats) -> Floats:
        return values[: count * hours].reshape(count, hours, -1)

    return DemoCandles(
        market.times[: count * hours : hours],
        blocks(market.open)[:, 0],
        blocks(market.high).max(axis=1),
        blocks(market.low).min(axis=1),
        blocks(market.close)[:, -1],
        blocks(market.base_volume).sum(axis=1),
    )

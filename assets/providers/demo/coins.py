"""What the demo market trades: names that people know, at prices that are made up."""

from dataclasses import dataclass
from datetime import UTC, datetime

SUFFIX = "-DEMO"
STABLECOINS = "Stablecoins"


@dataclass(frozen=True)
class DemoCoin:
    """A coin of the demo market.

    Attributes:
        price: USD around which it moves when the simulation begins.
        supply: coins in circulation, constant.
        beta: its share in the market's moves.
        restless: its own volatility per day.
        turnover: share of the supply that changes hands on a usual day.
        listed_at, delisted_at: moments at which trade begins and ends; None = since ever, still.
    """

    symbol: str
    name: str
    sector: str
    price: float
    supply: float
    beta: float
    restless: float
    turnover: float = 0.04
    listed_at: datetime | None = None
    delisted_at: datetime | None = None

    @property
    def demo_symbol(self) -> str:
        return f"{self.symbol}{SUFFIX}"

    def was_listed(self, moment: datetime) -> bool:
        """Whether its trade had begun; it may have ended since."""
        return self.listed_at is None or self.listed_at <= moment

    @property
    def is_stable(self) -> bool:
        return self.sector == STABLECOINS


def _day(text: str) -> datetime:
    """Midnight of a day, so that the first and the last daily candle are whole."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


COINS = (
    DemoCoin("BTC", "Bitcoin", "Bitcoin", 42000.0, 19.6e6, 1.00, 0.009, 0.03),
    DemoCoin("ETH", "Ethereum", "Smart Contract Platforms", 2300.0, 120e6, 1.15, 0.015, 0.05),
    DemoCoin("BNB", "BNB", "Smart Contract Platforms", 310.0, 150e6, 0.90, 0.016, 0.03),
    DemoCoin("SOL", "Solana", "Layer 1", 100.0, 430e6, 1.40, 0.022, 0.06),
    DemoCoin("ADA", "Cardano", "Layer 1", 0.60, 35e9, 1.20, 0.021),
    DemoCoin("AVAX", "Avalanche", "Layer 1", 39.0, 365e6, 1.35, 0.023),
    DemoCoin("DOT", "Polkadot", "Layer 1", 8.2, 1.3e9, 1.20, 0.021),
    DemoCoin("ATOM", "Cosmos", "Layer 1", 10.6, 390e6, 1.15, 0.022),
    DemoCoin("TRX", "TRON", "Layer 1", 0.105, 88e9, 0.70, 0.015, 0.03),
    DemoCoin("NEAR", "NEAR Protocol", "Layer 1", 3.6, 1.0e9, 1.35, 0.025, 0.06),
    DemoCoin("APT", "Aptos", "Layer 1", 9.1, 380e6, 1.30, 0.025, 0.07),
    DemoCoin("SUI", "Sui", "Layer 1", 1.1, 2.4e9, 1.40, 0.028, 0.10, _day("2023-05-03")),
    DemoCoin("TON", "Toncoin", "Layer 1", 2.4, 2.5e9, 0.95, 0.023, 0.03),
    DemoCoin("HBAR", "Hedera", "Layer 1", 0.085, 34e9, 1.20, 0.025, 0.05),
    DemoCoin("ICP", "Internet Computer", "Layer 1", 9.5, 470e6, 1.25, 0.026),
    DemoCoin("ALGO", "Algorand", "Layer 1", 0.20, 8.2e9, 1.20, 0.023),
    DemoCoin("EOS", "EOS", "Layer 1", 0.80, 1.1e9, 1.10, 0.022, 0.08, None, _day("2026-05-28")),
    DemoCoin("ARB", "Arbitrum", "Layer 2", 1.6, 1.3e9, 1.30, 0.025, 0.12, _day("2023-03-23")),
    DemoCoin("OP", "Optimism", "Layer 2", 3.7, 900e6, 1.35, 0.026, 0.09),
    DemoCoin("MATIC", "Polygon (old token)", "Layer 2", 0.97, 9.3e9, 1.25, 0.022, 0.05, None, _day("2024-09-10")),
    DemoCoin("POL", "Polygon", "Layer 2", 0.40, 9.9e9, 1.25, 0.023, 0.05, _day("2024-09-13")),
    DemoCoin("STX", "Stacks", "Layer 2", 1.5, 1.4e9, 1.30, 0.027),
    DemoCoin("MNT", "Mantle", "Layer 2", 0.60, 3.1e9, 1.00, 0.022, 0.04),
    DemoCoin("UNI", "Uniswap", "DeFi", 7.3, 600e6, 1.20, 0.023, 0.03),
    DemoCoin("AAVE", "Aave", "DeFi", 108.0, 14.7e6, 1.20, 0.023, 0.08),
    DemoCoin("MKR", "Maker", "DeFi", 1700.0, 0.92e6, 1.00, 0.024, 0.05),
    DemoCoin("CRV", "Curve DAO", "DeFi", 0.60, 1.1e9, 1.25, 0.028, 0.12),
    DemoCoin("LDO", "Lido DAO", "DeFi", 2.8, 890e6, 1.30, 0.028, 0.05),
    DemoCoin("INJ", "Injective", "DeFi", 24.0, 93e6, 1.35, 0.028, 0.06),
    DemoCoin("PENDLE", "Pendle", "DeFi", 2.6, 150e6, 1.30, 0.031, 0.08),
    DemoCoin("LINK", "Chainlink", "Infrastructure", 15.0, 568e6, 1.20, 0.021, 0.05),
    DemoCoin("FIL", "Filecoin", "Infrastructure", 6.9, 490e6, 1.20, 0.023, 0.07),
    DemoCoin("GRT", "The Graph", "Infrastructure", 0.19, 9.4e9, 1.30, 0.025, 0.05),
    DemoCoin("PYTH", "Pyth Network", "Infrastructure", 0.36, 3.6e9, 1.30, 0.029, 0.07, _day("2024-02-02")),
    DemoCoin("FET", "Fetch.ai", "AI", 0.70, 2.3e9, 1.40, 0.031, 0.09),
    DemoCoin("TAO", "Bittensor", "AI", 270.0, 6.2e6, 1.30, 0.031, 0.05, _day("2024-04-11")),
    DemoCoin("RNDR", "Render", "AI", 4.5, 375e6, 1.40, 0.029, 0.06),
    DemoCoin("WLD", "Worldcoin", "AI", 2.3, 420e6, 1.40, 0.033, 0.15, _day("2023-07-24")),
    DemoCoin("DOGE", "Dogecoin", "Meme", 0.09, 142e9, 1.20, 0.026, 0.06),
    DemoCoin("SHIB", "Shiba Inu", "Meme", 0.0000103, 589e12, 1.20, 0.027, 0.05),
    DemoCoin("PEPE", "Pepe", "Meme", 0.0000023, 420e12, 1.35, 0.036, 0.25, _day("2023-05-05")),
    DemoCoin("WIF", "dogwifhat", "Meme", 1.4, 1.0e9, 1.45, 0.039, 0.30, _day("2024-03-05")),
    DemoCoin("BONK", "Bonk", "Meme", 0.000014, 66e12, 1.40, 0.037, 0.20, _day("2023-12-15")),
    DemoCoin("IMX", "Immutable", "Gaming", 2.2, 1.3e9, 1.35, 0.027, 0.03),
    DemoCoin("GALA", "Gala", "Gaming", 0.030, 28e9, 1.35, 0.029, 0.12),
    DemoCoin("SAND", "The Sandbox", "Gaming", 0.58, 2.2e9, 1.30, 0.025, 0.08),
    DemoCoin("AXS", "Axie Infinity", "Gaming", 8.8, 135e6, 1.25, 0.026, 0.07),
    DemoCoin("APE", "ApeCoin", "NFT", 1.6, 370e6, 1.30, 0.028, 0.09),
    DemoCoin("BLUR", "Blur", "NFT", 0.55, 1.2e9, 1.35, 0.033, 0.12, _day("2023-11-24")),
    DemoCoin("XRP", "XRP", "Payments", 0.62, 54e9, 0.95, 0.020, 0.04),
    DemoCoin("XLM", "Stellar", "Payments", 0.13, 28e9, 0.95, 0.020, 0.03),
    DemoCoin("LTC", "Litecoin", "Payments", 73.0, 74e6, 0.90, 0.018, 0.07),
    DemoCoin("BCH", "Bitcoin Cash", "Payments", 260.0, 19.6e6, 0.95, 0.021, 0.07),
    DemoCoin("XMR", "Monero", "Privacy", 165.0, 18.4e6, 0.75, 0.018, 0.03),
    DemoCoin("ZEC", "Zcash", "Privacy", 28.0, 16.3e6, 0.95, 0.025, 0.12),
    DemoCoin("ONDO", "Ondo", "RWA", 0.43, 1.4e9, 1.15, 0.031, 0.10, _day("2024-01-18")),
    DemoCoin("PLUME", "Plume", "RWA", 0.14, 2.0e9, 1.25, 0.034, 0.12, _day("2026-01-21")),
    DemoCoin("USDT", "Tether", STABLECOINS, 1.0, 95e9, 0.0, 0.0008, 0.45),
    DemoCoin("USDC", "USD Coin", STABLECOINS, 1.0, 28e9, 0.0, 0.0006, 0.20),
    DemoCoin("DAI", "Dai", STABLECOINS, 1.0, 5.3e9, 0.0, 0.0010, 0.06),
)
"""The order is part of the simulation's result, not of its chances: each coin has a source of chance of its own."""
PLACES = {coin.symbol: place for place, coin in enumerate(COINS)}

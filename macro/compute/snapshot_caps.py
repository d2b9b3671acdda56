"""Shares of the total market cap. A cap of 0 is unknown and must not come here."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Coin:
    """An asset of known size.

    Attributes:
        cap: market cap, USD, above 0.
        is_stable: a stablecoin.
    """

    cap: float
    is_stable: bool


@dataclass(frozen=True)
class Dominance:
    """Market caps in USD and shares in percent; None where the size is not known.

    Bitcoin, Ether, stablecoins and altcoins add up to 100, those of unknown size aside.
    """

    total: float
    bitcoin: float
    ether: float | None
    tether: float | None
    stablecoins: float | None
    altcoins: float


def dominance(coins: Mapping[str, Coin], *, bitcoin: str, ether: str, tether: str) -> Dominance:
    """Shares of the total market cap. Altcoins are what is neither Bitcoin, Ether nor a stablecoin.

    Args:
        coins: by symbol; no coin that repeats the value of another (wrapped), which would count twice.
        bitcoin, ether, tether: their symbols; Bitcoin must be among the coins.
    Raises:
        ValueError: Bitcoin's cap is missing, or a cap is not above 0.
    """
    if bitcoin not in coins or min(coin.cap for coin in coins.values()) <= 0:
        raise ValueError("caps must be above 0 and hold Bitcoin's")
    total = sum(coins[symbol].cap for symbol in sorted(coins))
    share = {symbol: 100 * coin.cap / total for symbol, coin in coins.items()}
    stable = [share[symbol] for symbol in sorted(coins) if coins[symbol].is_stable]
    others = [
        share[symbol] for symbol in sorted(coins) if not coins[symbol].is_stable and symbol not in (bitcoin, ether)
    ]
    return Dominance(
        total, share[bitcoin], share.get(ether), share.get(tether), sum(stable) if stable else None, sum(others)
    )


def share_change(now: Mapping[int, float], then: Mapping[int, float], asset_id: int) -> float:
    """By how many percentage points the share of an asset has changed, among the assets that are known at both moments.

    Args:
        now, then: market caps, USD, above 0, by asset.
        asset_id: whose share.
    Returns:
        Percentage points; NaN where the asset is not known at both, or is alone.
    """
    both = sorted(now.keys() & then.keys())
    if asset_id not in both or len(both) < 2:
        return float("nan")
    first, last = (100 * caps[asset_id] / sum(caps[one] for one in both) for caps in (then, now))
    return last - first


def total_change(now: Mapping[int, float], then: Mapping[int, float]) -> float:
    """Change of the total of the assets that are known at both moments, percent; NaN without any."""
    both = sorted(now.keys() & then.keys())
    before = sum(then[one] for one in both)
    return 100 * (sum(now[one] for one in both) / before - 1) if before > 0 else float("nan")

"""Plans for one asset: which way, where in, where out, and what speaks for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

FACTOR_WEIGHTS = {
    "trend": 0.25,
    "structure": 0.20,
    "momentum": 0.20,
    "relative_strength": 0.15,
    "regime": 0.10,
    "sector": 0.10,
}
"""How much each factor counts; they add up to 1."""
PAD_IN_ATR = 0.25
"""A stop lies this far beyond the level it hides behind, so that a touch of the level does not hit it."""
PLAIN_STOP_IN_ATR = 2.0
"""Where no level is in reach."""


@dataclass(frozen=True)
class Plan:
    """Levels of a signal, USD. ``risk_reward`` is reward over risk; ``level`` is what the stop hides behind, None where
    it leans on none."""

    entry: float
    target: float
    stop: float
    risk_reward: float
    level: float | None = None

    @property
    def chance(self) -> float:
        """Probability that the target is reached before the stop if the price wanders without drift.

        ``risk / (risk + reward)``: the stopping theorem for a martingale, which makes the expected value before costs
        exactly 0. It is for a plan that waits without end; one that runs out reaches its target less often.
        """
        risk, reward = abs(self.entry - self.stop), abs(self.target - self.entry)
        return risk / (risk + reward)


def confluence(factors: Mapping[str, float], direction: int) -> tuple[list[tuple[str, float]], float]:
    """Factors that speak for a direction, weightiest first, and the share of all weight that they have.

    Args:
        factors: value of each known factor, -1 (for a fall) to 1 (for a rise).
        direction: 1 for long, -1 for short.
    Returns:
        Pairs of name and weight for the factors that agree; the share is from 0 to 1.
    """
    agreeing = [(name, FACTOR_WEIGHTS[name]) for name, value in factors.items() if value * direction > 0]
    share = sum(weight for _name, weight in agreeing) / sum(FACTOR_WEIGHTS.values())
    return sorted(agreeing, key=lambda pair: (-pair[1], pair[0])), share


def direction_of(factors: Mapping[str, float]) -> int:
    """1 or -1 where trend and momentum agree on it; 0 where they do not, and there is no signal."""
    trend, momentum = factors.get("trend", 0.0), factors.get("momentum", 0.0)
    if trend > 0 and momentum > 0:
        return 1
    return -1 if trend < 0 and momentum < 0 else 0


def plan(
    price: float,
    atr: float,
    levels: Sequence[float],
    direction: int,
    *,
    min_risk_reward: float,
    min_stop_atr: float,
    max_stop_atr: float,
) -> Plan | None:
    """Entry at the price; the stop behind the nearest level against us; the target at the first level that pays.

    Args:
        price: last close, USD, above 0.
        atr: average true range, USD, above 0.
        levels: key levels, USD, in any order.
        direction: 1 for long, -1 for short.
        min_risk_reward: least reward over risk.
        min_stop_atr, max_stop_atr: least and largest distance of the stop, in average true ranges.
    Returns:
        None where no stop or target above 0 fits.
    """
    if not (price > 0 and atr > 0) or direction not in (1, -1):
        raise ValueError("price and atr must be above 0, direction 1 or -1")
    behind = sorted(
        (direction * (price - one) + PAD_IN_ATR * atr, one) for one in levels if direction * (price - one) > 0
    )
    reachable = [pair for pair in behind if min_stop_atr * atr <= pair[0] <= max_stop_atr * atr]
    plain = min(max(PLAIN_STOP_IN_ATR, min_stop_atr), max_stop_atr) * atr
    risk, level = reachable[0] if reachable else (plain, None)
    ahead = sorted(direction * (level - price) for level in levels if direction * (level - price) > 0)
    reward = next((reach for reach in ahead if reach >= min_risk_reward * risk), max(2.0, min_risk_reward) * risk)
    stop, target = price - direction * risk, price + direction * reward
    if stop <= 0 or target <= 0:
        return None
    return Plan(price, target, stop, reward / risk, level)

"""What a plan is worth, and how much of a capital it may take."""

from dataclasses import dataclass

from trading.compute.signals import Plan


@dataclass(frozen=True)
class Sizing:
    """Limits of a position.

    Attributes:
        cost: fees and slippage of going in and out, of the traded value, a fraction.
        kelly_share: part of the growth-optimal bet that is taken, 0-1.
        max_risk: most of the capital that a stop may cost, a fraction.
        max_position: most of the capital in one position, a fraction.
    """

    cost: float
    kelly_share: float
    max_risk: float
    max_position: float


def least_expected_value(plan: Plan, chance: float, cost: float) -> float:
    """Expected result after costs at the worst, of the traded value: ``chance * reward - (1 - chance) * risk - cost``.

    A plan whose time runs out counts as stopped, which is the worst that it can be: above 0, there is an edge whatever
    such plans end with.

    Args:
        chance: that the target comes before the stop and in time, 0-1.
        cost: fees and slippage, both ways, of the traded value.
    """
    reward, risk = _ways(plan)
    return chance * reward - (1 - chance) * risk - cost


def position_share(plan: Plan, chance: float, sizing: Sizing) -> float:
    """Share of the capital to put into a plan, 0-1; 0 without an edge.

    The growth-optimal bet on a win of ``b`` for a loss of 1 is ``chance - (1 - chance) / b``, with costs taken from the
    win and added to the loss. A part of it, bounded, is what the stop may cost; the position is that over the way to
    the stop.

    Args:
        chance: as for ``least_expected_value``: measured, not hoped for.
    Source: Kelly (1956), A new interpretation of information rate; Thorp (2006), The Kelly criterion in blackjack,
        sports betting and the stock market.
    """
    reward, risk = _ways(plan)
    win, loss = reward - sizing.cost, risk + sizing.cost
    if win <= 0:
        return 0.0
    bet = max(0.0, chance - (1 - chance) * loss / win)
    return min(min(sizing.kelly_share * bet, sizing.max_risk) / loss, sizing.max_position)


def _ways(plan: Plan) -> tuple[float, float]:
    """To the target and to the stop, of the entry."""
    return abs(plan.target - plan.entry) / plan.entry, abs(plan.entry - plan.stop) / plan.entry

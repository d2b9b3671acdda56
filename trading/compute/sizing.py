"""What a plan is worth, and how much of a capital it may take."""

from dataclasses import dataclass

from selection.compute.intervals import wilson
from trading.compute.signals import Plan

DOUBT = 50
"""Plans that an opinion without any record weighs as much as."""
LEAST_RECORD = 100
"""Plans of a kind that must be over before they are a record of their own."""


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


@dataclass(frozen=True)
class Evidence:
    """What came of earlier plans of one kind.

    Attributes:
        n: that were entered and are over.
        wins: of them, those that reached their target.
        expected: how many should have, by what was said of each.
    """

    n: int = 0
    wins: int = 0
    expected: float = 0.0


def measured_chance(plan: Plan, told: float, found: Evidence, tested: int, cost: float) -> float:
    """The chance that a plan is sized by: what is said of it, corrected by how such words came true, and the nearer to
    break-even the less there is to go by.

    What is said is multiplied by ``(wins + w) / (expected + w)``, then moved towards the chance at which nothing is won
    or lost by ``w / (n + tested + w)``, with w = ``DOUBT``. Without evidence nothing is won, and nothing is put in.

    Args:
        told: what the model says, 0-1.
        found: what came of earlier plans of the kind.
        tested: forecasts of the model that were held against what happened before it served.
        cost: fees and slippage, both ways, of the traded value.
    """
    reward, risk = _ways(plan)
    fair = min(1.0, told * (found.wins + DOUBT) / (found.expected + DOUBT))
    even = (risk + cost) / (risk + reward)
    return even + (fair - even) * (found.n + tested) / (found.n + tested + DOUBT)


def is_proven(found: Evidence) -> bool:
    """Whether plans of the kind are enough to go by, and won more often than was said by more than chance."""
    if found.n < LEAST_RECORD:
        return False
    return wilson(found.wins / found.n, found.n)[0] > found.expected / found.n


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

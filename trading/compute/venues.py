"""Where coins are: what the flows of positions did at each venue. Exact."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

from selection.compute.lots import EXACT, ZERO, exact

Venue = str | None
"""Exchange or wallet; None = the journal does not say."""


@dataclass(frozen=True, slots=True)
class Move:
    """Coins that joined (+) or left (-) a position with an entry, as it was booked.

    Attributes:
        position: the position.
        change: coins.
        venue: where the entry was made; of a transfer within the position, where the coins arrived.
        splits: each coin became more or fewer of them, wherever it was.
        arrived: of a transfer within the position, coins that arrived; what ``change`` lacks of that had left.
        sent_from: of such a transfer, where they left.
    """

    position: int
    change: Decimal
    venue: Venue
    splits: bool = False
    arrived: Decimal | None = None
    sent_from: Venue = None


def balances(moves: Iterable[Move]) -> dict[int, dict[Venue, Decimal]]:
    """Coins of each position at each venue, without venues that have none; their sum is the position.

    A balance may be negative: more left a venue than the journal says had come there.

    Args:
        moves: in the order in which they were booked.
    """
    found: dict[int, dict[Venue, Decimal]] = {}
    with localcontext(EXACT):
        for move in moves:
            held = found.setdefault(move.position, {})
            if move.splits:
                _spread(held, move.change)
            elif move.arrived is not None:
                _add(held, move.sent_from, move.change - move.arrived)
                _add(held, move.venue, move.arrived)
            else:
                _add(held, move.venue, move.change)
    return {
        position: {venue: quantity for venue, quantity in held.items() if quantity} for position, held in found.items()
    }


def in_parts(whole: Decimal, sizes: Mapping[Venue, Decimal]) -> dict[Venue, Decimal]:
    """An amount in proportion to the sizes, 18 places; the largest takes the remainder. Nothing where the sizes add up
    to 0."""
    with localcontext(EXACT):
        total = sum(sizes.values(), ZERO)
        if not total:
            return {}
        parts = {venue: exact(whole * size / total) for venue, size in sizes.items()}
        largest = max(parts, key=lambda venue: abs(sizes[venue]))
        parts[largest] += whole - sum(parts.values(), ZERO)
        return parts


def _add(held: dict[Venue, Decimal], venue: Venue, change: Decimal) -> None:
    held[venue] = held.get(venue, ZERO) + change


def _spread(held: dict[Venue, Decimal], change: Decimal) -> None:
    """What a split adds, wherever the coins are."""
    for venue, part in in_parts(change, held).items():
        _add(held, venue, part)

"""Names in the rotation graph stand beside their points and not over each other."""

from itertools import combinations

import pytest

from cryptopredict.pages.sectors.rotation import LETTER, LETTER_NARROW, Label, Point, _box, labels
from tests.pages import market as making

NAMES = (
    "RWA", "Layer 1", "Bitcoin", "NFT", "Meme", "AI", "Payments", "Privacy", "Layer 2", "Stablecoins",
    "Infrastructure", "Smart Contract Platforms", "DeFi", "Gaming",
)  # fmt: skip
PLACES = (
    (33, 40), (43, 41), (35, 46), (45, 44), (58, 30), (66, 48), (69, 47), (48, 53), (60, 52), (25, 52),
    (44, 55), (58, 60), (62, 65), (67, 64),
)  # fmt: skip
"""As they once stood, close to each other."""


def point(x: float, y: float) -> Point:
    return Point(making.TODAY, 0.0, 0.0, None, x, y)


def overlap(one: Label, name: str, other: Label, other_name: str, letter: float) -> float:
    left, right = _box(one, letter * len(name)), _box(other, letter * len(other_name))
    across = min(left[2], right[2]) - max(left[0], right[0])
    down = min(left[3], right[3]) - max(left[1], right[1])
    return max(0.0, across) * max(0.0, down)


def covered(letter: float) -> float:
    """Area that two names share, percent of the drawing by percent, over all pairs."""
    found = list(zip(labels(NAMES, [point(*place) for place in PLACES], letter), NAMES, strict=True))
    return sum(overlap(*one, *other, letter) for one, other in combinations(found, 2))


@pytest.mark.parametrize("letter", [LETTER, LETTER_NARROW])
def test_none_covers_another(letter: float) -> None:
    assert covered(letter) < 1


def test_a_name_with_room_stands_at_its_point() -> None:
    (alone,) = labels(["AI"], [point(50, 50)], LETTER)
    assert (alone.y, alone.is_away) == (50, False)

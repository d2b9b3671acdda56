"""Rectangles whose areas are in proportion to sizes, as square as can be.

Squarified treemap: Bruls, Huizing, van Wijk (2000), Proceedings of the Joint Eurographics and IEEE TCVG Symposium on
Visualization, 33-42.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Tile:
    """A rectangle; its corner and its sides in percent of the whole, as SVG takes them."""

    x: float
    y: float
    width: float
    height: float


def squarified(sizes: Sequence[float], aspect: float) -> list[Tile]:
    """A rectangle for each size; together they fill the whole.

    Args:
        sizes: above 0, the largest first.
        aspect: width of the whole by its height.
    """
    total = sum(sizes)
    areas = [aspect * size / total for size in sizes]  # of a whole as high as 1
    placed: list[Tile] = []
    x, y, width, height = 0.0, 0.0, aspect, 1.0
    while len(placed) < len(areas):
        row = _row(areas[len(placed) :], min(width, height))
        depth = sum(row) / min(width, height)
        along = 0.0
        for area in row:
            side = area / depth
            if width >= height:  # the row stands upright at the left
                placed.append(Tile(x, y + along, depth, side))
            else:
                placed.append(Tile(x + along, y, side, depth))
            along += side
        # By what is left to place: what is left of the sides loses the digits of a tile that is a speck.
        left = sum(areas[len(placed) :])
        if width >= height:
            width = left / height
            x = aspect - width
        else:
            height = left / width
            y = 1 - height
    return [Tile(100 * one.x / aspect, 100 * one.y, 100 * one.width / aspect, 100 * one.height) for one in placed]


def _row(areas: Sequence[float], side: float) -> list[float]:
    """As many of the areas, in order, as can lie along a side without getting longer and thinner."""
    row = [areas[0]]
    for area in areas[1:]:
        if _worst([*row, area], side) > _worst(row, side):
            break
        row.append(area)
    return row


def _worst(row: Sequence[float], side: float) -> float:
    """The longest of the rectangles: its longer side by its shorter one, if the row lies along a side."""
    total = sum(row)
    return max(max(side**2 * area / total**2, total**2 / (side**2 * area)) for area in row)

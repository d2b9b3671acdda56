"""The treemap: how large each part is, and how it changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext

from cryptopredict.pages.sectors.table import Line
from cryptopredict.pages.sectors.treemap import Tile, squarified
from system import formats

ASPECT = 1.5
"""Width by height for which it is laid out."""
FIELDS = {"24h": "performance_24h_pct", "7d": "performance_7d_pct", "30d": "performance_30d_pct"}
HOURS = {"24h": 24, "7d": 168, "30d": 720}
STEPS = {"24h": (1, 3, 6), "7d": (3, 8, 16), "30d": (5, 15, 30)}
"""Percent from which a change is shown in a stronger colour."""
CAP, VOLUME = "market_cap", "volume"
WIDE, NARROW = 500, 300
HIGH = 330
LETTER, LINES = 6.5, 40
"""Pixels: width of the drawing on a large and a small screen, its height, and that of a letter and of both lines."""


@dataclass(frozen=True)
class Part:
    """A tile with what it stands for.

    Attributes:
        name, address: of the part and its page.
        size: USD; None where all are drawn alike.
        change: percent.
        heat: how strong the change is: ``n3`` … ``n1``, ``p0``, ``p1`` … ``p3``, or ``unknown``.
        fits: ``wide``, ``narrow``: on which screens its name has room in it.
    """

    name: str
    address: str
    size: Decimal
    change: Decimal | None
    missing: str
    tile: Tile
    heat: str
    fits: str


@dataclass(frozen=True)
class MapCard:
    """A treemap.

    Attributes:
        finding: the title: what it shows.
        basis: what the areas stand for, ``market_cap`` or ``volume``.
        left_out: parts whose size is not known.
        steps: percent from which changes are in a stronger colour.
    """

    finding: str
    span: str
    basis: str
    parts: list[Part]
    left_out: list[str]
    steps: tuple[int, int, int]


@dataclass(frozen=True)
class Sized:
    """Something that can be a tile: its name, its address, both sizes, its change with the reason where it has none."""

    name: str
    address: str
    cap: Decimal | None
    volume: Decimal | None
    change: Decimal | None
    missing: str = ""


def sized(line: Line, span: str) -> Sized:
    """A sector."""
    analysis = line.row.analysis
    reasons = (analysis.analysis_data or {}).get("missing") or {}
    return Sized(
        line.name,
        line.address,
        analysis.sector_market_cap,
        analysis.sector_volume_24h,
        getattr(analysis, FIELDS[span]),
        reasons.get(FIELDS[span], ""),
    )


def map_card(found: Sequence[Sized], span: str) -> MapCard | None:
    """The treemap of the parts whose size is known, by market cap or, where no cap is known, by volume.

    Returns:
        None where no size is known.
    """
    basis = CAP if any(one.cap for one in found) else VOLUME
    sizes = [(one, one.cap if basis == CAP else one.volume) for one in found]
    known = sorted(((one, size) for one, size in sizes if size), key=lambda pair: (-pair[1], pair[0].name))
    if not known:
        return None
    tiles = squarified([float(size) for _one, size in known], ASPECT)
    parts = [_part(one, size, tile, STEPS[span]) for (one, size), tile in zip(known, tiles, strict=True)]
    left_out = [one.name for one, size in sizes if not size]
    return MapCard(finding(found, span), span, basis, parts, left_out, STEPS[span])


def _part(one: Sized, size: Decimal, tile: Tile, steps: tuple[int, int, int]) -> Part:
    width = LETTER * max(len(one.name), 6) + 12
    high = HIGH * tile.height / 100 >= LINES
    wide = high and WIDE * tile.width / 100 >= width
    narrow = high and NARROW * tile.width / 100 >= width
    fits = " ".join(name for name, room in (("wide", wide), ("narrow", narrow)) if room)
    return Part(one.name, one.address, size, one.change, one.missing, tile, heat(one.change, steps), fits)


def heat(change: Decimal | None, steps: tuple[int, int, int]) -> str:
    """How strong a change is, for its colour."""
    if change is None:
        return "unknown"
    strength = sum(abs(change) >= step for step in steps)
    return f"{'n' if change < 0 and strength else 'p'}{strength}"


def finding(found: Sequence[Sized], span: str) -> str:
    """How many rose, and which one most."""
    known: list[tuple[Any, str]] = [(one.change, one.name) for one in found if one.change is not None]
    if not known:
        return gettext("Size and change")
    rose = sum(change > 0 for change, _name in known)
    change, name = max(known)
    told = gettext("%(n)s of %(m)s rose in %(span)s; the best: %(name)s, %(change)s")
    return told % {
        "n": formats.number(rose),
        "m": formats.number(len(known)),
        "span": formats.span(HOURS[span]),
        "name": name,
        "change": formats.percent(change),
    }

"""Up to four sectors side by side, from the published levels of their indexes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from django.utils.translation import gettext
from numpy.typing import NDArray

from cryptopredict.pages.graphs import Graph
from cryptopredict.pages.graphs import Line as Curve
from cryptopredict.pages.home.page import TIMEFRAME
from cryptopredict.pages.market_page import RANGES
from cryptopredict.pages.sectors.address import MOST_COMPARED, Asked
from cryptopredict.pages.sectors.table import Line
from sectors.models import AICrossSectorAnalysis
from sectors.selectors.indexes import index_key
from sectors.selectors.members import STABLECOINS
from sectors.selectors.shown import index_levels
from system import formats

HUES = ("series-1", "series-2", "series-3", "series-4")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CompareCard:
    """The comparison.

    Attributes:
        choices: all sectors: name in the address, name, whether chosen.
        too_many: whether more were asked for than can be compared.
        unknown: names that were asked for and belong to no sector.
        graph: their indexes, 100 at the beginning.
        correlations: name, and how its daily returns went with those of each chosen one.
    """

    choices: list[tuple[str, str, bool]]
    too_many: bool
    unknown: list[str]
    graph: Graph
    names: list[str]
    correlations: list[tuple[str, list[float | None]]]
    ranges: list[tuple[str, str, str]]


def compare_card(
    found: Sequence[Line], comparison: AICrossSectorAnalysis, indexes: Mapping[str, int], asked: Asked, now: datetime
) -> CompareCard:
    """The chosen sectors; without a choice the two best and the two worst by rank, of those whose prices move.

    Args:
        found: all sectors, by rank.
        comparison: knows their correlations.
        indexes: index assets by what they are the index of.
        asked: by the address.
        now: the present, or the moment that is shown.
    """
    by_address = {one.address: one for one in found}
    chosen = [by_address[name] for name in asked.compare if name in by_address]
    if not asked.compare:
        ranked = [
            one for one in found if one.row.rank is not None and one.row.analysis.sector.coingecko_id != STABLECOINS
        ]
        chosen = ranked[:2] + ranked[2:][-2:]
    shown = chosen[:MOST_COMPARED]
    matrix = comparison.correlation_matrix or {}
    keys = [one.row.analysis.sector.name for one in shown]
    return CompareCard(
        choices=sorted(((one.address, one.name, one in shown) for one in found), key=lambda one: one[1]),
        too_many=len(chosen) > MOST_COMPARED,
        unknown=[name for name in asked.compare if name not in by_address],
        graph=graph(shown, indexes, RANGES[asked.range][0], now),
        names=[one.name for one in shown],
        correlations=[
            (one.name, [matrix.get(key, {}).get(other) for other in keys]) for one, key in zip(shown, keys, strict=True)
        ],
        ranges=[(key, told(), asked.query(range=key)) for key, (_days, told) in RANGES.items()],
    )


def graph(shown: Sequence[Line], indexes: Mapping[str, int], days: int, now: datetime) -> Graph:
    """Their indexes, 100 at the beginning; one that began later starts at 100 then."""
    pairs = [(one, indexes.get(index_key(one.row.analysis.sector))) for one in shown]
    there = [(one, pk) for one, pk in pairs if pk is not None]
    times, levels = index_levels([pk for _one, pk in there], TIMEFRAME, now, days + 1)
    based = rebased(levels)
    curves = [Curve(one.name, unknown_as_none(based[:, place]), HUES[place]) for place, (one, _pk) in enumerate(there)]
    return Graph(
        "compare",
        finding(curves, days),
        [datetime.fromtimestamp(int(time), UTC) for time in times],
        curves,
        decimals=1,
        level=(100, "100"),
        note=gettext("Index of each sector at the end of each day, UTC; 100 at the beginning of the range."),
    )


def rebased(levels: Floats) -> Floats:
    """Each column with its first known value as 100."""
    firsts = [column[np.isfinite(column)][:1] for column in levels.T]
    return levels * np.array([100 / first[0] if len(first) else 1.0 for first in firsts])


def unknown_as_none(values: Floats) -> list[float | None]:
    """As a graph takes them."""
    return [round(value, 6) if np.isfinite(value) else None for value in values.tolist()]


def finding(curves: Sequence[Curve], days: int) -> str:
    """Which one did best; what they are called while nothing is known."""
    ends: list[tuple[Any, str]] = [
        (one.values[-1], str(one.name)) for one in curves if len(one.values) and one.values[-1] is not None
    ]
    if not ends:
        return gettext("Sectors side by side")
    level, name = max(ends)
    return gettext("%(name)s did best of these in %(span)s: %(change)s") % {
        "name": name,
        "span": formats.span(24 * days),
        "change": formats.percent(level - 100),
    }

"""All sectors side by side: which ones lead, where does capital rotate?"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from urllib.parse import parse_qsl

from django.utils.translation import gettext

from assets.choices import Market
from assets.selectors.shown import shown_market
from cryptopredict.pages.freshness import Chip, chip
from cryptopredict.pages.home.page import TIMEFRAME
from cryptopredict.pages.parts import part
from cryptopredict.pages.sectors.address import CHANGES, Asked
from cryptopredict.pages.sectors.compare import CompareCard, compare_card
from cryptopredict.pages.sectors.flows import FlowCard, flow_card
from cryptopredict.pages.sectors.map import HOURS, MapCard, map_card, sized
from cryptopredict.pages.sectors.rotation import RotationCard, rotation_card
from cryptopredict.pages.sectors.table import Head, Line, heads, lines, ordered
from sectors.models import AICrossSectorAnalysis
from sectors.selectors.history import comparisons
from sectors.selectors.indexes import index_assets
from sectors.selectors.shown import comparisons_of
from sectors.selectors.table import RankedSector, ranked_sectors
from system import formats

MOMENTS = 400
"""Comparisons that can be gone back to."""


@dataclass(frozen=True)
class SectorsPage:
    """Everything about all sectors at one moment.

    Attributes:
        comparison: what is shown.
        moments: of all comparisons, oldest first; ``place``: which of them is shown.
        ranked: the sectors as they were compared.
    """

    market: Market
    asked: Asked
    comparison: AICrossSectorAnalysis
    moments: list[datetime]
    place: int
    chip: Chip
    map: MapCard | None
    rotation: RotationCard | None
    lines: list[Line]
    heads: list[Head]
    flows: FlowCard | None
    ranked: list[RankedSector]
    compare: CompareCard

    @property
    def flow_usd(self) -> Decimal | None:
        """About how much moved, where market caps tell it."""
        return in_dollars(self.flows, self.ranked)

    @property
    def last(self) -> int:
        return len(self.moments) - 1

    @property
    def is_newest(self) -> bool:
        return self.place == self.last

    @property
    def earlier(self) -> str | None:
        """The query of the comparison before; None at the first."""
        return self._at(self.place - 1) if self.place else None

    @property
    def later(self) -> str | None:
        return None if self.is_newest else self._at(self.place + 1)

    @property
    def newest(self) -> str:
        return self._at(self.last)

    @property
    def steps(self) -> list[str]:
        """Moments of all comparisons, for the script of the slider."""
        return [f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in self.moments]

    @property
    def query(self) -> str:
        return self.asked.query()

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Names and values that a choice of sectors to compare leaves as they are."""
        return parse_qsl(self.asked.query(compare=()))

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        """Key, name and query of each span of the changes."""
        return [(key, formats.span(HOURS[key]), self.asked.query(change=key)) for key in CHANGES]

    def _at(self, place: int) -> str:
        return self.asked.query(at=None if place == self.last else self.moments[place])


def sectors_page(asked: Asked, now: datetime) -> SectorsPage | None:
    """The page, or None while the sectors have not been compared."""
    market = shown_market()
    stored = list(comparisons_of(market, TIMEFRAME).values_list("analysis_time", "pk")[:MOMENTS]) if market else []
    if market is None or not stored:
        return None
    stored.reverse()
    moments = [time for time, _pk in stored]
    place = len(moments) - 1 if asked.at is None else max(0, bisect_right(moments, asked.at) - 1)
    comparison = comparisons().get(pk=stored[place][1])
    rows = ranked_sectors(comparison.metrics_snapshot_id)
    indexes = {key: asset.pk for key, asset in index_assets(market).items()}
    found = lines(rows, indexes, now)
    flows = part(lambda: flow_card(comparison))
    return SectorsPage(
        market=market,
        asked=asked,
        comparison=comparison,
        moments=moments,
        place=place,
        chip=chip(gettext("Analysis"), comparison.analysis_time, TIMEFRAME, now),
        map=part(lambda: map_card([sized(one, asked.change) for one in found], asked.change)),
        rotation=part(lambda: rotation_card(rows)),
        lines=part(lambda: ordered(found, asked.sort)),
        heads=heads(asked),
        flows=flows,
        ranked=rows,
        compare=part(lambda: compare_card(found, comparison, indexes, asked, comparison.analysis_time)),
    )


def in_dollars(flows: FlowCard | None, rows: Sequence[RankedSector]) -> Decimal | None:
    """About how much moved, USD: its part of what all sectors are worth; None where caps did not tell it."""
    caps = [row.analysis.sector_market_cap for row in rows if row.analysis.sector_market_cap is not None]
    if not flows or flows.basis != "market_cap" or len(caps) < len(rows):
        return None
    return sum(caps, Decimal(0)) * Decimal(str(flows.moved)) / 100

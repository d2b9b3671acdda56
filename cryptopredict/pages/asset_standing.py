"""Where an asset stands among those of its sector and of the whole market, and what is said and known of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from statistics import median
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from aimodels.models import Prediction
from aimodels.selectors import Chosen
from aimodels.selectors.listed import listed
from assets.choices import DEMO_SOURCE, GapStatus
from assets.models import Asset, CandleGap
from macro.models import NewsEvent
from macro.selectors.news import NewsFilter, shown_news
from sectors.models import SectorMapping
from sectors.selectors.standing import current_members
from selection.models import AssetRanking
from system.choices import LIVE

CHANGES: tuple[tuple[str | Promise, str], ...] = (
    (_("24 h"), "price_change_percentage_24h"),
    (_("7 d"), "price_change_percentage_7d"),
    (_("30 d"), "price_change_percentage_30d"),
)
FORECASTS, NEWS, GAPS = 14, 8, 10
"""Rows that the page has at most."""


@dataclass(frozen=True)
class Compared:
    """A change of the asset beside that of its sector.

    Attributes:
        own: percent; None where it is not known.
        sector: median of the sector's members of which it is known; ``known`` is how many these are.
        place: among them, the largest first; None where the own is not known.
    """

    label: str | Promise
    own: Decimal | None
    sector: Decimal | None
    place: int | None
    known: int

    @property
    def lead(self) -> Decimal | None:
        """How far the asset is ahead of the median, percentage points."""
        return None if self.own is None or self.sector is None else self.own - self.sector


@dataclass(frozen=True)
class Place:
    """The asset in the newest ranking of the market.

    Attributes:
        better_than: 0-1, its percentile among all that have a score.
        place, of: by the score, the best first.
        weights: of the factors, the weightiest first, shares of 1.
    """

    better_than: float
    place: int
    of: int
    momentum: float | None
    as_of: datetime
    weights: list[tuple[str, float]]
    is_estimated: bool


@dataclass(frozen=True)
class Standing:
    """The asset against its primary sector, and in the whole market; None where neither is known."""

    sector: SectorMapping | None
    changes: list[Compared]
    place: Place | None


@dataclass(frozen=True)
class Gaps:
    """Gaps of the asset's candles of one timeframe: how many in each state, and the newest that still stand."""

    open: int
    repaired: int
    confirmed: int
    standing: list[CandleGap]


def standing(asset: Asset, sectors: Sequence[SectorMapping]) -> Standing:
    """Where the asset stands, in two queries."""
    primary = sectors[0] if sectors else None
    members: list[dict[str, Any]] = []
    if primary is not None:
        ids = current_members().filter(sector=primary.sector_id).values("asset")
        assets = Asset.objects.filter(pk__in=ids, is_active=True, is_supported=True)
        same = {"data_source": DEMO_SOURCE}
        assets = assets.filter(**same) if asset.data_source == DEMO_SOURCE else assets.exclude(**same)
        members = list(assets.values("pk", *(column for _label, column in CHANGES)))
    return Standing(primary, [compared(label, column, asset, members) for label, column in CHANGES], place(asset))


def compared(label: str | Promise, column: str, asset: Asset, members: list[dict[str, Any]]) -> Compared:
    """One change of the asset against the members of its sector, itself among them."""
    known = sorted((row[column] for row in members if row[column] is not None), reverse=True)
    own = getattr(asset, column)
    return Compared(
        label,
        own,
        median(known) if known else None,
        None if own is None or own not in known else known.index(own) + 1,
        len(known),
    )


def place(asset: Asset) -> Place | None:
    """The asset in the newest live ranking; None when it is not in it."""
    ranking = AssetRanking.objects.filter(series=LIVE).order_by("-candle_time", "-pk").first()
    own = next((one for one in (ranking.scores if ranking else None) or [] if one["asset_id"] == asset.pk), None)
    if ranking is None or own is None or own["score"] is None:
        return None
    weights = sorted((ranking.weights or {}).items(), key=lambda one: -one[1])
    return Place(
        better_than=own["place"],
        place=1 + sum(one["score"] is not None and one["score"] > own["score"] for one in ranking.scores),
        of=ranking.asset_count,
        momentum=own.get("momentum_30d"),
        as_of=ranking.analysis_time,
        weights=weights,
        is_estimated=ranking.is_estimated,
    )


def forecast_list(asset: Asset) -> list[Prediction]:
    """The newest forecasts of the asset, with their scores."""
    return listed(Chosen(asset_ids=[asset.pk]), None, FORECASTS)


def news_of(asset: Asset) -> QuerySet[NewsEvent]:
    """The newest headlines that name the asset."""
    return shown_news(NewsFilter(asset=asset.pk))[:NEWS]


def gaps_of(asset: Asset, timeframe: str) -> Gaps:
    """What was found missing, and what became of it."""
    found = CandleGap.objects.filter(asset=asset, timeframe=timeframe)
    counts = found.aggregate(**{status.value: Count("pk", filter=Q(status=status)) for status in GapStatus})
    still = found.exclude(status=GapStatus.REPAIRED).order_by("-starts_at")[:GAPS]
    return Gaps(counts["open"], counts["repaired"], counts["confirmed"], list(still))

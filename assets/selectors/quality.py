"""What is wrong with the stored candles of a market: gaps, and fetches that did not end well."""

from dataclasses import dataclass

from django.db.models import Case, Count, F, QuerySet, Sum, When

from assets.choices import GapReason, GapStatus, IngestStatus, Market, Timeframe
from assets.models import CandleGap, IngestState
from assets.selectors.shown import assets_of

UNFINISHED = (IngestStatus.PARTIAL, IngestStatus.FAILED)


@dataclass(frozen=True)
class GapCount:
    """Gaps of one timeframe: how many, and of how many candles.

    Attributes:
        open, open_candles: that a source may still fill.
        confirmed, confirmed_candles: that the source has no candles for either.
        not_listed: stretches in which the asset was not traded: nothing is lost there.
        repaired: that have been filled.
    """

    timeframe: str
    open: int = 0
    open_candles: int = 0
    confirmed: int = 0
    confirmed_candles: int = 0
    not_listed: int = 0
    repaired: int = 0


def gap_counts(market: Market | None) -> list[GapCount]:
    """Gaps by timeframe, the shortest first; timeframes without any are left out."""
    rows = (
        CandleGap.objects.filter(asset__in=assets_of(market))
        .values("timeframe", "status", "reason")
        .annotate(gaps=Count("pk"), candles=Sum("missing"))
        .order_by()
    )
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        counts = found.setdefault(row["timeframe"], {})
        if row["status"] == GapStatus.REPAIRED:
            name = "repaired"
        elif row["reason"] == GapReason.NOT_LISTED:
            name = "not_listed"
        else:
            name = "open" if row["status"] == GapStatus.OPEN else "confirmed"
            counts[f"{name}_candles"] = counts.get(f"{name}_candles", 0) + row["candles"]
        counts[name] = counts.get(name, 0) + row["gaps"]
    return [GapCount(timeframe, **found[timeframe]) for timeframe in Timeframe.values if timeframe in found]


def standing_gaps(market: Market | None, *, timeframe: str = "", symbol: str = "") -> QuerySet[CandleGap]:
    """Gaps in which candles are missing that were traded, open ones first, then the longest.

    Args:
        timeframe, symbol: only of these; empty: all.
    """
    gaps = CandleGap.objects.filter(asset__in=assets_of(market)).exclude(status=GapStatus.REPAIRED)
    gaps = gaps.exclude(reason=GapReason.NOT_LISTED).select_related("asset")
    if timeframe:
        gaps = gaps.filter(timeframe=timeframe)
    if symbol:
        gaps = gaps.filter(asset__symbol=symbol)
    is_open = Case(When(status=GapStatus.OPEN, then=0), default=1)
    return gaps.order_by(is_open, F("missing").desc(), "pk")


def unfinished_fetches(market: Market | None) -> QuerySet[IngestState]:
    """Fetches whose newest attempt did not bring all that was asked for, or of which rows were refused; the newest
    first."""
    states = IngestState.objects.filter(asset__in=assets_of(market)).select_related("asset")
    return (states.filter(status__in=UNFINISHED) | states.filter(rejected__gt=0)).order_by("-started_at", "-pk")

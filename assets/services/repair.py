"""Gaps are filled from the sources that may have the candles; what none of them has was an outage."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, QuerySet
from django.utils import timezone

from assets.choices import GapReason, GapStatus
from assets.compute import periods
from assets.models import Asset, CandleGap
from assets.providers.base import CandleSource
from assets.services.collection import fetch, of_asset
from assets.services.gaps import find_gaps
from assets.services.ingest import ingest_candles
from assets.services.sources import sources_of

Window = tuple[datetime, datetime]
SETTLED_AFTER = timedelta(hours=6)
"""A source may publish a candle late: only a gap that is older counts as an outage."""


@dataclass(frozen=True)
class RepairReport:
    """What asking for missing candles brought, in gaps.

    Attributes:
        asked: gaps that a source was asked for.
        repaired: gaps, or parts of some, whose candles came.
        confirmed: gaps of which every source has no candle either: outages.
        left: gaps that stay open.
        faults: why a source could not tell, by symbol and timeframe.
    """

    asked: int
    repaired: int
    confirmed: int
    left: int
    faults: dict[str, str]


def repair_gaps(
    *,
    limit: int,
    timeframe: str | None = None,
    asset_ids: Sequence[int] | None = None,
    sources: Sequence[CandleSource] | None = None,
) -> RepairReport:
    """Ask for the candles of open gaps, those first that were not asked for the longest.

    Each source is asked only for what the one before it did not have. A gap is confirmed as an outage when every source
    answered in full and had nothing; a fault of a source leaves it open.

    Args:
        limit: how many gaps at most.
        timeframe: only of this length.
        asset_ids: only of these assets.
        sources: asked instead of the assets' own sources, in this order.
    """
    gaps = CandleGap.objects.filter(status=GapStatus.OPEN)
    if timeframe is not None:
        gaps = gaps.filter(timeframe=timeframe)
    if asset_ids is not None:
        gaps = gaps.filter(asset_id__in=asset_ids)
    chosen = gaps.order_by(F("asked_at").asc(nulls_first=True), "starts_at")[:limit]
    by_series: dict[tuple[int, str], list[CandleGap]] = defaultdict(list)
    for gap in chosen:
        by_series[gap.asset_id, gap.timeframe].append(gap)
    assets = Asset.objects.in_bulk({asset_id for asset_id, _timeframe in by_series})
    asked = repaired = confirmed = left = 0
    faults: dict[str, str] = {}
    for (asset_id, length), wanted in sorted(by_series.items()):
        asset = assets[asset_id]
        one = _Repair(asset, length, [(gap.starts_at, gap.ends_at) for gap in wanted])
        one.run(sources_of(asset) if sources is None else sources)
        asked += len(wanted)
        repaired, confirmed, left = repaired + one.repaired, confirmed + one.confirmed, left + one.left
        if one.fault is not None:
            faults[f"{asset.symbol} {length}"] = one.fault
    return RepairReport(asked, repaired, confirmed, left, faults)


class _Repair:
    """The gaps of one asset and timeframe."""

    def __init__(self, asset: Asset, timeframe: str, spans: list[Window]) -> None:
        self.asset, self.timeframe, self.spans = asset, timeframe, sorted(spans)
        self.repaired = self.confirmed = self.left = 0
        self.fault: str | None = None

    def run(self, sources: Iterable[CandleSource]) -> None:
        asked = False
        for source in sources:
            gaps = list(self.open())
            if not gaps:
                break
            asked = self.ask(source, gaps) or asked
        if asked and self.fault is None:
            settled = self.open().filter(ends_at__lte=timezone.now() - SETTLED_AFTER)
            self.confirmed = settled.update(
                status=GapStatus.CONFIRMED, reason=GapReason.OUTAGE, resolved_at=timezone.now()
            )
        self.left = self.open().count()

    def open(self) -> QuerySet[CandleGap]:
        """What is still open of the gaps that this is about."""
        return CandleGap.objects.filter(
            asset=self.asset,
            timeframe=self.timeframe,
            status=GapStatus.OPEN,
            starts_at__gte=self.spans[0][0],
            ends_at__lte=self.spans[-1][1],
        ).order_by("starts_at")

    def ask(self, source: CandleSource, gaps: list[CandleGap]) -> bool:
        """Ask one source for all of the gaps; False when it does not trade the asset or has no such candles."""
        pair = (self.asset.external_ids or {}).get(source.name)
        if pair is None or self.timeframe not in source.capabilities.timeframes:
            return False
        for first, end in windows([(gap.starts_at, gap.ends_at) for gap in gaps], self.timeframe, source):
            now = timezone.now()
            fetched = fetch(source, pair, self.timeframe, (first, end), now)
            report = ingest_candles(of_asset(self.asset, fetched), self.timeframe, now)
            if not fetched.complete or report.rejected:
                self.fault = fetched.error or f"{source.name}: {len(report.rejected)} rows were refused"
            if fetched.may_recover:
                break
        CandleGap.objects.filter(pk__in=[gap.pk for gap in gaps]).update(asked=source.name, asked_at=timezone.now())
        self.repaired += find_gaps(self.timeframe, [self.asset.pk]).repaired
        return True


def windows(spans: Iterable[Window], timeframe: str, source: CandleSource) -> list[Window]:
    """Spans to ask for: neighbouring gaps that fit into one call of the source are asked for together."""
    found: list[Window] = []
    for first, end in sorted(spans):
        if found and periods.count(found[-1][0], end, timeframe) <= source.limits.rows_per_call:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((first, end))
    return found

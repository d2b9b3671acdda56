"""Gaps: found against the grid, kept with their reason, closed when their candles have come."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from assets.choices import GapReason, GapStatus
from assets.compute import periods
from assets.compute.intervals import subtract
from assets.models import CandleGap
from assets.selectors.gaps import Missing, missing_candles


@dataclass(frozen=True)
class GapReport:
    """What a search found.

    Attributes:
        found: gaps that are new.
        standing: gaps that were known and still stand, confirmed ones included.
        repaired: gaps, or parts of some, whose candles have come since.
    """

    found: int = 0
    standing: int = 0
    repaired: int = 0


@transaction.atomic
def find_gaps(timeframe: str, asset_ids: Sequence[int] | None = None) -> GapReport:
    """Bring the stored gaps of a timeframe up to date with the stored candles. Repeatable.

    A gap of which some candles came is split: what came stands as repaired, what is still missing as it was before.

    Args:
        timeframe: length of the candles.
        asset_ids: only these assets; None for all.
    """
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('candle_gaps'), hashtext(%s))", [timeframe])
    missing = missing_candles(timeframe, asset_ids)
    known = CandleGap.objects.filter(timeframe=timeframe).exclude(status=GapStatus.REPAIRED)
    if asset_ids is not None:
        known = known.filter(asset_id__in=asset_ids)
    standing = {_key(gap): gap for gap in known}
    wanted = {(one.asset_id, one.starts_at, one.ends_at, one.is_listed): one for one in missing}
    outdated = [gap for key, gap in standing.items() if key not in wanted]
    new = [one for key, one in wanted.items() if key not in standing]
    filled = _filled(outdated, missing, now)
    CandleGap.objects.filter(pk__in=[gap.pk for gap in outdated]).delete()
    CandleGap.objects.bulk_create([*filled, *_gaps(new, outdated, timeframe, now)], batch_size=2000)
    before = _by_asset(outdated)
    inherited = sum(1 for one in new if _origin(one, before) is not None)
    return GapReport(len(new) - inherited, len(standing) - len(outdated) + inherited, len(filled))


def _key(gap: CandleGap) -> tuple[int, datetime, datetime, bool]:
    return gap.asset_id, gap.starts_at, gap.ends_at, gap.reason != GapReason.NOT_LISTED


def _by_asset(gaps: Iterable[CandleGap]) -> dict[int, list[CandleGap]]:
    found: dict[int, list[CandleGap]] = defaultdict(list)
    for gap in gaps:
        found[gap.asset_id].append(gap)
    return found


def _filled(outdated: Iterable[CandleGap], missing: Iterable[Missing], now: datetime) -> list[CandleGap]:
    """Stretches of gaps in which nothing is missing any more."""
    holes: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for one in missing:
        holes[one.asset_id].append((one.starts_at, one.ends_at))
    return [
        CandleGap(
            asset_id=gap.asset_id,
            timeframe=gap.timeframe,
            starts_at=first,
            ends_at=end,
            missing=periods.count(first, end, gap.timeframe),
            reason=gap.reason,
            status=GapStatus.REPAIRED,
            detected_at=gap.detected_at,
            asked_at=gap.asked_at,
            asked=gap.asked,
            resolved_at=now,
        )
        for gap in outdated
        for first, end in subtract((gap.starts_at, gap.ends_at), holes[gap.asset_id])
    ]


def _gaps(new: Iterable[Missing], outdated: Iterable[CandleGap], timeframe: str, now: datetime) -> list[CandleGap]:
    """Rows of stretches that are missing; what is left of a known gap keeps what was known of it."""
    before, rows = _by_asset(outdated), []
    for one in new:
        row = CandleGap(
            asset_id=one.asset_id,
            timeframe=timeframe,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            missing=periods.count(one.starts_at, one.ends_at, timeframe),
            detected_at=now,
        )
        origin = _origin(one, before)
        if origin is not None:
            row.detected_at, row.asked_at, row.asked = origin.detected_at, origin.asked_at, origin.asked
        if not one.is_listed:
            row.reason, row.status, row.resolved_at = GapReason.NOT_LISTED, GapStatus.CONFIRMED, now
        elif origin is not None and origin.reason == GapReason.OUTAGE:
            row.reason, row.status, row.resolved_at = origin.reason, origin.status, origin.resolved_at
        rows.append(row)
    return rows


def _origin(one: Missing, before: dict[int, list[CandleGap]]) -> CandleGap | None:
    """The known gap that a stretch is a part of."""
    inside = (gap for gap in before[one.asset_id] if gap.starts_at <= one.starts_at and one.ends_at <= gap.ends_at)
    return next(inside, None)

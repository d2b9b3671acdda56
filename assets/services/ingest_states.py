"""How fetches ended: what was asked for, what of it is stored, and why something is missing."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, Func, Value
from django.db.models.functions import Greatest, Least
from django.utils import timezone

from assets.choices import IngestStatus
from assets.compute import periods
from assets.models import IngestState

FILE = "file"
"""Source of what people hand over."""
COUNT = """
SELECT count(*) FROM (
    SELECT 1 FROM price_data
    WHERE asset_id = %(asset)s AND timeframe = %(timeframe)s AND candle_time >= %(first)s AND candle_time < %(until)s
    UNION ALL
    SELECT 1 FROM price_data_archive
    WHERE asset_id = %(asset)s AND timeframe = %(timeframe)s AND candle_time >= %(first)s AND candle_time < %(until)s
) stored
"""


def stored_candles(asset_id: int, timeframe: str, first: datetime, until: datetime) -> int:
    """How many candles of ``[first, until)`` are stored, archived ones included."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"asset": asset_id, "timeframe": timeframe, "first": first, "until": until})
        return int(cursor.fetchone()[0])


def begin_fetch(asset_id: int, timeframe: str, source: str, first: datetime, until: datetime) -> IngestState:
    """Note that a source is asked for the candles of ``[first, until)``, both on the grid.

    The state covers everything that the source was ever asked for, so a part that never came stays visible however
    often the newest candles arrive.
    """
    state, created = IngestState.objects.get_or_create(
        asset_id=asset_id,
        timeframe=timeframe,
        source=source,
        defaults={
            "status": IngestStatus.RUNNING,
            "asked_from": first,
            "asked_until": until,
            "expected": periods.count(first, until, timeframe),
            "started_at": timezone.now(),
        },
    )
    if not created:
        IngestState.objects.filter(pk=state.pk).update(
            status=IngestStatus.RUNNING,
            asked_from=Least(F("asked_from"), _moment(first)),
            asked_until=Greatest(F("asked_until"), _moment(until)),
            started_at=timezone.now(),
            finished_at=None,
            error=None,
        )
        state.refresh_from_db()
    return state


@transaction.atomic
def end_fetch(state: IngestState, *, rejected: int = 0, error: str | None = None) -> IngestState:
    """Note how a fetch ended, counted against what is stored: done, partial (some candles) or failed (none).

    A source that answered is done even where candles are missing: the gaps say which, and ask again.
    """
    state = IngestState.objects.select_for_update().get(pk=state.pk)
    state.expected = periods.count(state.asked_from, state.asked_until, state.timeframe)
    state.stored = stored_candles(state.asset_id, state.timeframe, state.asked_from, state.asked_until)
    state.rejected, state.error, state.finished_at = rejected, error, timezone.now()
    if error is None and rejected == 0:
        state.status, state.succeeded_at = IngestStatus.DONE, state.finished_at
    elif state.stored:
        state.status = IngestStatus.PARTIAL
    else:
        state.status = IngestStatus.FAILED
    if error is None and rejected:
        state.error = f"{rejected} rows of the source were refused"
    state.save()
    return state


def note_import(
    asset_id: int, timeframe: str, first: datetime, last: datetime, *, rejected: int = 0, source: str = FILE
) -> IngestState:
    """Note candles that were handed to us, from a file or by an upload: from the first to the last, both included, they
    should have no holes."""
    state = begin_fetch(asset_id, timeframe, source, first, periods.end(last, timeframe))
    return end_fetch(state, rejected=rejected)


def _moment(value: datetime) -> Func:
    return Func(Value(value.isoformat()), template="(%(expressions)s)::timestamptz")

"""A round: the candles of one close, fetched for the whole universe in batches that several workers share.

The round is a row of ``background_tasks``. Each batch adds its result once, under the row's lock, so a batch that is
delivered twice counts once; whoever completes the round learns it, also when it had died before telling anybody.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from assets.services.collection import collect_candles, collected_assets
from assets.services.gaps import GapReport, find_gaps
from assets.services.repair import RepairReport, repair_gaps
from system.choices import TaskStatus
from system.models import BackgroundTask
from system.services import setting

NAME = "assets.services.collect_candles"
KIND = "ingest"
PATIENCE = timedelta(minutes=10)
"""How long after a close its analysis waits for the candles."""
QUIET = timedelta(seconds=30)
"""Two beats ask for the same round within this time. Whoever asks later, of a round of which nothing has been heard for
as long, asks again for what was lost: batches that nobody was told of."""
ABANDONED = timedelta(minutes=5)
"""A round of which nothing has been heard for so long has lost a worker; longer than any batch takes."""
MOST_FAULTS = 20
"""Faults whose reasons are spelled out; the states of the fetches have all of them."""


@dataclass(frozen=True)
class Finished:
    """What ended with a round."""

    timeframe: str
    until: datetime
    gaps: GapReport
    repair: RepairReport


@transaction.atomic
def begin_round(timeframe: str, until: datetime) -> BackgroundTask | None:
    """Plan the fetch of the candles that closed by ``until``.

    Returns:
        The round whose batches are to be told; None when nothing is collected, or they have been told already.
    """
    asset_ids = collected_assets(timeframe)
    if not asset_ids:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s), hashtext(%s))", [NAME, timeframe])
    before = BackgroundTask.objects.select_for_update().filter(task_name=NAME, task_params__timeframe=timeframe)
    same = before.filter(task_params__until=until.isoformat()).first()
    if same is not None:
        return _taken_up(same)
    before.filter(status=TaskStatus.RUNNING).update(
        status=TaskStatus.FAILED, error_message="not finished when the next round began", completed_at=timezone.now()
    )
    size = setting("collection")["assets_per_task"]
    return BackgroundTask.objects.create(
        task_name=NAME,
        task_type=KIND,
        status=TaskStatus.RUNNING,
        started_at=timezone.now(),
        task_params={
            "timeframe": timeframe,
            "until": until.isoformat(),
            "batches": [asset_ids[place : place + size] for place in range(0, len(asset_ids), size)],
        },
        result_data={"batches": {}},
    )


def _taken_up(row: BackgroundTask) -> BackgroundTask | None:
    """A round that has been quiet while some of its batches are missing."""
    is_whole = len((row.result_data or {})["batches"]) == len(row.task_params["batches"])
    if row.status != TaskStatus.RUNNING or is_whole or row.updated_at > timezone.now() - QUIET:
        return None
    row.save(update_fields=["updated_at"])
    return row


@transaction.atomic
def take_up_rounds(now: datetime) -> dict[int, list[int]]:
    """Rounds whose workers have gone: what is to be told again.

    Returns:
        By round, the numbers of the batches that are missing; none, when only the end is.
    """
    rows = BackgroundTask.objects.select_for_update(skip_locked=True).filter(
        task_name=NAME, status=TaskStatus.RUNNING, updated_at__lte=now - ABANDONED
    )
    found = {}
    for row in rows:
        row.save(update_fields=["updated_at"])
        done = (row.result_data or {})["batches"]
        found[row.pk] = [number for number in range(len(row.task_params["batches"])) if str(number) not in done]
    return found


def collect_batch(round_id: int, number: int) -> bool:
    """Fetch one batch of a round; one that was fetched before is not fetched again. Repeatable.

    Returns:
        Whether the round has all of its batches now and waits to be finished.
    """
    begun = BackgroundTask.objects.get(pk=round_id)
    params, known = begun.task_params, (begun.result_data or {})["batches"]
    done = known.get(str(number))
    if done is None:
        until = datetime.fromisoformat(params["until"])
        done = collect_candles(params["timeframe"], params["batches"][number], until).as_json()
    with transaction.atomic():
        row = BackgroundTask.objects.select_for_update().get(pk=round_id)
        results = (row.result_data or {})["batches"]
        results.setdefault(str(number), done)
        row.save(update_fields=["result_data", "updated_at"])
        return row.status == TaskStatus.RUNNING and len(results) == len(params["batches"])


def finish_round(round_id: int) -> Finished | None:
    """Close a round: look for gaps, ask for some of them, and say how it went. Repeatable.

    Returns:
        None when the round was finished before.
    """
    row = BackgroundTask.objects.get(pk=round_id)
    if row.status != TaskStatus.RUNNING:
        return None
    timeframe, until = row.task_params["timeframe"], datetime.fromisoformat(row.task_params["until"])
    gaps = find_gaps(timeframe)
    repair = repair_gaps(limit=setting("collection")["repairs_per_run"], timeframe=timeframe)
    batches = (row.result_data or {})["batches"].values()
    faults = {symbol: reason for batch in batches for symbol, reason in batch["faults"].items()} | repair.faults
    row.completed_at = timezone.now()
    row.execution_time_seconds = round((row.completed_at - (row.started_at or row.completed_at)).total_seconds(), 3)
    row.status = TaskStatus.FAILED if faults else TaskStatus.COMPLETED
    row.error_message = _told(faults) if faults else None
    row.result_data = {**(row.result_data or {}), "gaps": vars(gaps), "repair": vars(repair)}
    row.save()
    return Finished(timeframe, until, gaps, repair)


def is_awaited(timeframe: str, until: datetime, now: datetime) -> bool:
    """Whether the candles of a close are still being fetched, so that its analysis should wait."""
    if now - until > PATIENCE or not collected_assets(timeframe):
        return False
    ended = BackgroundTask.objects.filter(
        task_name=NAME, task_params__timeframe=timeframe, task_params__until=until.isoformat()
    ).exclude(status=TaskStatus.RUNNING)
    return not ended.exists()


def _told(faults: dict[str, str]) -> str:
    told = [f"{symbol}: {reason}" for symbol, reason in sorted(faults.items())[:MOST_FAULTS]]
    more = len(faults) - len(told)
    return "; ".join([f"{len(faults)} fetches were not complete", *told, *([f"and {more} more"] if more else [])])

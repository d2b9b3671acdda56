"""What must be true of the whole database when everything has ended, whatever was killed in between."""

from collections import Counter
from collections.abc import Sequence

from django.apps import apps
from django.db.models import Count

from accounts.models import WebhookDelivery
from aimodels.choices import JobStatus
from aimodels.models import AIModel, ModelJob, Prediction
from aimodels.selectors.recounted import differing_sums
from aimodels.services.verification import verify_ledger
from selection.models import AISuggestion, SuggestionReview
from system.choices import AuditOperation, RunStatus, TaskStatus
from system.models import AuditLog, BackgroundTask, IdempotencyKey, OutboxEvent, PipelineRun
from system.selectors.trail import verify_trail
from tests.chaos.outside import Outside


def faults(outside: Outside) -> list[str]:
    """Every invariant that does not hold."""
    found: dict[str, Sequence[object]] = {
        "chains of forecasts": [one for one in verify_ledger("") if one.fault is not None],
        "chain of the audit": [one for one in (verify_trail().fault,) if one is not None],
        "sums over forecasts": differing_sums("default"),
        "runs that have not ended": list(PipelineRun.objects.exclude(status=RunStatus.DONE)),
        "rows of runs by halves": half_landed(),
        "tasks that have not ended": list(
            BackgroundTask.objects.filter(status__in=(TaskStatus.PENDING, TaskStatus.RUNNING))
        ),
        "jobs that have not ended": list(
            ModelJob.objects.filter(job_status__in=(JobStatus.PENDING, JobStatus.RUNNING), job_category="training")
        ),
        "versions that were registered twice": twice(AIModel.objects.values_list("name", "version")),
        "decisions without one line of the audit": unaudited(),
        "keys that acted twice": twice(IdempotencyKey.objects.values_list("user_id", "key")),
        "events that were not sent": list(OutboxEvent.objects.filter(sent_at=None)),
        "messages that wait": list(WebhookDelivery.objects.exclude(status="sent")),
        "events that were queued twice": twice(WebhookDelivery.objects.values_list("subscription_id", "event_id")),
        "messages lost or unknown": unequal(outside),
    }
    return [f"{len(rows)} {name}, such as {rows[0]}" for name, rows in found.items() if rows]


def twice(rows: object) -> list[object]:
    return [row for row, times in Counter(rows).items() if times > 1]  # type: ignore[call-overload]


def half_landed() -> list[str]:
    """Rows of a run that is not done, and runs whose forecasts and rankings are not as many as they say."""
    done = {run.pk: run for run in PipelineRun.objects.filter(status=RunStatus.DONE)}
    wrong = []
    for model in apps.get_models():
        if model is not PipelineRun and any(field.name == "run" for field in model._meta.fields):
            rows = model._default_manager.exclude(run=None).exclude(run__in=done)
            wrong += [f"{model._meta.db_table}: {row}" for row in rows]
    forecasts = dict(Prediction.objects.exclude(run=None).values_list("run").annotate(rows=Count("pk")))
    for pk, run in done.items():
        said = (run.counts or {})["forecasts"]
        if said["rows"] != forecasts.get(pk, 0):  # of a run that was repeated, none is created
            wrong.append(f"{run}: {forecasts.get(pk, 0)} forecasts, not {said}")
    return wrong


def unaudited() -> list[AISuggestion]:
    """Suggestions that a person has decided without exactly one review and one line that says so."""
    changes = AuditLog.objects.filter(table_name="ai_suggestions", operation=AuditOperation.UPDATE)
    lines = Counter(changes.values_list("record_id", flat=True))
    reviews = Counter(SuggestionReview.objects.values_list("suggestion_id", flat=True))
    decided = AISuggestion.objects.filter(reviewed_by__isnull=False)
    return [row for row in decided if (reviews[row.pk], lines[row.pk]) != (1, 1)]


def unequal(outside: Outside) -> list[str]:
    """Messages that the program never had, had twice without a word of it in the log, or that nobody has sent."""
    rows = {str(row.message_id): row for row in WebhookDelivery.objects.all()}
    arrived = outside.arrivals()
    lost = [number for number in rows if not arrived[number]]
    doubles = [number for number, times in arrived.items() if times > 1 and not rows[number].possible_double]
    return lost + doubles + list(arrived.keys() - rows.keys())

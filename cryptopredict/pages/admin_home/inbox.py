"""What went wrong lately, from all the tables that say so, as one list with the newest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, QuerySet, Window
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from accounts.choices import DeliveryStatus
from accounts.models import NotificationDelivery, OutgoingMail, WebhookDelivery
from aimodels.choices import JobStatus
from aimodels.models import ModelJob
from assets.models import IngestState
from system import formats
from system.choices import RunStatus, TaskStatus
from system.models import BackgroundTask, PipelineRun

LOOKS_BACK = timedelta(days=7)
NEWEST = 12


@dataclass(frozen=True)
class Fault:
    """Something that failed: when, what kind of thing, which, why, and its page in the admin."""

    at: datetime
    kind: str
    name: str
    reason: str
    link: str


@dataclass(frozen=True)
class FaultKind:
    """Faults of one kind: how many there are, and the list of them in the admin."""

    label: str
    count: int
    link: str


@dataclass(frozen=True)
class Inbox:
    """The newest faults, and how many of each kind there are."""

    newest: list[Fault]
    kinds: list[FaultKind]
    days: int

    @property
    def count(self) -> int:
        """All of them, those that are not listed too."""
        return sum(kind.count for kind in self.kinds)


@dataclass(frozen=True)
class _Source:
    """A table that tells of faults.

    Attributes:
        rows: those that failed; ``at``: the column that says when.
        name, reason: columns, the name with the columns that it is joined of.
        only: filter of the list in the admin, as its address holds it.
    """

    label: str
    rows: QuerySet[Any]
    at: str
    name: tuple[str, ...]
    reason: str
    page: str
    only: str


def inbox(now: datetime) -> Inbox:
    """Faults of the last days. One query for each table: it counts what it does not list."""
    newest: list[Fault] = []
    kinds = []
    for source in sources():
        found = rows_of(source, now - LOOKS_BACK)
        newest += faults(source, found)
        if found:
            link = f"{reverse(f'admin:{source.page}_changelist')}{source.only}"
            kinds.append(FaultKind(source.label, found[0]["total"], link))
    newest.sort(key=lambda one: one.at, reverse=True)
    return Inbox(newest[:NEWEST], kinds, formats.Count(LOOKS_BACK.days))


def sources() -> list[_Source]:
    """Where faults are written down."""
    dead = {"status": DeliveryStatus.DEAD}
    only_dead = f"?status__exact={DeliveryStatus.DEAD}"
    return [
        _Source(
            gettext("background task"), BackgroundTask.objects.filter(status=TaskStatus.FAILED),
            "completed_at", ("task_name",), "error_message", "system_backgroundtask", "?status__exact=failed",
        ),
        _Source(
            gettext("run of the pipeline"), PipelineRun.objects.filter(status=RunStatus.FAILED),
            "finished_at", ("timeframe", "series"), "error", "system_pipelinerun", "?status__exact=failed",
        ),
        _Source(
            gettext("job of a model"), ModelJob.objects.filter(job_status=JobStatus.FAILED, is_recurring=False),
            "completed_at", ("job_type", "model__name"), "error_message", "aimodels_modeljob",
            "?job_status__exact=failed",
        ),
        _Source(
            gettext("fetch with refused rows"), IngestState.objects.filter(rejected__gt=0),
            "started_at", ("asset__symbol", "timeframe", "source"), "rejected", "assets_ingeststate", "?refused=yes",
        ),
        _Source(
            gettext("delivery to a channel"), NotificationDelivery.objects.filter(**dead),
            "updated_at", ("channel__kind", "channel__label"), "last_error", "accounts_notificationdelivery",
            only_dead,
        ),
        _Source(
            gettext("delivery to a webhook"), WebhookDelivery.objects.filter(**dead),
            "updated_at", ("event",), "last_error", "accounts_webhookdelivery", only_dead,
        ),
        _Source(
            gettext("mail"), OutgoingMail.objects.filter(sent_at__isnull=True, last_error__isnull=False),
            "created_at", ("kind",), "last_error", "accounts_outgoingmail", "",
        ),
    ]  # fmt: skip


def rows_of(source: _Source, since: datetime) -> list[dict[str, Any]]:
    """The newest rows of a source, each with how many there are."""
    rows = source.rows.filter(**{f"{source.at}__gt": since}).order_by(f"-{source.at}", "-pk")
    return list(rows.values("pk", source.at, source.reason, *source.name, total=Window(Count("pk")))[:NEWEST])


def faults(source: _Source, found: Iterable[dict[str, Any]]) -> Iterable[Fault]:
    """Rows in words."""
    for row in found:
        yield Fault(
            at=row[source.at],
            kind=source.label,
            name=" · ".join(str(row[name]) for name in source.name if row[name]),
            reason=_reason(row[source.reason]),
            link=reverse(f"admin:{source.page}_change", args=[row["pk"]]),
        )


def _reason(value: Any) -> str:
    if isinstance(value, int):
        return ngettext("%(n)s row refused", "%(n)s rows refused", value) % {"n": formats.number(value)}
    return str(value or gettext("no reason was written down"))[:300]

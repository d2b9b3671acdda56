"""The Celery application: background work, in four queues so that a slow kind of work does not hold up the others."""

import logging
import os
from typing import Any

from celery import Celery, Task
from celery.signals import task_postrun, task_prerun, worker_shutdown
from kombu import Exchange, Queue

from system.exceptions import DomainError, UnavailableError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")

logger = logging.getLogger(__name__)
QUEUES = {
    "ingest": (
        "continue_demo_market",
        "collect_candles",
        "collect_batch",
        "finish_round",
        "take_up_rounds",
        "collect_coins",
        "collect_series",
        "collect_news",
        "flush_usage",
        "sweep_old_rows",
        "ensure_partitions_ahead",
        "archive_prices",
        "sync_exchanges",
        "sync_exchange",
        "expire_imports",
        "sweep_screenshots",
        "sweep_exports",
    ),
    "compute": (
        "carry_out_orders",
        "run_pipeline",
        "expire_suggestions",
        "score_suggestions",
        "measure_rankings",
        "track_signals",
        "expire_recommendations",
        "score_recommendations",
        "follow_signals",
    ),
    "models": ("score_predictions", "wake_model_workers", "watch_models"),
    "notify": (
        "check_alerts",
        "deliver_notifications",
        "deliver_outside",
        "deliver_webhooks",
        "measure_health",
        "send_events",
        "send_mails",
    ),
}
ROUTES = {f"cryptopredict.tasks.{task}": {"queue": queue} for queue, tasks in QUEUES.items() for task in tasks}


class ServiceTask(Task):
    """Calls a service. What may pass by itself is tried again; a refusal is an answer and not a defect."""

    abstract = True
    autoretry_for = (UnavailableError,)
    retry_backoff = True
    max_retries = 5
    throws = (DomainError,)

    def on_failure(self, exc: Exception, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        """A refusal is logged as the sentence it is; Celery logs a defect with its traceback."""
        if isinstance(exc, DomainError):
            logger.warning("%s%s: %s", self.name, tuple(args), exc)
        super().on_failure(exc, task_id, args, kwargs, einfo)


@task_prerun.connect
@task_postrun.connect
def say_alive(task: Any = None, **_rest: Any) -> None:
    """A worker lives whenever it begins or ends something, which is every few seconds."""
    from system.services import heartbeats  # Django is not ready when this module is loaded

    heartbeats.beat("worker", task.request.hostname or "here")


@worker_shutdown.connect
def say_goodbye(sender: Any = None, **_rest: Any) -> None:
    """A worker that ends by itself is not missed."""
    from system.services import heartbeats

    heartbeats.forget("worker", str(getattr(sender, "hostname", None)))


app = Celery("cryptopredict", task_cls=ServiceTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    imports=("cryptopredict.tasks",),
    task_queues=[Queue(name, Exchange(name), routing_key=name) for name in QUEUES],
    task_routes=ROUTES,
    task_create_missing_queues=False,
    result_expires=None,  # no results are kept, so the schedule needs no entry that clears them
)

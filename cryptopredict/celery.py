"""The Celery application: background work, in four queues so that a slow kind of work does not hold up the others."""

import logging
import os
from typing import Any

import redis
from celery import Celery, Task
from celery.exceptions import Reject
from celery.signals import (
    beat_init,
    celeryd_init,
    task_postrun,
    task_prerun,
    worker_process_init,
    worker_process_shutdown,
    worker_shutdown,
)
from django.db import InterfaceError, OperationalError
from kombu import Exchange, Queue
from kombu.exceptions import OperationalError as QueueError

from cryptopredict.observing import (
    background,  # also listens to what happens to tasks
    tracing,
)
from system import spans
from system.acting import Everyone, done_by, for_everyone
from system.exceptions import DomainError, UnavailableError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")

logger = logging.getLogger(__name__)
INGEST = "ingest"
"""The queue whose workers may use the owner's role: they archive, take away, erase and back up."""
COMPUTE = "compute"
"""The queue whose workers share the runs of the pipeline."""
QUEUES = {
    INGEST: (
        "continue_demo_market",
        "collect_candles",
        "collect_batch",
        "finish_round",
        "take_up_rounds",
        "collect_coins",
        "collect_series",
        "collect_news",
        "flush_usage",
        "summarise_usage",
        "sweep_old_rows",
        "ensure_partitions_ahead",
        "archive_prices",
        "carry_out_data",
        "keep_backups",
        "sync_exchanges",
        "sync_exchange",
        "expire_imports",
        "sweep_screenshots",
        "sweep_exports",
        "erase_closed_accounts",
    ),
    COMPUTE: (
        "carry_out_analyses",
        "run_pipeline",
        "prepare_batch",
        "land_run",
        "take_up_runs",
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
        "seal_changes",
        "send_events",
        "send_mails",
    ),
}
ROUTES = {f"cryptopredict.tasks.{task}": {"queue": queue} for queue, tasks in QUEUES.items() for task in tasks}


class ServiceTask(Task):
    """Calls a service. What may pass by itself is tried again; a refusal is an answer and not a defect."""

    abstract = True
    autoretry_for = (UnavailableError, OperationalError, InterfaceError, QueueError, redis.exceptions.RedisError)
    retry_backoff = True
    retry_backoff_max = 15
    retry_jitter = False  # a minute of attempts outlasts the restart of a server, on a slow disk too
    max_retries = 7
    throws = (DomainError,)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """A task is for no single person."""
        with for_everyone(Everyone.TASK), done_by(f"task:{background.short_name(self.name)}", "task"):
            return super().__call__(*args, **kwargs)

    def retry(self, *args: Any, **options: Any) -> Any:
        """Another attempt later. Where Redis is away too and cannot take that, the message itself goes back: Celery
        would drop it, as if the work were done.

        Raises:
            Reject: the message goes back to its queue.
        """
        try:
            return super().retry(*args, **options)
        except Reject as refused:
            raise Reject(refused.reason, requeue=True) from refused

    def on_failure(self, exc: Exception, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        """A refusal is logged as the sentence it is; Celery logs a defect with its traceback."""
        if isinstance(exc, DomainError):
            logger.warning("%s%s: %s", self.name, tuple(args), exc)
        super().on_failure(exc, task_id, args, kwargs, einfo)


@celeryd_init.connect
def keep_what_is_taken(**_rest: Any) -> None:
    """What this worker takes is given to another when it dies (see ``unfinished``)."""
    from cryptopredict import unfinished  # Django is not ready when this module is loaded

    app.keeper = unfinished.Keeper()
    app.conf.broker_transport_options = {**app.conf.broker_transport_options, **app.keeper.transport_options}
    app.steps["consumer"].add(unfinished.GiveBack)


@task_prerun.connect
@task_postrun.connect
def say_alive(task: Any = None, **_rest: Any) -> None:
    """A worker lives whenever it begins or ends something, which is every few seconds."""
    from system.services import heartbeats  # Django is not ready when this module is loaded

    if task.request.is_eager:  # done by who asked for it, without a worker
        return
    name = task.request.hostname or "here"
    heartbeats.beat("worker", name)
    if COMPUTE in app.amqp.queues.consume_from:  # two of one machine may have the same name
        heartbeats.beat(f"worker:{COMPUTE}", f"{name} {os.getpid()}")


@worker_shutdown.connect
def say_goodbye(sender: Any = None, **_rest: Any) -> None:
    """A worker that ends by itself is not missed."""
    from system.services import heartbeats

    name = str(getattr(sender, "hostname", None))
    heartbeats.forget("worker", name)
    heartbeats.forget(f"worker:{COMPUTE}", f"{name} {os.getpid()}")
    app.keeper.end()


@worker_process_init.connect
def begin_traces(**_rest: Any) -> None:
    """In the process that does the tasks: that of the worker itself, or one that it has forked."""
    tracing.begin("worker")


@beat_init.connect
def begin_traces_of_beat(**_rest: Any) -> None:
    """What it sends is the beginning of a trace."""
    tracing.begin("beat")


@worker_process_shutdown.connect
@worker_shutdown.connect
def end_traces(**_rest: Any) -> None:
    """The last spans go out."""
    tracing.end()


class Application(Celery):
    """Celery, whose messages are parts of traces."""

    def send_task(self, name: str, *args: Any, **options: Any) -> Any:
        """Every message to a worker goes by here, whoever sends it."""
        facts = {
            "messaging.system": "celery",
            "messaging.operation.type": "send",
            "messaging.destination.name": ROUTES.get(name, {}).get("queue"),
        }
        with spans.span(f"send {background.short_name(name)}", "producer", facts=facts):
            return super().send_task(name, *args, **options)


app = Application("cryptopredict", task_cls=ServiceTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    imports=("cryptopredict.tasks",),
    task_queues=[Queue(name, Exchange(name), routing_key=name) for name in QUEUES],
    task_routes=ROUTES,
    task_create_missing_queues=False,
    result_expires=3600,  # only the pieces of a shared run have results; Redis forgets them by itself
)

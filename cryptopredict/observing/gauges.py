"""What is looked up when somebody asks for the figures: how things stand now, from the database and Redis.

Each group is looked up by itself. One that cannot be is left out, and ``cryptopredict_collector_up`` says so: a figure
that nobody knows is never 0.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.conf import settings
from django.db import connection
from django.db.models import Count, Max, Min, Sum
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from aimodels.choices import JobStatus
from aimodels.models import ModelJob, PredictionSum
from assets.choices import Timeframe
from assets.compute import periods
from assets.selectors.shown import assets_of, shown_market
from assets.services.collection import collected_assets
from cryptopredict.backups.archiving import archiving
from cryptopredict.backups.policy import known
from cryptopredict.celery import QUEUES
from cryptopredict.live.places import connections_told
from cryptopredict.observing.background import SENT_AT
from system.choices import LIVE, RunStatus
from system.history import there_is_a_replica
from system.http.gate import server
from system.models import OutboxEvent, PipelineRun
from system.replica import standing_now
from system.selectors.health import newest_health
from system.selectors.heartbeats import heartbeats
from system.selectors.providers import provider_states

STATEMENT_MS = 2000
"""A database that is overloaded is not asked for longer."""
COVERAGE_DAYS = 90
NEAR_PERIODS = 20
"""So far back the newest candle is looked for first: nearly all have it there, and old partitions are left alone."""
DATABASE = """
SELECT (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()),
    current_setting('max_connections')::int, pg_database_size(current_database()),
    (SELECT coalesce(extract(epoch FROM now() - min(xact_start)), 0)::float8 FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'),
    (SELECT deadlocks FROM pg_stat_database WHERE datname = current_database())
"""
NEWEST_CANDLES = """
SELECT count(t), max(t), count(t) FILTER (WHERE t < %(due)s)
FROM unnest(%(assets)s::bigint[]) a (id)
CROSS JOIN LATERAL (
    SELECT coalesce(
        (SELECT p.candle_time FROM price_data p
         WHERE p.asset_id = a.id AND p.timeframe = %(timeframe)s AND p.candle_time >= %(since)s
         ORDER BY p.candle_time DESC LIMIT 1),
        (SELECT p.candle_time FROM price_data p
         WHERE p.asset_id = a.id AND p.timeframe = %(timeframe)s AND p.candle_time < %(since)s
         ORDER BY p.candle_time DESC LIMIT 1))) n (t)
"""
Group = Callable[[], Iterator[Metric]]


def gauge(name: str, text: str, *rows: tuple[tuple[str, ...], float | None], labels: tuple[str, ...] = ()) -> Metric:
    """A figure; rows whose value is not known are left out."""
    family = GaugeMetricFamily(name, text, labels=labels)
    for values, number in rows:
        if number is not None:
            family.add_metric(values, number)
    return family


def seconds(moment: datetime | None) -> float | None:
    """A time as Prometheus has it."""
    return None if moment is None else moment.timestamp()


def database() -> Iterator[Metric]:
    """Connections, size, and the longest transaction."""
    with connection.cursor() as cursor:
        cursor.execute(DATABASE)
        used, most, size, oldest, deadlocks = cursor.fetchone()
    yield gauge("cryptopredict_database_connections", "Connections to the database, all programs.", ((), used))
    yield gauge("cryptopredict_database_connections_limit", "Connections that it accepts.", ((), most))
    yield gauge("cryptopredict_database_size_bytes", "Size of the database.", ((), size))
    yield gauge("cryptopredict_database_oldest_transaction_seconds", "Age of its oldest transaction.", ((), oldest))
    yield CounterMetricFamily("cryptopredict_database_deadlocks", "Deadlocks of the database.", deadlocks)


def replica() -> Iterator[Metric]:
    """Whether the copy of the database may be asked, and how far it is behind; nothing where there is none."""
    seen = standing_now() if there_is_a_replica() else None
    up, lag = (None, None) if seen is None else (float(not seen.fault), seen.lag)
    yield gauge("cryptopredict_replica_up", "1 while the replica is near enough to be asked.", ((), up))
    yield gauge("cryptopredict_replica_lag_seconds", "How far the replica is behind.", ((), lag))


def queues() -> Iterator[Metric]:
    """What waits in each queue, and for how long."""
    client = server(settings.REDIS_URL)
    lengths = [((name,), float(client.llen(name))) for name in QUEUES]
    ages = [((name,), waiting_seconds(client.lindex(name, -1))) for name in QUEUES]
    memory = client.info("memory")["used_memory"]
    yield gauge("cryptopredict_queue_length", "Tasks that wait.", *lengths, labels=("queue",))
    yield gauge(
        "cryptopredict_queue_oldest_seconds", "How long the first of them has waited.", *ages, labels=("queue",)
    )
    yield gauge("cryptopredict_queue_unacknowledged", "Tasks that workers hold.", ((), held_by_workers(client)))
    yield gauge("cryptopredict_redis_memory_bytes", "Memory that Redis uses.", ((), memory))


def held_by_workers(client: Any) -> int:
    """Tasks that were taken and have not ended: each worker keeps its own, under its name."""
    from cryptopredict.unfinished import HOLDERS, held  # it loads Celery's worker, which the web starts without

    return sum(client.hlen(held(holder)[0]) for holder in client.smembers(HOLDERS))


def waiting_seconds(message: str | None) -> float | None:
    """Since when a message waits; 0 when none does, and unknown when it does not say."""
    if message is None:
        return 0.0
    sent_at = orjson.loads(message).get("headers", {}).get(SENT_AT)
    return None if sent_at is None else max(0.0, timezone.now().timestamp() - float(sent_at))


def workers() -> Iterator[Metric]:
    """When each worker was last heard of."""
    heard = heartbeats("worker")
    if heard is None:
        raise ConnectionError("Redis is down")
    last = max(heard.values(), default=None)
    yield gauge("cryptopredict_workers", "Workers that were heard of within the last hour.", ((), len(heard)))
    yield gauge(
        "cryptopredict_worker_last_seen_timestamp_seconds", "When any worker was last heard of.", ((), seconds(last))
    )


def live() -> Iterator[Metric]:
    """Connections of browsers and programs to live channels."""
    yield gauge("cryptopredict_live_connections", "Connections to live channels.", ((), connections_told()))


def outbox() -> Iterator[Metric]:
    """Events that wait to be sent."""
    waiting = OutboxEvent.objects.filter(sent_at__isnull=True).aggregate(count=Count("pk"), first=Min("created_at"))
    age = (timezone.now() - waiting["first"]).total_seconds() if waiting["first"] else 0.0
    yield gauge("cryptopredict_outbox_waiting", "Events that wait to be sent.", ((), waiting["count"]))
    yield gauge("cryptopredict_outbox_oldest_seconds", "How long the first of them has waited.", ((), age))


def providers() -> Iterator[Metric]:
    """Where we stand with every outside source that has been called or has a budget."""
    states = [one for one in provider_states() if one.last_call is not None or one.used]
    label = ("provider",)
    yield gauge(
        "cryptopredict_provider_budget_limit", "Weight that its budget allows in a window.",
        *(((one.name,), one.limit) for one in states), labels=label,
    )  # fmt: skip
    yield gauge(
        "cryptopredict_provider_budget_used", "Weight that is used of the present window.",
        *(((one.name,), one.used if one.limit else None) for one in states), labels=label,
    )  # fmt: skip
    yield gauge(
        "cryptopredict_provider_budget_left", "Weight that is left of the present window.",
        *(((one.name,), left(one.limit, one.used)) for one in states), labels=label,
    )  # fmt: skip
    yield gauge(
        "cryptopredict_provider_banned", "1 while a source is closed to us.",
        *(((one.name,), float(one.is_banned)) for one in states), labels=label,
    )  # fmt: skip
    yield gauge(
        "cryptopredict_provider_last_call_timestamp_seconds", "When it was called last.",
        *(((one.name,), seconds(one.last_call)) for one in states), labels=label,
    )  # fmt: skip


def left(limit: float | None, used: float | None) -> float | None:
    """What is left of a budget."""
    return None if limit is None or used is None else max(0.0, limit - used)


def candles() -> Iterator[Metric]:
    """How far the stored candles are behind the newest close, by timeframe, however far that is."""
    market, now = shown_market(), timezone.now()
    wanted = {one: collected_assets(one) for one in Timeframe.values}
    shown = list(assets_of(market).values_list("pk", flat=True))
    found = {one: newest_candles(one, assets or shown, now) for one, assets in wanted.items()}
    label = ("timeframe",)
    yield gauge(
        "cryptopredict_candle_lag_seconds",
        "From the newest stored candle of any asset to the newest that is closed; 0 = nothing is late.",
        *(((one,), stand.lag) for one, stand in found.items()), labels=label,
    )  # fmt: skip
    yield gauge(
        "cryptopredict_candle_assets_wanted", "Assets whose candles are fetched.",
        *(((one,), float(len(assets)) or None) for one, assets in wanted.items()), labels=label,
    )  # fmt: skip
    yield gauge(
        "cryptopredict_candle_assets", "Assets that have candles.",
        *(((one,), float(stand.assets) or None) for one, stand in found.items()), labels=label,
    )  # fmt: skip
    yield gauge(
        "cryptopredict_candle_assets_behind", "Of these, assets without the newest closed candle.",
        *(((one,), float(stand.behind) if stand.assets else None) for one, stand in found.items()), labels=label,
    )  # fmt: skip


@dataclass(frozen=True)
class Newest:
    """The newest stored candles of some assets.

    Attributes:
        lag: seconds from the newest of all to the newest that is closed; None: there is none.
        assets: how many have any.
        behind: how many of these lack the newest that is closed.
    """

    lag: float | None
    assets: int
    behind: int


def newest_candles(timeframe: str, assets: list[int], now: datetime) -> Newest:
    """How the candles of some assets stand. One that is months behind is found too: what has stopped altogether must
    not look like what never was."""
    due = periods.last_closed(now, timeframe)
    since = due
    for _ in range(NEAR_PERIODS):
        since = periods.last_closed(since, timeframe)
    with connection.cursor() as cursor:
        cursor.execute(NEWEST_CANDLES, {"assets": assets, "timeframe": timeframe, "since": since, "due": due})
        count, newest, behind = cursor.fetchone()
    return Newest(None if newest is None else max(0.0, (due - newest).total_seconds()), count, behind)


def forecasts() -> Iterator[Metric]:
    """Of the live forecasts: the newest, and whether the intervals hold what they promise."""
    sums = PredictionSum.objects.filter(series=LIVE, layer_source__in=(1, 2, 3, 4))
    newest = sums.aggregate(last=Max("as_of"))["last"]
    since = timezone.now() - timedelta(days=COVERAGE_DAYS)
    rows = sums.filter(as_of__gte=since).values("prediction_horizon").order_by("prediction_horizon")
    counted = list(rows.annotate(n=Sum("n_intervals"), inside=Sum("in_interval_90")).filter(n__gt=0))
    label = ("horizon_hours",)
    yield gauge(
        "cryptopredict_forecast_last_timestamp_seconds", "Moment of the newest live forecast.", ((), seconds(newest))
    )
    yield gauge(
        "cryptopredict_forecast_interval_coverage_ratio",
        f"Share of prices inside the 90% interval, over {COVERAGE_DAYS} days.",
        *(((str(row["prediction_horizon"]),), row["inside"] / row["n"]) for row in counted), labels=label,
    )  # fmt: skip
    yield gauge(
        "cryptopredict_forecast_intervals_scored", f"How many that share is of, over {COVERAGE_DAYS} days.",
        *(((str(row["prediction_horizon"]),), row["n"]) for row in counted), labels=label,
    )  # fmt: skip


def runs() -> Iterator[Metric]:
    """When each timeframe was last analysed, and how long that took."""
    done = PipelineRun.objects.filter(series=LIVE, status=RunStatus.DONE).order_by("timeframe", "-as_of")
    newest = list(done.distinct("timeframe").values_list("timeframe", "as_of", "started_at", "finished_at"))
    label = ("timeframe",)
    yield gauge(
        "cryptopredict_pipeline_last_timestamp_seconds", "Moment of the newest run that is done.",
        *(((timeframe,), seconds(as_of)) for timeframe, as_of, _, _ in newest), labels=label,
    )  # fmt: skip
    yield gauge(
        "cryptopredict_pipeline_last_duration_seconds", "How long it took.",
        *(
            ((timeframe,), (end - begin).total_seconds() if begin and end else None)
            for timeframe, _, begin, end in newest
        ), labels=label,
    )  # fmt: skip


def jobs() -> Iterator[Metric]:
    """Jobs of models by their state."""
    counted = ModelJob.objects.filter(is_recurring=False).values("job_status").annotate(n=Count("pk")).order_by()
    found: dict[str, Any] = {row["job_status"]: row["n"] for row in counted}
    rows = [((state,), float(found.get(state, 0))) for state in JobStatus.values]
    yield gauge("cryptopredict_model_jobs", "Jobs of models.", *rows, labels=("status",))


def health() -> Iterator[Metric]:
    """The newest round of checks."""
    newest = newest_health()
    score = None if newest is None or newest.overall_health_score is None else float(newest.overall_health_score)
    at = None if newest is None else newest.check_time
    yield gauge("cryptopredict_health_score", "Score of the newest round of checks, 0-100.", ((), score))
    yield gauge("cryptopredict_health_last_timestamp_seconds", "When it was.", ((), seconds(at)))


def backups() -> Iterator[Metric]:
    """The newest backup, the last attempt that failed since, and the last trial."""
    stand = known()
    tried = stand.drill.started_at if stand.drill else None
    failed = float(bool(stand.drill_fault)) if stand.drill else None
    name = "cryptopredict_backup"
    yield gauge(f"{name}_last_timestamp_seconds", "Moment of the newest backup.", ((), seconds(stand.made_at)))
    yield gauge(f"{name}_size_bytes", "Size of the newest backup.", ((), stand.facts.get("bytes")))
    yield gauge(f"{name}_failed", "1 while the last attempt has failed.", ((), float(stand.failure is not None)))
    yield gauge(f"{name}_last_drill_timestamp_seconds", "When a backup was last tried out.", ((), seconds(tried)))
    yield gauge(f"{name}_drill_failed", "1 while the last trial has failed.", ((), failed))


def log_archive() -> Iterator[Metric]:
    """Whether the archive of the database's log keeps up; nothing where there is none."""
    stand = archiving()
    failing = None if stand is None else float(bool(stand.failed))
    last, waiting = (None, None) if stand is None else (stand.last_at, stand.waiting)
    name = "cryptopredict_log_archive"
    yield gauge(f"{name}_last_timestamp_seconds", "When a file of the log was last archived.", ((), seconds(last)))
    yield gauge(f"{name}_waiting", "Full files of the log that are not archived.", ((), waiting))
    yield gauge(f"{name}_failing", "1 while the last attempt to archive a file has failed.", ((), failing))


GROUPS: dict[str, Group] = {
    "database": database,
    "replica": replica,
    "queues": queues,
    "workers": workers,
    "live": live,
    "outbox": outbox,
    "providers": providers,
    "candles": candles,
    "forecasts": forecasts,
    "runs": runs,
    "jobs": jobs,
    "health": health,
    "backups": backups,
    "log_archive": log_archive,
}

"""The dashboard for Grafana, as JSON: written by ``manage.py grafana``, imported by who runs one."""

import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings

FILE = settings.BASE_DIR / "docs" / "monitoring" / "grafana.json"
SOURCE = {"type": "prometheus", "uid": "${source}"}
WIDTH, HEIGHT = 24, 8


@dataclass(frozen=True)
class Panel:
    """One graph.

    Args:
        title: the question that it answers.
        queries: in the language of Prometheus, by what their lines are called.
        unit: as Grafana names it.
        limit: a value from where it is drawn in red.
        is_number: one large number in place of lines.
    """

    title: str
    queries: dict[str, str]
    unit: str = "short"
    limit: float | None = None
    is_number: bool = False
    width: int = 8


def quantile(share: float, name: str, by: str) -> str:
    """Of a histogram, over five minutes."""
    return f"histogram_quantile({share}, sum by (le{', ' if by else ''}{by}) (rate({name}_bucket[5m])))"


SLOWEST = f"topk(10, {quantile(0.95, 'cryptopredict_http_request_duration_seconds', 'route')})"
SINCE = "time() - {}"
ROWS: dict[str, tuple[Panel, ...]] = {
    "Does it work?": (
        Panel("Health, 0-100", {"score": "cryptopredict_health_score"}, is_number=True, width=4),
        Panel("Groups of figures that are missing", {"": "count(cryptopredict_collector_up == 0) or vector(0)"},
              limit=1, is_number=True, width=4),
        Panel("Worker last heard of", {"": SINCE.format("cryptopredict_worker_last_seen_timestamp_seconds")}, "s",
              60, is_number=True, width=4),
        Panel("Newest forecast", {"": SINCE.format("cryptopredict_forecast_last_timestamp_seconds")}, "s",
              is_number=True, width=4),
        Panel("Sources closed to us", {"": "sum(cryptopredict_provider_banned)"}, limit=1, is_number=True, width=4),
        Panel("Faults in the last day", {"": "sum(increase(cryptopredict_errors_total[1d]))"}, limit=1,
              is_number=True, width=4),
    ),
    "Requests": (
        Panel("Requests a second, by status",
              {"{{status}}": "sum by (status) (rate(cryptopredict_http_requests_total[5m]))"}, "reqps"),
        Panel("How long answers take",
              {"half": quantile(0.5, "cryptopredict_http_request_duration_seconds", ""),
               "95%": quantile(0.95, "cryptopredict_http_request_duration_seconds", ""),
               "99%": quantile(0.99, "cryptopredict_http_request_duration_seconds", "")}, "s"),
        Panel("The slowest routes (95%)", {"{{route}}": SLOWEST}, "s"),
        Panel("Connections to live channels", {"": "cryptopredict_live_connections"}),
        Panel("Events that wait", {"events": "cryptopredict_outbox_waiting",
                                   "seconds": "cryptopredict_outbox_oldest_seconds"}),
        Panel("Requests without a row", {"": "increase(cryptopredict_request_log_lost_total[5m])"}),
    ),
    "Background work": (
        Panel("Tasks that wait", {"{{queue}}": "cryptopredict_queue_length"}),
        Panel("How long the first has waited", {"{{queue}}": "cryptopredict_queue_oldest_seconds"}, "s", 60),
        Panel("Tasks a minute, by outcome",
              {"{{outcome}}": "60 * sum by (outcome) (rate(cryptopredict_tasks_total[5m]))"}),
        Panel("The slowest tasks (95%)",
              {"{{task}}": f"topk(10, {quantile(0.95, 'cryptopredict_task_duration_seconds', 'task')})"}, "s"),
        Panel("How long tasks stood in the queue (95%)",
              {"{{queue}}": quantile(0.95, "cryptopredict_task_wait_seconds", "queue")}, "s"),
        Panel("Jobs of models", {"{{status}}": "cryptopredict_model_jobs"}),
    ),
    "Data and forecasts": (
        Panel("Candles behind the newest close", {"{{timeframe}}": "cryptopredict_candle_lag_seconds"}, "s"),
        Panel("Share of assets that are behind",
              {"{{timeframe}}": "cryptopredict_candle_assets_behind / cryptopredict_candle_assets"}, "percentunit"),
        Panel("Age of the newest analysis",
              {"{{timeframe}}": SINCE.format("cryptopredict_pipeline_last_timestamp_seconds")}, "s"),
        Panel("How long the pipeline took", {"{{timeframe}}": "cryptopredict_pipeline_last_duration_seconds"}, "s"),
        Panel("Prices inside the 90% interval",
              {"{{horizon_hours}} h": "cryptopredict_forecast_interval_coverage_ratio"}, "percentunit"),
        Panel("How many that is of", {"{{horizon_hours}} h": "cryptopredict_forecast_intervals_scored"}),
    ),
    "Sources outside": (
        Panel("Budget that is used",
              {"{{provider}}": "cryptopredict_provider_budget_used / cryptopredict_provider_budget_limit"},
              "percentunit", 0.9),
        Panel("Calls a minute, by answer",
              {"{{provider}} {{status}}":
               "60 * sum by (provider, status) (rate(cryptopredict_provider_calls_total[5m]))"}),
        Panel("How long they take (95%)",
              {"{{provider}}": quantile(0.95, "cryptopredict_provider_call_duration_seconds", "provider")}, "s"),
    ),
    "Database and Redis": (
        Panel("Connections", {"used": "cryptopredict_database_connections",
                              "limit": "cryptopredict_database_connections_limit"}),
        Panel("Size of the database", {"": "cryptopredict_database_size_bytes"}, "bytes"),
        Panel("Memory of Redis", {"": "cryptopredict_redis_memory_bytes"}, "bytes"),
        Panel("Oldest transaction", {"": "cryptopredict_database_oldest_transaction_seconds"}, "s", 300),
        Panel("Deadlocks", {"": "increase(cryptopredict_database_deadlocks_total[1h])"}),
        Panel("Tasks that workers hold", {"": "cryptopredict_queue_unacknowledged"}),
    ),
    "Backups and copies": (
        Panel("Age of the newest backup", {"": SINCE.format("cryptopredict_backup_last_timestamp_seconds")},
              "s", 2 * 86400),
        Panel("Since a backup was tried out", {"": SINCE.format("cryptopredict_backup_last_drill_timestamp_seconds")},
              "s", 62 * 86400),
        Panel("What has failed last", {"backup": "cryptopredict_backup_failed",
                                       "trial": "cryptopredict_backup_drill_failed",
                                       "log archive": "cryptopredict_log_archive_failing"}, limit=1),
        Panel("Files of the log that are not archived", {"": "cryptopredict_log_archive_waiting"}, limit=3),
        Panel("Age of the newest file of the log archive",
              {"": SINCE.format("cryptopredict_log_archive_last_timestamp_seconds")}, "s"),
        Panel("How far the replica is behind", {"lag": "cryptopredict_replica_lag_seconds",
                                                "1 = in use": "cryptopredict_replica_up"}, "s"),
    ),
}  # fmt: skip


def dashboard() -> dict[str, Any]:
    """Everything that Grafana imports."""
    panels: list[dict[str, Any]] = []
    top = 0
    for title, row in ROWS.items():
        panels.append(
            {"id": len(panels) + 1, "type": "row", "title": title, "collapsed": False, "panels": []}
            | {"gridPos": {"x": 0, "y": top, "w": WIDTH, "h": 1}}
        )
        top, left, height = top + 1, 0, 4 if row[0].is_number else HEIGHT
        for one in row:
            if left + one.width > WIDTH:
                top, left = top + height, 0
            place = {"x": left, "y": top, "w": one.width, "h": height}
            panels.append(drawn(one, len(panels) + 1) | {"gridPos": place})
            left += one.width
        top += height
    return {
        "title": "CryptoPredict",
        "uid": "cryptopredict",
        "tags": ["cryptopredict"],
        "timezone": "utc",
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [{"name": "source", "label": "Source", "type": "datasource", "query": "prometheus"}]},
        "panels": panels,
    }


def drawn(one: Panel, number: int) -> dict[str, Any]:
    """A panel in the words of Grafana."""
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if one.limit is not None:
        steps.append({"color": "red", "value": one.limit})
    return {
        "id": number,
        "type": "stat" if one.is_number else "timeseries",
        "title": one.title,
        "datasource": SOURCE,
        "fieldConfig": {
            "defaults": {"unit": one.unit, "min": 0, "thresholds": {"mode": "absolute", "steps": steps}},
            "overrides": [],
        },
        "targets": [
            {"refId": chr(ord("A") + place), "datasource": SOURCE, "expr": query, "legendFormat": name or "__auto"}
            for place, (name, query) in enumerate(one.queries.items())
        ],
    }


def text() -> str:
    """The file."""
    return json.dumps(dashboard(), indent=2) + "\n"

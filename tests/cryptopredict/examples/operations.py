"""Dashboards, and what admins see and set."""

from tests.cryptopredict.examples.asking import Example

EXAMPLES = [
    Example("GET /api/v1/dashboard"),
    Example("GET /api/v1/dashboard/casual"),
    Example("GET /api/v1/dashboard/layers"),
    Example("GET /api/v1/dashboard/mobile/layer-cards"),
    Example("GET /api/v1/dashboard/mobile/quick-stats"),
    Example("GET /api/v1/dashboard/mobile/signal-cards", query="limit=2"),
    Example("GET /api/v1/system/activities", query="limit=2"),
    Example("GET /api/v1/system/activities/archive", query="limit=2"),
    Example("GET /api/v1/system/analytics", query="limit=2"),
    Example("GET /api/v1/system/audit", query="limit=2&table=assets"),
    Example("GET /api/v1/system/config"),
    Example("POST /api/v1/system/config", sent={"suggestion_expiry_days": {"days": 10}}),
    Example("GET /api/v1/system/config/{key}"),
    Example("PUT /api/v1/system/config/{key}", sent={"value": {"days": 10}}),
    Example("GET /api/v1/system/gaps", query="limit=2"),
    Example("GET /api/v1/system/health/history", query="limit=2"),
    Example("GET /api/v1/system/logs/api", query="limit=2"),
    Example("GET /api/v1/system/logs/external", query="limit=2"),
    Example(
        "POST /api/v1/system/notifications",
        sent=lambda world: {
            "user_ids": [world.person.pk], "notification_type": "system", "title": "Pause on Sunday",
            "message": "On Sunday from 06:00 to 06:30 UTC nothing is computed.", "priority": "normal",
        },
    ),
    Example("GET /api/v1/system/runs", query="limit=2"),
    Example("GET /api/v1/system/runs/{id}"),
    Example("GET /api/v1/system/tasks", query="limit=2"),
    Example("GET /api/v1/system/tasks/{id}"),
]  # fmt: skip

"""Models, their jobs and how they were judged."""

from collections.abc import Callable
from typing import Any

from tests import factories as make
from tests.cryptopredict.examples.asking import Example
from tests.cryptopredict.examples.world import World


def job(status: str) -> Callable[[World], dict[str, Any]]:
    """A job in a state."""

    def rows(world: World) -> dict[str, Any]:
        made = make.ModelJobFactory(
            model=world.rows["model"], job_status=status, job_name="Train anew", initiated_by=world.admin,
            job_config={"training_data_days": 900},
        )  # fmt: skip
        return {"id": made.pk}

    return rows


EXAMPLES = [
    Example("GET /api/v1/models", query="limit=2&is_active=true"),
    Example("GET /api/v1/models/evaluations", query="limit=2"),
    Example("GET /api/v1/models/evaluations/{id}"),
    Example("GET /api/v1/models/jobs", query="limit=2"),
    Example(
        "POST /api/v1/models/jobs",
        sent=lambda world: {
            "model_id": world.key("model"), "job_category": "training", "job_type": "full", "job_name": "Train anew",
            "job_config": {"training_data_days": 900}, "priority": "normal", "max_retries": 2,
        },
    ),
    Example("GET /api/v1/models/jobs/{id}"),
    Example(
        "PATCH /api/v1/models/jobs/{id}",
        rows=job("pending"),
        sent={"priority": "high", "resource_limits": {"max_memory_mb": 2000}},
    ),
    Example("POST /api/v1/models/jobs/{id}/cancel", rows=job("pending")),
    Example("GET /api/v1/models/jobs/{id}/log"),
    Example("POST /api/v1/models/jobs/{id}/pause", rows=job("pending")),
    Example("POST /api/v1/models/jobs/{id}/resume", rows=job("paused")),
    Example("POST /api/v1/models/jobs/{id}/retry", rows=job("failed")),
    Example("GET /api/v1/models/{id}"),
    Example("GET /api/v1/models/{id}/evaluations", query="limit=2"),
    Example("GET /api/v1/models/{id}/health"),
]  # fmt: skip

"""Model versions, evaluations and jobs through the API."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from aimodels.choices import ModelStatus, ModelType
from tests.doors import API, answer, client_of, queries, refused
from tests.factories import (
    AdminFactory,
    AIModelFactory,
    ModelJobFactory,
    ModelPerformanceFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
LISTS = ("models", "models/evaluations", "models/jobs")


def ids(path: str, **query: Any) -> list[int]:
    return [row["id"] for row in answer(path, AdminFactory(), **query)["results"]]


@pytest.mark.parametrize("path", LISTS)
def test_only_admins_look(path: str) -> None:
    refused(client_of().get(API + path), 401)
    refused(client_of(UserFactory()).get(API + path), 403)
    refused(client_of(AdminFactory()).get(f"{API}{path}/999999"), 404)
    assert answer(path, AdminFactory()) == {"count": 0, "next": None, "previous": None, "results": []}


def test_versions_and_their_filters() -> None:
    old = AIModelFactory(name="asset_direction", version="v1", status=ModelStatus.DEPRECATED)
    new = AIModelFactory(name="asset_direction", version="v2", is_active=True, performance_metrics={"accuracy": 0.6})
    macro = AIModelFactory(name="regimes", model_type=ModelType.MACRO)
    assert ids("models") == [new.pk, old.pk, macro.pk]
    assert ids("models", type="macro") == ids("models", name="regimes") == [macro.pk]
    assert ids("models", status="deprecated") == [old.pk]
    assert ids("models", is_active="true") == [new.pk]
    assert ids("system/models") == ids("admin/ai-models") == ids("models")
    row = answer("models", AdminFactory())["results"][0]
    assert (row["type"], row["model_type"], row["performance_metrics"]) == ("asset", "asset", {"accuracy": 0.6})
    assert "configuration" not in row


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("models", "type"),
        ("models", "status"),
        ("models", "is_active"),
        ("models/evaluations", "grade"),
        ("models/evaluations", "ordering"),
        ("models/jobs", "category"),
        ("models/jobs", "model"),
    ],
)
def test_a_wrong_filter_is_named(path: str, name: str) -> None:
    problem = refused(client_of(AdminFactory()).get(API + path, {name: "nonsense"}), 400)
    assert [error["field"] for error in problem["errors"]] == [name]


def test_a_version_and_how_it_is() -> None:
    seen = datetime(2026, 1, 2, tzinfo=UTC)
    model = AIModelFactory(health_status={"status": "healthy"}, last_prediction=seen, configuration={"a": 1})
    body = answer(f"models/{model.pk}", AdminFactory())
    assert (body["configuration"], body["type"], body["min_confidence_threshold"]) == ({"a": 1}, "asset", 0.5)
    assert answer(f"models/{model.pk}/health", AdminFactory()) == {
        "model_id": model.pk,
        "health_status": {"status": "healthy"},
        "last_prediction": "2026-01-02T00:00:00Z",
    }


def test_evaluations() -> None:
    good = ModelPerformanceFactory(meets_threshold=True, performance_grade="A", accuracy=Decimal("0.75"))
    late = ModelPerformanceFactory(meets_threshold=False, evaluation_type="live_performance")
    assert ids("models/evaluations") == [late.pk, good.pk]
    assert ids("models/evaluations", ordering="evaluation_date") == [good.pk, late.pk]
    assert ids("models/evaluations", model=good.model_id) == ids("models/evaluations", grade="A") == [good.pk]
    assert ids("models/evaluations", meets_threshold="false") == [late.pk]
    assert ids("models/evaluations", type="live_performance") == [late.pk]
    assert ids(f"models/{good.model_id}/evaluations") == [good.pk]
    body = answer(f"models/evaluations/{good.pk}", AdminFactory())
    assert (body["model_id"], body["accuracy"], body["sharpe_ratio"]) == (good.model_id, 0.75, None)


def test_jobs() -> None:
    ended = ModelJobFactory(job_status="failed", log_output="line", error_message="no data")
    schedule = ModelJobFactory(job_category="prediction", is_recurring=True, cron_schedule="0 2 * * *")
    assert ids("models/jobs") == [schedule.pk, ended.pk]
    assert ids("models/jobs", recurring="true") == ids("models/jobs", category="prediction") == [schedule.pk]
    assert ids("models/jobs", status="failed") == ids("models/jobs", model=ended.model_id) == [ended.pk]
    body = answer(f"models/jobs/{ended.pk}", AdminFactory())
    assert (body["model_id"], body["job_status"], body["initiated_by"]) == (ended.model_id, "failed", None)
    assert "log_output" not in body
    log = {"job_id": ended.pk, "log_output": "line", "error_message": "no data"}
    assert answer(f"models/jobs/{ended.pk}/log", AdminFactory()) == log


@pytest.mark.parametrize("path", LISTS)
def test_more_rows_need_no_more_queries(path: str) -> None:
    admin = client_of(AdminFactory())
    model = AIModelFactory()
    factory = {"models/evaluations": ModelPerformanceFactory, "models/jobs": ModelJobFactory}.get(path)
    counts = []
    for missing in (1, 4, 45):
        for _number in range(missing):
            factory(model=model) if factory else AIModelFactory()
        counts.append(queries(admin, API + path))
    assert len(set(counts)) == 1

"""Jobs that admins order, change and stop through the API."""

from typing import Any

import pytest
from django.test import Client

from aimodels.models import ModelJob
from system.models import AuditLog
from tests.doors import API, client_of, refused
from tests.factories import AdminFactory, AIModelFactory, ModelJobFactory, UserFactory

pytestmark = pytest.mark.django_db
JOBS = f"{API}models/jobs"


@pytest.fixture
def admin() -> Client:
    return client_of(AdminFactory())


def send(client: Client, path: str = "", method: str = "post", **body: Any) -> Any:
    return getattr(client, method)(JOBS + path, body, content_type="application/json")


def changed(client: Client, job: ModelJob, **body: Any) -> Any:
    etag = client.get(f"{JOBS}/{job.pk}")["ETag"]
    return client.patch(f"{JOBS}/{job.pk}", body, content_type="application/json", headers={"If-Match": etag})


def wanted(**more: Any) -> dict[str, Any]:
    return {"model_id": AIModelFactory().pk, "job_category": "training", "job_type": "retrain"} | more


def test_a_job_is_ordered_once_at_a_time(admin: Client) -> None:
    body = wanted(job_name="by hand", priority="high", job_config={"as_of": None}, max_retries=1)
    answer = send(admin, **body)
    assert answer.status_code == 202
    job = ModelJob.objects.get(pk=answer.json()["id"])
    assert (job.model_id, job.job_name, job.priority, job.max_retries) == (body["model_id"], "by hand", "high", 1)
    assert (job.job_config, job.is_recurring) == ({"as_of": None}, False)
    assert answer.json()["initiated_by"] == job.initiated_by_id
    assert AuditLog.objects.filter(table_name="model_jobs", record_id=job.pk, operation="INSERT").exists()
    assert refused(send(admin, **body), 409)["type"].endswith(":already-training")


def test_a_schedule(admin: Client) -> None:
    made = send(admin, **wanted(is_recurring=True, cron_schedule="0 2 * * *")).json()
    assert (made["is_recurring"], made["cron_schedule"]) == (True, "0 2 * * *")
    assert made["next_run_time"][11:] == "02:00:00Z"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"model_id": 999999}, "model_id"),
        ({"job_category": "cooking"}, "job_category"),
        ({"job_type": "x" * 26}, "job_type"),
        ({"cron_schedule": "0 25 * * *"}, "cron_schedule"),
        ({"is_recurring": True}, "cron_schedule"),
        ({"is_recurring": False, "cron_schedule": "0 2 * * *"}, "cron_schedule"),
        ({"max_retries": 11}, "max_retries"),
        ({"resource_limits": {"max_gpu_percent": 5}}, "resource_limits"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_is_named(admin: Client, body: dict[str, Any], field: str) -> None:
    problem = refused(send(admin, **wanted(**body)), 400)
    assert [error["field"] for error in problem["errors"]] == [field]
    assert not ModelJob.objects.exists()


def test_a_waiting_job_is_changed(admin: Client) -> None:
    job = ModelJobFactory()
    answer = changed(admin, job, priority="urgent", resource_limits={"max_memory_mb": 500})
    assert answer.status_code == 200
    assert (answer.json()["priority"], answer.json()["resource_limits"]) == ("urgent", {"max_memory_mb": 500})
    refused(send(admin, f"/{job.pk}", "patch", priority="low"), 428)
    assert refused(changed(admin, job, cron_schedule="0 2 * * *"), 400)["errors"][0]["field"] == "cron_schedule"
    refused(changed(admin, ModelJobFactory(job_status="completed"), priority="low"), 409)


def test_orders_follow_each_other(admin: Client) -> None:
    job = ModelJobFactory()
    for order, state in (("pause", "paused"), ("resume", "pending"), ("cancel", "cancelled"), ("retry", "pending")):
        answer = send(admin, f"/{job.pk}/{order}")
        assert (answer.status_code, answer.json()["job_status"]) == (200, state)
    assert AuditLog.objects.filter(table_name="model_jobs", record_id=job.pk, operation="ACTION").count() == 4


@pytest.mark.parametrize("order", ["cancel", "pause", "resume", "retry"])
def test_an_order_that_does_not_fit_or_is_not_allowed(admin: Client, order: str) -> None:
    done = ModelJobFactory(job_status="completed")
    assert refused(send(admin, f"/{done.pk}/{order}"), 409)["type"].endswith(":wrong-state")
    refused(send(admin, f"/999999/{order}"), 404)
    refused(send(client_of(), f"/{done.pk}/{order}"), 401)
    refused(send(client_of(UserFactory()), f"/{done.pk}/{order}"), 403)


def test_only_admins_order_and_change() -> None:
    user, job = client_of(UserFactory()), ModelJobFactory()
    refused(send(user, **wanted()), 403)
    refused(send(user, f"/{job.pk}", "patch", priority="low"), 403)
    refused(send(client_of(), **wanted()), 401)

"""The state of the product, and work that admins start, through the API."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cryptopredict.measuring import measure_health
from cryptopredict.orders import carry_out_analyses, carry_out_data
from cryptopredict.starting import ARCHIVE, STARTABLE
from selection.models import AISuggestion
from system.models import AuditLog, BackgroundTask, ExternalApiLog, SystemHealth
from system.services import change_setting, setting
from tests.doors import API, answer, client_of, client_with_token, refused
from tests.factories import AdminFactory, SuggestionFactory, UserFactory

pytestmark = pytest.mark.django_db
WORD = {"status", "overall_health_score", "last_updated"}
REPORT = {
    "overall_health_score",
    "api_status",
    "ml_models_status",
    "database_performance",
    "data_pipeline_status",
    "performance_metrics",
    "error_logs",
    "last_updated",
}


def start(client: Client, **body: Any) -> Any:
    return client.post(f"{API}system/tasks", body, content_type="application/json")


def test_health_is_a_word_for_everybody_and_a_report_for_admins() -> None:
    empty = answer("system/health")
    assert empty == {"status": None, "overall_health_score": None, "last_updated": None}
    assert answer("system/health", AdminFactory())["last_updated"] is None
    row = measure_health(timezone.now())
    SystemHealth.objects.filter(pk=row.pk).update(overall_health_score=Decimal("94.5"))
    for reader in (None, UserFactory()):
        found = answer("system/health", reader)
        assert found.keys() == WORD
        assert (found["status"], found["overall_health_score"]) == ("healthy", 94.5)
    whole = answer("system/health", AdminFactory())
    assert whole.keys() == REPORT
    assert whole["database_performance"]["connections"] >= 1
    outsider = client_with_token(AdminFactory(), "read").get(f"{API}system/health")
    assert outsider.json().keys() == WORD


def test_the_older_name_is_for_admins_only() -> None:
    path = f"{API}admin/system-health"
    refused(client_of().get(path), 401)
    refused(client_of(UserFactory()).get(path), 403)
    response = client_of(AdminFactory()).get(path)
    assert response.json().keys() == REPORT
    assert response["Link"] == f'<{API}system/health>; rel="canonical"'


def test_known_work_is_ordered_once_and_done() -> None:
    admin = client_of(AdminFactory())
    over = SuggestionFactory(expires_at=timezone.now() - timedelta(hours=1))
    first, again = (start(admin, task_name="selection.expire_suggestions", task_params={}) for _number in range(2))
    assert (first.status_code, first.json()) == (202, again.json())
    order = BackgroundTask.objects.get()
    assert first["Location"] == f"{API}system/tasks/{order.pk}"
    assert AuditLog.objects.filter(table_name="background_tasks", record_id=order.pk).count() == 1
    assert (carry_out_data(), carry_out_analyses()) == (0, 1)
    told = answer(f"system/tasks/{order.pk}", AdminFactory())
    assert (told["status"], told["result_data"]) == ("completed", {"expired": 1})
    assert AISuggestion.objects.get(pk=over.pk).status == "expired"


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"task_name": "os.remove"}, "task_name", "unknown_task"),
        ({"task_params": {}}, "task_name", "required"),
        ({"task_name": "pipeline.run"}, "task_params.timeframe", "required"),
        ({"task_name": "pipeline.run", "task_params": {"timeframe": "1m"}}, "task_params.timeframe", "invalid_choice"),
        ({"task_name": "pipeline.run", "task_params": {"timeframe": ["1d"]}}, "task_params.timeframe", None),
        ({"task_name": "pipeline.run", "task_params": {"timefrme": "1d"}}, "task_params.timefrme", None),
        ({"task_name": "system.measure_health", "task_params": {"timeframe": "1d"}}, "task_params.timeframe", None),
        ({"task_name": "system.measure_health", "task_params": []}, "task_params", None),
        ({"task_name": "system.measure_health", "queue": "x"}, "queue", None),
    ],
)
def test_what_is_refused_names_its_field(body: dict[str, Any], field: str, code: str | None) -> None:
    problem = refused(start(client_of(AdminFactory()), **body), 400)
    (error,) = problem["errors"]
    assert (error["field"], error["code"]) == (field, code or error["code"])
    assert not BackgroundTask.objects.exists()


def test_nothing_is_fetched_while_that_is_switched_off() -> None:
    admin = client_of(AdminFactory())
    for name in (name for name, known in STARTABLE.items() if known.fetches):
        assert refused(start(admin, task_name=name), 409)["type"].endswith("collection-off")
    assert not BackgroundTask.objects.exists()


@pytest.mark.parametrize("path", ["system/tasks", "system/archive"])
def test_only_admins_start_work(path: str) -> None:
    body = {"task_name": "system.measure_health"}
    for client, status in (
        (client_of(), 401),
        (client_of(UserFactory()), 403),
        (client_with_token(AdminFactory(), "read", "write"), 403),
    ):
        refused(client.post(API + path, body, content_type="application/json"), status)
    assert not BackgroundTask.objects.exists()


@pytest.mark.django_db(databases=["default", "owner"], transaction=True)
def test_old_rows_go_when_an_admin_says_so() -> None:
    kept = {name: 36500 for name in setting("retention") if name.startswith("price_")}
    change_setting("retention", setting("retention") | kept, actor=None)  # other tests need the partitions
    call = ExternalApiLog.objects.create(
        api_provider="x", endpoint="/", http_method="GET", response_status=200, response_time_ms=1
    )
    ExternalApiLog.objects.filter(pk=call.pk).update(created_at=timezone.now() - timedelta(days=400))
    response = client_of(AdminFactory()).post(f"{API}system/archive")
    order = BackgroundTask.objects.get(task_name=ARCHIVE)
    assert (response.status_code, response.json()) == (202, {"task_id": order.pk})
    carry_out_data()
    order.refresh_from_db()
    assert (order.status, order.error_message) == ("completed", None)
    assert (order.result_data or {})["rows"]["external_api_logs"] == 1
    assert not ExternalApiLog.objects.exists()


@pytest.mark.parametrize("name", ["system.measure_health", "aimodels.score_predictions", "trading.track_signals"])
def test_work_leaves_its_result(name: str) -> None:
    start(client_of(AdminFactory()), task_name=name)
    carry_out_analyses()
    order = BackgroundTask.objects.get(task_name=name)
    assert (order.status, bool(order.result_data)) == ("completed", True), order.error_message

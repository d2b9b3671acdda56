"""What the running system has kept about itself, by the API: for admins, filtered, without a query per row."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import UserActivityArchive
from system.models import (
    AnalyticsData,
    ApiRequestLog,
    AuditLog,
    BackgroundTask,
    ExternalApiLog,
    SystemConfig,
    SystemConfigHistory,
    SystemHealth,
)
from system.services import setting
from tests.doors import API, answer, client_of, client_with_token, queries, refused
from tests.factories import AdminFactory, UserActivityFactory, UserFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2024, 6, 1, tzinfo=UTC)
LOG = {"endpoint": "/x", "http_method": "GET", "response_time_ms": Decimal(1)}


def archived(number: int) -> Any:
    return UserActivityArchive.objects.create(
        id=number, user=UserFactory(), activity_type="login", action="login", created_at=NOW
    )


LISTS: dict[str, Callable[[int], Any]] = {
    "system/tasks": lambda n: BackgroundTask.objects.create(task_name=f"a.task{n}", task_type="cleanup"),
    "system/logs/api": lambda n: ApiRequestLog.objects.create(**LOG, response_status=200 + n, user=UserFactory()),
    "system/logs/external": lambda n: ExternalApiLog.objects.create(
        **LOG, api_provider=f"provider{n}", response_status=200 + n
    ),
    "system/analytics": lambda n: AnalyticsData.objects.create(
        category="use", metric_name=f"m{n}", metric_value=Decimal(n)
    ),
    "system/audit": lambda n: AuditLog.objects.create(table_name=f"t{n}", operation="ACTION", changed_by=UserFactory()),
    "system/health/history": lambda _n: SystemHealth.objects.create(overall_health_score=Decimal(90)),
    "system/activities": lambda _n: UserActivityFactory(),
    "system/activities/archive": archived,
}


@pytest.mark.parametrize("path", LISTS)
def test_a_list_is_for_admins_and_needs_no_query_per_row(path: str) -> None:
    admin = AdminFactory()
    LISTS[path](1)
    refused(client_of().get(API + path), 401)
    refused(client_of(UserFactory()).get(API + path), 403)
    refused(client_with_token(admin, "read", "write").get(API + path), 403)
    one = queries(client_of(admin), API + path)
    for number in range(2, 7):
        LISTS[path](number)
    assert queries(client_of(admin), API + path) == one
    assert len(answer(path, admin)["results"]) >= 6
    refused(client_of(admin).get(API + path, {"offset": 1}), 400)


@pytest.mark.parametrize(
    ("path", "query", "number"),
    [
        ("system/tasks", {"name": "a.task2"}, 1),
        ("system/tasks", {"type": "cleanup", "status": "pending"}, 3),
        ("system/tasks", {"status": "failed"}, 0),
        ("system/logs/api", {"status_min": 202}, 2),
        ("system/logs/api", {"endpoint": "/x", "to": "2001-01-01T00:00:00Z"}, 0),
        ("system/logs/external", {"provider": "provider3"}, 1),
        ("system/logs/external", {"from": "2001-01-01T00:00:00Z"}, 3),
        ("system/analytics", {"category": "use", "metric": "m1"}, 1),
        ("system/analytics", {"aggregation": "daily"}, 0),
        ("system/audit", {"table": "t1", "operation": "ACTION"}, 1),
        ("system/activities", {"activity_type": "all"}, 3),
        ("system/activities", {"activity_type": "other"}, 0),
        ("system/activities/archive", {"from": "2024-06-01T00:00:00Z", "to": "2024-06-02T00:00:00Z"}, 3),
        ("system/activities/archive", {"to": "2024-06-01T00:00:00Z"}, 0),
    ],
)
def test_filters(path: str, query: dict[str, Any], number: int) -> None:
    for count in range(1, 4):
        LISTS[path](count)
    admin = AdminFactory()
    AuditLog.objects.exclude(table_name__startswith="t").exists()
    assert len(answer(path, admin, **query)["results"]) == number


def test_activities_name_the_person() -> None:
    activity = UserActivityFactory()
    (row,) = answer("system/activities", AdminFactory(), user_id=activity.user.pk)["results"]
    assert row["user_email"] == activity.user.email
    type(activity).objects.filter(pk=activity.pk).update(created_at=timezone.now() - timedelta(days=8))
    assert answer("system/activities", AdminFactory())["results"] == []


def test_the_configuration_is_read_as_a_whole_and_by_group() -> None:
    admin = AdminFactory()
    whole = answer("system/config", admin)
    assert whole["security"] == setting("security")
    group = answer("system/config/security", admin)
    assert (group["key"], group["value"]) == ("security", setting("security"))
    assert group["description"]
    refused(client_of(admin).get(API + "system/config/nothing"), 404)
    refused(client_of(UserFactory()).get(API + "system/config"), 403)
    assert client_of(admin).get(API + "admin/config").json() == whole


def test_single_values_are_merged_and_kept_with_their_past() -> None:
    admin = AdminFactory()
    body = {"security": {"session_days": 3}, "retention": {"api_logs_days": 5}}
    merged = client_of(admin).post(API + "system/config", body, "application/json")
    assert merged.status_code == 200, merged.content
    assert merged.json().keys() == body.keys()
    assert (setting("security")["session_days"], setting("security")["max_failed_logins"]) == (3, 5)
    assert setting("retention")["api_logs_days"] == 5
    assert SystemConfigHistory.objects.filter(key="security", changed_by=admin).count() == 1
    assert AuditLog.objects.filter(table_name="system_config", changed_by=admin).count() == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"nothing": {"a": 1}}, "nothing"),
        ({"security": {"session_days": 3}, "retention": {"api_logs_days": 0}}, "retention.api_logs_days"),
        ({"security": {"unknown": 3}}, "security.value"),
        ({"security": {"session_days": "3"}}, "security.session_days"),
        ({"security": 3}, None),
        ([1], None),
    ],
)
def test_one_wrong_value_changes_nothing(body: Any, field: str | None) -> None:
    problem = refused(client_of(AdminFactory()).post(API + "system/config", body, "application/json"), 400)
    assert field is None or problem["errors"][0]["field"] == field
    assert not SystemConfigHistory.objects.exists()


def test_a_group_is_replaced_by_who_has_read_it() -> None:
    admin = client_of(AdminFactory())
    path = API + "system/config/security"
    etag = admin.get(path)["ETag"]
    value = {**setting("security"), "session_days": 3}
    assert refused(admin.put(path, {"value": value}, "application/json"), 428)["type"].endswith(":if-match-required")
    changed = admin.put(path, {"value": value}, "application/json", headers={"If-Match": etag})
    assert changed.status_code == 200, changed.content
    assert changed.json()["value"]["session_days"] == 3
    late = admin.put(path, {"value": value}, "application/json", headers={"If-Match": etag})
    assert refused(late, 412)["type"].endswith(":stale")
    wrong = {"value": {"session_days": 3}}
    refused(admin.put(path, wrong, "application/json", headers={"If-Match": changed["ETag"]}), 400)
    refused(admin.put(path, {**wrong, "key": "x"}, "application/json", headers={"If-Match": "*"}), 400)
    assert SystemConfig.objects.get(key="security").value == value

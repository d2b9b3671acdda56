"""Old rows go away: by the age of their table, in batches, beside others."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Notification, NotificationDelivery, UserActivity, UserActivityArchive
from system import retention
from system.choices import TaskStatus
from system.models import ApiRequestLog, BackgroundTask, ExternalApiLog, Fault, OutboxEvent, SystemHealth
from system.retention import RetentionRule, months_before, register_retention
from system.services import change_setting, publish, setting, sweep_old_rows
from system.services.retention import old_rows
from tests.assets.other_process import addresses
from tests.factories import DeliveryFactory, NotificationFactory, UserActivityFactory

NOW = datetime(2024, 6, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
FAULT: dict[str, Any] = {"fingerprint": "f", "kind": "task", "error": "KeyError", "place": "a.py: f"}


def calls(*times: datetime) -> None:
    """Calls to somebody else's API at these times."""
    rows = [
        ExternalApiLog(
            api_provider="binance", endpoint="/x", http_method="GET", response_status=200, response_time_ms=Decimal(1)
        )
        for _ in times
    ]
    for row, time in zip(ExternalApiLog.objects.bulk_create(rows), times, strict=True):
        ExternalApiLog.objects.filter(pk=row.pk).update(created_at=time)


def activity(time: datetime, **columns: Any) -> UserActivity:
    row: UserActivity = UserActivityFactory(**columns)
    UserActivity.objects.filter(pk=row.pk).update(created_at=time)
    row.refresh_from_db()
    return row


@pytest.mark.parametrize(
    ("moment", "months", "before"),
    [
        ("2024-08-31", 6, "2024-02-29"),
        ("2023-08-31", 6, "2023-02-28"),
        ("2024-01-15", 1, "2023-12-15"),
        ("2024-12-31", 12, "2023-12-31"),
        ("2024-03-30", 121, "2014-02-28"),
    ],
)
def test_months_are_calendar_months(moment: str, months: int, before: str) -> None:
    assert months_before(datetime.fromisoformat(moment), months) == datetime.fromisoformat(before)


@pytest.mark.django_db(databases=["default", "owner"])
class TestSweep:
    def test_rows_at_the_age_stay_and_older_ones_go(self) -> None:
        calls(NOW - 90 * DAY - SECOND, NOW - 90 * DAY, NOW)
        assert sweep_old_rows(NOW).rows["external_api_logs"] == 1
        assert ExternalApiLog.objects.count() == 2
        assert sweep_old_rows(NOW).rows["external_api_logs"] == 0

    def test_every_table_goes_by_its_own_age_from_the_settings(self) -> None:
        for model, fields in (
            (ApiRequestLog, {"endpoint": "/x", "http_method": "GET", "response_status": 200, "response_time_ms": 1}),
            (SystemHealth, {}),
            (Fault, FAULT | {"first_at": timezone.now(), "last_at": timezone.now()}),
            (BackgroundTask, {"task_name": "x", "task_type": "y", "completed_at": timezone.now()}),
        ):
            model.objects.create(**fields)
        calls(timezone.now())
        activity(timezone.now())
        later = timezone.now() + 7 * DAY
        tables = {"api_request_logs", "external_api_logs", "system_health", "background_tasks", "program_faults"}
        publish("x.y", {})
        OutboxEvent.objects.update(sent_at=timezone.now())
        NotificationFactory(expires_at=timezone.now())
        tables |= {"outbox_events", "notifications"}
        others = {
            "ai_suggestions",
            "analytics_data",
            "change_drafts",
            "django_session",
            "idempotency_keys",
            "mfa_tickets",
            "notification_deliveries",
            "row_changes",
            "user_activities",
            "user_sessions",
            "webhook_deliveries",
        }
        assert set(old_rows(later)) == tables | others
        assert sum(old_rows(later).values()) == 0
        ages = {"api_logs_days": 1, "system_health_days": 1, "background_tasks_days": 1}
        ages |= {"faults_days": 1, "sent_events_days": 1, "expired_notifications_days": 0}
        change_setting("retention", setting("retention") | ages, actor=None)
        expected = dict.fromkeys(tables, 1) | dict.fromkeys(others, 0)
        assert old_rows(later) == expected
        report = sweep_old_rows(later)
        assert (report.rows, report.faults) == (expected, {})
        assert old_rows(later) == dict.fromkeys(expected, 0) | {"background_tasks": 1}  # the sweep itself

    def test_messages_go_after_their_end_and_not_before_their_deliveries(self) -> None:
        """An event that waits stays however old it is."""
        _old, told = NotificationFactory.create_batch(2, expires_at=NOW - 31 * DAY)
        DeliveryFactory(notification=told, channel__user=told.user)
        kept = [told, NotificationFactory(expires_at=NOW - 29 * DAY), NotificationFactory(expires_at=None)]
        publish("x.y", {})
        OutboxEvent.objects.update(created_at=NOW - 400 * DAY)
        report = sweep_old_rows(NOW)
        assert (report.rows["notifications"], report.rows["outbox_events"], report.faults) == (1, 0, {})
        assert list(Notification.objects.order_by("pk")) == kept
        NotificationDelivery.objects.update(created_at=NOW - 91 * DAY)
        report = sweep_old_rows(NOW)
        assert (report.rows["notifications"], report.rows["notification_deliveries"]) == (1, 1)

    def test_the_result_is_kept(self) -> None:
        calls(NOW - 100 * DAY)
        sweep_old_rows(NOW)
        task = BackgroundTask.objects.get()
        assert (task.task_name, task.task_type, task.status) == (
            "system.services.sweep_old_rows", "cleanup", TaskStatus.COMPLETED,
        )  # fmt: skip
        assert task.result_data
        assert task.result_data["rows"]["external_api_logs"] == 1
        assert task.execution_time_seconds is not None

    def test_one_short_statement_per_batch(self) -> None:
        calls(*[NOW - 100 * DAY] * 25, NOW)
        with CaptureQueriesContext(connection) as queries:
            assert sweep_old_rows(NOW, batch=10).rows["external_api_logs"] == 25
        batches = [query["sql"] for query in queries if 'DELETE FROM "external_api_logs"' in query["sql"]]
        assert len(batches) == 4  # 10, 10, 5, and one that finds nothing
        assert ExternalApiLog.objects.count() == 1

    def test_activities_move_with_every_column(self) -> None:
        old = activity(NOW - 200 * DAY, entity_type="asset", entity_id=7, details={"a": [1]}, ip_address="10.0.0.1")
        kept = activity(datetime(2023, 12, 30, 12, tzinfo=UTC))
        columns = {field.attname for field in UserActivity._meta.concrete_fields}
        before = UserActivity.objects.values(*columns).get(pk=old.pk)
        assert sweep_old_rows(NOW).rows["user_activities"] == 1
        assert UserActivity.objects.get() == kept
        assert UserActivityArchive.objects.values(*columns).get() == before
        assert UserActivityArchive.objects.get().archived_at is not None
        assert {field.attname for field in UserActivityArchive._meta.concrete_fields} == columns | {"archived_at"}

    def test_a_fault_of_one_table_is_named_and_the_others_are_swept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(retention, "_rules", dict(retention._rules))
        archive = f"{__name__}.unreadable"
        register_retention(RetentionRule("no_such_table", "created_at", "api_logs_days", archive=archive))
        calls(NOW - 100 * DAY)
        report = sweep_old_rows(NOW)
        assert report.rows["external_api_logs"] == 1
        assert "no_such_table" in report.faults["no_such_table"]
        task = BackgroundTask.objects.get()
        assert task.status == TaskStatus.FAILED
        assert "no_such_table" in (task.error_message or "")
        assert task.result_data["rows"]["external_api_logs"] == 1  # type: ignore[index]

    def test_a_table_has_one_rule(self) -> None:
        with pytest.raises(ValueError, match="system_health"):
            register_retention(RetentionRule("system_health", "check_time", "system_health_days"))

    def test_the_command(self, capsys: pytest.CaptureFixture[str]) -> None:
        calls(timezone.now() - 91 * DAY, timezone.now() - 89 * DAY)
        call_command("sweep", "--dry-run", "--json")
        assert json.loads(capsys.readouterr().out)["rows"]["external_api_logs"] == 1
        assert ExternalApiLog.objects.count() == 2
        call_command("sweep")
        assert "external_api_logs                  1 rows" in capsys.readouterr().out
        assert ExternalApiLog.objects.count() == 1


def unreadable(_: datetime, __: int) -> int:
    from django.db import transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM no_such_table")
    return 0


@pytest.fixture
def other() -> Iterator["psycopg.Connection[Any]"]:
    with psycopg.connect(addresses()["DATABASE_URL"], options="-c app.user_id=task") as session:
        yield session


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_what_another_sweep_holds_is_left_to_it(other: "psycopg.Connection[Any]") -> None:
    calls(*[NOW - 100 * DAY] * 5)
    activity(NOW - 300 * DAY)
    activity(NOW - 300 * DAY)
    other.execute("SELECT id FROM external_api_logs ORDER BY id LIMIT 2 FOR UPDATE")
    other.execute("SELECT id FROM user_activities ORDER BY id LIMIT 1 FOR UPDATE")
    report = sweep_old_rows(NOW, batch=2)
    assert (report.rows["external_api_logs"], report.rows["user_activities"]) == (3, 1)
    other.rollback()
    report = sweep_old_rows(NOW, batch=2)
    assert (report.rows["external_api_logs"], report.rows["user_activities"]) == (2, 1)
    assert (ExternalApiLog.objects.count(), UserActivity.objects.count()) == (0, 0)
    assert UserActivityArchive.objects.count() == 2

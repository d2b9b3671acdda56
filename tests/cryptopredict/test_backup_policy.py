"""When backups are due, and who is told what of them."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Notification
from cryptopredict import inspection
from cryptopredict.backups import keeping
from cryptopredict.backups.policy import BACKUP, DRILL, KIND, known
from cryptopredict.dashboards.product import backup as shown_by_the_api
from cryptopredict.measuring import parts
from cryptopredict.observing.gauges import backups
from cryptopredict.pages.admin_home.page import of_backup
from system.models import BackgroundTask
from system.services import change_setting, setting
from tests.factories import AdminFactory, UserFactory

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def row(status: str, hours: float, name: str = BACKUP, **facts: Any) -> BackgroundTask:
    """A backup or a drill that was begun so many hours ago."""
    at = timezone.now() - hours * HOUR
    made = BackgroundTask.objects.create(task_name=name, task_type=KIND, status=status, started_at=at, **facts)
    BackgroundTask.objects.filter(pk=made.pk).update(created_at=at)
    return made


@pytest.mark.parametrize(
    ("rows", "is_due"),
    [
        ([], True),
        ([("completed", 23)], False),
        ([("completed", 24.1)], True),
        ([("completed", 30), ("running", 0.1)], False),
        ([("completed", 60), ("running", 13)], True),  # that one was killed
        ([("completed", 30), ("failed", 0.5)], False),  # not again at once
        ([("completed", 30), ("failed", 1)], True),
        ([("failed", 30), ("completed", 1)], False),
    ],
)
def test_when_the_next_one_is_due(rows: list[tuple[str, float]], is_due: bool) -> None:
    for status, hours in rows:
        row(status, hours)
    assert known().is_due(timezone.now()) is is_due


def test_none_is_due_when_they_are_switched_off() -> None:
    change_setting("backup", {**setting("backup"), "enabled": False}, actor=AdminFactory())
    assert not known().is_due(timezone.now())


def test_a_process_is_begun_and_not_a_second_one(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = []

    class Process:
        def __init__(self, command: list[str], **_: Any) -> None:
            begun.append(command[-2:])

        def poll(self) -> None: ...

    monkeypatch.setattr(keeping.process, "spawn", Process)
    monkeypatch.setattr(keeping, "_begun", [])
    monkeypatch.setattr(keeping, "begun_at", lambda: timezone.now() - 0.9 * HOUR)
    assert not keeping.keep_up(timezone.now()), "who has only just begun to look around needs none"
    monkeypatch.setattr(keeping, "begun_at", lambda: timezone.now() - 1.1 * HOUR)
    assert [keeping.keep_up(timezone.now()) for _ in range(2)] == [True, False]
    assert begun == [["backup", "--gently"]]


def test_admins_are_told_of_a_failure_once(monkeypatch: pytest.MonkeyPatch) -> None:
    admin = AdminFactory(language="en")
    UserFactory()
    row("completed", 30)
    row("failed", 0.2, error_message="UnavailableError: no more tea.")
    for _ in range(2):
        assert not keeping.keep_up(timezone.now())
    (note,) = Notification.objects.all()
    assert (note.user, note.title) == (admin, "A backup failed")
    assert note.message.startswith("UnavailableError: no more tea. ")
    monkeypatch.setattr(keeping, "_begun", [type("Process", (), {"poll": lambda _self: None})()])
    row("completed", 0)
    keeping.keep_up(timezone.now() + 49 * HOUR)  # nothing came after that one
    assert Notification.objects.order_by("pk").values_list("title", flat=True)[1] == "No backup was made lately"


def everywhere() -> tuple[list[str], bool, str, dict[str, Any]]:
    """What the admin's first page wants, whether the doctor is content, the state of health, what the API says."""
    now = timezone.now()
    state, _facts = parts.backups(now)
    return of_backup(known(), now), inspection.backups().is_well, str(state), shown_by_the_api(now)


def test_a_new_installation_is_not_ill() -> None:
    api = {"age_seconds": None, "reason": "There is no backup yet."}
    assert everywhere() == (["No backup is known"], True, "unknown", api)


def test_a_fresh_backup_that_was_tried_out_is_well() -> None:
    made = row("completed", 3, result_data={"bytes": 12, "encrypted": True})
    row("completed", 48, DRILL)
    needs, is_well, state, api = everywhere()
    assert (needs, is_well, state, api["reason"]) == ([], True, "healthy", None)
    assert 3 * 3600 <= api["age_seconds"] < 3 * 3600 + 60
    assert f"{made.started_at:%Y-%m-%d %H:%M} UTC, tried out on" in inspection.backups().text


def test_an_old_backup_is_told_everywhere() -> None:
    row("completed", 49)
    needs, is_well, state, _api = everywhere()
    assert needs == ["The newest backup is old", "No backup has been tried out lately"]
    assert (is_well, state) == (False, "warning")
    assert inspection.backups().remedy == "run: python manage.py backup"


def test_a_failure_is_told_everywhere_until_one_succeeds() -> None:
    row("completed", 5)
    row("completed", 5, DRILL)
    row("failed", 1, error_message="no room")
    needs, is_well, state, api = everywhere()
    assert (needs, is_well, state, api["reason"]) == (["The last backup failed"], False, "warning", "no room")
    row("completed", 0.1)
    assert everywhere()[:3] == ([], True, "healthy")


def test_they_are_among_the_figures() -> None:
    def figures() -> dict[str, list[float]]:
        return {one.name.removeprefix("cryptopredict_backup_"): [s.value for s in one.samples] for one in backups()}

    assert figures() == {
        "last_timestamp_seconds": [], "size_bytes": [], "failed": [0], "last_drill_timestamp_seconds": [],
        "drill_failed": [],
    }  # fmt: skip
    made = row("completed", 5, result_data={"bytes": 12})
    row("failed", 1)
    tried = row("failed", 2, DRILL)
    assert made.started_at is not None
    assert tried.started_at is not None
    assert figures() == {
        "last_timestamp_seconds": [made.started_at.timestamp()], "size_bytes": [12], "failed": [1],
        "last_drill_timestamp_seconds": [tried.started_at.timestamp()], "drill_failed": [1],
    }  # fmt: skip


def test_a_trial_that_failed_is_told_everywhere() -> None:
    row("completed", 5)
    row("failed", 1, DRILL, error_message="users came back empty")
    needs, is_well, state, api = everywhere()
    assert needs == ["The last trial of a backup failed"]
    assert (is_well, state, api["reason"]) == (False, "warning", "users came back empty")
    row("completed", 0.1, DRILL)
    assert everywhere()[:3] == ([], True, "healthy")

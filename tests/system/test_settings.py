"""Settings that admins change: checked, audited, and known for every moment of the past."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from system.exceptions import InvalidInput
from system.models import AuditLog, SystemConfig
from system.services import change_setting, ensure_settings, setting
from tests.factories import AdminFactory

pytestmark = pytest.mark.django_db


def test_defaults_need_no_row() -> None:
    assert setting("ai_thresholds")["suggestion_confidence_min"] == 0.7
    assert not SystemConfig.objects.exists()


def test_rows_are_made_once_and_a_changed_one_stays() -> None:
    made = ensure_settings()
    assert made == SystemConfig.objects.count() > 5
    change_setting("suggestion_caps", {"per_kind": 2}, actor=AdminFactory())
    assert ensure_settings() == 0
    assert setting("suggestion_caps") == {"per_kind": 2}


def test_the_past_keeps_what_was_in_force() -> None:
    admin = AdminFactory()
    change_setting("suggestion_caps", {"per_kind": 2}, actor=admin)
    between = timezone.now()
    change_setting("suggestion_caps", {"per_kind": 9}, actor=admin)
    assert setting("suggestion_caps", datetime(2020, 1, 1, tzinfo=UTC)) == {"per_kind": 5}
    assert setting("suggestion_caps", between) == {"per_kind": 2}
    assert setting("suggestion_caps", timezone.now()) == setting("suggestion_caps") == {"per_kind": 9}
    assert AuditLog.objects.filter(changed_by=admin).count() == 2


@pytest.mark.parametrize(
    ("key", "value", "field"),
    [
        ("suggestion_caps", {"per_kind": -1}, "per_kind"),
        ("suggestion_caps", {"per_kind": "many"}, "per_kind"),
        ("suggestion_caps", {}, "value"),
        ("suggestion_caps", {"per_kind": 1, "more": 2}, "value"),
        ("suggestion_caps", {"per_kind": float("nan")}, "value"),
        ("suggestion_caps", {"per_kind": float("inf")}, "value"),
        ("no_such_group", {}, "key"),
    ],
)
def test_a_wrong_value_names_its_field(key: str, value: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        change_setting(key, value, actor=AdminFactory())
    assert error.value.field == field
    assert not SystemConfig.objects.exists()

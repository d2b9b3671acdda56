"""Settings in the admin."""

import pytest

from system.models import AuditLog, SystemConfig, SystemConfigHistory
from system.services import ensure_settings, setting
from tests.doors import client_of
from tests.factories import AdminFactory

pytestmark = pytest.mark.django_db


def test_a_setting_is_changed_with_its_history_and_trail() -> None:
    ensure_settings()
    admin, row = AdminFactory(), SystemConfig.objects.get(key="watchlist_limits")
    address = f"/admin/system/systemconfig/{row.pk}/change/"
    value = '{"tier1_max": 10, "tier2_max": 100, "personal_max": 25, "personal_lists_max": 10}'
    assert client_of(admin).post(address, {"value": value}).status_code == 302
    assert setting("watchlist_limits")["tier1_max"] == 10
    assert SystemConfigHistory.objects.filter(key="watchlist_limits", changed_by=admin).exists()
    assert AuditLog.objects.get().changed_by == admin


@pytest.mark.parametrize("value", ['{"tier1_max": 0}', '{"tier1_max": "many"}', '["x"]'])
def test_a_wrong_value_is_refused_with_the_name_of_the_field(value: str) -> None:
    ensure_settings()
    row = SystemConfig.objects.get(key="watchlist_limits")
    address = f"/admin/system/systemconfig/{row.pk}/change/"
    answer = client_of(AdminFactory()).post(address, {"value": value}, follow=True)
    assert answer.status_code == 200
    assert [message.level_tag for message in answer.context["messages"]] == ["error"]
    assert setting("watchlist_limits")["tier1_max"] == 20

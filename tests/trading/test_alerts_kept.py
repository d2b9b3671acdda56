"""Alerts as their owners keep them: bad input names its field, states follow one another, others see nothing."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from system.exceptions import ConflictError, InvalidInput, LimitExceeded, NoData
from system.models import AuditLog
from system.services import change_setting
from tests import factories as make
from tests.doors import client_of
from tests.factories.base import clock_at
from trading.choices import AlertType
from trading.models import AlertFiring, SignalAlert
from trading.services import (
    acknowledge_alert,
    change_alert,
    create_alert,
    delete_alert,
    pause_alert,
    rearm_alert,
    resume_alert,
)
from trading.services.alerts.kinds import kind_of

pytestmark = pytest.mark.django_db
NOW = datetime(2024, 6, 10, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def user() -> User:
    return make.UserFactory()


@pytest.fixture
def wanted() -> dict[str, Any]:
    """Told when a price is above 100."""
    return {"alert_type": "price_target", "trigger_value": "100", "asset_id": make.AssetFactory().pk}


def made(wanted: dict[str, Any], user: User, **values: Any) -> SignalAlert:
    with clock_at(NOW):
        return create_alert(wanted | values, actor=user)


def test_an_alert_is_made_with_its_defaults_said(wanted: dict[str, Any], user: User) -> None:
    alert = SignalAlert.objects.get(pk=made(wanted, user).pk)
    assert (alert.user, alert.condition, alert.trigger_value, alert.arming) == (user, "above", Decimal(100), 1)
    assert (alert.is_active, alert.is_triggered, alert.armed_at) == (True, False, NOW)
    assert alert.parameters == {
        "rearm": "manual",
        "urgent": False,
        "timeframe": "1h",
        "cross": False,
        "touch": False,
    }
    audit = AuditLog.objects.get(table_name="signal_alerts")
    assert (audit.operation, audit.changed_by, audit.record_id) == ("INSERT", user, alert.pk)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"alert_type": None}, "alert_type"),
        ({"alert_type": "moon"}, "alert_type"),
        ({"alert_type": ["price_target"]}, "alert_type"),
        ({"condition": "near"}, "condition"),
        ({"alert_type": "volume_spike", "condition": "below"}, "condition"),
        ({"alert_type": "signal_generated", "condition": "percentage_change"}, "condition"),
        ({"trigger_value": None}, "trigger_value"),
        ({"trigger_value": "much"}, "trigger_value"),
        ({"trigger_value": True}, "trigger_value"),
        ({"trigger_value": [1]}, "trigger_value"),
        ({"trigger_value": 0}, "trigger_value"),
        ({"trigger_value": -1}, "trigger_value"),
        ({"trigger_value": float("nan")}, "trigger_value"),
        ({"trigger_value": "NaN"}, "trigger_value"),
        ({"trigger_value": float("inf")}, "trigger_value"),
        ({"trigger_value": 1e400}, "trigger_value"),
        ({"trigger_value": "1e400"}, "trigger_value"),
        ({"trigger_value": Decimal("1e400")}, "trigger_value"),
        ({"trigger_value": "1e20"}, "trigger_value"),
        ({"trigger_value": "1e-19"}, "trigger_value"),
        ({"alert_type": "signal_generated", "trigger_value": "1.01"}, "trigger_value"),
        ({"alert_type": "signal_generated", "trigger_value": "-0.01"}, "trigger_value"),
        ({"asset_id": None}, "asset_id"),
        ({"asset_id": 0}, "asset_id"),
        ({"asset_id": 10**30}, "asset_id"),
        ({"asset_id": "BTC"}, "asset_id"),
        ({"asset_id": True}, "asset_id"),
        ({"alert_type": "regime_change", "trigger_value": "0.5"}, "asset_id"),
        ({"parameters": []}, "parameters"),
        ({"parameters": "1h"}, "parameters"),
        ({"parameters": {"window": float("nan")}}, "parameters"),
        ({"parameters": {"window": 1e400}}, "parameters"),
        ({"parameters": {"colour": "red"}}, "parameters.colour"),
        ({"parameters": {"timeframe": "2h"}}, "parameters.timeframe"),
        ({"parameters": {"timeframe": "1M"}}, "parameters.timeframe"),
        ({"parameters": {"cross": "yes"}}, "parameters.cross"),
        ({"parameters": {"rearm": "always"}}, "parameters.rearm"),
        ({"parameters": {"window": 24}}, "parameters.window"),  # of a level, not of a change
        ({"condition": "percentage_change", "parameters": {"window": 0}}, "parameters.window"),
        ({"condition": "percentage_change", "parameters": {"window": -3}}, "parameters.window"),
        ({"condition": "percentage_change", "parameters": {"window": 2.5}}, "parameters.window"),
        ({"condition": "percentage_change", "parameters": {"window": 501}}, "parameters.window"),
        ({"condition": "percentage_change", "parameters": {"direction": "sideways"}}, "parameters.direction"),
        ({"condition": "percentage_change", "parameters": {"cross": True}}, "parameters.cross"),
        ({"alert_type": "volume_spike", "parameters": {"window": 9}}, "parameters.window"),
        ({"alert_type": "volume_spike", "parameters": {"measure": "sigma"}}, "parameters.measure"),
        ({"alert_type": "indicator_level"}, "parameters.indicator"),
        ({"alert_type": "indicator_level", "parameters": {"indicator": "RSI_15"}}, "parameters.indicator"),
        ({"alert_type": "indicator_level", "parameters": {"indicator": "OBV"}}, "parameters.indicator"),
        (
            {"alert_type": "indicator_level", "parameters": {"indicator": "RSI_14", "timeframe": "5m"}},
            "parameters.timeframe",
        ),
        ({"alert_type": "signal_generated", "trigger_value": 1, "parameters": {"direction": "up"}},
         "parameters.direction"),
        ({"message": "x" * 501}, "message"),
        ({"message": "a\x00b"}, "message"),
        ({"message": 5}, "message"),
        ({"notification_method": "pigeon"}, "notification_method"),
        ({"expires_at": NOW}, "expires_at"),
        ({"expires_at": datetime(2030, 1, 1)}, "expires_at"),  # noqa: DTZ001 - without a zone
        ({"expires_at": "tomorrow"}, "expires_at"),
        ({"cooldown_minutes": -1}, "cooldown_minutes"),
        ({"cooldown_minutes": 1.5}, "cooldown_minutes"),
        ({"cooldown_minutes": 10**9}, "cooldown_minutes"),
        ({"is_active": "no"}, "is_active"),
        ({"user_id": 1}, "user_id"),
        ({"is_triggered": True}, "is_triggered"),
    ],
)  # fmt: skip
def test_bad_input_names_its_field(wanted: dict[str, Any], user: User, values: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        made(wanted, user, **values)
    assert refused.value.field == field
    assert str(refused.value)
    assert not SignalAlert.objects.exists()


def test_what_is_hidden_or_of_another_kind_cannot_be_watched(wanted: dict[str, Any], user: User) -> None:
    hidden = make.AssetFactory(is_supported=False)
    with pytest.raises(InvalidInput) as refused:
        made(wanted, user, asset_id=hidden.pk)
    assert refused.value.field == "asset_id"
    about = {"alert_type": "sector_rotation", "asset_id": None, "trigger_value": "0.2"}
    with pytest.raises(InvalidInput) as refused:
        made(wanted, user, **about, parameters={"sector": 12345})
    assert refused.value.field == "parameters.sector"
    sector = make.SectorFactory()
    alert = made(wanted, user, **about, parameters={"sector": float(sector.pk)})
    assert repr((alert.parameters or {})["sector"]) == str(sector.pk)


@pytest.mark.parametrize(
    "values",
    [
        {"condition": "below", "parameters": {"cross": True, "timeframe": "5m"}},
        {"condition": "equals", "trigger_value": Decimal("0.000000000000000001")},
        {"condition": "percentage_change", "trigger_value": 5, "parameters": {"window": 3, "direction": "down"}},
        {"alert_type": "volume_spike", "trigger_value": 4.5},
        {"alert_type": "indicator_level", "trigger_value": -3, "parameters": {"indicator": "MACD_histogram"}},
        {"alert_type": "signal_generated", "trigger_value": 0},
        {"alert_type": "regime_change", "trigger_value": "0", "asset_id": None, "parameters": {"to": ["Bear"]}},
        {"expires_at": LATER, "cooldown_minutes": 30, "message": " ", "notification_method": "telegram"},
        {"is_active": False},
    ],
)
def test_sound_input_is_kept_as_it_was_said(wanted: dict[str, Any], user: User, values: dict[str, Any]) -> None:
    alert = SignalAlert.objects.get(pk=made(wanted, user, **values).pk)
    for name, value in values.items():
        kept = getattr(alert, name)
        assert (kept | value if name == "parameters" else kept) == (
            kept if name == "parameters" else Decimal(str(value)) if name == "trigger_value" else value
        )


@pytest.mark.parametrize("kind", AlertType.values)
def test_every_kind_says_what_it_takes(kind: str) -> None:
    found = kind_of(kind, "above")
    assert set(found.defaults) <= set(found.parameters)
    assert set(found.required) <= set(found.parameters)


def test_a_person_has_so_many_alerts_and_none_twice(wanted: dict[str, Any], user: User) -> None:
    change_setting("alerts", {"most_per_person": 2}, actor=make.AdminFactory())
    made(wanted, user)
    with pytest.raises(ConflictError) as refused:
        made(wanted, user, message="again")
    assert refused.value.code == "alert_exists"
    other = made(wanted, user, trigger_value="101")
    with pytest.raises(LimitExceeded) as full:
        made(wanted, user, trigger_value="102")
    assert "2" in str(full.value)
    made(wanted, make.UserFactory())  # somebody else has his own
    with pytest.raises(ConflictError):
        change_alert(other.pk, {"trigger_value": 100}, actor=user)


def test_another_thing_to_watch_arms_it_anew_and_another_manner_does_not(wanted: dict[str, Any], user: User) -> None:
    alert = made(wanted, user)
    with clock_at(LATER):
        change_alert(alert.pk, {"message": "Look!", "cooldown_minutes": 5}, actor=user)
    alert.refresh_from_db()
    assert (alert.message, alert.armed_at, alert.arming) == ("Look!", NOW, 1)
    SignalAlert.objects.filter(pk=alert.pk).update(is_triggered=True, triggered_at=NOW, acknowledged_at=NOW)
    with clock_at(LATER):
        change_alert(alert.pk, {"trigger_value": "105.5"}, actor=user)
    alert.refresh_from_db()
    assert alert.triggered_at is None  # no cooldown of what was watched before
    assert (alert.trigger_value, alert.armed_at, alert.arming) == (Decimal("105.5"), LATER, 2)
    assert (alert.is_triggered, alert.acknowledged_at, alert.message) == (False, None, "Look!")
    newest = AuditLog.objects.filter(table_name="signal_alerts").latest("pk")
    assert (newest.old_values, newest.new_values) == (
        {"trigger_value": "100.000000000000000000"},
        {"trigger_value": "105.5"},
    )


def test_a_change_of_nothing_leaves_no_trace(wanted: dict[str, Any], user: User) -> None:
    alert = made(wanted, user)
    traces = AuditLog.objects.count()
    change_alert(alert.pk, {"trigger_value": 100, "condition": "above", "parameters": {}}, actor=user)
    assert AuditLog.objects.count() == traces


def test_another_condition_needs_its_own_words(wanted: dict[str, Any], user: User) -> None:
    alert = made(wanted, user, parameters={"cross": True})
    changed = change_alert(alert.pk, {"condition": "percentage_change", "trigger_value": 5}, actor=user)
    assert changed.parameters == {
        "rearm": "manual",
        "urgent": False,
        "timeframe": "1h",
        "window": 24,
        "direction": "either",
    }
    changed = change_alert(
        alert.pk, {"alert_type": "regime_change", "asset_id": None, "trigger_value": "0.5"}, actor=user
    )
    assert (changed.condition, changed.asset_id) == ("above", None)
    with pytest.raises(InvalidInput) as refused:
        change_alert(alert.pk, {"alert_type": "price_target", "trigger_value": 5}, actor=user)
    assert refused.value.field == "asset_id"


def test_one_whose_time_has_passed_can_be_given_another(wanted: dict[str, Any], user: User) -> None:
    alert = made(wanted, user, expires_at=LATER)
    with clock_at(LATER + timedelta(hours=1)):
        change_alert(alert.pk, {"message": "still there"}, actor=user)
        with pytest.raises(InvalidInput) as refused:
            change_alert(alert.pk, {"expires_at": LATER}, actor=user)
        assert refused.value.field == "expires_at"
        changed = change_alert(alert.pk, {"expires_at": None}, actor=user)
    assert changed.expires_at is None


def fired(wanted: dict[str, Any], user: User, **values: Any) -> SignalAlert:
    alert = made(wanted, user, **values)
    SignalAlert.objects.filter(pk=alert.pk).update(is_triggered=True, triggered_at=NOW)
    return alert


def test_fired_then_acknowledged_then_armed_again(wanted: dict[str, Any], user: User) -> None:
    alert = made(wanted, user)
    for deed in (acknowledge_alert, rearm_alert):
        with pytest.raises(ConflictError) as refused:
            deed(alert.pk, actor=user)
        assert refused.value.code == "alert_not_fired"
    SignalAlert.objects.filter(pk=alert.pk).update(is_triggered=True, triggered_at=NOW)
    with clock_at(LATER):
        assert acknowledge_alert(alert.pk, actor=user).acknowledged_at == LATER
    assert acknowledge_alert(alert.pk, actor=user).acknowledged_at == LATER
    with clock_at(LATER):
        again = rearm_alert(alert.pk, actor=user)
    assert (again.is_triggered, again.acknowledged_at, again.armed_at, again.arming) == (False, None, LATER, 2)
    assert again.triggered_at == NOW
    assert AuditLog.objects.filter(table_name="signal_alerts").count() == 3


def test_one_whose_time_has_passed_is_not_armed_again(wanted: dict[str, Any], user: User) -> None:
    alert = fired(wanted, user, expires_at=LATER)
    with clock_at(LATER), pytest.raises(ConflictError) as refused:
        rearm_alert(alert.pk, actor=user)
    assert refused.value.code == "alert_expired"


def test_paused_and_resumed(wanted: dict[str, Any], user: User) -> None:
    alert = made(wanted, user)
    assert not pause_alert(alert.pk, actor=user).is_active
    with clock_at(LATER):
        resumed = resume_alert(alert.pk, actor=user)
    assert (resumed.is_active, resumed.armed_at, resumed.arming) == (True, LATER, 2)
    assert resume_alert(alert.pk, actor=user).arming == 2
    waits = fired(wanted, user, trigger_value=5)
    pause_alert(waits.pk, actor=user)
    assert resume_alert(waits.pk, actor=user).is_triggered  # what has fired stays so until it is armed again


@pytest.mark.parametrize(
    "deed",
    [
        acknowledge_alert,
        rearm_alert,
        pause_alert,
        resume_alert,
        delete_alert,
        lambda alert_id, actor: change_alert(alert_id, {"trigger_value": 1}, actor=actor),
    ],
)
def test_somebody_elses_is_answered_like_one_that_does_not_exist(wanted: dict[str, Any], user: User, deed: Any) -> None:
    alert = fired(wanted, user)
    answers = []
    for alert_id in (alert.pk, alert.pk + 10_000, 10**30):
        with pytest.raises(NoData) as refused:
            deed(alert_id, actor=make.UserFactory())
        answers.append((str(refused.value), refused.value.code, refused.value.field))
    assert len(set(answers)) == 1
    assert answers[0][1] == "not_found"


def test_why_it_fired_outlives_it(wanted: dict[str, Any], user: User) -> None:
    alert = made(wanted, user)
    firing = make.FiringFactory(alert=alert, user=user, asset=alert.asset)
    delete_alert(alert.pk, actor=user)
    assert AlertFiring.objects.get(pk=firing.pk).alert_id is None
    assert AuditLog.objects.filter(table_name="signal_alerts", operation="DELETE").count() == 1


def test_an_admin_quiets_anybodys_alerts_and_changes_nobodys(wanted: dict[str, Any], user: User) -> None:
    alert, admin = made(wanted, user), make.AdminFactory()
    for name, is_active in (("pause", False), ("resume", True)):
        answer = client_of(admin).post(
            reverse("admin:trading_signalalert_changelist"), {"action": name, "_selected_action": [alert.pk]}
        )
        assert answer.status_code == 302
        alert.refresh_from_db()
        assert alert.is_active is is_active
    assert AuditLog.objects.filter(table_name="signal_alerts", changed_by=admin).count() == 2
    with pytest.raises(NoData):
        delete_alert(alert.pk, actor=admin)


def test_that_it_was_looked_at_is_no_change_of_it(wanted: dict[str, Any], user: User) -> None:
    alert = made(wanted, user)
    before = SignalAlert.objects.get(pk=alert.pk).updated_at
    SignalAlert.objects.filter(pk=alert.pk).update(last_checked=timezone.now())
    assert SignalAlert.objects.get(pk=alert.pk).updated_at == before
    SignalAlert.objects.filter(pk=alert.pk).update(message="changed past save()")
    assert SignalAlert.objects.get(pk=alert.pk).updated_at > before

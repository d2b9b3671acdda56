"""Alerts looked at: each kind by hand, once per arming, never by what is stale or was known before."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Notification
from assets.choices import DEMO_SOURCE
from assets.models import PriceData
from system.models import AuditLog
from tests import factories as make
from tests.trading.alerting import CLOSE, DAY, HOUR, NOW, alert, fires, hourly, regimes
from trading.choices import AlertCondition, AlertType
from trading.models import AlertFiring, SignalAlert
from trading.services import check_alerts
from trading.services.alerts.armed import OF_ANOTHER_MARKET

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("closes", "limit", "condition", "parameters", "expected"),
    [
        ([90, 101], 100, "above", {}, True),
        ([90, 100], 100, "above", {}, True),
        ([90, 99], 100, "above", {}, False),
        ([101, 99], 100, "below", {}, True),
        ([101, 102], 100, "below", {}, False),
        ([90, 95, 101], 100, "above", {"cross": True}, True),
        ([90, 101, 102], 105, "above", {"cross": True}, False),
        ([101, 102, 103], 100, "above", {"cross": True}, False),
        ([110, 105, 99], 100, "below", {"cross": True}, True),
        ([90, 95, 101], 100, "equals", {}, True),
        ([90, 95, 99.95], 100, "equals", {}, True),
        ([90, 95, 99], 100, "equals", {}, False),
        ([90, 95, 99.5], 100, "above", {"touch": True}, True),  # the high lies one percent above the close
        ([90, 95, 98], 100, "above", {"touch": True}, False),
        ([105, 104, 100.5], 100, "below", {"touch": True}, True),
        ([100, 104, 105], 5, "percentage_change", {"window": 2}, True),
        ([100, 104, 104.9], 5, "percentage_change", {"window": 2}, False),
        ([100, 104, 95], 5, "percentage_change", {"window": 2, "direction": "down"}, True),
        ([100, 104, 95], 5, "percentage_change", {"window": 2, "direction": "up"}, False),
    ],
)
def test_prices(closes: list[float], limit: float, condition: str, parameters: dict[str, Any], expected: bool) -> None:
    found = fires(alert(hourly(closes), limit, condition, parameters=parameters))
    assert (found is not None) is expected


def test_why_it_fired_is_kept_and_told() -> None:
    user = make.UserFactory()
    one = alert(hourly([90, 95, 101.25]), 100, message="Time to look.", user=user, parameters={"cross": True})
    report = check_alerts(NOW)
    assert (report.armed, report.fired, report.unjudged) == (1, 1, {})
    one.refresh_from_db()
    assert (one.is_triggered, one.triggered_at, one.acknowledged_at) == (True, NOW, None)
    kept = AlertFiring.objects.get()
    assert (kept.alert, kept.user, kept.asset, kept.number) == (one, user, one.asset, 1)
    assert (kept.value, kept.value_before, kept.threshold) == (Decimal("101.25"), Decimal(90), Decimal(100))
    assert (kept.timeframe, kept.known_at, kept.fired_at) == ("1h", CLOSE, NOW)
    told = Notification.objects.get()
    assert kept.notification == told
    assert (told.user, told.notification_type) == (user, "alert")
    assert told.data == {
        "key": f"alert:{one.pk}:1",
        "alert_id": one.pk,
        "number": 1,
        "asset_id": one.asset_id,
        "notification_method": None,
    }
    assert told.title == f"{one.asset} is above 100.00"
    assert told.message.splitlines()[0] == "Time to look."
    assert "101.25" in told.message
    assert "2024-06-10 12:00" in told.message


def test_it_fires_once_for_each_arming() -> None:
    asset = hourly([90, 101])
    one = alert(asset, 100)
    assert [check_alerts(NOW + n * timedelta(seconds=1)).fired for n in range(3)] == [1, 0, 0]
    make.add_candles(asset, [102], timeframe="1h", first=CLOSE)
    assert check_alerts(NOW + HOUR).fired == 0
    assert (AlertFiring.objects.count(), Notification.objects.count()) == (1, 1)
    one.refresh_from_db()
    assert one.last_checked == NOW


def test_an_alert_that_was_made_after_a_crossing_does_not_fire_for_the_past() -> None:
    asset = hourly([90, 101])
    one = alert(asset, 100, armed_at=NOW, parameters={"cross": True})
    report = check_alerts(NOW + timedelta(minutes=1))
    assert (report.fired, report.unjudged) == (0, {"nothing new since it was armed": 1})
    make.add_candles(asset, [102, 98, 103], timeframe="1h", first=CLOSE)
    assert [check_alerts(NOW + n * HOUR).fired for n in (1, 2, 3)] == [0, 0, 1]
    assert fires(one) is not None


def test_stale_data_makes_nothing_fire_and_is_counted() -> None:
    one = alert(hourly([90, 101], until=NOW - 2 * HOUR), 100, armed_at=NOW - DAY)
    report = check_alerts(NOW)
    assert (report.fired, report.unjudged) == (0, {"stale": 1})
    late = alert(hourly([90, 101], until=NOW - HOUR), 100, armed_at=NOW - DAY)
    assert fires(late) is not None
    assert not SignalAlert.objects.get(pk=one.pk).is_triggered


def test_what_was_not_looked_at_for_a_while_is_still_found() -> None:
    asset = hourly([90, 95, 101, 102, 103])
    crossing = alert(asset, 100, parameters={"cross": True}, armed_at=NOW - 5 * HOUR / 2 - HOUR)
    found = fires(crossing)
    assert found is not None
    assert (found.value, found.known_at) == (Decimal(101), CLOSE - 2 * HOUR)


def test_what_came_and_went_between_two_looks_is_found() -> None:
    above = alert(hourly([90, 95, 101, 99, 98]), 100, armed_at=NOW - 7 * HOUR / 2)
    found = fires(above)
    assert found is not None
    assert (found.value, found.known_at, found.fired_at) == (Decimal(101), CLOSE - 2 * HOUR, NOW)
    assert fires(alert(above.asset, 100.5, armed_at=NOW - 3 * HOUR / 2)) is None  # armed after it


def test_after_a_long_standstill_all_that_has_come_since_is_looked_at() -> None:
    asset = hourly([90, 101, *[95] * 38])
    looked = alert(asset, 100, armed_at=NOW - 90 * DAY, last_checked=NOW - 41 * HOUR)
    found = fires(looked)
    assert found is not None
    assert found.known_at == CLOSE - 38 * HOUR
    assert fires(alert(asset, 100.5, armed_at=NOW - 90 * DAY, last_checked=NOW - HOUR)) is None


@pytest.mark.parametrize(
    "state",
    [
        {"is_active": False},
        {"expires_at": NOW - timedelta(seconds=1)},
        {"is_triggered": True, "triggered_at": NOW - DAY},
        {"user__is_active": False},
        {"user__deleted_at": NOW - DAY},
        {"armed_at": NOW + HOUR},
        {"triggered_at": NOW - HOUR, "cooldown_minutes": 120},
    ],
)
def test_who_does_not_wait_does_not_fire(state: dict[str, Any]) -> None:
    one = alert(hourly([90, 101]), 100, **state)
    assert fires(one) is None
    assert not Notification.objects.exists()


def test_its_time_has_not_passed_yet() -> None:
    assert fires(alert(hourly([90, 101]), 100, expires_at=NOW + timedelta(seconds=1))) is not None


def test_assets_that_nobody_is_shown_are_counted() -> None:
    make.AssetFactory()  # of the real market
    demo = hourly([90, 101])
    hidden = hourly([90, 101])
    type(demo).objects.filter(pk=demo.pk).update(data_source=DEMO_SOURCE)
    type(demo).objects.filter(pk=hidden.pk).update(is_supported=False)
    alert(demo, 100)
    alert(hidden, 100)
    report = check_alerts(NOW)
    assert (report.armed, report.fired, report.unjudged) == (2, 0, {OF_ANOTHER_MARKET: 2})


def test_only_the_timeframe_that_has_come_is_looked_at() -> None:
    one = alert(hourly([90, 101]), 100)
    assert check_alerts(NOW, "5m").fired == 0
    assert check_alerts(NOW, "1h").fired == 1
    assert fires(one) is not None


def test_by_choice_it_arms_itself_after_its_cooldown() -> None:
    asset = hourly([90, 101])
    alert(asset, 100, parameters={"rearm": "auto"}, cooldown_minutes=90)
    make.add_candles(asset, [102, 103, 104], timeframe="1h", first=CLOSE)
    assert [check_alerts(NOW + n * HOUR).fired for n in (0, 1, 2, 3)] == [1, 0, 1, 0]
    found = AlertFiring.objects.order_by("number")
    assert [(one.number, one.value, one.fired_at) for one in found] == [
        (1, Decimal(101), NOW),
        (2, Decimal(103), NOW + 2 * HOUR),
    ]
    assert Notification.objects.count() == 2


def test_without_that_choice_it_waits_for_its_owner() -> None:
    asset = hourly([90, 101])
    alert(asset, 100)
    make.add_candles(asset, [102], timeframe="1h", first=CLOSE)
    assert [check_alerts(NOW + n * HOUR).fired for n in (0, 1)] == [1, 0]


@pytest.mark.parametrize(
    ("volumes", "limit", "parameters", "expected"),
    [
        ([*range(100, 148), 300], 4, {}, True),
        ([*range(100, 148), 150], 4, {}, False),
        ([*range(100, 110), 220], 2, {"window": 10, "measure": "multiple"}, True),
        ([*range(100, 110), 200], 2, {"window": 10, "measure": "multiple"}, False),
    ],
)
def test_volumes(volumes: list[int], limit: float, parameters: dict[str, Any], expected: bool) -> None:
    asset = hourly([100] * len(volumes))
    for candle, volume in zip(PriceData.objects.filter(asset=asset).order_by("candle_time"), volumes, strict=True):
        PriceData.objects.filter(asset=asset, candle_time=candle.candle_time).update(volume=volume)
    one = alert(asset, limit, alert_type=AlertType.VOLUME_SPIKE, parameters=parameters)
    assert (fires(one) is not None) is expected


def test_too_little_history_is_counted() -> None:
    alert(hourly([100] * 5), 4, alert_type=AlertType.VOLUME_SPIKE)
    alert(hourly([100] * 5), 4, "percentage_change", parameters={"window": 24})
    assert check_alerts(NOW).unjudged == {"no candle at the beginning of the window": 1, "too little history": 1}


@pytest.mark.parametrize(
    ("values", "limit", "condition", "parameters", "expected"),
    [
        ([40, 75], 70, "above", {"indicator": "RSI_14"}, True),
        ([40, 65], 70, "above", {"indicator": "RSI_14"}, False),
        ([75, 72], 70, "above", {"indicator": "RSI_14", "cross": True}, False),
        ([35, 29], 30, "below", {"indicator": "RSI_14", "cross": True}, True),
        ([-1, 0.5], 0, "above", {"indicator": "MACD", "cross": True}, True),
        ([-1, 0.5], 0, "above", {"indicator": "MACD_histogram", "cross": True}, False),
        ([9, 11], 10, "above", {"indicator": "volume_sma_20"}, True),
    ],
)
def test_indicators(
    values: list[float], limit: float, condition: str, parameters: dict[str, Any], expected: bool
) -> None:
    asset = hourly([100, 100])
    for candle, value in zip(PriceData.objects.filter(asset=asset).order_by("candle_time"), values, strict=True):
        kept = {"RSI": {"14": value}, "MACD": {"value": value, "signal": 0}, "volume_sma": value}
        PriceData.objects.filter(asset=asset, candle_time=candle.candle_time).update(technical_indicators=kept)
    one = alert(asset, limit, condition, alert_type=AlertType.INDICATOR_LEVEL, parameters=parameters)
    found = fires(one)
    assert (found is not None) is expected
    if found is not None:
        assert found.value == Decimal(str(values[-1]))


def test_indicators_that_are_not_there_are_counted() -> None:
    alert(hourly([100, 100]), 70, alert_type=AlertType.INDICATOR_LEVEL, parameters={"indicator": "RSI_14"})
    assert check_alerts(NOW).unjudged == {"nothing is known": 1}


def test_the_language_is_the_persons_own() -> None:
    user = make.UserFactory(language="fa")
    fires(alert(hourly([90, 101]), 100, user=user))
    assert "۱۰۰" in Notification.objects.get().title


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2024-03-30T23:30:00+01:00", "2024-03-31T07:00:00+02:00"),  # the clock is turned forward in that night
        ("2024-10-26T23:30:00+02:00", "2024-10-27T07:00:00+01:00"),  # and back
        ("2024-06-10T06:59:00+02:00", "2024-06-10T07:00:00+02:00"),
        ("2024-06-10T12:00:00+02:00", None),
        ("2024-06-10T07:00:00+02:00", None),
    ],
)
@pytest.mark.parametrize("is_urgent", [True, False])
def test_in_quiet_hours_the_message_waits_for_their_end(now: str, until: str | None, is_urgent: bool) -> None:
    """It has fired all the same; what is urgent passes, for those who want it."""
    moment = datetime.fromisoformat(now).astimezone(UTC)
    hours = {"quiet_from": "23:00", "quiet_until": "07:00", "urgent_passes": True}
    user = make.UserFactory(timezone="Europe/Berlin", preferences={"notifications": hours})
    asset = hourly([90, 101], until=moment)
    one = alert(asset, 100, user=user, armed_at=moment - DAY, parameters={"urgent": is_urgent})
    assert fires(one, moment) is not None
    told = Notification.objects.get()
    if until is None or is_urgent:
        assert told.scheduled_for is not None
        assert told.scheduled_for <= timezone.now()
    else:
        assert told.scheduled_for == datetime.fromisoformat(until)
    assert told.priority == ("urgent" if is_urgent else "high")


@pytest.mark.parametrize("kind", AlertType.values)
def test_the_number_of_queries_does_not_grow(kind: str) -> None:
    """Some fire, some do not."""
    regimes("Bull", "Bear")
    needs_asset = kind not in (AlertType.REGIME_CHANGE, AlertType.SECTOR_ROTATION)
    parameters = {"indicator": "RSI_14"} if kind == AlertType.INDICATOR_LEVEL else {}

    def looked_at(count: int) -> int:
        SignalAlert.objects.all().delete()
        assets = [hourly([90, 101]) for _ in range(min(count, 10))]
        made = [
            make.AlertFactory.build(
                user=users[number % len(users)],
                asset=assets[number % len(assets)] if needs_asset else None,
                alert_type=kind,
                trigger_value=Decimal("0.5") if number % 2 else Decimal(100),
                condition=AlertCondition.ABOVE,
                parameters=parameters,
                armed_at=NOW - DAY,
            )
            for number in range(count)
        ]
        SignalAlert.objects.bulk_create(made)
        with CaptureQueriesContext(connection) as said:
            check_alerts(NOW)
        return len(said)

    users = make.UserFactory.create_batch(3)
    assert looked_at(10) == looked_at(1000)


def test_what_people_did_is_audited_and_a_check_is_not() -> None:
    fires(alert(hourly([90, 101]), 100))
    assert not AuditLog.objects.filter(table_name="signal_alerts").exists()

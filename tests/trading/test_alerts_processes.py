"""Alerts looked at by two processes at once, one of which is killed: each fires once, with one reason and one message.
Three kills in the normal suite, thirty with ``--full``.
"""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db.models import F
from django.db.models.fields.json import KT

from accounts.models import Notification
from assets.models import PriceData
from tests import factories as make
from tests.assets.other_process import addresses
from tests.forking import Forked, Nursery, nursery
from trading.choices import AlertCondition, AlertType
from trading.models import AlertFiring, SignalAlert

pytestmark = pytest.mark.django_db(transaction=True)
BEGIN = datetime(2024, 6, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
MANY = 600
WORKER = """
import sys
from datetime import datetime
from trading.services import check_alerts
check_alerts(datetime(2020, 1, 1, tzinfo=__import__("datetime").UTC))  # what is loaded at the first look
print("ready", flush=True)
for line in sys.stdin:
    print(check_alerts(datetime.fromisoformat(line.strip())).fired, flush=True)
"""


@pytest.fixture
def workers(transactional_db: None) -> Iterator[Nursery]:
    """Where processes come from that look at alerts."""
    with nursery(os.environ | addresses(), "trading.services") as found:
        yield found


def said(process: Forked) -> str:
    return process.stdout.readline().strip()


def tell(process: Forked, now: datetime) -> None:
    process.stdin.write(f"{now.isoformat()}\n")


def kill(process: Forked) -> str:
    """Kill it, see it dead, and return what it had said before."""
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    return said(process)


def watched() -> None:
    """Alerts that every close above 100 makes fire, of several people on several assets."""
    people, assets = make.UserFactory.create_batch(3), make.AssetFactory.create_batch(5)
    for asset in assets:
        make.add_candles(asset, [90, 90], timeframe="1h", first=BEGIN - 2 * HOUR)
    SignalAlert.objects.bulk_create(
        make.AlertFactory.build(
            user=people[number % 3],
            asset=assets[number % 5],
            alert_type=AlertType.PRICE_TARGET,
            condition=AlertCondition.ABOVE,
            trigger_value=Decimal(100),
            armed_at=BEGIN,
        )
        for number in range(MANY)
    )


def close_above(first: datetime) -> None:
    for asset_id in set(SignalAlert.objects.values_list("asset_id", flat=True)):
        PriceData.objects.bulk_create(
            [
                PriceData(
                    asset_id=asset_id,
                    timeframe="1h",
                    candle_time=first,
                    open_price=101,
                    high_price=102,
                    low_price=100,
                    close_price=101,
                )
            ]
        )


def arm_again(now: datetime) -> None:
    SignalAlert.objects.update(is_triggered=False, arming=F("arming") + 1, armed_at=now)


def assert_each_fired_once(number: int) -> None:
    fired = AlertFiring.objects.filter(number=number)
    assert Counter(fired.values_list("alert_id", flat=True)) == Counter(
        SignalAlert.objects.values_list("pk", flat=True)
    )
    keys = Counter(Notification.objects.filter(data__number=number).values_list(KT("data__key"), flat=True))
    assert keys == Counter(f"alert:{pk}:{number}" for pk in SignalAlert.objects.values_list("pk", flat=True))
    told = dict(Notification.objects.filter(data__number=number).values_list("pk", KT("data__key")))
    assert {told[one.notification_id or 0]: one.alert_id for one in fired} == {
        f"alert:{pk}:{number}": pk for pk in SignalAlert.objects.values_list("pk", flat=True)
    }
    assert not SignalAlert.objects.filter(is_triggered=False).exists()


@pytest.mark.long
def test_killed_workers_lose_no_alert_and_let_none_fire_twice(workers: Nursery, request: pytest.FixtureRequest) -> None:
    rounds = 30 if request.config.getoption("--full") else 3
    chance = random.Random(7)  # noqa: S311 - places of the kills
    watched()
    span, cut_short, halves = 0.5, 0, 0
    begun = [workers.fork(WORKER) for _ in range(3)]  # the third takes a dead one's place
    for number in range(1, rounds + 1):
        pair = begun[:2]
        assert [said(one) for one in pair] == ["ready", "ready"] if number == 1 else True
        opened = BEGIN + (number - 1) * HOUR
        close_above(opened)
        now, struck = opened + HOUR, time.monotonic()
        for one in pair:
            tell(one, now)
        victim = pair[number % 2]
        time.sleep(chance.uniform(0, span))
        was_done = bool(kill(victim))
        cut_short += not was_done
        survivor = pair[1 - number % 2]
        fired_by_survivor = int(said(survivor))
        if number == 1:
            span = min(1.0, time.monotonic() - struck)
        halves += 0 < fired_by_survivor < MANY
        assert_each_fired_once(number)
        arm_again(now)
        begun = [survivor, begun[2], workers.fork(WORKER)]
        assert said(begun[1]) == "ready"
    assert halves == 0, "a check lets all of its alerts fire, or none"
    print(f"{rounds} kills, {cut_short} of them before the victim was done")  # noqa: T201
    assert cut_short >= rounds // 2


def test_two_processes_at_once_share_nothing(workers: Nursery, request: pytest.FixtureRequest) -> None:
    """Both look at the same moment, twice each: together every alert has fired once."""
    rounds = 20 if request.config.getoption("--full") else 3
    watched()
    pair = [workers.fork(WORKER) for _ in range(2)]
    assert [said(one) for one in pair] == ["ready", "ready"]
    for number in range(1, rounds + 1):
        opened = BEGIN + (number - 1) * HOUR
        close_above(opened)
        for one in (*pair, *pair):
            tell(one, opened + HOUR)
        assert sum(int(said(one)) for one in (*pair, *pair)) == MANY
        assert_each_fired_once(number)
        arm_again(opened + HOUR)

"""Events on their way to programs: none is lost, the order stays, and what fails for too long is paused."""

import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Notification, User, WebhookDelivery
from accounts.services import change_webhook, create_webhook, send_again
from system import spans
from system.models import OutboxEvent
from system.services import sweep_old_rows
from tests.accounts.channels import DAY, HOUR, MINUTE, NOON
from tests.accounts.conftest import open_lanes
from tests.accounts.webhooks import DONE, HOOK, bodies, happened, is_signed, ledger, runs, subscribed, sweep
from tests.cryptopredict.installation import ROOT
from tests.factories import AdminFactory, UserFactory, WebhookDeliveryFactory
from tests.stubs.collector import Collector, told_to
from tests.stubs.outgoing import say, workers_environment
from tests.stubs.server import Reply, Request, StubServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    person: User = UserFactory()
    return person


def states(way: Any) -> list[str]:
    return [row.status for row in ledger(way)]


def test_an_event_is_sent_once_and_signed(outside: StubServer, user: User) -> None:
    way, secret = subscribed(user, outside)
    (event,) = happened(1)
    assert sweep(NOON) == (1, 0)
    assert sweep(NOON) == (0, 0)
    (call,) = outside.calls_to(HOOK)
    assert is_signed(secret, call)
    (row,) = ledger(way)
    assert bodies([call]) == [
        {
            "id": str(row.message_id),
            "type": DONE,
            "timestamp": event.created_at.isoformat(),
            "seq": event.pk,
            "data": {"run_id": 1},
        }
    ]
    assert (row.status, row.attempts, row.response_status, row.sent_at) == ("sent", 1, 200, NOON)
    way.refresh_from_db()
    assert (way.failures, way.last_delivery_at) == (0, NOON)


def test_a_trace_tells_of_an_attempt_but_not_what_it_says_or_where_it_goes(outside: StubServer, user: User) -> None:
    _way, secret = subscribed(user, outside)
    outside.answer_each(HOOK, Reply(status=500, body={"error": "a secret"}), Reply(status=200))
    happened(1)
    with Collector() as collector, told_to(collector.url, "worker"), spans.span("task"):
        assert sweep(NOON) == (0, 1)
        open_lanes()
        assert sweep(NOON + HOUR) == (1, 0)
    refused, taken = collector.named("deliver webhook")
    assert [(one.has_failed, one.facts["attempt"], one.facts["outcome"]) for one in (refused, taken)] == [
        (True, 1, "failed"),
        (False, 2, "sent"),
    ]
    calls = collector.named("POST webhook")
    assert [(one.parent, one.facts["http.response.status_code"]) for one in calls] == [
        (refused.id, 500),
        (taken.id, 200),
    ]
    assert "server.address" not in calls[0].facts
    for word in (HOOK, secret, secret.removeprefix("whsec_"), "a secret", user.email, str(outside.port)):
        assert word.encode() not in collector.raw, word


def test_an_answer_with_a_status_that_there_is_not_holds_nobody_up(outside: StubServer, user: User) -> None:
    way, _secret = subscribed(user, outside)
    outside.answer(HOOK, status=999)
    happened(1)
    assert sweep(NOON) == (0, 1)
    (row,) = ledger(way)
    assert (row.status, row.response_status, row.begun_at, row.next_try_at > NOON) == ("waiting", None, None, True)
    assert "999" in (row.last_error or "")


def test_everybody_is_told_what_they_asked_for_and_may_see(outside: StubServer, user: User) -> None:
    other, admin = UserFactory(), AdminFactory()
    topics = (DONE, "suggestion.reviewed", "notification.created")
    ways = [subscribed(person, outside, *topics)[0] for person in (user, other, admin)]
    deaf, _secret = subscribed(user, outside, "signal.created")
    happened(1)
    happened(2, topic="suggestion.reviewed")  # of a default list: for admins
    happened(3, topic="suggestion.reviewed", user=user)
    happened(4, topic="notification.created", user=other)
    happened(5, topic="nobody.subscribes")
    sweep(NOON)
    told = [[row.payload["run_id"] for row in ledger(way)] for way in (*ways, deaf)]
    assert told == [[1, 3], [1, 4], [1, 2], []]
    assert not OutboxEvent.objects.filter(queued_at__isnull=True).exists()


def test_events_that_browsers_wait_for_are_left_alone(outside: StubServer, user: User) -> None:
    way, _secret = subscribed(user, outside)
    OutboxEvent.objects.filter(pk__in=[event.pk for event in happened(1)]).update(sent_at=None)
    assert sweep(NOON) == (0, 0)
    assert ledger(way) == []


def test_an_hour_of_errors_loses_nothing_and_keeps_the_order(outside: StubServer, user: User) -> None:
    way, _secret = subscribed(user, outside)
    outside.answer(HOOK, status=500)
    now = NOON
    for number in range(60):
        if number % 10 == 0:
            happened(number)
        sweep(now)
        now += MINUTE
    assert set(states(way)) == {"waiting"}
    assert len({call.headers["webhook-id"] for call in outside.calls}) == 1  # only the first is tried
    assert 6 <= len(outside.calls) <= 20
    assert ledger(way)[0].response_status == 500
    way.refresh_from_db()
    assert (way.failures, way.failing_since, way.is_active) == (len(outside.calls), NOON, True)
    outside.calls.clear()
    outside.answer(HOOK, body={})
    sweep(now + 2 * HOUR)  # the longest pause is an hour, and a fifth more
    assert runs(outside.calls) == [0, 10, 20, 30, 40, 50]
    assert set(states(way)) == {"sent"}


@pytest.mark.parametrize("status", [429, 503])
def test_one_that_asks_to_wait_has_answered(outside: StubServer, user: User, status: int) -> None:
    way, _secret = subscribed(user, outside)
    outside.answer_each(HOOK, Reply(status=status, headers={"Retry-After": "900"}), Reply())
    happened(1)
    assert sweep(NOON) == (0, 1)
    (row,) = ledger(way)
    assert (row.status, row.attempts, row.response_status) == ("waiting", 1, status)
    assert row.next_try_at >= NOON + 15 * MINUTE
    WebhookDelivery.objects.update(next_try_at=NOON)
    assert sweep(NOON) == (0, 1)  # nobody of us calls it before
    (row,) = ledger(way)
    assert (row.attempts, row.response_status, len(outside.calls)) == (1, status, 1)
    way.refresh_from_db()
    assert way.failures == 1
    open_lanes()


def test_an_answer_that_is_too_large_has_its_status(outside: StubServer, user: User) -> None:
    way, _secret = subscribed(user, outside)
    say(largest_answer_mb=1)
    outside.answer(HOOK, body={"x": "x" * 2_000_000})
    happened(1)
    assert sweep(NOON) == (0, 1)
    (row,) = ledger(way)
    assert (row.status, row.possible_double, row.response_status) == ("waiting", True, 200)


def test_one_that_hangs_may_have_been_told(outside: StubServer, user: User) -> None:
    say(deadline_seconds=0.3)
    way, _secret = subscribed(user, outside)
    outside.answer_each(HOOK, Reply(delay=2), Reply())
    happened(1)
    assert sweep(NOON) == (0, 1)
    (row,) = ledger(way)
    assert (row.status, row.possible_double, row.response_status) == ("waiting", True, None)
    assert sweep(NOON + MINUTE) == (1, 0)
    first, second = outside.calls_to(HOOK)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_a_redirect_inward_is_not_followed(outside: StubServer, user: User) -> None:
    way, _secret = subscribed(user, outside)
    outside.answer(HOOK, status=302, headers={"Location": f"http://127.0.0.1:{outside.port}/inside"})
    happened(1)
    sweep(NOON)
    assert outside.calls_to("/inside") == []
    (row,) = ledger(way)
    assert (row.status, row.response_status) == ("dead", 302)


def test_a_host_that_is_not_allowed_any_more_is_not_called(outside: StubServer, user: User) -> None:
    way, _secret = subscribed(user, outside)
    say(allowed_hosts=[])
    happened(1)
    sweep(NOON)
    assert outside.calls == []
    assert states(way) == ["dead"]


def test_what_fails_for_days_is_paused_and_its_owner_is_told(outside: StubServer, user: User) -> None:
    way, _secret = subscribed(user, outside)
    outside.answer(HOOK, status=503)
    happened(1, 2)
    now = NOON
    while now <= NOON + 4 * DAY:
        sweep(now)
        now += 2 * HOUR
    way.refresh_from_db()
    assert (way.is_active, way.paused_at) == (False, NOON + 3 * DAY)
    assert states(way) == ["dead", "waiting"]
    (note,) = Notification.objects.filter(user=user)
    assert (note.title, (note.data or {})["webhook_id"]) == ("A webhook was paused", way.pk)
    happened(3)
    sweep(now)
    assert len(ledger(way)) == 2  # nothing is queued meanwhile
    outside.answer(HOOK, body={})
    outside.calls.clear()
    change_webhook(way, actor=user, now=now, is_active=True)
    assert sweep(now) == (1, 0)
    assert runs(outside.calls) == [2]


def test_what_waits_for_a_paused_program_is_given_up(outside: StubServer, user: User) -> None:
    way, _secret = subscribed(user, outside)
    happened(1)
    outside.answer(HOOK, status=410)  # gone for good: paused at once
    sweep(NOON)
    way.refresh_from_db()
    assert way.is_active is False
    WebhookDeliveryFactory(subscription=way, next_try_at=NOON)
    sweep(NOON + 2 * DAY)
    assert states(way) == ["dead", "waiting"]
    sweep(NOON + 3 * DAY)
    assert states(way) == ["dead", "dead"]


def test_one_program_does_not_hold_up_another(outside: StubServer, user: User) -> None:
    subscribed(user, outside, path="/broken")
    subscribed(user, outside)
    outside.answer("/broken", status=500)
    happened(1, 2, 3)
    sweep(NOON)
    assert len(outside.calls_to("/broken")) == 1
    assert runs(outside.calls_to(HOOK)) == [1, 2, 3]


def test_a_message_is_sent_again_under_its_id(outside: StubServer, user: User) -> None:
    way, _secret = subscribed(user, outside)
    happened(1, 2)
    sweep(NOON)
    first = ledger(way)[0]
    send_again(way, first.pk, actor=user, now=NOON + HOUR)
    assert sweep(NOON + HOUR) == (1, 0)
    assert [call.headers["webhook-id"] for call in outside.calls][2] == str(first.message_id)
    first.refresh_from_db()
    assert (first.status, first.replays, first.sent_at) == ("sent", 1, NOON + HOUR)


def test_a_program_is_not_flooded(outside: StubServer, user: User) -> None:
    say(budgets={"webhook": [{"limit": 1, "seconds": 600}]})
    way, _secret = subscribed(user, outside)
    happened(1, 2)
    assert sweep(NOON) == (1, 1)
    assert runs(outside.calls) == [1]
    assert [row.attempts for row in ledger(way)] == [1, 0]
    way.refresh_from_db()
    assert way.failures == 0  # what was not let out is nobody's failure
    open_lanes()


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_ledger_is_swept_after_its_age() -> None:
    old, new = WebhookDeliveryFactory.create_batch(2)
    WebhookDelivery.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=31))
    assert sweep_old_rows(timezone.now()).rows["webhook_deliveries"] == 1
    assert list(WebhookDelivery.objects.values_list("pk", flat=True)) == [new.pk]


WORK = """
import django
django.setup()
from datetime import datetime
from accounts.services import deliver_webhooks
deliver_webhooks(datetime.fromisoformat("{now}"))
"""


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_process_that_is_killed_between_sending_and_noting_leaves_a_double_that_shows(
    outside: StubServer, user: User
) -> None:
    way, _secret = create_webhook(user, url=f"{outside.url}{HOOK}", events=[DONE])
    happened(1, 2)
    workers = list[Any]()

    def strike(_request: Request) -> Reply:
        workers[0].kill()
        workers[0].wait(10)
        return Reply()

    outside.answer(HOOK, strike)
    environment = workers_environment() | {"DJANGO_SETTINGS_MODULE": "cryptopredict.settings"}
    command = [sys.executable, "-c", WORK.format(now=NOON.isoformat())]
    workers.append(subprocess.Popen(command, cwd=ROOT, env=environment | {"REDIS_URL": os.environ["REDIS_URL"]}))
    assert workers[0].wait(60) == -9
    outside.answer(HOOK, body={})
    assert sweep(NOON) == (2, 0)
    assert runs(outside.calls) == [1, 1, 2]
    first, second = ledger(way)
    assert {call.headers["webhook-id"] for call in outside.calls[:2]} == {str(first.message_id)}
    assert [(row.status, row.attempts, row.possible_double) for row in (first, second)] == [
        ("sent", 2, True),
        ("sent", 1, False),
    ]

"""Webhooks over the API: subscribed, changed, tried, ended, by their owner alone."""

from typing import Any

import pytest
from django.test import Client

from accounts.choices import UserRole
from accounts.models import User, UserActivity, WebhookSubscription
from system.models import AuditLog
from tests.accounts.channels import NOON
from tests.accounts.webhooks import HOOK, happened, is_signed, ledger, sweep
from tests.doors import API, client_of, client_with_token, queries, refused
from tests.factories import AdminFactory, UserFactory, WebhookDeliveryFactory, WebhookFactory
from tests.stubs.server import StubServer

pytestmark = pytest.mark.django_db
PATH = f"{API}webhooks"
SOUND = {"url": "https://93.184.216.34/hook?x=1", "events": ["signal.created"]}


@pytest.fixture
def user() -> User:
    person: User = UserFactory()
    return person


def post(client: Client, path: str = PATH, body: Any = None, **headers: str) -> Any:
    return client.post(path, body or {}, content_type="application/json", headers=headers)


def patch(client: Client, path: str, body: Any) -> Any:
    return client.patch(path, body, content_type="application/json")


def test_the_secret_is_shown_once(user: User) -> None:
    client = client_of(user)
    made = post(client, body=SOUND)
    assert made.status_code == 201, made.content
    body = made.json()
    assert body["secret"].startswith("whsec_")
    assert made["Cache-Control"] == "no-store"
    (listed,) = client.get(PATH).json()
    assert listed == client.get(f"{PATH}/{body['id']}").json() == {k: v for k, v in body.items() if k != "secret"}
    assert (listed["url"], listed["events"], listed["is_active"], listed["failures"]) == (*SOUND.values(), True, 0)
    row = WebhookSubscription.objects.get()
    assert body["secret"] not in row.sealed_secret
    assert not AuditLog.objects.filter(new_values__icontains="whsec_").exists()
    assert UserActivity.objects.filter(user=user, activity_type="webhook", action="create").count() == 1


def test_a_request_that_is_sent_again_subscribes_once(user: User) -> None:
    client = client_of(user)
    assert post(client, body=SOUND, **{"Idempotency-Key": "k"}).status_code == 201
    assert refused(post(client, body=SOUND, **{"Idempotency-Key": "k"}), 409)["type"].endswith("already-done")
    assert WebhookSubscription.objects.count() == 1


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://127.0.0.1/x", "address_not_allowed"),
        ("https://10.1.2.3:8443/x", "address_not_allowed"),
        ("https://169.254.169.254/latest", "address_not_allowed"),
        ("https://localhost/x", "address_not_allowed"),
        ("http://93.184.216.34/x", "address_not_allowed"),
        ("ftp://93.184.216.34/x", "invalid"),
        ("https://me:pw@93.184.216.34/x", "invalid"),
        ("https://93.184.216.34/x#y", "invalid"),
        ("https://93.184.216.34:99999/x", "invalid"),
        ("https://[fe80::1]/x", "invalid"),
        ("//93.184.216.34/x", "invalid"),
        ("", "blank"),
    ],
)
def test_addresses_where_we_do_not_go_are_refused(user: User, url: str, code: str) -> None:
    (error,) = refused(post(client_of(user), body=SOUND | {"url": url}), 400)["errors"]
    assert (error["field"], error["code"]) == ("url", code)


@pytest.mark.parametrize("events", [[], ["signal.unknown"], ["signal.created", "job.progress"], "signal.created"])
def test_events_that_there_are_not_are_refused(user: User, events: Any) -> None:
    (error,) = refused(post(client_of(user), body=SOUND | {"events": events}), 400)["errors"]
    assert error["field"].startswith("events")


def test_an_unknown_field_is_refused(user: User) -> None:
    assert refused(post(client_of(user), body=SOUND | {"secret": "mine"}), 400)["errors"][0]["field"] == "secret"


def test_a_token_sends_nothing_elsewhere_that_it_does_not_read(user: User) -> None:
    row = WebhookFactory(user=user, events=["signal.created"])
    limited, elsewhere = client_with_token(user, "account:write"), {"url": "https://93.184.216.35/mine"}
    refused(patch(limited, f"{PATH}/{row.pk}", elsewhere), 403)
    assert patch(limited, f"{PATH}/{row.pk}", {"is_active": False}).status_code == 200
    WebhookDeliveryFactory(subscription=row, event="signal.created")  # could be sent again
    refused(patch(limited, f"{PATH}/{row.pk}", elsewhere | {"events": ["notification.created"]}), 403)
    reader = client_with_token(user, "account:write", "signals:read")
    assert patch(reader, f"{PATH}/{row.pk}", elsewhere).status_code == 200


def test_a_token_subscribes_to_what_it_may_read(user: User) -> None:
    limited = client_with_token(user, "account:write")
    refused(post(limited, body=SOUND), 400)
    assert post(limited, body=SOUND | {"events": ["notification.created"]}).status_code == 201
    assert post(client_with_token(user, "account:write", "signals:read"), body=SOUND).status_code == 201
    refused(post(client_with_token(user, "read"), body=SOUND), 403)
    refused(post(client_with_token(user, "signals:write"), body=SOUND), 403)
    refused(post(client_of(UserFactory(role=UserRole.GUEST)), body=SOUND), 403)


def test_there_are_not_too_many(user: User) -> None:
    WebhookFactory.create_batch(10, user=user)
    assert refused(post(client_of(user), body=SOUND), 409)["type"].endswith("limit-exceeded")


def test_it_is_changed_and_ended(user: User) -> None:
    client, row = client_of(user), WebhookFactory(user=user)
    path = f"{PATH}/{row.pk}"
    etag = client.get(path)["ETag"]
    answer = patch(client, path, {"events": ["signal.created", "pipeline.done"], "is_active": False})
    assert answer.json()["events"] == ["pipeline.done", "signal.created"]
    assert answer.json()["is_active"] is False
    stale = client.patch(path, {}, content_type="application/json", headers={"If-Match": etag})
    refused(stale, 412)
    refused(patch(client, path, {"url": "https://127.0.0.1/"}), 400)
    assert AuditLog.objects.filter(table_name="webhook_subscriptions", operation="UPDATE").count() == 1
    assert client.delete(path).status_code == 204
    refused(client.get(path), 404)


def test_what_is_somebody_elses_is_absent(user: User) -> None:
    row, other, admin = WebhookFactory(user=user), client_of(UserFactory()), client_of(AdminFactory())
    delivery = WebhookDeliveryFactory(subscription=row, status="dead")
    for method, tail in (
        ("get", ""),
        ("patch", ""),
        ("delete", ""),
        ("get", "/deliveries"),
        ("post", f"/deliveries/{delivery.pk}/replay"),
        ("post", "/test"),
    ):
        foreign = getattr(other, method)(f"{PATH}/{row.pk}{tail}", content_type="application/json")
        absent = getattr(other, method)(f"{PATH}/987654321{tail}", content_type="application/json")
        same = [refused(answer, 404) | {"instance": "", "request_id": ""} for answer in (foreign, absent)]
        assert same[0] == same[1]
        seen = getattr(admin, method)(f"{PATH}/{row.pk}{tail}", content_type="application/json")
        assert seen.status_code == (200 if method == "get" else 403), (method, tail)
    strange = WebhookDeliveryFactory(status="dead")
    refused(post(client_of(user), f"{PATH}/{row.pk}/deliveries/{strange.pk}/replay"), 404)


def test_the_log_of_deliveries(user: User) -> None:
    client, row = client_of(user), WebhookFactory(user=user)
    WebhookDeliveryFactory(subscription=row)
    path = f"{PATH}/{row.pk}/deliveries"
    one = queries(client, path)
    WebhookDeliveryFactory.create_batch(3, subscription=row, status="dead", response_status=500)
    body = client.get(path).json()
    assert [line["status"] for line in body["results"]] == ["dead", "dead", "dead", "waiting"]
    assert body["results"][0]["next_attempt_at"] is None
    assert body["results"][3]["next_attempt_at"].endswith("Z")
    assert queries(client, path) == one
    assert len(client.get(path, {"status": "dead"}).json()["results"]) == 3
    refused(client.get(path, {"status": "delivered"}), 400)
    assert len(client.get(path, {"limit": 1}).json()["results"]) == 1


def test_a_test_and_a_replay_go_out(outside: StubServer, user: User) -> None:
    client = client_of(user)
    made = post(client, body={"url": f"{outside.url}{HOOK}", "events": ["pipeline.done"]}).json()
    path = f"{PATH}/{made['id']}"
    tried = post(client, f"{path}/test")
    assert tried.status_code == 202, tried.content
    assert (tried.json()["event"], tried.json()["status"]) == ("webhook.test", "waiting")
    refused(post(client, f"{path}/deliveries/{tried.json()['id']}/replay"), 409)
    happened(1)
    now = WebhookSubscription.objects.get().deliveries.get().next_try_at
    sweep(now)
    assert len(outside.calls) == 2
    assert all(is_signed(made["secret"], call) for call in outside.calls)
    again = post(client, f"{path}/deliveries/{tried.json()['id']}/replay")
    assert (again.status_code, again.json()["status"], again.json()["replays"]) == (202, "waiting", 1)
    patch(client, path, {"is_active": False})
    for tail in ("/test", f"/deliveries/{ledger(WebhookSubscription.objects.get())[1].pk}/replay"):
        assert refused(post(client, f"{path}{tail}"), 409)["type"].endswith("webhook-paused")
    assert now > NOON

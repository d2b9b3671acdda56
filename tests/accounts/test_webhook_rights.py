"""What programs are told ends with what their owners, and the tokens that subscribed them, may see."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.choices import UserRole
from accounts.models import ApiToken, Notification, User, WebhookSubscription
from accounts.services import revoke_api_token
from accounts.services.people import close_account
from tests.accounts.channels import DAY, MINUTE, PATHS, channel_of, tell
from tests.accounts.channels import ledger as messages
from tests.accounts.channels import sweep as sweep_channels
from tests.accounts.webhooks import DONE, HOOK, happened, ledger, runs, subscribed, sweep
from tests.doors import API, client_of, client_with_token
from tests.factories import AdminFactory, TotpDeviceFactory, UserFactory
from tests.stubs.server import StubServer

pytestmark = pytest.mark.django_db
FOR_ADMINS = "suggestion.created"


@pytest.fixture
def admin() -> User:
    person: User = AdminFactory()
    TotpDeviceFactory.of(person)
    return person


def subscribe(client: Client, outside: StubServer, *events: str) -> WebhookSubscription:
    body = {"url": f"{outside.url}{HOOK}", "events": events or (DONE,)}
    answer = client.post(f"{API}webhooks", body, content_type="application/json")
    assert answer.status_code == 201, answer.content
    return WebhookSubscription.objects.get(pk=answer.json()["id"])


def patch(client: Client, way: WebhookSubscription, **changes: Any) -> Any:
    answer = client.patch(f"{API}webhooks/{way.pk}", changes, content_type="application/json")
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.mark.parametrize(
    ("scopes", "told"),
    [(None, [1, 2]), (["write"], [2]), (["write", "admin"], [1, 2]), (["account:write", "lists:admin"], [1, 2]),
     (["account:write", "lists:read", "system:admin"], [2])],
)  # fmt: skip
def test_a_token_without_the_scope_admin_hears_what_a_person_hears(
    outside: StubServer, admin: User, scopes: list[str] | None, told: list[int]
) -> None:
    client = client_of(admin) if scopes is None else client_with_token(admin, *scopes)
    way = subscribe(client, outside, FOR_ADMINS)
    happened(1, topic=FOR_ADMINS)
    happened(2, topic=FOR_ADMINS, user=admin)  # for a list of one's own
    sweep(timezone.now())
    assert [row.payload["run_id"] for row in ledger(way)] == told
    assert runs(outside.calls) == told


def test_who_is_no_admin_any_more_hears_nothing_of_what_happened_before(outside: StubServer, admin: User) -> None:
    way, _secret = subscribed(admin, outside, FOR_ADMINS)
    outside.answer(HOOK, status=500)
    happened(1, topic=FOR_ADMINS)
    happened(2, topic=FOR_ADMINS, user=admin)
    now = timezone.now()
    assert sweep(now) == (0, 1)
    User.objects.filter(pk=admin.pk).update(role=UserRole.PUBLIC)
    outside.answer(HOOK, body={})
    outside.calls.clear()
    happened(3, topic=FOR_ADMINS)
    assert sweep(now + MINUTE) == (1, 1)
    assert runs(outside.calls) == [2]
    assert [(row.status, row.response_status) for row in ledger(way)] == [("dead", 500), ("sent", 200)]


def end(token: ApiToken, how: str) -> None:
    if how == "revoked":
        revoke_api_token(token, actor=token.user)
    else:
        ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() - MINUTE)


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_a_subscription_ends_with_its_token_until_its_owner_takes_it_over(
    outside: StubServer, admin: User, how: str
) -> None:
    way = subscribe(client_with_token(admin, "write"), outside)
    other, _secret = subscribed(admin, outside, path="/other")
    outside.answer(HOOK, status=500)
    happened(1)
    now = timezone.now()
    sweep(now)
    end(ApiToken.objects.get(), how)
    outside.calls.clear()
    happened(2)
    sweep(now + MINUTE)
    assert (outside.calls_to(HOOK), [row.payload["run_id"] for row in ledger(way)]) == ([], [1])
    assert runs(outside.calls_to("/other")) == [2]
    way.refresh_from_db()
    assert (way.is_active, way.paused_at) == (False, now + MINUTE)
    (note,) = Notification.objects.filter(user=admin, title="A webhook was paused")
    assert "test (cp_" in note.message
    outside.answer(HOOK, body={})
    assert patch(client_of(admin), way, is_active=True)["token_id"] is None
    happened(3)
    sweep(timezone.now() + MINUTE)
    assert runs(outside.calls_to(HOOK)) == [1, 3]
    assert not WebhookSubscription.objects.filter(pk=other.pk, is_active=False).exists()


def test_who_says_what_is_sent_and_where_answers_for_it(outside: StubServer, admin: User) -> None:
    way, _secret = subscribed(admin, outside, FOR_ADMINS)
    outside.answer(HOOK, status=500)
    happened(1, topic=FOR_ADMINS)
    now = timezone.now()
    sweep(now)
    writer = client_with_token(admin, "write")
    assert patch(writer, way, is_active=True)["token_id"] is None, "it stays what it was"
    assert patch(writer, way, url=f"{outside.url}/mine")["token_id"] == ApiToken.objects.get().pk
    happened(2, topic=FOR_ADMINS)
    outside.calls.clear()
    sweep(timezone.now() + MINUTE)
    assert outside.calls == [], "what an admin was told goes nowhere else"
    assert [row.status for row in ledger(way)] == ["dead"]


def test_a_closed_account_is_told_nothing_more(outside: StubServer) -> None:
    user: User = UserFactory()
    way, _secret = subscribed(user, outside)
    channel = channel_of(user)
    outside.answer(HOOK, status=500)
    outside.answer(PATHS["telegram"], status=500)
    happened(1)
    tell(user, "one")
    now = timezone.now()
    assert (sweep(now), sweep_channels(now)) == ((0, 1), (0, 1))
    outside.calls.clear()
    close_account(user, by=None)
    happened(2)
    for later in (timedelta(), MINUTE, 4 * DAY):
        assert (sweep(now + later), sweep_channels(now + later)) == ((0, 0), (0, 0))
    assert outside.calls == []
    assert [(row.status, row.last_error) for row in ledger(way)] == [("dead", "The account is closed.")]
    assert [(row.status, row.last_error) for row in messages(channel)] == [("dead", "The account is closed.")]

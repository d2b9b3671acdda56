"""The page of the own channels: connecting, trying, wishes, and what did not arrive."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import NotificationChannel, NotificationDelivery, User
from accounts.services import hours_of
from tests.accounts.channels import BOT, FIELDS, PATHS, channel_of, webhook_of
from tests.doors import client_of
from tests.factories import DeliveryFactory, UserFactory
from tests.pages.html import read
from tests.stubs.server import Reply, StubServer

pytestmark = pytest.mark.django_db
PAGE = "/account/notifications"


@pytest.fixture
def user() -> User:
    person: User = UserFactory(timezone="Asia/Tehran")
    return person


def shown(client: Client, path: str = PAGE) -> Any:
    response = client.get(path)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    return read(response)


def after(client: Client, path: str, **given: Any) -> str:
    """What the page says after a form was sent."""
    response = client.post(path, given, follow=True)
    assert response.status_code == 200
    return str(read(response).text)


def test_visitors_log_in_first() -> None:
    for path in (PAGE, "/account/channels/add/telegram"):
        assert client_of().get(path)["Location"].startswith("/login?next=")


@pytest.mark.parametrize("kind", ["telegram", "discord", "slack", "ntfy"])
@pytest.mark.usefixtures("outside")
def test_a_service_is_connected_by_its_fields(user: User, kind: str) -> None:
    client, path = client_of(user), f"/account/channels/add/{kind}"
    form = shown(client, path).one("form", action=path)
    names = {field.attributes["name"] for field in [*form.every("input"), *form.every("select")]}
    assert names == {"csrfmiddlewaretoken", "label", *FIELDS[kind]}
    wrong = client.post(path, {"label": "mine"} | dict.fromkeys(FIELDS[kind], "http://x/y"))
    assert wrong.status_code == 200
    assert read(wrong).every("p", role="alert")
    assert "Connected" in after(client, path, label="mine", **FIELDS[kind])
    assert NotificationChannel.objects.get().kind == kind
    again = read(client.post(path, {"label": "mine"} | FIELDS[kind]))
    assert "already" in again.text
    assert not any(value in str(again.text) for name, value in FIELDS[kind].items() if name == "token")


def test_the_secret_of_a_webhook_is_shown_once(outside: StubServer, user: User) -> None:
    client, path = client_of(user), "/account/channels/add/webhook"
    given = {"label": "mine", "scheme": "http", "host": f"127.0.0.1:{outside.port}", "path": "/hook"}
    answer = client.post(path, given)
    first = read(answer).one("input", id="secret").attributes["value"]
    assert (first[:6], "no-store" in answer["Cache-Control"]) == ("whsec_", True)
    channel = NotificationChannel.objects.get()
    second = read(client.post(f"/account/channels/{channel.pk}/secret")).one("input", id="secret").attributes["value"]
    assert first != second
    page = client.get(PAGE).content.decode()
    assert first not in page
    assert second not in page


def test_the_test_says_what_the_service_answers(outside: StubServer, user: User) -> None:
    channel, client = channel_of(user), client_of(user)
    outside.answer_each(PATHS["telegram"], Reply(status=401, body={"message": f"bad {BOT}"}), Reply())
    said = after(client, f"/account/channels/{channel.pk}/test")
    assert "401, bad •••" in said
    assert BOT not in said
    assert "took the message" in after(client, f"/account/channels/{channel.pk}/test")


@pytest.mark.usefixtures("outside")
def test_a_channel_is_paused_resumed_and_removed_by_its_owner_only(user: User) -> None:
    channel = channel_of(user)
    for action in ("test", "pause", "resume", "remove", "secret", "wishes"):
        assert client_of(UserFactory()).post(f"/account/channels/{channel.pk}/{action}").status_code == 404
    assert client_of(user).post(f"/account/channels/{channel.pk}/explode").status_code == 404
    client = client_of(user)
    assert "Only webhooks" in after(client, f"/account/channels/{channel.pk}/secret")
    for action, is_active in (("pause", False), ("resume", True)):
        after(client, f"/account/channels/{channel.pk}/{action}")
        channel.refresh_from_db()
        assert channel.is_active == is_active
    after(client, f"/account/channels/{channel.pk}/remove")
    assert not NotificationChannel.objects.exists()


@pytest.mark.usefixtures("outside")
def test_wishes_are_kept(user: User) -> None:
    channel, client = channel_of(user), client_of(user)
    form = shown(client).one("form", action=f"/account/channels/{channel.pk}/wishes")
    names = [field.attributes["name"] for field in form.every("select")]
    given = {name: "" if name.endswith("now_from") else "daily" for name in names}
    given["signal_now_from"] = "urgent"
    after(client, f"/account/channels/{channel.pk}/wishes", **given)
    channel.refresh_from_db()
    assert channel.wants["signal"] == {"now_from": "urgent", "below": "daily"}
    assert channel.wants["alert"] == {"now_from": None, "below": "daily"}
    assert "not understood" in after(client, f"/account/channels/{channel.pk}/wishes", signal_below="hourly")


def test_hours_are_kept_in_the_persons_zone(user: User) -> None:
    client = client_of(user)
    given = {"quiet_from": "22:00", "quiet_until": "07:00", "digest_at": "08:30", "digest_weekday": "4"}
    assert "Asia/Tehran" in shown(client).text
    assert "Kept" in after(client, f"{PAGE}/hours", **given)
    user.refresh_from_db()
    hours = hours_of(user)
    assert (f"{hours.quiet_from:%H:%M}", f"{hours.digest_at:%H:%M}") == ("22:00", "08:30")
    assert (hours.urgent_passes, hours.digest_weekday) == (False, 4)
    refused = after(client, f"{PAGE}/hours", **(given | {"quiet_until": "22:00"}))
    assert "Quiet hours need" in refused


def test_every_page_says_that_something_did_not_arrive(user: User) -> None:
    client = client_of(user)
    assert "did not reach you" not in shown(client).text
    rows = [DeliveryFactory(channel__user=user, status="dead", last_error="500, gone <b>") for _ in range(2)]
    DeliveryFactory(status="dead")
    assert "2 messages did not reach you" in str(read(client.get("/assets")).text)
    page = shown(client)
    assert "500, gone <b>" in page.text
    assert "tried again" in after(client, f"{PAGE}/undelivered", delivery=rows[0].pk)
    assert client.post(f"{PAGE}/undelivered", {"delivery": rows[0].pk}).status_code == 404
    after(client, f"{PAGE}/undelivered")
    assert "did not reach you" not in shown(client).text
    statuses = NotificationDelivery.objects.filter(channel__user=user).order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["waiting", "dead"]


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_page_keeps_the_policy_and_its_inputs_have_labels(outside: StubServer, user: User, language: str) -> None:
    channel_of(user)
    webhook_of(user, outside)
    client = client_of(user)
    client.cookies["django_language"] = language
    for path in (PAGE, "/account/channels/add/telegram"):
        page = shown(client, path)
        assert not page.every("style")
        assert not page.every(style="")
        ids = [element.attributes["id"] for element in page.every() if "id" in element.attributes]
        assert len(ids) == len(set(ids))
        labels = {label.attributes["for"] for label in page.every("label")}
        inputs = [one.attributes for one in [*page.every("input"), *page.every("select")]]
        seen = [one for one in inputs if one.get("type") != "hidden" and "aria-label" not in one]
        assert [one for one in seen if one.get("id") not in labels] == []

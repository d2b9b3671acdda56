"""Messages in the app, the bell, and what became of them outside."""

import csv
from io import StringIO
from typing import Any

import pytest

from accounts.models import Notification, NotificationDelivery, User
from tests.doors import client_of, queries
from tests.factories import ChannelFactory, DeliveryFactory, NotificationFactory, UserFactory
from tests.pages import market as making
from tests.pages.alerts import add_fired
from tests.pages.html import Element, page, read
from tests.pages.messages import HOUR, add_messages

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    person: User = UserFactory()
    return person


@pytest.fixture
def market() -> making.Market:
    return making.make_market()


def titles(shown: Element) -> list[str]:
    return [one.one("h2").text.removeprefix("Unread: ") for one in shown.every("li", cls="message")]


def test_visitors_log_in_first_and_have_no_bell() -> None:
    for path in ("/notifications", "/notifications/deliveries", "/notifications/unread"):
        assert client_of().get(path)["Location"].startswith("/login?next=")
    shown = page("/")
    assert not shown.every("a", cls="bell")
    assert not [one for one in shown.every("script") if "bell" in one.attributes.get("src", "")]


def test_the_inbox_shows_what_is_due_and_not_put_away(market: making.Market, user: User) -> None:
    add_messages(market, user)
    NotificationFactory(title="somebody else's", sent_at=making.NOW)
    shown = page("/notifications", user)
    assert shown.one("h1").text == "2 unread messages"
    assert len(titles(shown)) == 4
    assert {"BTC is above 67,000", "Read before", "<b>not bold</b>"} <= set(titles(shown))
    assert not {"Put away before", "Not due yet", "somebody else's"} & set(titles(shown))
    assert titles(page("/notifications", user, state="away")) == ["Put away before"]
    assert len(titles(page("/notifications", user, state="unread"))) == 2
    assert titles(page("/notifications", user, kind="alert")) == ["BTC is above 67,000"]
    assert "No message fits" in page("/notifications", user, kind="system", state="unread").text
    first = next(one for one in shown.every("li", cls="message") if "BTC is above" in one.text)
    assert "phone : sent" in first.text
    assert "hook : not delivered" in first.text


def test_the_bell_counts_what_is_unread(market: making.Market, user: User) -> None:
    bell = page("/", user).one("a", cls="bell")
    assert "hidden" in bell.one("span", cls="badge").attributes
    assert bell.one("span", data_bell_words="").text == "Messages: none unread"
    add_messages(market, user)
    badge = page("/", user).one("a", cls="bell").one("span", cls="badge")
    assert (badge.text, "hidden" in badge.attributes) == ("2", False)
    told = client_of(user).get("/notifications/unread")
    assert told.json() == {"unread": 2, "shown": "2", "words": "Messages: 2 unread"}
    assert told["Cache-Control"] == "no-store"
    for _number in range(100):
        NotificationFactory(user=user, sent_at=making.NOW)
    assert client_of(user).get("/notifications/unread").json()["shown"] == "99+"


def test_messages_are_read_put_away_and_lead_somewhere(market: making.Market, user: User) -> None:
    alert, client = add_fired(market, user), client_of(user)
    sent = {"user": user, "sent_at": making.NOW}
    note = NotificationFactory(**sent, data={"alert_id": alert.pk, "asset_id": market.asset.pk})
    other = NotificationFactory(**sent, data={"alert_id": alert.pk + 10**6, "asset_id": market.asset.pk})
    nowhere = NotificationFactory(**sent)

    def status(one: Notification) -> str:
        one.refresh_from_db()
        return one.status

    assert client.post(f"/notifications/{note.pk}/open")["Location"] == f"/alerts/{alert.pk}"
    assert client.post(f"/notifications/{other.pk}/open")["Location"] == "/assets/BTC"
    assert (status(note), status(other), status(nowhere)) == ("read", "read", "unread")
    back = client.post(f"/notifications/{nowhere.pk}/read", {"query": "state=unread"})
    assert (back["Location"], status(nowhere)) == ("/notifications?state=unread", "read")
    client.post(f"/notifications/{note.pk}/dismiss")
    client.post(f"/notifications/{note.pk}/dismiss")
    assert status(note) == "dismissed"
    assert client.post(f"/notifications/{note.pk}/burn").status_code == 404


def test_all_are_read_at_once(market: making.Market, user: User) -> None:
    add_messages(market, user)
    client = client_of(user)
    said = read(client.post("/notifications/read", follow=True)).text
    assert "2 messages are marked as read." in said
    assert "Nothing unread" in said
    assert "0 messages" in read(client.post("/notifications/read", follow=True)).text


def test_what_is_not_ones_own_is_not_there(user: User) -> None:
    client, note = client_of(user), NotificationFactory(sent_at=making.NOW)
    delivery = DeliveryFactory(status="dead")
    assert client.post(f"/notifications/{note.pk}/read").status_code == 404
    assert client.post(f"/notifications/deliveries/{delivery.pk}/again").status_code == 404
    assert not page("/notifications/deliveries", user).rows()


def test_the_ledger_says_what_became_of_each_and_what_helps(market: making.Market, user: User) -> None:
    add_messages(market, user)
    shown = page("/notifications/deliveries", user)
    assert shown.one("h1").text == "1 message did not reach you"
    rows = shown.rows()
    assert len(rows) == 3
    (dead,) = [row for row in rows if "not delivered" in row[2]]
    assert dead[3] == "5"
    assert "webhook: 410, Gone. There is nothing at this address any more: connect the channel anew." in dead[6]
    (waiting,) = [row for row in rows if "waiting" in row[2]]
    assert "a fault of its own" in waiting[6]
    hook = str(NotificationDelivery.objects.get(status="dead").channel_id)
    assert len(page("/notifications/deliveries", user, channel=hook).rows()) == 1
    client = client_of(user)
    assert len(read(client.get("/notifications/deliveries?status=sent")).rows()) == 1
    assert len(read(client.get("/notifications/deliveries?channel=999999&status=x")).rows()) == 3
    text = client.get("/notifications/deliveries.csv?status=dead").content.decode()
    (line,) = csv.DictReader(StringIO(text))
    assert (line["message"], line["channel"], line["status"], line["attempts"]) == (
        "BTC is above 67,000", "hook", "dead", "5",
    )  # fmt: skip


def test_what_was_given_up_is_tried_again(market: making.Market, user: User) -> None:
    add_messages(market, user)
    dead, client = NotificationDelivery.objects.get(status="dead"), client_of(user)
    assert "It is tried again." in read(client.post(f"/notifications/deliveries/{dead.pk}/again", follow=True)).text
    dead.refresh_from_db()
    assert dead.status == "waiting"
    said = read(client.post(f"/notifications/deliveries/{dead.pk}/again", follow=True)).text
    assert "Only a message that was given up can be tried again." in said


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("telegram /bot{token}/sendMessage: 401, Unauthorized.", "refuses the key"),
        ("slack: 429, slow down.", "takes no more for now"),
        ("ntfy: 418, teapot.", "send a test"),
        ("Connection refused", "was not reached"),
    ],
)
def test_each_fault_has_its_remedy(user: User, error: str, words: str) -> None:
    DeliveryFactory(channel=ChannelFactory(user=user), status="dead", last_error=error)
    assert words in page("/notifications/deliveries", user).text


@pytest.mark.parametrize("path", ["/notifications", "/notifications/deliveries"])
def test_the_number_of_queries_does_not_depend_on_the_number_of_messages(
    market: making.Market, user: User, path: str
) -> None:
    def add(count: int) -> None:
        for _number in range(count):
            note = NotificationFactory(user=user, sent_at=making.NOW - HOUR, data={"asset_id": market.asset.pk})
            DeliveryFactory(notification=note, channel=ChannelFactory(user=user))

    add(1)
    client: Any = client_of(user)
    few = queries(client, path)
    add(5)
    assert queries(client, path) == few

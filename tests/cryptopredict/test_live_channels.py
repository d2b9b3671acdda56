"""What the live channels tell: what services make happen, to whom it concerns, and again to who has missed it."""

from collections.abc import Collection, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest
from django.db import OperationalError, connections
from django.utils import timezone
from websockets.sync.client import ClientConnection

from accounts.models import ApiToken, UserSession
from accounts.services import end_session, open_session, revoke_api_token
from accounts.services.live_access import Access, still_open
from assets.services import refresh_quotes
from cryptopredict.live import connection as lines
from cryptopredict.live import hub, listeners, send_events
from selection.services import expire_suggestions
from system.models import OutboxEvent
from system.services import publish
from tests.cryptopredict.listening import WS, close_code, heard, listen, live_server, pong, resumed, say, ticket_of
from tests.doors import API, client_of, client_with_token, refused
from tests.factories import (
    AdminFactory,
    AlertFactory,
    AssetFactory,
    DefaultListFactory,
    ExecutionFactory,
    PortfolioAnalysisFactory,
    PortfolioFactory,
    SignalFactory,
    SuggestionFactory,
    UserFactory,
    WatchlistFactory,
    add_candles,
)
from trading.services import withdraw_signal
from trading.services.signal_events import SIGNAL_UPDATED, announce_signals

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setitem(connections["default"].settings_dict, "CONN_MAX_AGE", 0)
    with live_server() as number:
        yield number


def test_a_ticket_opens_one_connection(port: int) -> None:
    user = UserFactory()
    ticket = ticket_of(client_of(user))
    with listen(port, WS + "signals", ticket=ticket, origin=None) as connection:
        assert connection.subprotocol == "cryptopredict"
        pong(connection)
    for shown in (ticket, "cp_ws_made_up"):
        with listen(port, WS + "signals", ticket=shown, origin=None) as connection:
            assert close_code(connection) == 4401
    refused(client_of().post(f"{API}auth/ws-ticket"), 401)


def test_a_ticket_opens_what_its_token_may_hear_and_as_long_as_that_lasts(port: int) -> None:
    admin = AdminFactory()
    reader = client_with_token(admin, "read")
    with listen(port, WS + "suggestions", ticket=ticket_of(reader), origin=None) as connection:
        assert close_code(connection) == 4403
    market = client_with_token(admin, "market:read")
    with listen(port, WS + "notifications", ticket=ticket_of(market), origin=None) as connection:
        assert close_code(connection) == 4403
    whole = client_with_token(admin, "read", "admin")
    token = ApiToken.objects.latest("pk")
    with listen(port, WS + "suggestions", ticket=ticket_of(whole), origin=None) as connection:
        pong(connection)
        revoke_api_token(token, actor=admin)
        publish("suggestion.reviewed", {"suggestion_id": SuggestionFactory().pk})
        send_events()
        assert close_code(connection) == 4401


def test_signals_and_what_becomes_of_them(port: int) -> None:
    """Those for everybody, and what concerns oneself; not what was made for the portfolio of somebody else."""
    user, stranger, admin = UserFactory(), UserFactory(), AdminFactory()
    analysis = PortfolioAnalysisFactory(portfolio=PortfolioFactory(user=stranger))
    with (
        listen(port, WS + "signals", user=user) as own,
        listen(port, f"{WS}signals/{stranger.pk}", user=admin) as other,
    ):
        pong(own)
        pong(other)
        public, private = SignalFactory(), SignalFactory(portfolio_analysis=analysis)
        withdraw_signal(public.pk, actor=admin, status="cancelled")
        announce_signals(SIGNAL_UPDATED, [private.pk])
        execution, alert = ExecutionFactory(user=user), AlertFactory(user=user)
        publish("execution.updated", {"execution_id": execution.pk}, user=user)
        publish("execution.updated", {"execution_id": ExecutionFactory(user=stranger).pk}, user=user)
        publish("alert.triggered", {"alert_id": alert.pk, "number": 1}, user=user)
        send_events()
        told = [heard(own) for _number in range(3)]
        assert [one["type"] for one in told] == ["signal.updated", "execution.updated", "alert.triggered"]
        assert told[0]["data"]["signal"]["status"] == "cancelled"
        assert told[0]["data"]["signal"]["entry_price"] == "100"
        assert told[1]["data"]["execution"]["id"] == execution.pk
        assert told[2]["data"]["alert"]["id"] == alert.pk
        pong(own)
        assert [heard(other)["data"]["signal"]["id"] for _number in range(2)] == [public.pk, private.pk]


def test_suggestions_that_lapse(port: int) -> None:
    """Admins hear of those for the default lists; those for somebody's own list are his."""
    ago = timezone.now() - timedelta(hours=1)
    owner = UserFactory()
    SuggestionFactory(expires_at=ago, watchlist=WatchlistFactory(user=owner))
    over = SuggestionFactory(expires_at=ago, watchlist=DefaultListFactory())
    with listen(port, WS + "suggestions", user=AdminFactory()) as connection:
        pong(connection)
        assert expire_suggestions(timezone.now()) == 2
        send_events()
        message = heard(connection)
        assert (message["type"], message["data"]["suggestion"]["id"]) == ("suggestion.expired", over.pk)
        pong(connection)
    assert OutboxEvent.objects.filter(topic="suggestion.expired", user=owner).count() == 1


def prices(connection: ClientConnection, count: int) -> dict[int, Any]:
    told = [heard(connection) for _number in range(count)]
    assert {one["type"] for one in told} == {"price.update"}
    return {one["data"]["asset_id"]: one["data"]["price"] for one in told}


def test_prices_for_everybody(port: int) -> None:
    first, second = (AssetFactory(current_price=Decimal(price)) for price in (5, 7))
    hidden = AssetFactory(is_active=False)
    with listen(port, f"{WS}prices/{first.pk}", origin=None) as connection:
        assert prices(connection, 1) == {first.pk: "5"}
        say(connection, action="subscribe", asset_ids=[second.pk])
        assert prices(connection, 1) == {second.pk: "7"}
        for wrong, code in (
            ([hidden.pk], "unknown_asset"),
            ([999_999], "unknown_asset"),
            (list(range(1, 102)), "too_many_assets"),
            ("1", "invalid_assets"),
        ):
            say(connection, action="subscribe", asset_ids=wrong)
            assert heard(connection)["data"]["code"] == code
        for asset in (first, second):
            add_candles(asset, [9])
        refresh_quotes([first.pk, second.pk])
        send_events()
        assert prices(connection, 2) == {first.pk: "9", second.pk: "9"}
        say(connection, action="unsubscribe", asset_ids=[first.pk])
        say(connection, action="resume", seq=0)
        assert prices(connection, 1) == {second.pk: "9"}


def test_what_was_missed_comes_again_in_its_order(port: int) -> None:
    user, stranger = UserFactory(), UserFactory()
    signals = [SignalFactory() for _number in range(3)]
    seqs = [publish("signal.updated", {"signal_id": one.pk}).pk for one in signals]
    foreign = publish("execution.updated", {"execution_id": 1}, user=stranger).pk
    late = OutboxEvent.objects.filter(pk=seqs[0]).update(sent_at=timezone.now() + timedelta(seconds=5))
    assert (send_events(), late) == (3, 1)  # whose transaction ended last was sent last
    with listen(port, WS + "signals", user=user) as connection:
        assert pong(connection)["seq"] == seqs[0]
        say(connection, action="resume", seq=seqs[1])
        assert resumed(connection) == {"missed": 2, "after": seqs[1], "count": 2, "events": [seqs[2], seqs[0]]}
        say(connection, action="resume", seq=seqs[0])
        assert resumed(connection) == {"missed": 0, "after": seqs[0], "count": 0, "events": []}
        say(connection, action="resume", seq=0)  # from when nothing had been sent yet
        assert resumed(connection) == {"missed": 3, "after": 0, "count": 3, "events": [seqs[1], seqs[2], seqs[0]]}
        say(connection, action="resume", seq=0, have=[seqs[1], seqs[0], 10**12])
        assert resumed(connection) == {"missed": 1, "after": 0, "count": 3, "events": [seqs[2]]}
        for unclear in (1, "1", [True], ["1"], None):
            say(connection, action="resume", seq=0, have=unclear)
            assert heard(connection)["data"]["code"] == "invalid_have"
        for unknown in (10**12, foreign):
            say(connection, action="resume", seq=unknown)
            assert (heard(connection)["type"], unknown) == ("resync", unknown)
        for wrong in ("1", None, -1, True, 1.5, 2**63):
            say(connection, action="resume", seq=wrong)
            assert heard(connection)["data"]["code"] == "invalid_seq"


def test_what_has_no_room_in_one_message_is_told_when_asked_again(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seqs = [publish("signal.updated", {"signal_id": SignalFactory().pk}).pk for _number in range(5)]
    send_events()
    with listen(port, WS + "signals", user=UserFactory()) as connection:
        say(connection, action="resume", seq=seqs[0])
        (length,) = {len(orjson.dumps(event)) for event in heard(connection)["data"]["events"]}
        for room, parts in ((2 * length, [seqs[1:3], seqs[3:5]]), (1, [[one] for one in seqs[1:]])):
            monkeypatch.setattr(listeners, "MOST_TOLD", room)
            have: list[int] = []
            for part in parts:
                say(connection, action="resume", seq=seqs[0], have=have)
                told = resumed(connection)
                assert told == {"missed": 4 - len(have), "after": seqs[0], "count": 4, "events": part}
                have += part


def test_a_client_can_tell_that_something_is_missing(port: int) -> None:
    signal = SignalFactory()
    publish("signal.updated", {"signal_id": signal.pk})
    send_events()
    with listen(port, WS + "signals", user=UserFactory()) as connection:
        mark = pong(connection)["seq"]
        seqs = [publish("signal.updated", {"signal_id": signal.pk}).pk for _number in range(3)]
        publish("execution.updated", {"execution_id": 1}, user=UserFactory())
        publish("signal.updated", {"signal_id": 10**9})  # of a row that is gone nothing is told
        send_events()
        assert [heard(connection)["seq"] for _number in range(3)] == seqs
        for seq, count in ((mark, 3), (seqs[0], 2), (seqs[2], 0), (10**12, None)):
            say(connection, action="ping", seq=seq)
            assert heard(connection)["data"] == {"after": seq, "count": count}
        say(connection, action="resume", seq=seqs[1])
        assert resumed(connection)["events"] == [seqs[2]]
        say(connection, action="ping", seq=seqs[1])
        assert heard(connection)["data"] == {"after": seqs[1], "count": 1}


def test_what_cannot_be_told_at_the_moment_is_told_later(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether logins still hold cannot be looked up: nobody is told anything then, and all of it a moment later."""
    monkeypatch.setattr(hub, "CATCH_UP_SECONDS", 0.2)
    looks: list[int] = []

    def look(accesses: Collection[Access]) -> set[Access]:
        looks.append(len(accesses))
        if len(looks) < 3:
            raise OperationalError
        return still_open(accesses)

    with listen(port, WS + "signals", user=UserFactory()) as connection:
        pong(connection)
        monkeypatch.setattr(hub, "still_open", look)
        event = publish("signal.updated", {"signal_id": SignalFactory().pk})
        send_events()
        assert heard(connection)["seq"] == event.pk
        assert looks == [1, 1, 1]
        assert pong(connection)["seq"] == event.pk  # and not a second time


def test_what_redis_loses_is_looked_up(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "CATCH_UP_SECONDS", 0.2)
    with listen(port, WS + "signals", user=UserFactory()) as connection:
        pong(connection)
        lost = publish("signal.updated", {"signal_id": SignalFactory().pk})
        OutboxEvent.objects.update(sent_at=timezone.now())  # sent, and arrived nowhere
        assert heard(connection)["seq"] == lost.pk
        monkeypatch.undo()
        assert pong(connection)["seq"] == lost.pk


def test_a_login_that_ends_takes_its_connections_along(port: int) -> None:
    user = UserFactory()
    tokens = open_session(user)
    client = client_of()
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {tokens.access}"
    with listen(port, WS + "signals", ticket=ticket_of(client), origin=None) as connection:
        pong(connection)
        end_session(UserSession.objects.get())
        publish("signal.updated", {"signal_id": SignalFactory().pk})
        send_events()
        assert close_code(connection) == 4401


class Slow(lines.Connection):
    """A connection whose reader takes nothing."""


@pytest.mark.parametrize("way", ["crowded", "stuck"])
def test_who_reads_too_slowly_is_dropped_and_holds_up_nobody(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    monkeypatch.setattr(lines, "MOST_WAITING", 3)
    monkeypatch.setattr(lines, "SEND_SECONDS", 60 if way == "crowded" else 0.2)
    monkeypatch.setattr(lines, "CLOSE_SECONDS", 0.1)

    async def run() -> tuple[int | None, int]:
        nothing = asyncio.Event()
        taken: list[Any] = []

        async def receive() -> Any:
            await nothing.wait()

        async def send(event: Any) -> None:
            taken.append(event)
            await nothing.wait()

        slow = Slow(receive, send)
        for number in range(5 if way == "crowded" else 2):
            slow.tell("x", number)
        await asyncio.wait_for(slow.live(), 5)
        return slow.code, len(taken)

    code, taken = asyncio.run(run())
    assert code == 4408
    assert taken <= 2


def test_of_prices_a_slow_reader_gets_the_newest() -> None:
    slow = Slow(None, None)
    for number in range(5000):
        slow.tell_newest(number % 2, str(number))
    assert (list(slow.newest.values()), slow.code) == (["4998", "4999"], None)

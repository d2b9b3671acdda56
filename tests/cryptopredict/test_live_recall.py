"""What was missed is looked up once for all who ask at the same time, and for each as if he asked alone."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from cryptopredict.live import connection as lines
from cryptopredict.live import outbox, recall, send_events
from cryptopredict.live.channels import SIGNALS
from cryptopredict.live.outbox import missed_events
from cryptopredict.live.recall import Lately, looked_up
from system.models import OutboxEvent
from system.services import publish
from tests.factories import ExecutionFactory, SignalFactory, UserFactory

TOPICS = SIGNALS.topics


def sent(count: int) -> list[int]:
    signal = SignalFactory()
    found = [publish("signal.updated", {"signal_id": signal.pk}).pk for _number in range(count)]
    send_events()
    return found


@pytest.mark.django_db
def test_it_tells_what_a_look_for_one_alone_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MOST_MISSED", 3)
    monkeypatch.setattr(recall, "MOST_MISSED", 3)
    user = UserFactory()
    for count in (0, 1, 2, 3, 4, 5, 6):
        OutboxEvent.objects.all().delete()
        numbers = sent(count)
        lately = looked_up(TOPICS)
        for seq in (0, *numbers, 10**12):
            alone = missed_events(TOPICS, user.pk, seq)
            assert [frame["seq"] for frame in lately.after(seq) or ()] == [frame["seq"] for frame in alone or ()]
            assert (lately.after(seq) is None) == (alone is None), (count, seq)


@pytest.mark.django_db
def test_who_was_told_something_alone_is_looked_up_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MOST_MISSED", 3)
    monkeypatch.setattr(recall, "MOST_MISSED", 3)
    early, late = UserFactory(), UserFactory()

    def tell(user: Any) -> None:
        publish("execution.updated", {"execution_id": ExecutionFactory(user=user).pk}, user=user)
        send_events()

    tell(early)
    sent(2)
    tell(late)
    assert looked_up(TOPICS).people == {early.pk, late.pk}
    sent(2)
    assert looked_up(TOPICS).people == {late.pk}  # what the other one was told lies too far back for anybody


def looking(monkeypatch: pytest.MonkeyPatch, body: Callable[[], Any]) -> int:
    """How many looks there were while it ran."""
    looks: list[int] = []

    def look(_topics: Any) -> Lately:
        looks.append(1)
        return Lately([{"seq": 7}, {"seq": 8}], is_whole=True, people=set())

    monkeypatch.setattr(recall, "looked_up", look)
    asyncio.run(body())
    return len(looks)


def test_all_who_ask_at_once_share_a_look_wherever_each_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        asked = (recall.recall(TOPICS, user, seq, 0) for user, seq in ((1, 0), (2, 7), (3, 8), (4, 9)))
        found = await asyncio.gather(*asked)
        assert [None if one is None else len(one) for one in found] == [2, 1, 0, None]

    assert looking(monkeypatch, body) == 1


def test_a_look_that_began_before_the_newest_was_told_does_not_do(monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        clock = asyncio.get_running_loop().time
        await recall.recall(TOPICS, 1, 0, 0)
        await recall.recall(TOPICS, 1, 0, 0)
        await recall.recall(TOPICS, 1, 0, clock())
        monkeypatch.setattr(recall, "KEPT_SECONDS", 0)
        await recall.recall(TOPICS, 1, 0, 0)

    assert looking(monkeypatch, body) == 3


class Quiet(lines.Connection):
    """A connection that says nothing."""


@pytest.mark.parametrize("has_gone", [True, False])
def test_a_message_to_a_line_that_has_ended_is_no_fault(monkeypatch: pytest.MonkeyPatch, *, has_gone: bool) -> None:
    """The server refuses what is sent after the end, of which the reader hears a moment later."""
    monkeypatch.setattr(lines, "CLOSE_SECONDS", 0.1)

    async def run() -> None:
        refused = asyncio.Event()

        async def receive() -> Any:
            await refused.wait()
            if not has_gone:
                await asyncio.Event().wait()
            return {"type": "websocket.disconnect"}

        async def send(_event: Any) -> None:
            refused.set()
            raise RuntimeError("after sending 'websocket.close'")

        one = Quiet(receive, send)
        one.tell("x", 1)
        await asyncio.wait_for(one.live(), 5)

    if has_gone:
        asyncio.run(run())
        return
    with pytest.raises(RuntimeError, match="after sending"):
        asyncio.run(run())

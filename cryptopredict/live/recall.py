"""What was missed, looked up once for all who ask at the same time: after a fault everybody asks."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async

from cryptopredict.live.messages import Frame
from cryptopredict.live.outbox import MOST_MISSED, NOTHING_YET, missed_events, newest_events, people_told

KEPT_SECONDS = 0.5
Topics = frozenset[str]


@dataclass
class Lately:
    """The newest events that were sent to everybody, in their order.

    Attributes:
        frames: as they are now.
        is_whole: there are no others.
        people: to whom alone something was sent since the first of them; if they are all, ever.
    """

    frames: list[Frame]
    is_whole: bool
    people: set[int]
    places: dict[int, int] = field(init=False)

    def __post_init__(self) -> None:
        self.places = {frame["seq"]: place for place, frame in enumerate(self.frames)}

    def after(self, seq: int) -> list[Frame] | None:
        """What came after an event, to whom was told nothing alone; None where that cannot be told."""
        if seq == NOTHING_YET:
            return self.frames if self.is_whole else None
        return self.frames[self.places[seq] + 1 :] if seq in self.places else None


@dataclass
class Look:
    """A look into the outbox, and when it began by the clock of the loop."""

    began: float
    task: "asyncio.Task[Lately]"


_looks: "WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Topics, Look]]" = WeakKeyDictionary()


async def recall(topics: Collection[str], user_id: int | None, seq: int, since: float) -> list[Frame] | None:
    """What was sent after an event to everybody and to one person, see ``missed_events``.

    Args:
        seq: the event.
        since: when he was told the newest, by the clock of the loop: what was looked up before does not do for him.
    """
    kinds = frozenset(topics)
    lately = await asyncio.shield(look(kinds, since).task)
    if user_id in lately.people:
        return await database_sync_to_async(missed_events)(kinds, user_id, seq)
    return lately.after(seq)


def look(topics: Topics, since: float) -> Look:
    """The look of the moment: that of another one, if it is new enough."""
    loop = asyncio.get_running_loop()
    looks, now = _looks.setdefault(loop, {}), loop.time()
    found = looks.get(topics)
    if found is None or found.began < max(since, now - KEPT_SECONDS):
        found = looks[topics] = Look(now, asyncio.ensure_future(database_sync_to_async(looked_up)(topics)))
    return found


def looked_up(topics: Topics) -> Lately:
    """The newest events of some kinds, one more than may be told again."""
    newest = newest_events(topics)
    is_whole = len(newest) <= MOST_MISSED
    return Lately(newest, is_whole, people_told(topics, NOTHING_YET if is_whole else newest[0]["seq"]))

"""What was missed, looked up once for all who ask for the same at the same time: after a fault everybody asks."""

import asyncio
from collections.abc import Collection
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async

from cryptopredict.live.messages import Frame
from cryptopredict.live.outbox import missed_events, people_told

KEPT_SECONDS = 0.5
Key = tuple[frozenset[str], int, int]
Shared = tuple[list[Frame] | None, set[int]]
Looking = asyncio.Task[Shared]
_looking: "WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Key, Looking]]" = WeakKeyDictionary()


async def recall(topics: Collection[str], user_id: int | None, seq: int, head: int) -> list[Frame] | None:
    """What was sent after an event to everybody and to one person, see ``missed_events``.

    Args:
        seq: the event.
        head: the newest one that he was told: what was looked up before that does not do for him.
    """
    loop = asyncio.get_running_loop()
    found = _looking.setdefault(loop, {})
    key = (frozenset(topics), seq, head)
    task = found.get(key)
    if task is None:
        task = found[key] = asyncio.ensure_future(for_everybody(topics, seq))
        loop.call_later(KEPT_SECONDS, found.pop, key, None)
    shared, people = await asyncio.shield(task)
    if shared is not None and user_id not in people:
        return shared
    return await database_sync_to_async(missed_events)(topics, user_id, seq)


async def for_everybody(topics: Collection[str], seq: int) -> Shared:
    found: Shared = await database_sync_to_async(looked_up)(topics, seq)
    return found


def looked_up(topics: Collection[str], seq: int) -> Shared:
    """What was sent to everybody after an event, and to whom something else was."""
    return missed_events(topics, None, seq), people_told(topics, seq)

"""What was missed, looked up once for all who ask for the same at the same time: after a fault everybody asks."""

import asyncio
from collections.abc import Collection
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async

from cryptopredict.live.messages import Frame
from cryptopredict.live.outbox import missed_events, own_events_exist

KEPT_SECONDS = 0.5
Key = tuple[frozenset[str], int, int]
Looking = asyncio.Task[list[Frame] | None]
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
    shared = await asyncio.shield(task)
    if shared is not None and (user_id is None or not await has_own(topics, user_id, seq)):
        return shared
    return await database_sync_to_async(missed_events)(topics, user_id, seq)


async def for_everybody(topics: Collection[str], seq: int) -> list[Frame] | None:
    found: list[Frame] | None = await database_sync_to_async(missed_events)(topics, None, seq)
    return found


async def has_own(topics: Collection[str], user_id: int, seq: int) -> bool:
    """Whether something was sent to him alone after an event."""
    found: bool = await database_sync_to_async(own_events_exist)(topics, user_id, seq)
    return found

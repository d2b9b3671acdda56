"""Where events come in and go to those whom they concern: one hub per process, with one subscription.

What Redis loses is looked up in the outbox a few seconds later, so that only a client itself can miss something.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.utils import timezone

from accounts.services.live_access import Access, still_open
from cryptopredict.live import places
from cryptopredict.live.connection import NOT_LOGGED_IN
from cryptopredict.live.listeners import DashboardListener, Listener, dashboard_data
from cryptopredict.live.messages import Frame
from cryptopredict.live.outbox import GROUP, sent_since
from cryptopredict.live.places import Place

logger = logging.getLogger(__name__)
READY_SECONDS = 5
CATCH_UP_SECONDS = 3
OVERLAP = timedelta(seconds=10)
"""What may lie between sending an event and its row saying so."""
REMEMBERED = 5000
KEEP_SECONDS = 10
"""How often connections say that they are there: well within the time after which their places are free."""


class Hub:
    """The listeners of a process."""

    def __init__(self) -> None:
        self.listeners: dict[Listener, Place] = {}
        self.owners: Counter[str] = Counter()
        self.ready = asyncio.Event()
        self.lock = asyncio.Lock()
        self.seen: deque[int] = deque(maxlen=REMEMBERED)
        self.known: set[int] = set()
        self.looked_at: datetime = timezone.now()
        self.tasks = [asyncio.ensure_future(part()) for part in (self.subscribe, self.catch_up, self.stay)]

    def has_room(self, owner: str) -> bool:
        """Whether this process alone has room for one more."""
        return self.owners[owner] < places.MOST_OF_ONE

    async def join(self, listener: Listener, owner: str) -> bool:
        """From now on it hears what concerns it, if there is room."""
        place = owner, uuid4().hex
        self.listeners[listener] = place
        self.owners[owner] += 1
        is_in = False
        try:
            is_in = await asyncio.to_thread(places.take_place, place)
        finally:
            if not is_in:
                self.forget(listener)
        return is_in

    async def leave(self, listener: Listener) -> None:
        await asyncio.to_thread(places.leave_place, self.forget(listener))

    def forget(self, listener: Listener) -> Place:
        place = self.listeners.pop(listener)
        self.owners[place[0]] -= 1
        if self.owners[place[0]] <= 0:
            del self.owners[place[0]]
        return place

    async def stay(self) -> None:
        """Keep the places of those who are here."""
        while True:
            await asyncio.sleep(KEEP_SECONDS)
            try:
                await asyncio.to_thread(places.keep_places, [*self.listeners.values()])
                await asyncio.to_thread(places.tell_count, len(self.listeners))
            except Exception:
                logger.exception("Places of live connections are not kept")

    async def is_ready(self) -> bool:
        """Whether events come in; waits a moment for it."""
        try:
            await asyncio.wait_for(self.ready.wait(), READY_SECONDS)
        except TimeoutError:
            return False
        return True

    async def subscribe(self) -> None:
        """Take events from Redis; when it goes away, wait for it."""
        layer = get_channel_layer()
        while True:
            try:
                name = await layer.new_channel("live.")
                await layer.group_add(GROUP, name)
                self.ready.set()
                while True:
                    await self.deliver((await layer.receive(name))["frames"])
            except Exception:
                logger.exception("Live events do not come in")
                self.ready.clear()
                await asyncio.sleep(1)

    async def catch_up(self) -> None:
        """Look up in the outbox what did not come through Redis."""
        while True:
            await asyncio.sleep(CATCH_UP_SECONDS)
            if not self.listeners:
                self.looked_at = timezone.now()
                continue
            since, now = self.looked_at - OVERLAP, timezone.now()
            try:
                await self.deliver(await database_sync_to_async(sent_since)(since, list(self.seen)))
            except Exception:
                logger.exception("Live events cannot be looked up")
            else:
                self.looked_at = now

    async def deliver(self, frames: list[Frame]) -> None:
        """Tell events to whom they concern and who may still hear them, each once. Looking up comes first: they
        are told and remembered, or neither, and then ``catch_up`` tries again."""
        async with self.lock:
            new = [frame for frame in frames if frame["seq"] not in self.known]
            concerned = {one: [frame for frame in new if one.wants(frame)] for one in self.listeners}
            concerned = {one: theirs for one, theirs in concerned.items() if theirs}
            still = await self.permitted(concerned)
            states = await self.states(one for one in concerned if one.access in still)
            self.remember(new)
            for one, theirs in concerned.items():
                if one.access not in still:
                    one.end(NOT_LOGGED_IN)
                    continue
                one.know(theirs[-1]["seq"])
                if isinstance(one, DashboardListener):
                    one.show(states)
                    continue
                for frame in theirs:
                    one.take(frame)

    async def permitted(self, listeners: Iterable[Listener]) -> Collection[Access]:
        """The accesses of some listeners that still hold."""
        accesses = {one.access for one in listeners}
        return await database_sync_to_async(still_open)(accesses) if accesses else accesses

    async def states(self, listeners: Iterable[Listener]) -> dict[int, Any]:
        """The states of those people among some to whom states are told, made once for each."""
        people = {one.about or 0 for one in listeners if isinstance(one, DashboardListener)}
        return await database_sync_to_async(dashboard_data)(people) if people else {}

    def remember(self, frames: list[Frame]) -> None:
        for frame in frames:
            if len(self.seen) == REMEMBERED:
                self.known.discard(self.seen[0])
            self.seen.append(frame["seq"])
            self.known.add(frame["seq"])


_hubs: "WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running loop, made when the first connection comes."""
    loop = asyncio.get_running_loop()
    found = _hubs.get(loop)
    if found is None:
        found = _hubs[loop] = Hub()
    return found

"""One connection: what it is told waits in a queue of its own, so that a slow reader holds up nobody else."""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Any

import orjson

from cryptopredict.live.messages import Frame, message

NOT_LOGGED_IN, FORBIDDEN, UNKNOWN, SLOW, TOO_MANY, NOT_UNDERSTOOD, TRY_LATER = 4401, 4403, 4404, 4408, 4429, 1003, 1013
MOST_WAITING = 1000
"""Events that may wait for a reader."""
SEND_SECONDS = 20
"""A reader who takes nothing for so long is not there."""
CLOSE_SECONDS = 2
HEARD, HEARD_SECONDS = 60, 10
"""How many messages of a client are read in so many seconds."""

Receive = Any
Send = Any


class Connection:
    """Reads, writes, and ends with a code that says why.

    Attributes:
        head: number of the newest event that concerns it, whether it has arrived or not.
        head_since: when that became known, by the clock of the loop.
        waiting: messages in their order, each with how many events it tells.
        load: how many events wait in all.
        code: why it ends; None while it lives.
    """

    def __init__(self, receive: Receive, send: Send) -> None:
        self.receive, self.send = receive, send
        self.waiting: deque[tuple[str, int]] = deque()
        self.load = 0
        self.newest: dict[int, str] = {}
        self.head, self.head_since = 0, 0.0
        self.code: int | None = None
        self.held: list[tuple[int, str]] | None = None
        self.wake, self.ended = asyncio.Event(), asyncio.Event()
        self.sending_since: float | None = None
        self.heard: deque[float] = deque(maxlen=HEARD)

    def know(self, head: int) -> None:
        """Something newer concerns it."""
        self.head, self.head_since = head, asyncio.get_running_loop().time()

    async def live(self) -> None:
        """Until somebody ends it."""
        parts = [asyncio.ensure_future(part()) for part in (self._read, self._write, self._watch, self.ended.wait)]
        reader, writer, *_others = parts
        is_gone = False
        try:
            done, _rest = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            if writer in done:  # on a line that has ended nothing can be sent; the reader is about to hear of it
                await asyncio.wait([reader], timeout=CLOSE_SECONDS)
            is_gone = reader.done() and self.code is None
            for part in [reader] if is_gone else done:
                part.result()
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
            if not is_gone and self.code is not None:
                await self.say_goodbye(self.code)

    async def say_goodbye(self, code: int) -> None:
        """Who reads nothing does not get it either; then the line is cut without it."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.send({"type": "websocket.close", "code": code}), CLOSE_SECONDS)

    def end(self, code: int) -> None:
        """Let it end soon; the first reason counts."""
        if self.code is None:
            self.code = code
            self.ended.set()

    # -- what it is told ----------------------------------------------------------------------------------------------

    def tell(self, text: str, seq: int) -> None:
        """Let an event wait its turn."""
        if self.held is not None:
            self.held.append((seq, text))
        else:
            self.put(text, 1)

    def put(self, text: str, events: int) -> None:
        """Let a message wait its turn. Whose queue is full is too slow, and fetches anew when he comes again."""
        if self.load + events > MOST_WAITING:
            self.end(SLOW)
            return
        self.waiting.append((text, events))
        self.load += events
        self.wake.set()

    def tell_newest(self, key: int, text: str) -> None:
        """Let a message about something take the place of the one about it that still waits."""
        self.newest.pop(key, None)
        self.newest[key] = text
        self.wake.set()

    def say(self, kind: str, data: Any, events: int = 0) -> None:
        """A message to this connection alone, which tells so many events."""
        self.put(message(kind, self.head, data), events)

    def hold(self) -> None:
        """Keep back what comes in, until what came before it was looked up."""
        self.held = []

    def release(self) -> list[tuple[int, str]]:
        """What was kept back; what comes in from now on is told at once."""
        held, self.held = self.held or [], None
        return held

    async def _write(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            await self.wake.wait()
            self.wake.clear()
            while self.waiting or self.newest:
                text = self.next()
                self.sending_since = clock()
                await self.send({"type": "websocket.send", "text": text})
                self.sending_since = None

    def next(self) -> str:
        """The message whose turn it is: events before states."""
        if not self.waiting:
            return self.newest.pop(next(iter(self.newest)))
        text, events = self.waiting.popleft()
        self.load -= events
        return text

    async def _watch(self) -> None:
        clock = asyncio.get_running_loop().time
        while self.sending_since is None or clock() - self.sending_since < SEND_SECONDS:
            await asyncio.sleep(SEND_SECONDS / 4)
        self.end(SLOW)

    # -- what it says -------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        while (event := await self.receive())["type"] != "websocket.disconnect":
            if event["type"] == "websocket.receive" and not await self._hear(event.get("text")):
                return

    async def _hear(self, text: str | None) -> bool:
        """Whether it goes on."""
        now = asyncio.get_running_loop().time()
        if len(self.heard) == HEARD and now - self.heard[0] < HEARD_SECONDS:
            self.end(TOO_MANY)
            return False
        self.heard.append(now)
        try:
            said = orjson.loads(text or "")
        except ValueError:
            self.end(NOT_UNDERSTOOD)
            return False
        if not isinstance(said, dict):
            self.end(NOT_UNDERSTOOD)
            return False
        await self.hear(said)
        return True

    async def hear(self, said: dict[str, Any]) -> None:
        """Do what a client asks for."""
        raise NotImplementedError

    def wants(self, frame: Frame) -> bool:
        """Whether an event concerns it."""
        raise NotImplementedError

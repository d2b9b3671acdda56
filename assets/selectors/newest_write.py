"""The number of the newest write to any candle, for the many who ask at once in an event loop.

One look serves all who came before it began: whoever comes while a look is under way waits for the next one, because
the present one may have been answered before. So each gets a number that is no older than the question.
"""

import asyncio
from typing import Any

from django.db import connections
from psycopg import AsyncConnection

from assets.selectors.candle_answers import NUMBER

Write = tuple[int, int]
"""Which sequence, and its last value."""


class NewestWrite:
    """Looks at the number over a connection of its own, one look after the other.

    Belongs to one event loop.
    """

    def __init__(self) -> None:
        self.connection: AsyncConnection[Any] | None = None
        self.database = ""
        self.next: asyncio.Future[Write] | None = None
        self.work: asyncio.Task[None] | None = None

    async def look(self) -> Write:
        """The number, read after this was called.

        Raises:
            psycopg.Error: the database does not answer; the next look connects anew.
        """
        if self.next is None:
            self.next = asyncio.get_running_loop().create_future()
            if self.work is None or self.work.done():
                self.work = asyncio.create_task(self._look_for_all())
        return await asyncio.shield(self.next)  # one who leaves takes nothing from the others

    async def close(self) -> None:
        """Give the connection back."""
        if self.connection is not None:
            await self.connection.close()
            self.connection = None

    async def _look_for_all(self) -> None:
        """Look, as long as somebody waits."""
        while (waited_for := self.next) is not None:
            self.next = None
            try:
                waited_for.set_result(await self._read())
            except Exception as error:  # noqa: BLE001 - told to each who waits
                await self.close()
                waited_for.set_exception(error)

    async def _read(self) -> Write:
        """One look, at the database that Django works in."""
        wanted = connections.settings["default"]["NAME"]
        if self.connection is not None and self.database != wanted:
            await self.close()
        if self.connection is None:
            self.connection, self.database = await self._connect(), wanted
        row = await (await self.connection.execute(NUMBER)).fetchone()
        sequence, write = row or (0, 0)
        return int(sequence), int(write)

    async def _connect(self) -> AsyncConnection[Any]:
        parameters = connections["default"].get_connection_params()
        for name in ("cursor_factory", "context"):  # Django's own, for threads
            parameters.pop(name, None)
        return await AsyncConnection.connect(**parameters, autocommit=True)

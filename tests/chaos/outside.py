"""The world outside of a product under chaos: an exchange whose candles are known, and a program that is told."""

import json
import zlib
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.stubs.server import Reply, Request, StubServer

KLINES, HOOK = "/api/v3/klines", "/hook"
LENGTH = timedelta(hours=4)
STEP = int(LENGTH.total_seconds() * 1000)


def close_of(pair: str, opened: int) -> Decimal:
    """What a candle of the exchange closed at: a number of its own for every pair and every moment."""
    return Decimal(100) + Decimal(zlib.crc32(f"{pair} {opened}".encode()) % 10_000) / 100


def candle(pair: str, opened: int) -> list[Any]:
    """A candle as Binance sends it."""
    row = [str(number) for number in (100, 200, 50, close_of(pair, opened), 10)]
    return [opened, *row, opened + STEP - 1, "1500", 7, "4", "600", "0"]


@dataclass
class Outside:
    """What the exchange answers, and what the program was told.

    Args:
        mode: ``well``, or how the way to both is broken: ``reset``, ``hang`` or ``half``.
    """

    stub: StubServer
    mode: str = "well"
    pause: float = 0.25
    told: list[tuple[str, dict[str, Any], datetime]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stub.answer(KLINES, self.candles)
        self.stub.answer(HOOK, self.hear)

    @property
    def is_well(self) -> bool:
        return self.mode == "well"

    def candles(self, request: Request) -> Reply:
        pair, first, last = (request.query[name] for name in ("symbol", "startTime", "endTime"))
        begin = -(-int(first) // STEP) * STEP
        limit = int(request.query.get("limit", 500))
        rows = [candle(pair, at) for at in range(begin, min(int(last), begin + (limit - 1) * STEP) + 1, STEP)]
        return self.as_it_goes(json.dumps(rows), self.pause)

    def as_it_goes(self, whole: str, pause: float) -> Reply:
        """An answer on its way: nothing of it comes, nothing for a minute, half of it, or all."""
        if self.mode == "reset":
            return Reply(length=1000, cut=True)
        if self.mode == "hang":
            return Reply(body=whole, delay=60)
        if self.mode == "half":
            return Reply(body=whole[: len(whole) // 2], length=len(whole), cut=True)
        return Reply(body=whole, delay=pause)

    def hear(self, request: Request) -> Reply:
        with suppress(ValueError):
            self.told.append((request.headers["webhook-id"], json.loads(request.body), datetime.now(UTC)))
        return self.as_it_goes(json.dumps({"taken": True}), 0.3)

    def asked_for(self, pair: str) -> int:
        return sum(call.query["symbol"] == pair for call in self.stub.calls_to(KLINES))

    def arrivals(self) -> Counter[str]:
        """How often each message came."""
        return Counter(number for number, _body, _at in self.told)

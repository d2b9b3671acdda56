"""What Binance answers to somebody who asks, before it is chosen, whether it answers and what it trades."""

from typing import Any

from tests.stubs.server import Reply, Request, StubServer

HOUR = 3_600_000
PAIRS = 412
"""Against USDT; others are against EUR, or traded no more."""


def pair(number: int, quote: str = "USDT", status: str = "TRADING") -> dict[str, Any]:
    base = f"COIN{number}" if number else "BTC"
    return {"symbol": f"{base}{quote}", "baseAsset": base, "quoteAsset": quote, "status": status}


def candles(request: Request) -> Reply:
    """One for each full hour of the span that is asked for."""
    first, last = int(request.query["startTime"]), int(request.query["endTime"])
    opened = range(-(-first // HOUR) * HOUR, last + 1, HOUR)
    return Reply([[at, "100", "200", "50", "150", "10", at + HOUR - 1, "1500", 7, "4", "600", "0"] for at in opened])


def answer_as_binance(stub: StubServer) -> None:
    """Its pairs, and the candles of any."""
    pairs = [pair(number) for number in range(PAIRS)]
    stub.answer("/api/v3/exchangeInfo", body={"symbols": [*pairs, pair(0, "EUR"), pair(PAIRS, status="BREAK")]})
    stub.answer("/api/v3/klines", candles)

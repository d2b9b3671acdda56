"""The shortest way to candles: in the event loop, from this process's memory, without a thread.

It answers a part of what ``DirectCandles`` answers, in the same words: what this process has answered before, as long
as no candle and no asset has changed since. Everything else goes on to the other ways.
"""

import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPMethod, HTTPStatus
from typing import Any, NamedTuple

import psycopg

from assets.api.direct import PATH, DirectCandles, count_answer, wish_of
from assets.selectors.candle_answers import CandleAnswer, remembered_answer
from assets.selectors.candle_json import CandleWish
from assets.selectors.newest_write import NewestWrite
from assets.services.usage import count_access
from system.rest.conditional import known_etags

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]
RawHeaders = list[tuple[bytes, bytes]]

OF_INTEREST = {
    b"host": "HTTP_HOST",
    b"x-forwarded-proto": "HTTP_X_FORWARDED_PROTO",
    b"accept": "HTTP_ACCEPT",
    b"accept-language": "HTTP_ACCEPT_LANGUAGE",
    b"cookie": "HTTP_COOKIE",
    b"if-none-match": "HTTP_IF_NONE_MATCH",
    b"x-request-id": "HTTP_X_REQUEST_ID",
    b"traceparent": "HTTP_TRACEPARENT",
}
"""Headers that an answer or what is told of it depends on, by the names that WSGI gives them."""
UNUSUAL = {b"authorization", b"content-length", b"transfer-encoding"}
"""Headers of questions that are for others."""
METHODS = (HTTPMethod.GET, HTTPMethod.HEAD)
logger = logging.getLogger(__name__)


class Question(NamedTuple):
    """Who asks for what."""

    asset_id: int
    wish: CandleWish
    words: dict[str, str]
    headers: RawHeaders


class RememberedCandles:
    """An ASGI application before the others.

    Args:
        asgi: answers everything else.
        direct: has learned the headers of an answer.
    """

    def __init__(self, asgi: Application, direct: DirectCandles) -> None:
        self.asgi, self.direct = asgi, direct
        self.newest = NewestWrite()
        self.encoded: dict[int, tuple[list[tuple[str, str]], RawHeaders]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            try:
                await self.asgi(scope, receive, send)
            finally:
                await self.newest.close()
            return
        question = self.question(scope) if scope["type"] == "http" else None
        begin = time.perf_counter()
        answer = None if question is None else await self.answer(question)
        if question is None or answer is None:
            await self.asgi(scope, receive, send)
            return
        count_access(question.asset_id, question.wish.timeframe)
        asked = self.direct.request_id(question.words.get("HTTP_X_REQUEST_ID", ""))
        count_answer(scope["method"], answer, time.perf_counter() - begin, question.words, asked)
        await self.say(answer, question, asked, send, with_body=scope["method"] == HTTPMethod.GET)

    def question(self, scope: Scope) -> Question | None:
        """What is asked, if it can be answered here."""
        path = PATH.fullmatch(scope["path"])
        if path is None or scope["method"] not in METHODS or scope.get("root_path"):
            return None
        wish = wish_of(scope["query_string"].decode("latin-1"))
        words = words_of(scope)
        if wish is None or words is None:
            return None
        headers = self.direct.learned.get(self.direct.kind_of(words))
        return None if headers is None else Question(int(path[1]), wish, words, self.as_bytes(headers))

    def as_bytes(self, headers: list[tuple[str, str]]) -> RawHeaders:
        """Learned headers as the server wants them, made once for each list, which is kept: its id stays its own."""
        known = self.encoded.get(id(headers))
        if known is None:
            if len(self.encoded) > len(self.direct.learned):
                self.encoded.clear()
            raw = [(name.lower().encode("latin-1"), value.strip().encode("latin-1")) for name, value in headers]
            known = self.encoded[id(headers)] = (headers, raw)
        return known[1]

    async def answer(self, question: Question) -> CandleAnswer | None:
        """What this process has answered before and is still so."""
        try:
            write = await self.newest.look()
        except (psycopg.Error, OSError) as error:
            logger.warning("No look at the newest write: %s", error)  # the other ways meet the same and say so
            return None
        known = known_etags(question.words.get("HTTP_IF_NONE_MATCH", ""))
        return remembered_answer(question.asset_id, question.wish, write, known=known)

    async def say(self, answer: CandleAnswer, question: Question, asked: str, send: Send, *, with_body: bool) -> None:
        body = answer.body or b""
        status, headers = HTTPStatus.OK, question.headers
        if answer.body is None:
            status = HTTPStatus.NOT_MODIFIED
            headers = [field for field in headers if field[0] != b"content-type"]
        own = [
            (b"etag", f'"{answer.etag}"'.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"x-request-id", asked.encode("latin-1")),
        ]
        await send({"type": "http.response.start", "status": status.value, "headers": headers + own})
        await send({"type": "http.response.body", "body": body if with_body else b""})


def words_of(scope: Scope) -> dict[str, str] | None:
    """The headers that count, and the scheme, as WSGI names them; None where one is unusual or comes twice."""
    words = {"wsgi.url_scheme": scope["scheme"]}
    for name, value in scope["headers"]:
        if name in UNUSUAL:
            return None
        variable = OF_INTEREST.get(name)
        if variable is None:
            continue
        if variable in words:
            return None
        words[variable] = value.decode("latin-1")
    return words

"""The short way to candles: a WSGI application before Django's, for the most frequent question that a program asks.

It answers only what everybody may read, and only with success. Whatever is unusual, or refused, or asked with a token,
goes to Django. The headers are those that Django gave to the first such question, so that there is one place that
decides on them.
"""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from http import HTTPMethod, HTTPStatus
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication

from django.conf import settings
from django.db import Error, connection
from django.http import QueryDict

from assets.api.serializers import CandlesQuery
from assets.selectors.candle_answers import CandleAnswer, candle_answer
from assets.selectors.candle_json import CandleWish
from assets.services.usage import count_access
from system import figures
from system.read_only import reading
from system.request_spans import tell_answered
from system.rest.conditional import known_etags
from system.rest.rendering import JSONRenderer
from system.rest.shaping import FIELDS, TIME

Headers = list[tuple[str, str]]
Kind = tuple[str | None, ...]
PATH = re.compile(r"/api/v1/assets/([0-9]{1,18})/candles/*")
ROUTE = "/api/v1/assets/<int:pk>/candles"
"""The same address as the program names it, in the figures of what was asked."""
DECIDE = ("HTTP_HOST", "wsgi.url_scheme", "HTTP_X_FORWARDED_PROTO", "HTTP_ACCEPT", "HTTP_ACCEPT_LANGUAGE")
"""What the headers of an answer, or a refusal, depend on; the language that a cookie names comes to it."""
OWN = {"ETag", "Content-Length", "X-Request-ID"}
"""Headers that every answer has of its own."""
SHAPES = {"format", FIELDS, TIME}
"""Parameters that ask for another shape of the answer."""
LONGEST_QUERY = 300
MOST_KINDS = 256


class Whole(list[bytes]):
    """A response that is not sent in parts."""

    streaming = False


class DirectCandles:
    """Answers ``GET /api/v1/assets/{id}/candles`` where it can.

    Args:
        wsgi: answers everything else.
        request_id: the id of a request, given the one that the client proposes.
    """

    def __init__(self, wsgi: WSGIApplication, request_id: Callable[[str], str]) -> None:
        self.wsgi, self.request_id = wsgi, request_id
        self.learned: dict[Kind, Headers] = {}

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = PATH.fullmatch(environ["PATH_INFO"])
        if path is None or environ["REQUEST_METHOD"] not in (HTTPMethod.GET, HTTPMethod.HEAD):
            return self.wsgi(environ, start_response)
        wish = wish_of(environ.get("QUERY_STRING", ""))
        if wish is None or "HTTP_AUTHORIZATION" in environ:
            return self.wsgi(environ, start_response)
        kind = self.kind_of(environ)
        headers = self.learned.get(kind)
        if headers is None:
            return self.wsgi(environ, self.learning(kind, start_response))
        begin = time.perf_counter()
        answer = read(int(path[1]), wish, environ.get("HTTP_IF_NONE_MATCH", ""))
        if answer is None:
            return self.wsgi(environ, start_response)
        count_access(int(path[1]), wish.timeframe)
        asked = self.request_id(environ.get("HTTP_X_REQUEST_ID", ""))
        count_answer(environ["REQUEST_METHOD"], answer, time.perf_counter() - begin, environ, asked)
        return self.respond(answer, [*headers, ("X-Request-ID", asked)], environ, start_response)

    def respond(
        self, answer: CandleAnswer, headers: Headers, environ: dict[str, Any], start_response: StartResponse
    ) -> Whole:
        """As Django would have."""
        body = answer.body or b""
        own = [
            ("ETag", f'"{answer.etag}"'),
            ("Content-Length", str(len(body))),
        ]
        if answer.body is None:
            status, headers = HTTPStatus.NOT_MODIFIED, [field for field in headers if field[0] != "Content-Type"]
        else:
            status = HTTPStatus.OK
        start_response(f"{status.value} {status.phrase}", headers + own)
        return Whole([b"" if environ["REQUEST_METHOD"] == HTTPMethod.HEAD else body])

    def kind_of(self, environ: Mapping[str, Any]) -> Kind:
        """What the headers of an answer to this request depend on."""
        return (*map(environ.get, DECIDE), language_of(environ.get("HTTP_COOKIE", "")))

    def learning(self, kind: Kind, start_response: StartResponse) -> Any:
        """``start_response`` that keeps the headers of a plain success."""

        def start(status: str, headers: Headers, *error: Any) -> Any:
            told = dict(headers)
            is_plain = told.get("Content-Type") == JSONRenderer.media_type and "Set-Cookie" not in told
            if status.startswith(str(HTTPStatus.OK.value)) and is_plain:
                if len(self.learned) >= MOST_KINDS:
                    self.learned.clear()
                self.learned[kind] = [field for field in headers if field[0] not in OWN]
            return start_response(status, headers, *error)

        return start


def count_answer(method: str, answer: CandleAnswer, seconds: float, words: Mapping[str, Any], asked: str) -> None:
    """In the figures and traces, as Django's answers are. There is no row of each: it would cost more than the answer.

    Args:
        words: of the request, as WSGI names them.
        asked: its id.
    """
    status = HTTPStatus.NOT_MODIFIED if answer.body is None else HTTPStatus.OK
    figures.count(figures.REQUESTS, method, ROUTE, str(status.value))
    figures.observe(figures.REQUEST_SECONDS, seconds, ROUTE)
    tell_answered(method, ROUTE, status.value, seconds, words, asked)


def read(asset_id: int, wish: CandleWish, if_none_match: str) -> CandleAnswer | None:
    """The answer to everybody; None when there is none, or the database is not there: Django knows what to say then."""
    try:
        with reading():
            return candle_answer(asset_id, wish, known=known_etags(if_none_match))
    except Error:
        connection.close_if_unusable_or_obsolete()
        return None


@lru_cache(1024)
def wish_of(query: str) -> CandleWish | None:
    """What the query asks for; None when it is not understood here."""
    if len(query) > LONGEST_QUERY:
        return None
    words = QueryDict(query.encode("latin-1"))
    form = CandlesQuery(data=words)
    if words.keys() & SHAPES or not form.is_valid():
        return None
    wish: CandleWish = form.validated_data["wish"]
    return wish


def language_of(cookies: str) -> str | None:
    """The language that a browser's cookie names."""
    found = re.search(rf"(?:^|;\s*){settings.LANGUAGE_COOKIE_NAME}=([^;]*)", cookies)
    return found[1] if found else None

"""One attempt: a request goes out, what comes back is read within its bounds and judged."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpcore
import httpx

from system import spans
from system.http.answers import Answer
from system.http.bodies import read_body
from system.http.complaints import asked_to_wait, reason_given, wait_told
from system.http.errors import BadAnswer, NoAnswer, Refused
from system.http.gate import Gate
from system.http.log import record
from system.http.registry import Provider, is_registered
from system.http.transport import journey
from system.masking import masked

CLOSING = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.IM_A_TEAPOT})
PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY})
BROKEN_OFF = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)
NOT_BEGUN = (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout)


@dataclass(frozen=True)
class Question:
    """A request as it will be sent; ``endpoint`` is how the log names it."""

    method: str
    url: httpx.URL
    headers: Mapping[str, str]
    body: bytes | None
    endpoint: str


@dataclass
class Attempt:
    """One request on its way.

    Args:
        largest: bytes that an answer may have.
        allowed_hosts: hosts that may be in private networks.
        status: of the answer; 0 until there is one.
    """

    provider: Provider
    question: Question
    largest: int
    allowed_hosts: tuple[str, ...]
    status: int = 0

    def answer(self, connections: httpx.Client, gate: Gate, seconds: float) -> Answer:
        """The complete 2xx answer. Leaves one row in the log, whatever happens.

        Raises:
            NoAnswer, Banned, Refused, BadAnswer: as ``Client.request``.
        """
        start = time.perf_counter()
        with spans.span(f"{self.question.method} {self.provider.name}", "client", facts=self._facts()) as span:
            try:
                with journey(seconds, self.allowed_hosts):
                    headers, content = self._exchange(connections)
            finally:
                span.facts["http.response.status_code"] = self.status or None
                record(
                    api_provider=self.provider.name,
                    endpoint=self.question.endpoint,
                    http_method=self.question.method,
                    response_status=self.status if 100 <= self.status <= 599 else 0,
                    response_time_ms=round((time.perf_counter() - start) * 1000, 3),
                )
            return self._judged(gate, headers, content)

    def _facts(self) -> dict[str, Any]:
        """What a trace tells of the call: whom it goes to, not what it asks. Where a person's own program is stays that
        person's. The trace does not go along: whom we ask learns nothing of our work."""
        url = self.question.url
        place = {"server.address": url.host, "server.port": url.port} if is_registered(self.provider.name) else {}
        return {"provider": self.provider.name, "http.request.method": self.question.method, **place}

    def _exchange(self, connections: httpx.Client) -> tuple[dict[str, str], bytes]:
        asked = self.question
        try:
            request = connections.build_request(
                asked.method, asked.url, headers=dict(asked.headers), content=asked.body
            )
            answer = connections.send(request, stream=True)
            try:
                self.status = answer.status_code
                headers = {name.lower(): value for name, value in answer.headers.items()}
                content = b"" if asked.method == "HEAD" else self._content(answer, headers)
            finally:
                answer.close()
        except BROKEN_OFF as error:
            raise NoAnswer(
                self.text(f"no answer ({error or type(error).__name__})"),
                status=self.status or None,
                was_sent=not isinstance(error, NOT_BEGUN),
            ) from error
        except NoAnswer as error:
            was_sent = bool(self.status)  # there was the beginning of an answer
            raise NoAnswer(self.text(str(error)), status=self.status or None, was_sent=was_sent) from None
        except BadAnswer as error:
            raise BadAnswer(self.text(str(error)), status=self.status or None) from None
        return headers, content

    def _content(self, answer: httpx.Response, headers: Mapping[str, str]) -> bytes:
        """The body. A refusal stands in the status and the headers, so it counts without one that can be read."""
        try:
            return read_body(answer.iter_raw(), headers, self.largest)
        except (*BROKEN_OFF, NoAnswer, BadAnswer):
            if self._closes(headers):
                return b""
            raise

    def _closes(self, headers: Mapping[str, str]) -> bool:
        """Whether the provider tells us to stay away."""
        is_told_when = self.status == HTTPStatus.SERVICE_UNAVAILABLE and asked_to_wait(headers) is not None
        return self.status in CLOSING or is_told_when

    def _judged(self, gate: Gate, headers: Mapping[str, str], content: bytes) -> Answer:
        status = self.status
        if 200 <= status < 300:
            return Answer(self.provider.name, self.question.endpoint, status, headers, content)
        reason = masked(reason_given(content))
        text = self.text(f"{status}{f', {reason}' if reason else ''}")
        if self._closes(headers):
            wait = asked_to_wait(headers)
            told = wait_told(content) if wait is None else wait
            raise gate.close(told, f"{status}{f' {reason}' if reason else ''}", status=status)
        if status >= 500 or status in PASSING:
            raise NoAnswer(text, status=status)
        if 300 <= status < 400:
            raise Refused(self.text(f"{status}, sends us elsewhere, where we do not go"), status=status, reason=reason)
        raise Refused(text, status=status, reason=reason)

    def text(self, what: str) -> str:
        """A sentence about this call, without its query and without the key."""
        return masked(f"{self.provider.name} {self.question.endpoint}: {what}.")

"""Asking a provider."""

import logging
import os
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_random_exponential

from system.http.answers import Answer
from system.http.clock import Clock
from system.http.errors import BadAnswer, Banned, NoAnswer, NoBudget, Refused
from system.http.exchange import Attempt, Question
from system.http.gate import Gate
from system.http.policy import policy
from system.http.registry import Provider, provider
from system.http.transport import Transport

logger = logging.getLogger(__name__)
AGENT = "CryptoPredict"
ATTEMPTS = 4
IDEMPOTENT = frozenset({"GET", "HEAD"})
BACKOFF = wait_random_exponential(multiplier=0.25, max=4)
"""Doubles with every attempt, anywhere between nothing and that, so that workers do not come back together."""


class Client:
    """Asks one provider; for all threads of a process.

    Args:
        asked: whom.
        clock: another time, for simulations.
        patience: seconds that a call waits for its turn; None = as configured.
        lane: who calls, where the provider counts each caller by himself, as a messenger does its bots: budget and
            bans are then those of this caller.
    """

    def __init__(
        self, asked: Provider, *, clock: Clock | None = None, patience: float | None = None, lane: str = ""
    ) -> None:
        self.provider, self.clock, self.patience = asked, clock or Clock(), patience
        self.gate_name = f"{asked.name}:{lane}" if lane else asked.name

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        weight: float = 1,
        endpoint: str | None = None,
    ) -> Answer:
        """Ask for something; repeated while that may help and there is time. For the rest see ``request``."""
        return self.request("GET", url, params=params, headers=headers, weight=weight, endpoint=endpoint)

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | str | None = None,
        weight: float = 1,
        endpoint: str | None = None,
    ) -> Answer:
        """Send a request when its turn has come, and bring back a complete 2xx answer.

        Only what changes nothing (GET, HEAD) is repeated. From the first byte on the call ends within the deadline of
        ``outgoing``, all attempts and pauses included; waiting for the turn before is bounded by the patience.

        Args:
            url: path under the provider's address, or an absolute address on one of its hosts.
            params: query; values of None are left out.
            weight: what the call costs of the provider's budget.
            endpoint: how the log names the call when the path varies, e.g. ``/coins/{id}``.
        Raises:
            NoAnswer: no answer, or only 5xx, after all attempts.
            Banned: the provider is closed to us for longer than we wait.
            NoBudget: our budget is used up for longer than we wait, or Redis is down.
            Refused: 3xx or 4xx, or an address where we do not go.
            BadAnswer: an answer that is too large or broken.
        """
        question = self._question(method.upper(), self._address(url), params, headers, body, endpoint)
        rules = policy(self.provider)
        gate = Gate(self.gate_name, rules.budgets, self.clock)
        wait = rules.patience if self.patience is None else self.patience
        end: float | None = None

        def over(state: RetryCallState) -> bool:
            used_up = state.attempt_number >= ATTEMPTS or question.method not in IDEMPOTENT
            return used_up or end is None or self.clock.monotonic() + needed(state) >= end

        for attempt in Retrying(
            retry=retry_if_exception_type((NoAnswer, Banned)),
            wait=pause,
            stop=over,
            sleep=self.clock.sleep,
            reraise=True,
        ):
            with attempt:
                refused_before = gate.enter(weight, wait if end is None else end - self.clock.monotonic())
                end = end or self.clock.monotonic() + rules.deadline
                one = Attempt(self.provider, question, rules.largest, tuple(rules.allowed_hosts))
                answer = self._attempt(one, gate, end - self.clock.monotonic())
                self._settle(gate, answer, refused_before)
                return answer
        raise AssertionError("an attempt ends with an answer or an error")

    def _attempt(self, attempt: Attempt, gate: Gate, seconds: float) -> Answer:
        try:
            return attempt.answer(connections(self.provider.name, os.getpid()), gate, seconds)
        except (NoAnswer, Refused, BadAnswer) as error:
            quietly(gate.fault, str(error))
            raise

    def _settle(self, gate: Gate, answer: Answer, refused_before: bool) -> None:
        """Tell the others what the provider says about our use of it."""
        told = answer.headers.get((self.provider.used_header or "").lower(), "")
        used = float(told) if told.isdecimal() and len(told) < 12 else None
        if used is not None or refused_before:
            quietly(gate.settle, used)

    def _address(self, url: str) -> str:
        """The whole address. An absolute one only on the provider's hosts, reached as the provider is."""
        base = self.provider.url
        if "://" not in url:
            return f"{base}/{url.lstrip('/')}"
        ours, asked = urlsplit(base), urlsplit(url)
        same = (asked.scheme, asked.netloc) == (ours.scheme, ours.netloc)
        further = asked.scheme == "https" and asked.netloc in self.provider.further_hosts
        if not (same or further):
            raise Refused(f"{asked.scheme}://{asked.hostname} is no address of {self.provider.name}.")
        return url

    def _question(
        self,
        method: str,
        address: str,
        params: Mapping[str, Any] | None,
        headers: Mapping[str, str] | None,
        body: bytes | str | None,
        endpoint: str | None,
    ) -> Question:
        url = httpx.URL(address)
        if given := {name: value for name, value in (params or {}).items() if value is not None}:
            url = url.copy_merge_params(given)
        sent = {"User-Agent": AGENT, **(headers or {}), "Accept-Encoding": "gzip"}
        if key := self.provider.key:
            if key in str(url):
                raise Refused(f"The key of {self.provider.name} goes into a header, not into the address.")
            if self.provider.key_header:
                sent[self.provider.key_header] = key
        content = body.encode() if isinstance(body, str) else body
        return Question(method, url, sent, content, (endpoint or url.path)[:255])


def needed(state: RetryCallState) -> float:
    """Seconds before the next attempt can begin: the pause, or until the provider opens again."""
    error = state.outcome.exception() if state.outcome else None
    return error.seconds if isinstance(error, Banned) else state.upcoming_sleep


def pause(state: RetryCallState) -> float:
    """Seconds of backoff; none after a refusal, as the gate knows for how long it is closed."""
    error = state.outcome.exception() if state.outcome else None
    return 0.0 if isinstance(error, Banned) else BACKOFF(state)


def quietly(note: Any, *arguments: Any) -> None:
    """Leave a note for others; that Redis is down now must not cost the answer, or hide the error, that we have."""
    try:
        note(*arguments)
    except NoBudget as error:
        logger.warning("%s", error)


@cache
def connections(name: str, process: int) -> httpx.Client:  # noqa: ARG001
    """Open connections to a provider; not shared with forked processes."""
    return httpx.Client(transport=Transport(), trust_env=False, follow_redirects=False)


@cache
def client(name: str) -> Client:
    """The client of a registered provider; one for the whole process.

    Raises:
        KeyError: nobody registered it.
    """
    return Client(provider(name))

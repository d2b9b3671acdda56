"""What a provider says about an error: how long to stay away, and why."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

REASON_LENGTH = 200
LONGEST_WAIT = 1e15
"""Seconds that are still a number that somebody means."""


def asked_to_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds of ``Retry-After``, given as a number or as a date; None if it says nothing usable.

    A date is measured against the answer's own ``Date``, so that a clock that is off does not matter.
    """
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,15}(\.\d+)?", text, re.ASCII):
        return float(text)
    moment = http_date(text)
    if moment is None:
        return None
    now = http_date(headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (moment - now).total_seconds())


def wait_told(body: bytes) -> float | None:
    """Seconds that the body of a refusal names: ``{"retry_after"}`` of Discord, ``{"parameters": {"retry_after"}}`` of
    Telegram; None if it names none."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    inner = said.get("parameters")
    seconds = (inner if isinstance(inner, dict) else said).get("retry_after")
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds < LONGEST_WAIT:
        return None
    return float(seconds)


def http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def reason_given(body: bytes) -> str:
    """The provider's own words about an error, on one short line; nothing if it sent a page or rubbish."""
    try:
        words = sentence(json.loads(body))
    except (ValueError, RecursionError):
        text = body[:REASON_LENGTH].decode(errors="replace")
        words = "" if text.lstrip().startswith("<") else text
    return " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())[:REASON_LENGTH]


def sentence(said: Any) -> str:
    """The text in the shapes that providers use: ``{"msg"}``, ``{"error"}``, ``{"status": {"error_message"}}``."""
    if isinstance(said, str):
        return said
    if isinstance(said, dict):
        for name in ("msg", "message", "error_message", "error", "status", "detail", "retMsg"):
            if said.get(name):
                return sentence(said[name])
    return ""

"""What the factories share."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from unittest.mock import patch

from django.contrib.auth.hashers import make_password

PASSWORD = "a long passphrase"


EPOCH = datetime(2024, 6, 1, tzinfo=UTC)
"""Moment of the first row of a factory; each further one is an hour later."""


def moment(number: int) -> datetime:
    """Moment of the n-th row."""
    return EPOCH + timedelta(hours=number)


def clock_at(now: datetime) -> Any:
    """Within the block rows are written at that moment: a forecast takes its time of writing from the clock, and
    nothing can set it, now or later."""
    return patch("django.utils.timezone.now", return_value=now)


@cache
def hashed_once(password: str) -> str:
    """The hash is slow on purpose; tests need one, not one per person."""
    return make_password(password)

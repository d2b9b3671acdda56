"""A place in a store that speaks S3. Who we are to it stands in the environment alone (``AWS_ACCESS_KEY_ID``,
``AWS_SECRET_ACCESS_KEY``, ``AWS_REGION``, ``AWS_ENDPOINT_URL`` …)."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from system.exceptions import InvalidInput, UnavailableError

if TYPE_CHECKING:
    from obstore.store import S3Store

SCHEME = "s3://"
ADDRESS = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([A-Za-z0-9!_.*'()/-]*))?")
LONGEST_REASON = 300
NO_BUCKET = "NoSuchBucket"
"""What S3 calls it; else it would look as if only the object were missing."""


def is_bucket(text: str) -> bool:
    """Whether an address means a store and no directory."""
    return text.startswith(SCHEME)


@dataclass(frozen=True)
class Patience:
    """How long is waited for a store.

    Attributes:
        connect: until it answers at all; ``answer``: until an answer is whole.
        tries: how often it is asked again; ``within``: in what time.
    """

    connect: timedelta
    answer: timedelta
    tries: int
    within: timedelta


@dataclass(frozen=True)
class Bucket:
    """A place in a store.

    Attributes:
        address: ``s3://bucket`` or ``s3://bucket/prefix``.
    """

    address: str
    patience: ClassVar = Patience(timedelta(seconds=10), timedelta(minutes=5), 4, timedelta(seconds=60))

    def __post_init__(self) -> None:
        """
        Raises:
            InvalidInput: it is no such address.
        """
        if not ADDRESS.fullmatch(self.address):
            raise InvalidInput(f"{self.address!r} is no place in a store, such as s3://bucket/prefix.")

    def __str__(self) -> str:
        return self.address.rstrip("/")

    @cached_property
    def store(self) -> "S3Store":
        """The store, with what the environment says of it."""
        return self.patient(self.patience)

    def patient(self, patience: Patience) -> "S3Store":
        """The same, with a patience of its own.

        Raises:
            RuntimeError: the process that this one was forked from has used a store before.
        """
        from obstore.store import S3Store

        _require_own_threads()
        found = ADDRESS.fullmatch(self.address)
        prefix = (found[2] or "").strip("/") if found else ""
        is_open = os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://")
        return S3Store(
            found[1] if found else "",
            prefix=prefix or None,
            client_options={
                "connect_timeout": patience.connect, "timeout": patience.answer, "allow_http": is_open,
            },
            retry_config={"max_retries": patience.tries, "retry_timeout": patience.within},
        )  # fmt: skip

    def refusal(self, reason: str) -> UnavailableError:
        """What the store refused, in our words."""
        return UnavailableError(f"The store of {self} did not do it: {reason}")


_used_by: list[int] = []
"""The process that has used a store, if one has: it has threads by now, which a fork does not take along."""


def _require_own_threads() -> None:
    """A process that waits for threads of its parent waits for ever; so it is refused, which names the fault."""
    if not _used_by:
        _used_by.append(os.getpid())
    if _used_by != [os.getpid()]:
        raise RuntimeError(f"process {_used_by[0]} has used a store before it forked this one, which cannot use any")


@contextmanager
def answering(bucket: Bucket) -> Iterator[None]:
    """What the store refuses, in our words; that something is not there stays ``FileNotFoundError``.

    Raises:
        UnavailableError: the store refused, or could not be reached.
    """
    from obstore.exceptions import BaseError

    try:
        yield
    except FileNotFoundError as error:
        if NO_BUCKET in str(error):
            raise bucket.refusal(reason_of(error)) from error
        raise
    except BaseError as error:
        raise bucket.refusal(reason_of(error)) from error


def reason_of(error: Exception) -> str:
    """What a store said, in a line."""
    if NO_BUCKET in str(error):
        return "there is no such bucket"
    return " ".join(str(error).split("Debug source")[0].split())[:LONGEST_REASON]

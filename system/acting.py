"""For whom the database is asked: the fences of its tables (``system.fences``) show the rows of that person alone.

Every statement carries the answer with it (``system.postgres``), so no connection remembers it, and a pool that gives a
connection to somebody else after each transaction does no harm.
"""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ContextDecorator, contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from system.log_context import request_in_hand

GUEST = "guest"
"""A visitor who is not logged in: only rows that belong to nobody."""
Scope = str | Callable[[], str]
"""What the setting says, or who is asked for it with every statement."""


class Everyone(StrEnum):
    """The contexts that see the rows of all people; the functions of the fences know the same names."""

    ADMIN = "admin"
    """A request of an admin."""
    COMMAND = "command"
    """A program on the machine."""
    SERVICE = "service"
    """A piece of work inside a process that serves people, which concerns more than who asks."""
    TASK = "task"
    """Background work."""


@dataclass(frozen=True)
class Doer:
    """Who changes rows, for the audit of the database (``system.trail``). It is not for whom it asks: an admin's
    request sees everybody's rows, and is still the admin's.

    Args:
        actor: ``user:<id>``, ``guest``, ``command:<name>``, ``task:<name>`` or ``service``; or who is asked for it with
            every statement.
        door: one of ``system.choices.Door``.
        request: id of the request in the log.
    """

    actor: Scope
    door: str
    request: str = ""

    def __str__(self) -> str:
        actor = self.actor if isinstance(self.actor, str) else self.actor()
        return "|".join(UNSAFE.sub("_", part) for part in (actor, self.door, self.request))


UNSAFE = re.compile(r"[^A-Za-z0-9_.:@-]")
SERVICE = Doer("service", "service")
_doer: ContextVar[Doer | None] = ContextVar("doer", default=None)
_scope: ContextVar[Scope | None] = ContextVar("acting", default=None)
_of_process: str | None = Everyone.COMMAND


def setting() -> str | None:
    """What the statement that is about to be sent says; None: nobody acts, and the fences show nothing."""
    scope = _scope.get()
    if scope is None:
        return _of_process
    return scope if isinstance(scope, str) else scope()


def doer() -> Doer:
    """Who does what the statement that is about to be sent does."""
    said = _doer.get()
    if said is not None:
        return said
    return SERVICE if _of_process is None else of_command()


@cache
def of_command() -> Doer:
    """The program that this process is."""
    words = [Path(sys.argv[0]).name or "python", *sys.argv[1:2]]
    name = words[1] if words[0] == "manage.py" and len(words) > 1 else words[0]
    return Doer(f"command:{name[:100]}", "command")


@contextmanager
def done_by(actor: Scope, door: str) -> Iterator[None]:
    """What is changed in the block is changed by somebody, for the request in hand."""
    token = _doer.set(Doer(actor, door, request_in_hand() or ""))
    try:
        yield
    finally:
        _doer.reset(token)


def nobody_acts_by_default() -> None:
    """From now on this process serves people: what is not done for one of them has to say for whom it is."""
    global _of_process  # noqa: PLW0603 - it is a fact about the process
    _of_process = None


@contextmanager
def acting(scope: Scope) -> Iterator[None]:
    """Ask the database for somebody, for the length of the block."""
    token = enter(scope)
    try:
        yield
    finally:
        leave(token)


def enter(scope: Scope) -> Token[Scope | None]:
    """The same where no block fits."""
    return _scope.set(scope)


def leave(token: Token[Scope | None]) -> None:
    """What was before ``enter``."""
    _scope.reset(token)


def acting_as(user_id: int) -> Any:
    """See what one person sees."""
    return acting(str(user_id))


class for_everyone(ContextDecorator):  # noqa: N801 - it is used as a word
    """See the rows of all people in a block or a function: only where the work concerns more than who asks, such as
    finding out whose a token is."""

    def __init__(self, context: Everyone = Everyone.SERVICE) -> None:
        self.context = context

    def _recreate_cm(self) -> "for_everyone":
        """One for each call: calls may overlap."""
        return for_everyone(self.context)

    def __enter__(self) -> None:
        self.token = enter(self.context.value)

    def __exit__(self, *_fault: object) -> None:
        leave(self.token)

"""Loaded by Schemathesis into its own process: every case is sent by somebody new, every scenario by one somebody."""

import json
import os
import sys
import threading
import urllib.request
from typing import Any

import schemathesis
import schemathesis.specs.openapi.checks as theirs
from schemathesis.core.failures import Failure
from schemathesis.generation.stateful.state_machine import APIStateMachine

sys.path.insert(0, os.environ["ROOT"])
from tests.cryptopredict.schemathesis_rules import DEACTIVATED, undeclared

DESK = os.environ["DESK"]
"""The address that hands out tokens of people who have done nothing yet."""


UNKEPT = {"unstorable", "null_characters_not_allowed"}
"""JSON has numbers and characters that no database keeps; ours has no text with the character 0."""


class People:
    """Tokens, fetched a few hundred at a time. A scenario keeps the one that it began with."""

    def __init__(self) -> None:
        self._waiting: list[str] = []
        self._lock = threading.Lock()
        self._local = threading.local()

    def somebody(self) -> str:
        with self._lock:
            if not self._waiting:
                with urllib.request.urlopen(DESK) as answer:  # noqa: S310 - our own address
                    self._waiting = answer.read().decode().split()
            return self._waiting.pop()

    def begin(self) -> None:
        self._local.token = self.somebody()

    def of(self, phase: str) -> str:
        return str(self._local.token) if phase == "stateful" and hasattr(self._local, "token") else self.somebody()


people = People()


@schemathesis.auth(refresh_interval=None)
class Bearer:
    def get(self, case: Any, _context: Any) -> str:
        phase = case.meta.phase.name.value if case.meta is not None else ""
        return people.of(phase)

    def set(self, case: Any, data: str, _context: Any) -> None:
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


@schemathesis.check
def answered_as_named(_context: Any, response: Any, case: Any) -> None:
    """An operation names each status that it answers with, whatever it is sent; of a fault of the server, and of a call
    with another method, other checks tell."""
    named = {*map(int, case.operation.definition.raw["responses"].keys() - {"default"}), 304, 500}
    if response.request.method == case.operation.method.upper() and response.status_code not in named:
        raise Failure(
            operation=case.operation.label,
            title="A status that the operation does not name",
            message=f"{response.status_code}: {response.text[:500]}",
        )


made = APIStateMachine.__init__


def begin(machine: APIStateMachine) -> None:
    """The hooks know no beginning of a scenario; its machine is made then."""
    people.begin()
    made(machine)


APIStateMachine.__init__ = begin  # type: ignore[method-assign, assignment]


is_below = theirs._is_prefix_operation


def still_gone(deleted: theirs.ResourcePath, used: theirs.ResourcePath) -> bool:
    """Whether an address has to answer 404 after another one was deleted."""
    return deleted.value not in DEACTIVATED and is_below(deleted, used)


theirs._is_prefix_operation = still_gone  # type: ignore[assignment]


@schemathesis.check
def refused_for_declared_rules(_context: Any, response: Any, case: Any) -> None:
    """400 for a request that fits the document: only for what no schema can say, each input with its reason."""
    if response.status_code != 400 or case.meta is None or not case.meta.generation.mode.is_positive:
        return
    problem = json.loads(response.content)
    kind = problem["type"].rpartition(":")[2]
    errors = [error for error in problem["errors"] if error["code"] not in UNKEPT]
    if problem["errors"] and not errors:
        return
    fields = {(error["field"] or "").partition(".")[0] for error in errors} or {""}
    if strange := undeclared(case.operation.label, kind, fields):
        raise Failure(
            operation=case.operation.label,
            title="Refused for what the document admits",
            message=f"{sorted(strange)}: {problem['detail']} {problem['errors']}"[:1000],
        )

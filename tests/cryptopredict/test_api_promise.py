"""The document of the API lies in the repository, and what it has promised is kept."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from cryptopredict.api.strictness import named
from cryptopredict.environment import BASE_DIR
from cryptopredict.management.commands.openapi import document, text, without_words
from tests import promise

ALERTS, ONE = "/api/v1/alerts", "/api/v1/alerts/{id}"
Change = Callable[[dict[str, Any]], object]
needs_node = pytest.mark.skipif(not promise.node_runs(), reason="Node does not run here (Debian: libatomic1)")


def test_the_document_is_up_to_date() -> None:
    kept = (BASE_DIR / "docs" / "api" / "openapi.json").read_text()
    assert kept == text(document()), "run: python manage.py openapi"


@needs_node
def test_what_was_promised_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert promise.main() == 0, capsys.readouterr().out


@pytest.fixture(scope="module")
def few() -> dict[str, Any]:
    """The document with two addresses, and what they refer to."""
    whole = without_words(json.loads((BASE_DIR / "docs" / "api" / "openapi.json").read_text()))
    paths, schemas = {path: whole["paths"][path] for path in (ALERTS, ONE)}, whole["components"]["schemas"]
    refusals = whole["components"]["responses"]
    waiting, used = [*named([paths, refusals])], set[str]()
    while waiting:
        name = waiting.pop()
        if name in schemas and name not in used:
            used.add(name)
            waiting += named(schemas[name])
    kept = {"schemas": {name: schemas[name] for name in used}, "responses": refusals}
    return whole | {"paths": paths, "components": kept}


def alert(of: dict[str, Any]) -> Any:
    return of["components"]["schemas"]["Alert"]


def order(of: dict[str, Any]) -> Any:
    return of["components"]["schemas"]["AlertInputRequest"]


def demand(of: dict[str, Any]) -> None:
    order(of)["properties"]["new"] = {"type": "string"}
    order(of)["required"].append("new")


def parameter(of: dict[str, Any], *, required: bool) -> None:
    of["paths"][ALERTS]["get"]["parameters"].append(
        {"name": "new", "in": "query", "required": required, "schema": {"type": "string"}}
    )


BROKEN: dict[str, tuple[Change, str]] = {
    "an address goes": (lambda of: of["paths"].pop(ONE), f"remove {ONE} > get"),
    "a method goes": (lambda of: of["paths"][ONE].pop("patch"), f"remove {ONE} > patch"),
    "a field of an answer goes": (lambda of: alert(of)["properties"].pop("message"), f"remove {ALERTS} > get"),
    "a field of an answer is of another type": (
        lambda of: alert(of)["properties"]["id"].update(type="string"), f"replace {ALERTS} > get",
    ),
    "a field of an answer may be null": (
        lambda of: alert(of)["properties"]["id"].update(nullable=True), f"add {ALERTS} > get",
    ),
    "a field of an answer may be missing": (lambda of: alert(of)["required"].remove("id"), f"remove {ALERTS} > get"),
    "the status of a success": (
        lambda of: of["paths"][ALERTS]["post"]["responses"].pop("201"), f"remove {ALERTS} > post > responses > 201",
    ),
    "a parameter goes": (lambda of: of["paths"][ALERTS]["get"]["parameters"].pop(0), f"remove {ALERTS} > get"),
    "a parameter is needed": (lambda of: parameter(of, required=True), f"add {ALERTS} > get > parameters"),
    "a field is needed": (demand, f"add {ALERTS} > post > requestBody"),
    "a field is not taken any more": (
        lambda of: order(of)["properties"].pop("message"), f"remove {ALERTS} > post > requestBody",
    ),
    "a text may be less long": (
        lambda of: order(of)["properties"]["message"].update(maxLength=3), f"replace {ALERTS} > post > requestBody",
    ),
    "a value is not taken any more": (
        lambda of: of["components"]["schemas"]["AlertTypeEnum"]["enum"].pop(), f"remove {ALERTS} > post > requestBody",
    ),
}  # fmt: skip
KEPT: dict[str, Change] = {
    "an address more": lambda of: of["paths"].update({"/api/v1/new": of["paths"][ONE]}),
    "a parameter more": lambda of: parameter(of, required=False),
    "a field of an answer more": lambda of: alert(of)["properties"].update(new={"type": "string"}),
    "a field more": lambda of: order(of)["properties"].update(new={"type": "string"}),
    "a value more": lambda of: of["components"]["schemas"]["AlertTypeEnum"]["enum"].append("new"),
    "a text may be longer": lambda of: order(of)["properties"]["message"].update(maxLength=10**6),
    "nothing": lambda _of: None,
}


@needs_node
@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_is_told(few: dict[str, Any], name: str) -> None:
    change, start = BROKEN[name]
    changed = deepcopy(few)
    change(changed)
    found = promise.broken(few, changed)
    assert any(one.startswith(start) for one in found), found
    assert promise.unexplained(found, []) == (found, [])
    assert promise.unexplained(found, [*found, "add /nowhere"]) == ([], ["add /nowhere"])


@needs_node
@pytest.mark.parametrize("name", KEPT)
def test_what_is_added_breaks_nothing(few: dict[str, Any], name: str) -> None:
    changed = deepcopy(few)
    KEPT[name](changed)
    assert promise.broken(few, changed) == []

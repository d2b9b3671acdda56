"""The OpenAPI document is valid and says what the specification says; its documentation needs nobody's scripts."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from cryptopredict.api.aliases import ALIASES
from cryptopredict.api.strictness import parts
from tests.doors import API, client_of
from tests.factories import MetricsSnapshotFactory, RegimeFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("openapi") / "schema.json"
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", "--file", str(path))
    return path


@pytest.fixture(scope="module")
def specified(shared: Path) -> list[dict[str, Any]]:
    endpoints: list[dict[str, Any]] = yaml.safe_load((shared / "design" / "endpoints.yaml").read_text())["endpoints"]
    return endpoints


def without_names(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def operations(document: Path) -> set[str]:
    paths = json.loads(document.read_text())["paths"]
    return {f"{method.upper()} {path}" for path, item in paths.items() for method in item if method != "parameters"}


def test_paths_are_spelled_without_a_slash_at_the_end(document: Path) -> None:
    assert not [path for path in json.loads(document.read_text())["paths"] if path.endswith("/")]


def test_every_operation_may_answer_with_a_problem_and_accepts_both_logins(document: Path) -> None:
    schema = json.loads(document.read_text())
    assert set(schema["components"]["securitySchemes"]) == {"token", "cookieAuth"}
    guests = set()
    for path, item in schema["paths"].items():
        for operation in item.values():
            content = operation["responses"]["default"]["content"]
            assert content == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
            assert operation["summary"]
            if "security" not in operation:
                guests.add(path)
            else:
                assert {"token": []} in operation["security"]
    assert all(path.startswith("/api/v1/auth/") for path in guests)
    assert guests.isdisjoint({"/api/v1/auth/logout", "/api/v1/auth/password/change"})


def test_what_is_built_conforms_to_the_specification(
    document: Path, shared: Path, specified: list[dict[str, Any]]
) -> None:
    tool = [sys.executable, str(shared / "tools" / "check_api.py"), "--openapi", str(document)]
    lines = subprocess.run(tool, capture_output=True, text=True, check=False).stdout.splitlines()
    assert lines[-1].endswith("0 warnings")
    built = {without_names(operation) for operation in operations(document)}
    faults = [line for line in lines if without_names(" ".join(line.split()[:2]).rstrip(":")) in built]
    assert faults == []
    assert built <= {without_names(f"{one['method']} {one['path']}") for one in specified}


@pytest.mark.parametrize("path", ["/api/docs", "/api/redoc"])
def test_the_schema_and_its_documentation_are_served_without_inline_scripts(path: str) -> None:
    assert client_of().get("/api/schema").status_code == 200
    page = client_of().get(path)
    assert page.status_code == 200
    content = page.content.decode()
    assert "<style" not in content
    assert re.findall(r"<script(?! src=)", content) == []
    assert re.findall(r'(?:src|href)="(?:https?:)?//', content) == []


def test_the_script_of_the_documentation_is_one() -> None:
    script = client_of().get("/api/docs?script=")
    assert script["Content-Type"].startswith("application/javascript")


def test_older_paths_answer_as_the_present_ones_and_say_so() -> None:
    regime = RegimeFactory(metrics_snapshot=MetricsSnapshotFactory())
    old, new = client_of().get(API + "layer1/market-regime"), client_of().get(API + "macro/regime")
    assert old.json() == new.json()
    assert old.json()["analysis_id"] == regime.pk
    assert re.fullmatch(r"@\d{10}", old["Deprecation"])
    assert old["Link"] == '</api/v1/macro/regime>; rel="canonical"'
    assert "Deprecation" not in new
    read = client_of(UserFactory()).options(API + "notifications/1/read")
    assert read["Allow"] == "PUT, POST, OPTIONS"  # the older document's method, and the present one
    post = Client(enforce_csrf_checks=True).post(API + "layer3/suggestions/1/review", {}, "application/json")
    assert post.status_code == 401


def test_every_alias_of_a_built_operation_is_there(document: Path, specified: list[dict[str, Any]]) -> None:
    built = {without_names(operation) for operation in operations(document)}
    wanted = {
        without_names(alias["path"])
        for one in specified
        if without_names(f"{one['method']} {one['path']}") in built
        for alias in one.get("alias", ())
    }
    assert {API + re.sub(r"<[^>]*>", "{}", path) for path in ALIASES} == wanted


def test_what_bounds_a_number_is_a_number(document: Path) -> None:
    read = yaml.safe_load(document.read_text())
    bounded = [one for one in parts(read["components"]) if one.get("type") in ("number", "integer")]
    given = [one[name] for one in bounded for name in ("minimum", "maximum", "default") if one.get(name) is not None]
    assert len(given) > 50
    assert [one for one in given if isinstance(one, bool) or not isinstance(one, int | float)] == []


def test_an_operation_names_its_refusals(document: Path) -> None:
    """That none is missing is looked at with every answer of the long round, see ``schemathesis_hooks``."""
    paths = json.loads(document.read_text())["paths"]
    found = {
        f"{method} {path}": {int(status) for status in operation["responses"] if status.isdigit() and status > "3"}
        for path, methods in paths.items()
        for method, operation in methods.items()
    }
    assert found["get /api/v1/assets"] == {400, 401, 406, 429, 503}
    assert found["get /api/v1/alerts/{id}"] == {401, 403, 404, 406, 429, 503}
    assert found["patch /api/v1/watchlists/{id}"] == {400, 401, 403, 404, 406, 409, 412, 413, 415, 428, 429, 503}
    assert found["post /api/v1/alerts"] == {400, 401, 403, 404, 406, 409, 413, 415, 422, 429, 503}
    assert 423 in found["post /api/v1/auth/login"]
    for methods in paths.values():
        for operation in methods.values():
            assert all("$ref" in answer or answer["description"] for answer in operation["responses"].values())

"""A client that a generator makes of the OpenAPI document: every operation is called once on a real server, and every
answer fits the types that it was generated with."""

import importlib
import inspect
import io
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from accounts.services import create_api_token
from cryptopredict.api.examples import recorded
from tests import factories as make
from tests.cryptopredict.described import described
from tests.cryptopredict.serving import product, served
from tests.cryptopredict.test_api_permissions import METHODS, SPOTS, private, public

pytestmark = pytest.mark.django_db(transaction=True)
PACKAGE = "cryptopredict_client"
ORDER = ("get", "post", "put", "patch", "delete")
"""Rows are read before they are changed, and changed before they go."""
LAST = ("auth_logout", "users_me_tokens_destroy", "users_me_destroy")
"""What may end the token itself."""
WORDS = {"figure": "twr"}
"""Parameters whose values are names of ours."""
EMPTY_INSTALLATION = 404
"""What nothing has been computed for yet."""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return described()


@pytest.fixture(scope="module")
def package(document: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The generated package, importable until the end of the module."""
    place = tmp_path_factory.mktemp("client")
    (place / "openapi.json").write_text(json.dumps(document))
    (place / "settings.json").write_text(json.dumps({"package_name_override": PACKAGE, "post_hooks": []}))
    made = subprocess.run(
        [Path(sys.executable).with_name("openapi-python-client"), "generate", "--path", "openapi.json", "--config",
         "settings.json", "--output-path", "made", "--fail-on-warning"],
        cwd=place, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(place / "made"))
    yield place / "made" / PACKAGE
    sys.path.remove(str(place / "made"))


def sample(schema: dict[str, Any], document: dict[str, Any]) -> Any:
    """A value that a schema admits."""
    if "$ref" in schema:
        return sample(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document)
    for word in ("allOf", "oneOf", "anyOf"):
        if word in schema:
            return sample(schema[word][0], document)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        wanted = schema.get("required", ())
        return {name: sample(schema["properties"][name], document) for name in wanted}
    if kind == "array":
        return [sample(schema["items"], document)]
    texts = {"date-time": "2024-06-01T00:00:00Z", "date": "2024-06-01", "email": "someone@example.org", "decimal": "1"}
    texts |= {"uri": "https://example.org/"}
    plain: dict[Any, Any] = {"integer": max(1, int(schema.get("minimum", 1))), "number": 0.5, "boolean": True}
    return plain.get(kind, texts.get(schema.get("format", ""), "word"))


def arguments(module: Any, path: str, operation: dict[str, Any], document: dict[str, Any], rows: Any) -> dict[str, Any]:
    """What an operation has to be called with."""
    described = {one["name"].replace("-", "_").lower(): one for one in operation.get("parameters", ())}
    names, found = inspect.signature(module.sync_detailed).parameters, {}
    for spot in SPOTS.finditer(path):
        word = spot.group()[1:-1]
        found[word if word in names else f"{word}_"] = (
            WORDS[word] if word in WORDS else rows[path.removeprefix("/api/v1/")[: spot.end() - len("/api/v1/")]]
        )
    for name, parameter in names.items():
        if name in found:
            continue
        if name == "if_match":
            found[name] = "*"
        elif name == "sectors":
            found[name] = f"{rows['sectors/{id}']},{make.SectorFactory().pk}"
        elif name == "body":
            found[name] = body(parameter, path, operation, document)
        elif parameter.default is inspect.Parameter.empty and name in described:
            found[name] = sample(described[name]["schema"], document)
    return found


def body(parameter: inspect.Parameter, path: str, operation: dict[str, Any], document: dict[str, Any]) -> Any:
    """What is sent: as it was recorded, or as the schema has it."""
    kinds = [
        one for one in getattr(parameter.annotation, "__args__", (parameter.annotation,)) if hasattr(one, "from_dict")
    ]
    content = operation["requestBody"]["content"]
    if "multipart/form-data" in content and "application/json" not in content:
        files = importlib.import_module(f"{PACKAGE}.types")
        return kinds[0](file=files.File(io.BytesIO(b"time,kind,symbol,quantity\n"), "trades.csv", "text/csv"))
    example = recorded().get(f"{operation['method'].upper()} {path}", {}).get("request")
    return kinds[0].from_dict(example or sample(content["application/json"]["schema"], document))


@pytest.mark.long
def test_every_operation_once(document: dict[str, Any], package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in connections:  # the threads of the server give their connections back
        monkeypatch.setitem(connections[name].settings_dict, "CONN_MAX_AGE", 0)
    modules = {file.stem: file.parent.name for file in package.glob("api/*/*.py")}
    calls = [
        (path, operation | {"method": method})
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]
    calls.sort(key=lambda call: (call[1]["operationId"] in LAST, ORDER.index(call[1]["method"])))
    admin = make.AdminFactory()
    make.TotpDeviceFactory.of(admin)
    rows = private(admin) | public()
    _token, secret = create_api_token(admin, name="client", scopes=["read", "write", "admin"])
    said, wrong = Counter[int](), []
    with served(product()) as port:
        made = importlib.import_module(PACKAGE).AuthenticatedClient(f"http://127.0.0.1:{port}", secret, timeout=30)
        problem = importlib.import_module(f"{PACKAGE}.models").Problem
        with made as client:
            for path, operation in calls:
                name = operation["operationId"]
                module = importlib.import_module(f"{PACKAGE}.api.{modules[name]}.{name}")
                try:
                    answer = module.sync_detailed(client=client, **arguments(module, path, operation, document, rows))
                except Exception as error:  # noqa: BLE001 - told with the others
                    wrong.append(f"{name}: {error!r}"[:300])
                    continue
                said[answer.status_code] += 1
                is_refused = answer.status_code >= 400
                if answer.status_code >= 500 or isinstance(answer.parsed, problem) != is_refused:
                    wrong.append(f"{name}: {answer.status_code} {answer.content[:200]!r}")
                if operation["method"] == "get" and is_refused and answer.status_code != EMPTY_INSTALLATION:
                    wrong.append(f"{name}: {answer.status_code} {answer.content[:200]!r}")
    print(f"{len(calls)} operations called: {dict(sorted(said.items()))}")  # noqa: T201
    assert not wrong, "\n".join(wrong)
    assert sum(said.values()) == len(calls)

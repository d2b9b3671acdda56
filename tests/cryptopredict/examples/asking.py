"""An operation that is shown, and how it is asked; what no two answers have in common is made the same."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from tests.cryptopredict.examples.telling import told
from tests.cryptopredict.examples.world import World
from tests.cryptopredict.test_api_permissions import filled
from tests.doors import client_of

JSON = "application/json"
Sent = dict[str, Any] | Callable[[World], dict[str, Any]]
MADE_UP = {
    "access": "cp_at_EXAMPLE-of-an-access-token-that-opens-nothing",
    "refresh": "cp_rt_EXAMPLE-of-a-refresh-token-that-opens-nothing",
    "token": "cp_EXAMPLE-of-a-token-that-opens-nothing",
    "mfa_ticket": "EXAMPLE-of-a-ticket-that-opens-nothing",
    "secret": "EXAMPLESECRETOFNOBODY",
    "otpauth_url": "otpauth://totp/CryptoPredict:sara%40example.com?secret=EXAMPLESECRETOFNOBODY&issuer=CryptoPredict",
    "prefix": "cp_EXAMPLE00",
    "ticket": "cp_ws_EXAMPLE-of-a-ticket-that-opens-nothing",
}
"""What stands for a secret, by the name of the field."""
HOME = "/var/lib/cryptopredict"
TEST_SERVER, SERVER = "http://testserver/", "https://cryptopredict.example/"
IDENTIFIER = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Example:
    """An operation that is shown.

    Attributes:
        query: what stands behind the question mark; lists are short here, not cut afterwards.
        sent: the body, or what makes it of the world.
        rows: what has to be there first; the keys in the path that are others than those of the world, by their name.
        who: of the world's people who asks; without it an admin where only admins may, else ``person``.
        file: name and text of a file that is sent instead of JSON.
    """

    operation: str
    sent: Sent | None = None
    query: str | Callable[[World], str] = ""
    rows: Callable[[World], dict[str, Any] | None] | None = None
    who: str = ""
    file: tuple[str, bytes] | None = None


def asked(example: Example, world: World) -> dict[str, Any]:
    """The example as the API answers it now; what it does is undone."""
    with transaction.atomic():
        answer = _asked(example, world)
        transaction.set_rollback(True)
    return answer


def _asked(example: Example, world: World) -> dict[str, Any]:
    method, path = example.operation.split()
    own = (example.rows(world) if example.rows else None) or {}
    sent = example.sent(world) if callable(example.sent) else example.sent
    for name, key in own.items():
        path = path.replace(f"{{{name}}}", str(key))
    place = filled(path, world.keys)
    assert place, f"{example.operation}: no row is made for it"
    query = example.query(world) if callable(example.query) else example.query
    role = told()[example.operation]["x-access"]["role"]
    client = client_of(world.of(example.who or ("admin" if role == "admin" else "person")))
    address = f"{place}?{query}" if query else place
    if method == "GET":
        response = client.get(address)
    elif example.file:
        response = client.post(address, {"file": SimpleUploadedFile(*example.file)})
    else:
        body = json.dumps(own.get("body", sent or {}))
        response = client.generic(method, address, body, JSON, headers={"If-Match": "*"})
    assert response.status_code < 300, f"{example.operation}: {response.status_code} {response.content!r}"
    answer: dict[str, Any] = {"status": response.status_code}
    if response.content:
        answer["answer"] = same(response.json())
    return answer if sent is None else answer | {"request": sent}


def same(value: Any, name: str = "") -> Any:
    """A value without secrets, without places of this machine, and with numbers for what is drawn by lot."""
    if isinstance(value, dict):
        return {key: same(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        if name == "recovery_codes":
            return [f"{place:06}-example" for place in range(len(value))]
        return [same(inner, name) for inner in value]
    if not isinstance(value, str):
        return value
    if name in MADE_UP:
        return MADE_UP[name]
    text = value.replace(str(settings.CRYPTOPREDICT_HOME), HOME).replace(TEST_SERVER, SERVER)
    return IDENTIFIER.sub(str(UUID(int=1, version=4)), text)

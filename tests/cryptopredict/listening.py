"""Listening as clients do: a real server, real sockets."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cache
from typing import Any

import yaml
from django.test import Client
from jsonschema import Draft202012Validator
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from accounts.models import User
from cryptopredict import live
from cryptopredict.environment import BASE_DIR
from tests.cryptopredict.serving import served
from tests.doors import API

WS = "/api/v1/ws/"
DASHBOARD = WS + "dashboard"


@contextmanager
def live_server() -> Iterator[int]:
    """The WebSocket application on a real server."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await live.application(scope, receive, send)
            return
        for step in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{step}.complete"})

    with served(application) as number:
        yield number


def cookie_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return f"sessionid={client.cookies['sessionid'].value}"


def listen(
    port: int, path: str = DASHBOARD, *, user: User | None = None, origin: str | None = "", ticket: str | None = None
) -> AbstractContextManager[ClientConnection]:
    """Connect as a page of ours does, with the session of ``user``; or as a program, with a ticket."""
    headers = {"Cookie": cookie_of(user)} if user else {}
    page = f"http://127.0.0.1:{port}" if origin == "" else origin
    return connect(
        f"ws://127.0.0.1:{port}{path}",
        additional_headers=headers,
        origin=page,  # type: ignore[arg-type]
        subprotocols=["cryptopredict", ticket] if ticket else None,  # type: ignore[list-item]
        close_timeout=2,
    )


def heard(connection: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(connection.recv(timeout=60))
    as_documented(message)
    return message


@cache
def checker(kind: str) -> Draft202012Validator:
    """What the AsyncAPI document says of a message."""
    whole = yaml.safe_load((BASE_DIR / "docs" / "api" / "asyncapi.yaml").read_text())
    payload = whole["components"]["messages"][kind]["payload"]
    return Draft202012Validator({**payload, "components": whole["components"]})


def as_documented(message: dict[str, Any]) -> None:
    """Fails for a message that is not as the document says."""
    faults = [f"{fault.json_path}: {fault.message}" for fault in checker(message["type"]).iter_errors(message)]
    assert not faults, faults


def say(connection: ClientConnection, **said: Any) -> None:
    connection.send(json.dumps(said))


def pong(connection: ClientConnection) -> dict[str, Any]:
    """The answer to a ping; what comes before it fails the test."""
    say(connection, action="ping")
    answer = heard(connection)
    assert (answer["type"], answer["data"]) == ("pong", {})
    return answer


def resumed(connection: ClientConnection) -> dict[str, Any]:
    """What the answer to a resume says, of the events their numbers; each of them is as the document says."""
    answer = heard(connection)
    assert answer["type"] == "resumed", answer
    for event in answer["data"]["events"]:
        as_documented(event)
    return {**answer["data"], "events": [event["seq"] for event in answer["data"]["events"]]}


def close_code(connection: ClientConnection) -> int:
    """With which code the server ends the connection; what it said before is passed over."""
    with suppress(ConnectionClosed):
        while True:
            connection.recv(timeout=10)
    assert connection.close_code is not None
    return connection.close_code


def ticket_of(client: Client) -> str:
    """A ticket for what this client may hear."""
    response = client.post(f"{API}auth/ws-ticket", content_type="application/json")
    assert response.status_code == 201, response.content
    assert response["Cache-Control"] == "no-store"
    ticket: str = response.json()["ticket"]
    return ticket

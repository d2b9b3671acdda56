"""How tests come in: clients, answers, problems and counted queries."""

from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.services import create_api_token
from tests.factories import TotpDeviceFactory

API = "/api/v1/"


def client_of(user: User | None = None) -> Client:
    """Somebody's browser, or a visitor's."""
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def client_with_token(user: User, *scopes: str) -> Client:
    """A program with somebody's token."""
    if user.is_staff and any(scope.endswith("admin") for scope in scopes):
        TotpDeviceFactory.of(user)
    _token, secret = create_api_token(user, name="test", scopes=scopes)
    return Client(headers={"Authorization": f"Bearer {secret}"})


def answer(path: str, user: User | None = None, **query: Any) -> Any:
    """What the API answers to somebody who may read it."""
    response = client_of(user).get(API + path, query)
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "application/json"
    return response.json()


def refused(response: Any, status: int) -> dict[str, Any]:
    """The problem that a refusal answers."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem.keys() == {"type", "title", "status", "detail", "instance", "request_id", "errors"}
    assert problem["status"] == status
    assert problem["request_id"] == response["X-Request-ID"]
    return problem


def queries(client: Client, url: str) -> int:
    """How many queries an address needs."""
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)

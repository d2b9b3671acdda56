"""What is refused answers problem+json, whoever refuses it; nothing under /api answers HTML."""

import json
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as InvalidRow
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.test import Client, RequestFactory
from rest_framework import exceptions
from rest_framework.test import APIRequestFactory

from cryptopredict.api.problems import MEDIA_TYPE, exception_handler, flattened, problem_response
from macro.api import views
from system.exceptions import (
    ConflictError,
    DomainError,
    InvalidInput,
    InvalidRows,
    LimitExceeded,
    NoData,
    NotAllowed,
    UnavailableError,
)
from tests.doors import client_of, refused
from tests.factories import AdminFactory, SuggestionFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (InvalidInput("no"), 400, "invalid"),
        (DomainError("no"), 400, "refused"),
        (NotAllowed("no"), 403, "permission-denied"),
        (NoData("no"), 404, "no-data"),
        (ConflictError("no"), 409, "conflict"),
        (LimitExceeded("no"), 409, "limit-exceeded"),
        (UnavailableError("no"), 503, "unavailable"),
        (OperationalError("could not extend file: No space left on device"), 503, "unavailable"),
        (InterfaceError("connection already closed"), 503, "unavailable"),
        (Http404(), 404, "not-found"),
        (PermissionDenied(), 403, "permission-denied"),
        (InvalidRow({"name": ["too long"]}), 400, "invalid"),
        (exceptions.NotAuthenticated(), 401, "not-authenticated"),
        (exceptions.ParseError(), 400, "parse-error"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method-not-allowed"),
        (exceptions.Throttled(wait=12), 429, "throttled"),
        (exceptions.ValidationError({"a": ["b"]}), 400, "invalid"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_each_kind_of_error_has_its_status(error: Exception, status: int, kind: str) -> None:
    response = exception_handler(error, {"request": APIRequestFactory().get("/api/v1/x")})
    assert response is not None
    assert (response.status_code, response.data["status"]) == (status, status)
    assert response.data["type"] == f"urn:cryptopredict:problem:{kind}"
    assert response.data["instance"] == "/api/v1/x"
    assert response.content_type == MEDIA_TYPE


def test_a_kind_that_is_new_is_answered_as_its_parent() -> None:
    class ListFull(LimitExceeded):
        pass

    response = exception_handler(ListFull("full", field="asset_id"), {"request": APIRequestFactory().get("/x")})
    assert response is not None
    assert response.status_code == 409
    assert response.data["errors"] == [
        {"field": "asset_id", "code": "limit_exceeded", "detail": "full", "pointer": None}
    ]


def test_each_fault_of_many_rows_is_told() -> None:
    faults = [
        InvalidInput("Row 1: no", field="items.0.weight"),
        InvalidInput("Row 3: why", field="items.2", code="odd"),
    ]
    response = exception_handler(InvalidRows(faults), {"request": APIRequestFactory().post("/x")})
    assert response is not None
    assert (response.status_code, response.data["type"]) == (400, "urn:cryptopredict:problem:invalid")
    assert response.data["detail"] == "Some of the input does not fit."
    assert response.data["errors"] == [
        {"field": "items.0.weight", "code": "invalid", "detail": "Row 1: no", "pointer": "#/items/0/weight"},
        {"field": "items.2", "code": "odd", "detail": "Row 3: why", "pointer": "#/items/2"},
    ]
    single = exception_handler(InvalidRows(faults[1:]), {"request": APIRequestFactory().get("/x")})
    assert single is not None
    assert (single.data["type"], single.data["detail"]) == ("urn:cryptopredict:problem:odd", "Row 3: why")


@pytest.mark.parametrize(("error", "header"), [(UnavailableError("no"), "30"), (exceptions.Throttled(wait=12), "12")])
def test_who_shall_come_back_is_told_when(error: Exception, header: str) -> None:
    response = exception_handler(error, {"request": APIRequestFactory().get("/x")})
    assert response is not None
    assert response.headers["Retry-After"] == header


def test_an_unknown_error_is_left_to_the_server() -> None:
    assert exception_handler(ZeroDivisionError(), {"request": APIRequestFactory().get("/x")}) is None


def test_messages_keep_the_path_of_their_input() -> None:
    detail = exceptions.ValidationError(
        {"items": [{}, {"weight": ["too large"]}], "non_field_errors": ["contradiction"], "name": ["short", "odd"]}
    ).detail
    assert [(one["field"], one["detail"]) for one in flattened(detail)] == [
        ("items.1.weight", "too large"),
        (None, "contradiction"),
        ("name", "short"),
        ("name", "odd"),
    ]


def test_an_unknown_error_tells_nothing_but_its_id(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    def fail(*_args: object) -> None:
        raise ZeroDivisionError("secret inside")

    monkeypatch.setattr(views, "analysed", fail)
    problem = refused(Client(raise_request_exception=False).get("/api/v1/macro/regime"), 500)
    assert "secret" not in str(problem)
    assert problem["request_id"] in caplog.text


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v2/assets", "/api/nothing/", "/api/v1/assets/abc"])
def test_an_unknown_path_is_a_problem(path: str) -> None:
    assert refused(client_of().get(path), 404)["instance"] == path


def test_a_wrong_method_names_the_right_ones() -> None:
    response = client_of(AdminFactory()).delete("/api/v1/assets")
    refused(response, 405)
    assert "GET" in response["Allow"]


@pytest.mark.parametrize(
    ("status", "code", "detail"),
    [
        (410, "gone", "This request is refused: Gone."),
        (415, "unsupported-media-type", "This request is refused: Unsupported Media Type."),
        (500, "error", "Something went wrong on our side. It has been logged under the request id."),
        (503, "error", "Something went wrong on our side. It has been logged under the request id."),
    ],
)
def test_only_what_is_our_fault_is_called_so(status: int, code: str, detail: str) -> None:
    body = json.loads(problem_response(RequestFactory().get("/api/v1/x"), status).content)
    assert (body["type"], body["detail"]) == (f"urn:cryptopredict:problem:{code}", detail)


def test_a_refused_host_is_a_problem() -> None:
    refused(Client().get("/api/v1/assets", headers={"host": "evil.example"}), 400)


def test_a_forged_form_is_a_problem() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory())
    refused(client.post("/api/v1/suggestions/1/review", {}, content_type="application/json"), 403)


def test_malformed_json_is_a_problem() -> None:
    suggestion = SuggestionFactory()
    client = client_of(suggestion.watchlist.user)
    for body in (b"{", b"[" * 100_000, b'{"a":' * 100_000, b"NaN", b"\xff", b"1" * 5_000):
        refused(client.post(f"/api/v1/suggestions/{suggestion.pk}/review", body, content_type="application/json"), 400)


def test_an_id_that_no_column_can_hold_is_absent() -> None:
    refused(client_of().get("/api/v1/assets/99999999999999999999999"), 404)


@pytest.mark.parametrize("path", ["/api/v1/assets", "/api/v1/assets/", "/api/v1/assets//"])
def test_both_spellings_of_a_path_answer(path: str) -> None:
    assert client_of().get(path).status_code == 200


def test_the_request_id_of_the_caller_is_kept_if_it_is_harmless() -> None:
    client = client_of()
    assert client.get("/api/v1/assets", headers={"X-Request-ID": "job-2024.06_1"})["X-Request-ID"] == "job-2024.06_1"
    for odd in ("x", "a" * 65, "a b c d e f", "<script>alert"):
        assert client.get("/api/v1/assets", headers={"X-Request-ID": odd})["X-Request-ID"] != odd


def test_unwanted_media_types_are_a_problem() -> None:
    refused(client_of().get("/api/v1/assets", headers={"Accept": "application/xml"}), 406)
    assert client_of().get("/api/v1/assets", headers={"Accept": "text/html,*/*;q=0.8"}).status_code == 200

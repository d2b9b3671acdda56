"""Error pages."""

import logging
from collections.abc import Iterator

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path
from django.utils import translation

from cryptopredict.pages.errors import server_error
from cryptopredict.urls import urlpatterns as real
from tests.doors import client_of
from tests.factories import UserFactory
from tests.pages.html import read


def breaks(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a fault")


def refuses(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


urlpatterns = [path("breaks", breaks), path("refuses", refuses), *real]
handler500 = "cryptopredict.pages.errors.server_error"


@pytest.mark.django_db
def test_not_found_in_the_frame_with_the_request_id() -> None:
    response = client_of().get("/nowhere")
    assert response.status_code == 404
    shown = read(response)
    assert shown.one("h1").text == "There is nothing at this address"
    assert response["X-Request-ID"] in shown.text
    assert shown.every("nav", aria_label="Main")


@pytest.mark.django_db
@pytest.mark.urls("tests.pages.test_errors")
def test_not_allowed_in_the_frame() -> None:
    response = client_of(UserFactory()).get("/refuses")
    assert response.status_code == 403
    shown = read(response)
    assert shown.one("h1").text == "Your account may not open this page"
    assert shown.every("a", href="/login?next=/refuses")
    assert response["X-Request-ID"] in shown.text


@pytest.mark.django_db
def test_a_stale_form_says_what_to_do() -> None:
    response = Client(enforce_csrf_checks=True).post("/language", {"language": "fa"})
    assert response.status_code == 403
    assert read(response).one("h1").text == "The form is out of date"


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.ERROR):
        yield caplog


@pytest.mark.django_db
@pytest.mark.urls("tests.pages.test_errors")
def test_a_fault_is_a_page_with_its_number_which_is_in_the_log(quiet: pytest.LogCaptureFixture) -> None:
    client = client_of()
    client.raise_request_exception = False
    response = client.get("/breaks", headers={"X-Request-ID": "number-of-the-request"})
    assert response.status_code == 500
    shown = read(response)
    assert shown.one("h1").text == "Something broke on our side"
    assert "number-of-the-request" in shown.text
    assert "a fault" not in shown.text
    assert "GET /breaks failed, request id number-of-the-request" in quiet.text


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_page_of_a_fault_needs_no_database(language: str, quiet: pytest.LogCaptureFixture) -> None:
    """This test may not touch the database: pytest-django would raise."""
    request = RequestFactory().get("/")
    request.request_id = "abc"  # type: ignore[attr-defined]
    with translation.override(language):
        shown = read(server_error(request))
    assert shown.one("html").attributes["lang"] == language
    assert not shown.every("form")

"""For whom the doors ask the database."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client
from django.utils.functional import SimpleLazyObject

from accounts.acting import Acting
from cryptopredict.celery import ServiceTask, app
from selection.models import Portfolio
from system import acting
from tests.factories import AdminFactory, PortfolioFactory, UserFactory

pytestmark = pytest.mark.django_db


def said() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.user_id', true)")
        return str(cursor.fetchone()[0])


def asked(request: HttpRequest) -> str:
    return Acting(lambda _request: HttpResponse(said()))(request).content.decode()  # type: ignore[attr-defined]


def request_of(user: Any) -> HttpRequest:
    request = HttpRequest()
    request.user = user
    return request


def test_a_request_asks_for_whoever_has_sent_it() -> None:
    person = UserFactory()
    assert asked(HttpRequest()) == "guest"
    assert asked(request_of(AnonymousUser())) == "guest"
    assert asked(request_of(person)) == str(person.pk)
    assert asked(request_of(AdminFactory())) == "admin"
    assert said() == "command"


def test_nobody_is_looked_up_for_it() -> None:
    person = UserFactory()
    request = request_of(SimpleLazyObject(lambda: pytest.fail("looked up")))
    assert asked(request) == "guest"
    request._cached_user = person  # type: ignore[attr-defined]  # what AuthenticationMiddleware leaves
    assert asked(request) == str(person.pk)


def test_who_logs_in_meanwhile_is_asked_for_from_then_on() -> None:
    person, heard = UserFactory(), []

    def view(request: HttpRequest) -> HttpResponse:
        heard.append(said())
        request.user = person
        heard.append(said())
        return HttpResponse()

    Acting(view)(request_of(AnonymousUser()))
    assert heard == ["guest", str(person.pk)]


def test_what_is_made_while_it_is_sent_too() -> None:
    mine, _other = PortfolioFactory(), PortfolioFactory()

    def rows(_request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(f"{one.pk};" for one in Portfolio.objects.order_by("pk"))

    answer: Any = Acting(rows)(request_of(mine.user))
    assert answer.getvalue().decode() == f"{mine.pk};"
    assert said() == "command"


def test_a_forgotten_filter_shows_nothing_of_others(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page of somebody's portfolios, whose query is made to forget whose they are."""
    from cryptopredict.pages.portfolios import summaries

    mine, theirs = PortfolioFactory(name="Mine alone"), PortfolioFactory(name="Not to be seen")
    monkeypatch.setattr(summaries, "visible_portfolios", lambda _user, **_rest: Portfolio.objects.all())
    client.force_login(mine.user)
    page = client.get("/portfolios").content.decode()
    assert mine.name in page
    assert theirs.name not in page


def test_a_task_is_for_everyone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acting, "_of_process", None)
    heard: list[str] = []

    def hear() -> None:
        heard.append(said())

    task = app.task(base=ServiceTask, name="tests.acting", shared=False)(hear)
    try:
        task()
        task.apply().get()
    finally:
        app.tasks.pop("tests.acting")
    assert heard == ["task", "task"]

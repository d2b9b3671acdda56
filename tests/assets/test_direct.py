"""The short way to candles answers as Django does, or leaves the question to Django."""

import json
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connection, connections

from assets.api.direct import MOST_KINDS, DirectCandles
from assets.models import Asset
from cryptopredict.api.middleware import request_id
from tests.doors import client_of, client_with_token
from tests.factories import AdminFactory, AssetFactory, UserFactory, add_candles

HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db(transaction=True)


class Counted:
    """Django, and how often it was asked."""

    def __init__(self) -> None:
        self.django, self.asked = get_wsgi_application(), 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        self.asked += 1
        return self.django(environ, start_response)


@pytest.fixture
def django() -> Counted:
    return Counted()


@pytest.fixture
def direct(django: Counted) -> DirectCandles:
    return DirectCandles(django, request_id)


@pytest.fixture(autouse=True)
def no_connection_is_left() -> Iterator[None]:
    """Every test has a table of its own under the same ids."""
    yield
    connections.close_all()


@pytest.fixture
def asset() -> Asset:
    asset: Asset = AssetFactory()
    add_candles(asset, range(1, 11), timeframe="1h")
    return asset


Reply = tuple[str, dict[str, str], bytes]


def ask(application: Any, path: str, query: str = "", method: str = "GET", **variables: str) -> Reply:
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "HTTP_HOST": "localhost",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        **variables,
    }
    found: list[Any] = []
    response = application(environ, lambda status, headers, _error=None: found.extend((status, headers)))
    body = b"".join(response)
    if hasattr(response, "close"):
        response.close()
    status, headers = found
    assert len(headers) == len(dict(headers))
    return status, dict(headers), body


def candles_of(asset: Asset) -> str:
    return f"/api/v1/assets/{asset.pk}/candles"


def without_id(reply: Reply) -> Reply:
    status, headers, body = reply
    assert len(headers.pop("X-Request-ID")) == 32
    return status, headers, body


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("", {}),
        ("limit=3", {}),
        ("timeframe=1h&from=2024-06-01T02:00:00Z&to=2024-06-01T05:00:00Z", {}),
        ("timeframe=1d", {}),
        ("indicators=true&include_archive=1&unknown=x", {}),
        ("", {"HTTP_ACCEPT_LANGUAGE": "fa"}),
        ("", {"HTTP_COOKIE": "a=b; django_language=fa"}),
        ("", {"HTTP_ACCEPT": "application/json"}),
    ],
)
def test_it_answers_what_django_answers(
    asset: Asset, direct: DirectCandles, django: Counted, query: str, variables: dict[str, str]
) -> None:
    for method in ("GET", "HEAD"):
        django.asked, direct.learned = 0, {}
        first = without_id(ask(direct, candles_of(asset), query, method, **variables))
        second = without_id(ask(direct, candles_of(asset), query, method, **variables))
        assert django.asked == 1
        if method == "HEAD":  # servers leave the body of a HEAD out themselves
            assert second[2] == b""
        else:
            assert first[2] == second[2]
        assert first[:2] == second[:2]
        assert second[0] == "200 OK"
        assert second[1]["Content-Type"] == "application/json"
        known = {"HTTP_IF_NONE_MATCH": f'"other", W/{second[1]["ETag"]}', **variables}
        by_django = without_id(ask(django, candles_of(asset), query, method, **known))
        assert without_id(ask(direct, candles_of(asset), query, method, **known)) == by_django
        assert by_django[0] == "304 Not Modified"
        assert by_django[2] == b""


def test_a_session_changes_nothing(asset: Asset, direct: DirectCandles, django: Counted) -> None:
    plain = without_id(ask(direct, candles_of(asset)))
    client = client_of(UserFactory())
    for session in ("nobodys", client.cookies["sessionid"].value):
        assert without_id(ask(direct, candles_of(asset), HTTP_COOKIE=f"sessionid={session}")) == plain
    assert django.asked == 1


def test_what_sets_a_cookie_is_not_repeated(asset: Asset, direct: DirectCandles) -> None:
    for _ in range(2):
        _, headers, _ = ask(direct, candles_of(asset), HTTP_COOKIE="sessionid=nobodys")
        assert "Set-Cookie" in headers


def test_it_never_hides_a_new_candle(asset: Asset, direct: DirectCandles, django: Counted) -> None:
    for count in range(10, 14):
        _, headers, body = ask(direct, candles_of(asset))
        assert len(json.loads(body)["candles"]) == count
        status, _, _ = ask(direct, candles_of(asset), HTTP_IF_NONE_MATCH=headers["ETag"])
        assert status == "304 Not Modified"
        add_candles(asset, [7], timeframe="1h", first=asset.candles.latest("candle_time").candle_time + HOUR)
        status, _, _ = ask(direct, candles_of(asset), HTTP_IF_NONE_MATCH=headers["ETag"])
        assert status == "200 OK"
    assert django.asked == 1


def test_the_spellings_of_the_path(asset: Asset, direct: DirectCandles, django: Counted) -> None:
    first = without_id(ask(direct, candles_of(asset)))
    for path in (candles_of(asset) + "/", f"/api/v1/assets/00{asset.pk}/candles"):
        assert without_id(ask(direct, path)) == first
        assert without_id(ask(django, path)) == first
    assert django.asked == 3


def test_the_id_of_the_request_is_the_clients(asset: Asset, direct: DirectCandles) -> None:
    for given, is_kept in (("client-id-12345", True), ("client-id-12345", True), ("short", False)):
        _, headers, _ = ask(direct, candles_of(asset), HTTP_X_REQUEST_ID=given)
        assert (headers["X-Request-ID"] == given) is is_kept


@pytest.mark.parametrize(
    ("query", "method", "variables", "status"),
    [
        ("limit=0", "GET", {}, 400),
        ("timeframe=2h", "GET", {}, 400),
        ("from=yesterday", "GET", {}, 400),
        ("format=xml", "GET", {}, 406),
        ("", "DELETE", {}, 405),
        ("", "GET", {"HTTP_ACCEPT": "text/html"}, 406),
        ("", "GET", {"HTTP_HOST": "evil.example"}, 400),
        ("", "GET", {"HTTP_AUTHORIZATION": "Bearer cp_wrong"}, 401),
        ("&".join(f"a{n}=1" for n in range(1200)), "GET", {}, 400),
        (f"x={'y' * 400}", "GET", {}, 200),
        ("", "OPTIONS", {}, 204),
    ],
)
def test_what_is_unusual_is_djangos(
    asset: Asset,
    direct: DirectCandles,
    django: Counted,
    query: str,
    method: str,
    variables: dict[str, str],
    status: int,
) -> None:
    ask(direct, candles_of(asset))
    for _ in range(2):
        reply = without_id(ask(direct, candles_of(asset), query, method, **variables))
        assert reply[0].startswith(str(status)), reply
        if status >= 400:
            assert reply[1]["Content-Type"] == "application/problem+json"
    assert django.asked == 3


def test_hidden_and_unknown_assets_are_not_found(asset: Asset, direct: DirectCandles) -> None:
    ask(direct, candles_of(asset))
    Asset.objects.update(is_active=False)
    status, headers, body = ask(direct, candles_of(asset))
    assert status == "404 Not Found"
    assert json.loads(body)["request_id"] == headers["X-Request-ID"]
    assert ask(direct, "/api/v1/assets/999999/candles")[0] == "404 Not Found"
    token = client_with_token(AdminFactory(), "admin").defaults["HTTP_AUTHORIZATION"]
    assert ask(direct, candles_of(asset), HTTP_AUTHORIZATION=token)[0] == "200 OK"
    token = client_with_token(UserFactory()).defaults["HTTP_AUTHORIZATION"]
    assert ask(direct, candles_of(asset), HTTP_AUTHORIZATION=token)[0] == "404 Not Found"


def test_a_connection_that_broke_is_djangos_to_mend(asset: Asset, direct: DirectCandles, django: Counted) -> None:
    first = without_id(ask(direct, candles_of(asset)))
    ask(direct, candles_of(asset))
    connection.connection.close()
    assert without_id(ask(direct, candles_of(asset))) == first
    assert django.asked == 2
    ask(direct, candles_of(asset))
    assert django.asked == 2


def test_what_it_remembers_has_an_end(asset: Asset, direct: DirectCandles) -> None:
    for number in range(MOST_KINDS + 10):
        direct.learned[(str(number),)] = []
    ask(direct, candles_of(asset))
    assert len(direct.learned) == 1


def test_both_servers_know_the_short_way() -> None:
    from cryptopredict import asgi, wsgi

    assert isinstance(wsgi.application, DirectCandles)
    assert asgi.bridge.wsgi is wsgi.application

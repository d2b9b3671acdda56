"""What every answer carries, and what a site on https refuses. That site is a process of its own: its settings are made
as the program starts."""

import asyncio
import json
import logging
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as installed
from django.test import Client

from cryptopredict.environment import BASE_DIR
from cryptopredict.live.origin import SameOrigin
from tests.assets.other_process import other_process
from tests.doors import client_of
from tests.factories import PASSWORD, UserFactory
from tests.system.test_log_lines import written

pytestmark = pytest.mark.django_db
STATIC = "/static/css/tokens.css"
FOREIGN = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
KEYS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bghp_[A-Za-z0-9]{36}\b|\bxox[bp]-[0-9]{10,}"
)
OWN_KEYS = (installed.SECRET_KEY, installed.TOKEN_PEPPER, installed.SEALING_SECRET)
PATHS = ("/", "/login", "/assets", "/admin/", "/api/v1/assets", "/api/v1/nothing", "/nothing", "/healthz", "/api/docs")
ASKING = """
import json
from django.conf import settings
from django.test import Client
from cryptopredict.cookies import HostMessageCookie

settings.ALLOWED_HOSTS, settings.DEBUG = ["*"], False
told = {"answers": {}, "names": [settings.SESSION_COOKIE_NAME, HostMessageCookie.cookie_name]}
for path in json.loads(sys.argv[1]):
    for is_secure in (False, True):
        one = Client(raise_request_exception=False).get(path, secure=is_secure)
        headers = {name.lower(): text for name, text in one.headers.items()}
        told["answers"][f"{path} {is_secure}"] = [one.status_code, headers]
browser = Client()
browser.get("/login", secure=True)
browser.post("/language", {"language": "fa"}, secure=True)
told["cookies"] = {name: {flag: str(one[flag]) for flag in ("secure", "samesite", "domain", "path")}
    for name, one in browser.cookies.items()}
told["session"] = [settings.SESSION_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY, settings.SESSION_COOKIE_SAMESITE]
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def on_https(django_db_setup: None, django_db_blocker: Any) -> dict[str, Any]:
    """What a site on https answers, and which cookies it gives."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITE_URL", "https://predict.example")
        patch.setenv("DEBUG", "true")  # static files as they lie in the sources: nobody has collected them here
        with other_process(ASKING, json.dumps([*PATHS, STATIC])) as process:
            said = process.communicate(timeout=120)[0]
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


def test_every_answer_has_its_headers(on_https: dict[str, Any]) -> None:
    for path in (*PATHS, STATIC):
        status, headers = on_https["answers"][f"{path} True"]
        assert status in {200, 302, 401, 404}, path
        year, *more = headers["strict-transport-security"].split("; ")
        assert int(year.removeprefix("max-age=")) >= 365 * 24 * 3600, path
        assert "includeSubDomains" in more, path
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "same-origin", path
        policy = headers["content-security-policy"]
        for rule in ("default-src", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
            assert rule in policy, (path, rule)


def test_cookies_are_for_this_host_over_https(on_https: dict[str, Any]) -> None:
    cookies = on_https["cookies"]
    assert {"__Host-csrftoken", "__Host-language"} <= cookies.keys()
    assert all(name.startswith("__Host-") for name in [*cookies, *on_https["names"]])
    for flags in cookies.values():
        assert flags == {"secure": "True", "samesite": "Lax", "domain": "", "path": "/"}
    assert on_https["session"] == [True, True, "Lax"]


def test_programs_without_https_are_refused_and_not_redirected(on_https: dict[str, Any]) -> None:
    status, headers = on_https["answers"]["/api/v1/assets False"]
    assert (status, headers["content-type"]) == (403, "application/problem+json")
    assert "location" not in headers
    for path in ("/", "/login", "/admin/", "/api/docs"):
        status, headers = on_https["answers"][f"{path} False"]
        assert (status, headers["location"]) == (301, f"https://testserver{path}")
    assert on_https["answers"]["/healthz False"][0] == 200


def test_the_refusal_says_what_to_do(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = ["^api/v1/"]
    answer = Client().get("/api/v1/assets")
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:cryptopredict:problem:https-needed")
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert Client().get("/api/v1/assets", headers={"X-Forwarded-Proto": "https"}).status_code == 200


@pytest.mark.parametrize(
    ("scheme", "told", "is_let_in"),
    [("ws", None, False), ("wss", None, True), ("ws", b"https", True), ("ws", b"http", False)],
)
def test_live_channels_without_https_are_refused(scheme: str, told: Any, is_let_in: bool, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    entered, sent = [], []

    async def inner(*_scope: Any) -> None:
        entered.append(True)

    coming: Iterator[dict[str, Any]] = iter(
        [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1006}]
    )

    async def receive() -> dict[str, Any]:
        return next(coming)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message["type"])

    headers = [(b"host", b"testserver")] + ([(b"x-forwarded-proto", told)] if told else [])
    scope = {"type": "websocket", "path": "/", "scheme": scheme, "headers": headers}
    asyncio.run(SameOrigin(inner)(scope, receive, send))
    assert (bool(entered), sent) == (is_let_in, [] if is_let_in else ["websocket.close"])


def test_no_other_site_reads_us() -> None:
    for path in ("/", "/api/v1/assets"):
        for answer in (Client().get(path, headers=FOREIGN), Client().options(path, headers=FOREIGN)):
            assert not [name for name in answer.headers if name.lower().startswith("access-control-")], path


def test_trace_is_answered_nowhere() -> None:
    for path in PATHS:
        answer = client_of(UserFactory()).trace(path)
        assert answer.status_code in {302, 403, 404, 405}, path


@pytest.mark.parametrize(
    "path", ["/.git/config", "/static/", "/static/css/", "/media/", "/manage.py", "/static/../manage.py", "/.env"]
)
def test_nothing_else_is_served(path: str) -> None:
    assert Client().get(path).status_code == 404


def test_a_login_changes_the_key_of_the_session() -> None:
    user, client = UserFactory(), Client()
    given = {"username": user.email, "password": PASSWORD}
    client.post("/login", given)
    first = client.session.session_key
    client.post("/login?again", given)
    assert first
    assert client.session.session_key != first


def test_a_line_of_the_log_stays_one() -> None:
    forged = "x\r\n2026-01-01T00:00:00.000Z ERROR system: forged\x1b[2J\u2028"
    with written("text") as said:
        logging.getLogger("tests.lines").warning("asked for %s", forged)
        try:
            int(forged)
        except ValueError as error:
            error.add_note(forged)
            logging.getLogger("tests.lines").exception("no")
    lines = said().splitlines()
    assert [line for line in lines if "ERROR system: forged" in line and not line.startswith("  ")] == [lines[0]]
    assert "tests.lines: asked for x\\r\\n2026" in lines[0]
    assert "\x1b" not in said()


def test_no_key_is_in_the_sources() -> None:
    """Every file that git keeps; keys of tests are words."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=BASE_DIR, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a checkout of git")
    names = [name for name in listed.stdout.decode().split("\0") if name and not name.startswith("static/vendor/")]
    found = []
    for name in names:
        path = BASE_DIR / name
        if path.is_file() and path.stat().st_size < 2_000_000:
            text = path.read_text(errors="replace")
            found += [name] if KEYS.search(text) or any(own in text for own in OWN_KEYS) else []
    assert len(names) > 500
    assert found == []

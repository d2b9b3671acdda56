"""A real browser on the real web application: Debian's chromium, found on the path."""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connections
from playwright.sync_api import Browser, sync_playwright

from system.http.client import connections as connections_to
from system.services.settings import merge_settings
from tests.browser.exchange import answer_as_binance
from tests.browser.visitor import Visitor
from tests.compose.database import begin_anew
from tests.cryptopredict.serving import product, served
from tests.stubs.outgoing import THIS_MACHINE, forget, sweep_calls
from tests.stubs.server import StubServer

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the tests of a module, closed before those of another.

    While it is open, playwright keeps an event loop in this thread, for which Django would refuse the tests' own
    queries, though they wait for nothing in it.
    """
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium on the path (Debian: apt-get install chromium)")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with closing(playwright.chromium.launch(executable_path=path, args=ARGUMENTS)) as opened:
            yield opened


@pytest.fixture
def address(
    request: pytest.FixtureRequest,
    browser: Browser,
    transactional_db: None,
    plain_static_files: None,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    """The application on a real server: a product that runs (``--product``), or one of our own, whose threads give
    their database connections back at once."""
    if running := request.config.getoption("--product"):
        begin_anew()
        yield running
        return
    settings.WHITENOISE_USE_FINDERS = True
    monkeypatch.setitem(connections["default"].settings_dict, "CONN_MAX_AGE", 0)
    with served(product()) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def exchange(request: pytest.FixtureRequest, address: str, settings: Any) -> Iterator[StubServer]:
    """Binance, as far as the product asks for it: on this machine, where a product that runs looks for it already."""
    if request.config.getoption("--product"):
        place = urlsplit(settings.PROVIDERS["binance"]["url"])
        merge_settings({"outgoing": {"allowed_hosts": [place.hostname]}}, actor=None)
        # To containers this machine is another one.
        with StubServer(place.port or 0, host=os.environ.get("EXCHANGE_LISTENS_AT", "127.0.0.1")) as stub:
            answer_as_binance(stub)
            yield stub
        return
    merge_settings({"outgoing": {"allowed_hosts": THIS_MACHINE}}, actor=None)
    forget("binance")
    with StubServer() as stub:
        answer_as_binance(stub)
        settings.PROVIDERS = {"binance": {"url": stub.url}}
        yield stub
        connections_to("binance", os.getpid())._transport.close()
    forget("binance")
    sweep_calls("binance")


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Any]:
    """Opens visitors: ``visit(language="fa", theme="dark", width=360)``. At the end each must have met no fault."""
    visitors: list[Visitor] = []

    def open_one(**choices: Any) -> Visitor:
        visitors.append(Visitor(browser, address, **choices))
        return visitors[-1]

    yield open_one
    met = [fault for visitor in visitors for fault in visitor.faults]
    for visitor in visitors:
        visitor.leave()
    assert met == []

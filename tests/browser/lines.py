"""Live connections of pages, and what is sent on them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections
from playwright.sync_api import Page

from cryptopredict.live import send_events

WATCHED = """
window.lines = [];
window.WebSocket = class extends window.WebSocket {
  constructor(...words) { super(...words); window.lines.push(this); }
};
"""


def send() -> None:
    """As the sweep does, in a thread of its own: playwright keeps an event loop in this one."""

    def sweep() -> None:
        try:
            send_events()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(sweep).result()


def opened(visitor: Any, path: str = "/assets") -> Page:
    """A page whose connection stands."""
    page: Page = visitor.go(path)
    page.wait_for_function("() => window.lines.some((one) => one.readyState === 1)")
    page.wait_for_function("() => Object.keys(sessionStorage).some((name) => name.startsWith('live:'))")
    return page

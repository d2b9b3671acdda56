"""Somebody with a browser: what they open, and every fault the browser met on the way."""

import re
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, expect

from accounts.models import User
from tests.doors import client_of

PATIENCE = 30_000
"""Milliseconds until something that does not come is missing."""
HEIGHT = 800
expect.set_options(timeout=PATIENCE)
AGAIN = Axe(axe_script="")
"""For a page that knows the rules already: they are half a megabyte."""
SHIFTS = """() => {
  const watch = new PerformanceObserver(() => {});
  watch.observe({type: "layout-shift", buffered: true});
  const name = (node) => node?.id || node?.className || node?.data || "?";
  return watch.takeRecords().filter((one) => !one.hadRecentInput).map((one) => [
    one.value, one.sources.map((source) => String(name(source.node)).slice(0, 60)),
  ]);
}"""
"""What has moved since the page was opened: how much, and which parts of it."""
FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
"""Comes to rest when the page has been painted."""
LATE_FONT = re.compile(r"\.woff2 was preloaded using link preload but not used")
"""A font that a busy machine brought after the text was painted, which then keeps the one it has (``optional``)."""
MOST_SHIFT = 0.05
"""So far the parts of a page may move while it loads, summed."""


def await_paint(page: Page) -> None:
    """Until its scripts listen and it has been painted: before that Chromium throws keys away."""
    page.wait_for_load_state()
    page.evaluate(FRAMES)


TORN = r"""() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  const torn = [];
  const top = (node, place) => {
    range.setStart(node, place);
    range.setEnd(node, place + 1);
    return range.getBoundingClientRect().top;
  };
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    for (const mark of node.data.matchAll(/[\p{L}\p{N})»"](?=[,.;:!?،؛؟](\s|$))/gu)) {
      if (node.parentElement.checkVisibility() && top(node, mark.index + 1) > top(node, mark.index) + 5) {
        torn.push(node.data.trim());
      }
    }
  }
  return torn;
}"""


class Visitor:
    """One browser window.

    Args:
        user: who is logged in; None for a visitor.
    """

    def __init__(
        self,
        browser: Browser,
        address: str,
        *,
        language: str = "en",
        theme: str = "light",
        width: int = 1280,
        user: User | None = None,
    ) -> None:
        self.address, self.faults = address, list[str]()
        self.allowed: set[int] = set()
        self.context = browser.new_context(
            viewport={"width": width, "height": HEIGHT},
            locale=language,
            color_scheme="dark" if theme == "dark" else "light",
            accept_downloads=True,
        )
        cookies = {"django_language": language}
        if user is not None:
            cookies["sessionid"] = client_of(user).cookies["sessionid"].value
        self.context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("request", self._request)
        self.page.on("response", self._response)

    def go(self, path: str, *, status: int = 200, may_fail: int = 200) -> Page:
        """Open a page and wait until it has loaded everything it loads by itself.

        Args:
            status: with which the page itself answers.
            may_fail: status with which something that it loads may answer.
        """
        self.allowed = {status, may_fail}
        response = self.page.goto(self.address + path, wait_until="networkidle")
        assert response is not None
        assert response.status == status, f"{path}: {response.status}"
        await_paint(self.page)
        return self.page

    def violations(self) -> list[str]:
        """Rules of accessibility that the page breaks, with the elements that break them."""
        axe = AGAIN if self.page.evaluate("'axe' in window") else Axe()
        found: list[dict[str, Any]] = axe.run(self.page).response["violations"]
        return [f"{one['id']}: {[node['target'] for node in one['nodes']]}" for one in found]

    def widen(self, width: int) -> None:
        """Another width of the window, until the page is laid out and painted at it."""
        if self.page.viewport_size != {"width": width, "height": HEIGHT}:
            self.page.set_viewport_size({"width": width, "height": HEIGHT})
            self.page.evaluate(FRAMES)

    def keep_nothing(self) -> None:
        """Every page is opened as for the first time: no file of another one is there already."""
        session = self.context.new_cdp_session(self.page)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def moved(self) -> list[str]:
        """What moved while the page was loaded, when it is more than may move."""
        shifts = self.page.evaluate(SHIFTS)
        whole = sum(value for value, _names in shifts)
        return [f"{whole:.3f}", *(f"{value:.3f}: {names}" for value, names in shifts)] if whole > MOST_SHIFT else []

    def torn(self) -> list[str]:
        """Texts with a mark that belongs to the word before it, and stands on the next line."""
        found: list[str] = self.page.evaluate(TORN)
        return found

    def width_of_content(self) -> int:
        width: int = self.page.evaluate("document.documentElement.scrollWidth")
        return width

    def leave(self) -> None:
        self.context.close()

    def _console(self, message: ConsoleMessage) -> None:
        expected = any(f"status of {status}" in message.text for status in self.allowed - {200})
        expected |= LATE_FONT.search(message.text) is not None
        if message.type in {"error", "warning"} and not expected:
            self.faults.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and f"{parts.scheme}://{parts.netloc}" != self.address:
            self.faults.append(f"outside: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.allowed:
            self.faults.append(f"{response.status}: {response.url}")

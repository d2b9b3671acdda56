"""The browser: opens a page, measures it while it loads, and takes its picture."""

import gzip
import io
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from playwright.sync_api import Page as Tab

from pictures.owner import PASSWORD, PEOPLE
from pictures.pages import ADMIN, FRESH, GUEST, HALFWAY, OWNER, Page

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking")
LONGEST = 4000
"""Of longer pages the picture shows so many pixels."""
COLOURS = 256
HEIGHT = 800
SETTLE = 300
"""Milliseconds that charts have to draw themselves anew."""
PATIENCE = 60_000
MEASURE = """() => new Promise((done) => {
  const shifts = [];
  const name = (node) => node && node.nodeType === 1
    ? node.tagName.toLowerCase() + (node.id ? "#" + node.id : "") + (node.className ? "." + node.className : "") : "?";
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) {
      if (!one.hadRecentInput) shifts.push([one.value, (one.sources || []).map((source) => name(source.node))]);
    }
  }).observe({type: "layout-shift", buffered: true});
  setTimeout(() => {
    const paint = performance.getEntriesByName("first-contentful-paint")[0];
    const scripts = performance.getEntriesByType("resource").filter((one) => one.initiatorType === "script");
    done({
      paint: paint ? paint.startTime : null, shifts,
      scripts: scripts.map((one) => one.name),
      hidden: [document.documentElement, ...document.querySelectorAll(".scroll")]
        .filter((one) => one.scrollWidth > one.clientWidth + 1)
        .map((one) => (one.querySelector("th") || one).innerText),
    });
  }, 200);
})"""


NOBODY = {GUEST: None, FRESH: None}
"""What the browsers of those keep who are not logged in."""


@dataclass(frozen=True)
class Look:
    """A way in which pages are looked at."""

    language: str
    theme: str
    width: int

    @property
    def name(self) -> str:
        return f"{self.language}-{self.theme}-{self.width}"


LOOKS = (Look("en", "light", 1280), Look("en", "light", 360), Look("fa", "dark", 1280), Look("fa", "dark", 360))
VISITS = ((LOOKS[0], LOOKS[1]), (LOOKS[3], LOOKS[2]))
"""A page is opened and measured in the first look of each; for the picture of the second its window is resized."""


@dataclass(frozen=True)
class Measured:
    """What the browser says of a page that it opened with nothing kept.

    Attributes:
        page: name of the page.
        look: name of the way in which it was looked at.
        paint: milliseconds until its first content.
        shift: sum of all its layout shifts.
        scripts: bytes of its JavaScript, gzipped.
        shifted: what moved.
        hidden: what is wider than its place: one has to scroll sideways.
    """

    page: str
    look: str
    paint: float
    shift: float
    scripts: int
    shifted: tuple[str, ...]
    hidden: tuple[str, ...]


def compressed(picture: bytes) -> bytes:
    """A picture as WebP with few colours: text stays sharp, and the file small."""
    with Image.open(io.BytesIO(picture)) as whole:
        few = whole.convert("RGB").quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    out = io.BytesIO()
    few.convert("RGB").save(out, "WEBP", lossless=True, quality=60, method=4)
    return out.getvalue()


@contextmanager
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        sys.exit("no chromium on the path (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield opened
        finally:
            opened.close()


def log_in(opened: Browser, address: str, code: str) -> dict[str, Any]:
    """What the browsers of all who look at pages keep.

    They log in as people do, by the form. An admin is asked for a code, and one is still asked.
    """
    logins = dict[str, Any](NOBODY)
    for who in (OWNER, ADMIN, HALFWAY):
        context = opened.new_context(locale="en")
        tab = context.new_page()
        tab.set_default_timeout(PATIENCE)
        tab.goto(f"{address}/login")
        tab.locator("input[name=username]").fill(PEOPLE[OWNER if who == OWNER else ADMIN])
        tab.locator("input[name=password]").fill(PASSWORD)
        tab.locator("#login-form button").click()
        tab.wait_for_url(f"{address}/" if who == OWNER else f"{address}/login/code*")
        if who == ADMIN:
            tab.locator("input[name=code]").fill(code)
            tab.locator("#login-code-form button").click()
            tab.wait_for_url(f"{address}/")
        logins[who] = context.storage_state()
        context.close()
    return logins


class Camera:
    """Takes the pictures of one installation.

    Args:
        address: where it is served.
        folder: of the pictures.
        logins: what the browsers of those who look keep.
        things: keys that addresses of pages name.
    """

    def __init__(
        self, opened: Browser, address: str, folder: Path, logins: Mapping[str, Any], things: Mapping[str, Any]
    ) -> None:
        self.browser, self.address, self.folder = opened, address, folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.logins, self.things = logins, things
        self.sizes: dict[str, int] = {}

    def take(self, pages: Sequence[Page], visit: Sequence[Look]) -> Iterator[Measured]:
        """Open every page, each time as for the first time, and take its picture in every look of a visit."""
        for page in pages:
            context = self._context(page.who, visit[0])
            try:
                yield self._one(context, page, visit)
            finally:
                context.close()

    def _context(self, who: str, look: Look) -> BrowserContext:
        context = self.browser.new_context(
            viewport={"width": look.width, "height": HEIGHT},
            locale=look.language,
            timezone_id="UTC",
            color_scheme="dark" if look.theme == "dark" else "light",
            reduced_motion="reduce",
            service_workers="block",
            storage_state=self.logins[who],
        )
        context.add_cookies([{"name": "django_language", "value": look.language, "url": self.address}])
        return context

    def _one(self, context: BrowserContext, page: Page, visit: Sequence[Look]) -> Measured:
        tab = context.new_page()
        tab.set_default_timeout(PATIENCE)
        path = page.address(self.things)
        answer = tab.goto(self.address + path, wait_until="networkidle")
        if answer is None or answer.status != HTTPStatus.OK:
            raise RuntimeError(f"{path}: {answer and answer.status}")
        found = tab.evaluate(MEASURE)
        for look in visit:
            self._picture(tab, page, look)
        return Measured(
            page.name,
            visit[0].name,
            found["paint"],
            sum(value for value, _nodes in found["shifts"]),
            sum(self._size(context, name) for name in set(found["scripts"])),
            tuple(sorted({node for _value, nodes in found["shifts"] for node in nodes})),
            tuple(" ".join(one.split())[:60] for one in found["hidden"]),
        )

    def _picture(self, tab: Tab, page: Page, look: Look) -> None:
        """In a window as high as the page, so that what stands at its edges does not stand in the middle."""
        tab.set_viewport_size({"width": look.width, "height": HEIGHT})
        tab.wait_for_timeout(SETTLE)
        height = min(tab.evaluate("document.documentElement.scrollHeight"), LONGEST)
        tab.set_viewport_size({"width": look.width, "height": height})
        tab.wait_for_timeout(SETTLE)
        taken = tab.screenshot(animations="disabled", caret="hide")
        (self.folder / f"{page.name}-{look.name}.webp").write_bytes(compressed(taken))

    def _size(self, context: BrowserContext, address: str) -> int:
        """Bytes of a script as they cross the wire."""
        if address not in self.sizes:
            self.sizes[address] = len(gzip.compress(context.request.get(address).body()))
        return self.sizes[address]

"""Browsers by what they call themselves; the strings are those that they send."""

import pytest

from accounts.compute.agents import browser_and_system

MOZILLA = "Mozilla/5.0"
APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "told"),
    [
        (f"{MOZILLA} (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", ("Firefox", "Linux")),
        (f"{MOZILLA} (X11; Linux x86_64) {WEBKIT} HeadlessChrome/142.0.0.0 Safari/537.36", ("Chrome", "Linux")),
        (
            f"{MOZILLA} (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
            ("Edge", "Windows"),
        ),
        (
            f"{MOZILLA} (iPhone; CPU iPhone OS 18_5 like Mac OS X) {APPLE} Version/18.5 Mobile/15E148 Safari/604.1",
            ("Safari", "iPhone"),
        ),
        (f"{MOZILLA} (Linux; Android 10; K) {WEBKIT} Chrome/142.0.0.0 Mobile Safari/537.36", ("Chrome", "Android")),
        (f"{MOZILLA} (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0", ("Firefox", "macOS")),
        ("curl/8.14.1", (None, None)),
        ("", (None, None)),
    ],
)
def test_the_browser_and_its_system(agent: str, told: tuple[str | None, str | None]) -> None:
    assert browser_and_system(agent) == told

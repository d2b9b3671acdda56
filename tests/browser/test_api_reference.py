"""The documentation of the API in a real browser: it is drawn, without a fault, and asks for nothing outside."""

from typing import Any

import pytest
from playwright.sync_api import expect


@pytest.mark.parametrize("path", ["/api/docs", "/api/redoc"])
def test_the_documentation_shows_the_operations(visit: Any, path: str) -> None:
    page = visit().go(path)
    expect(page.get_by_role("heading", name="CryptoPredict API").first).to_be_visible(timeout=30_000)
    expect(page.get_by_text("List the own alerts").locator("visible=true").first).to_be_visible(timeout=30_000)

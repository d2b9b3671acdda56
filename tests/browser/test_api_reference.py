"""The documentation of the API in a real browser: it is drawn, without a fault, and asks for nothing outside.

That takes seconds for 245 operations, and many of them where much else runs. The one that draws all at once draws a
part of them in the normal suite, and all with ``--full``.
"""

from typing import Any

import pytest
from playwright.sync_api import Route, expect

PART = "alerts"
"""The operations that are drawn in the normal suite."""


def give_a_part(route: Route) -> None:
    """The document as it is served, with the operations of one part."""
    document = route.fetch(headers=route.request.headers | {"accept": "application/json"}).json()
    kept = {
        path: item
        for path, item in document["paths"].items()
        if any(PART in one.get("tags", ()) for one in item.values() if isinstance(one, dict))
    }
    assert kept
    route.fulfill(json=document | {"paths": kept})


@pytest.mark.long
@pytest.mark.parametrize("path", ["/api/docs", "/api/redoc"])
def test_the_documentation_shows_the_operations(visit: Any, path: str, request: pytest.FixtureRequest) -> None:
    visitor = visit()
    if path == "/api/redoc" and not request.config.getoption("--full"):
        visitor.page.route("**/api/schema*", give_a_part)
    page = visitor.go(path)
    expect(page.get_by_role("heading", name="CryptoPredict API").first).to_be_visible(timeout=90_000)
    expect(page.get_by_text("List the own alerts").locator("visible=true").first).to_be_visible(timeout=90_000)

"""A setting with rows is changed in a real browser, in both directions of writing."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from system.models import SystemConfig
from system.services import ensure_settings, setting
from tests import factories as make

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_feed_is_added_in_a_row_of_its_own(visit: Any, language: str) -> None:
    ensure_settings()
    row = SystemConfig.objects.get(key="news")
    before = setting("news")["feeds"]
    page = visit(user=make.AdminFactory(), language=language).go(f"/admin/system/systemconfig/{row.pk}/values/")
    assert not Axe().run(page, context="#content").response["violations"]
    free = len(before)
    for name, value in (("name", "example"), ("url", "https://example.org/feed"), ("language", "en")):
        page.locator(f"input[name=feeds-{free}-{name}]").fill(value)
    for step in ("look", "save"):
        with page.expect_navigation():
            page.locator("form button[name=confirmed]").click()
        if step == "look":
            assert "https://example.org/feed" in page.locator("table.told").first.inner_text()
            assert not Axe().run(page, context="#content").response["violations"]
            assert setting("news")["feeds"] == before
    assert setting("news")["feeds"] == [
        *before,
        {"name": "example", "url": "https://example.org/feed", "language": "en"},
    ]

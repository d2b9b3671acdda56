"""Without a network the site says so, in its own words."""

from typing import Any

import pytest


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_page_without_a_network_is_told_and_comes_back_with_it(visit: Any, language: str) -> None:
    visitor = visit(language=language)
    page = visitor.go("/assets")
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    visitor.context.set_offline(True)
    page.goto(visitor.address + "/market")
    heading = page.locator("h1").inner_text()
    assert heading == {"en": "The server cannot be reached", "fa": "به سرور نمی‌توان رسید"}[language]
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.button.primary')).backgroundColor")
        != "rgba(0, 0, 0, 0)"
    )
    assert visitor.violations() == []
    visitor.context.set_offline(False)
    page.get_by_role("link").first.click()
    page.wait_for_url(visitor.address + "/market")
    assert page.locator("header.topbar").count() == 1

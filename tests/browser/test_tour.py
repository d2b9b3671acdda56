"""The tour: five steps by keyboard, and every one can be the last."""

from typing import Any

import pytest
from playwright.sync_api import expect

from cryptopredict.pages.tour import steps
from tests.pages import every

pytestmark = pytest.mark.long


@pytest.mark.parametrize(("language", "theme", "width"), [("en", "light", 1280), ("fa", "dark", 360)])
def test_the_tour_leads_to_its_pages(address: str, visit: Any, language: str, theme: str, width: int) -> None:
    every.market()
    visitor = visit(language=language, theme=theme, width=width)
    page = visitor.go("/?tour=1")
    tour = page.get_by_role("dialog")
    expect(tour).to_be_visible()
    assert visitor.violations() == []
    page.keyboard.press("Enter")  # the focus stands on the link of the first step
    page.wait_for_url(visitor.address + "/market")


def test_every_step_can_be_the_last(address: str, visit: Any) -> None:
    every.market()
    visitor = visit()
    page = visitor.go("/?tour=1&signals=unproven")
    tour = page.get_by_role("dialog")
    seen = []
    for number in range(len(steps())):
        seen.append(tour.locator("h2:visible").inner_text())
        assert tour.get_by_role("button", name="Back").is_visible() is (number > 0)
        tour.get_by_role("button", name="Next" if number < len(steps()) - 1 else "Done").click()
    assert seen == [step.title for step in steps()]
    expect(tour).to_be_hidden()
    expect(page).to_have_url(f"{visitor.address}/?signals=unproven")  # coming back does not begin it again
    page = visitor.go("/?tour=1")
    page.keyboard.press("Escape")
    expect(page.locator("#tour")).to_be_hidden()
    assert visitor.violations() == []

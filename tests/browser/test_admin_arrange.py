"""A list is brought into another order in the admin: by the pointer, and by keyboard."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from selection.services import add_to_watchlist
from tests import factories as make
from tests.browser.visitor import await_paint
from tests.selection.lists import symbols

pytestmark = pytest.mark.usefixtures("transactional_db")


def test_entries_are_dragged_and_moved_by_keyboard(visit: Any) -> None:
    admin, watchlist = make.AdminFactory(), make.DefaultListFactory()
    for symbol in "ABC":
        add_to_watchlist(watchlist, make.AssetFactory(symbol=symbol), actor=admin)
    page = visit(user=admin).go(f"/admin/selection/watchlist/{watchlist.pk}/arrange")
    grip, last = page.locator("[data-grip]").first.bounding_box(), page.locator("tbody tr").last.bounding_box()
    page.mouse.move(grip["x"] + 5, grip["y"] + 5)
    page.mouse.down()
    page.mouse.move(grip["x"] + 5, last["y"] + last["height"] - 2, steps=5)
    with page.expect_navigation():
        page.mouse.up()
    assert symbols(watchlist) == ["B", "C", "A"]
    page.get_by_role("button", name="Move A up").focus()
    for expected in (["B", "A", "C"], ["A", "B", "C"]):
        await_paint(page)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert symbols(watchlist) == expected
    page.wait_for_function("document.activeElement.textContent.trim().endsWith('Move A down')")
    assert not Axe().run(page, context="#content").response["violations"]

"""The palette and the keys in a real browser, by keyboard alone."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import await_paint
from tests.pages import market as making


@pytest.mark.parametrize("language", ["en", "fa"])
def test_an_asset_is_found_and_opened_by_keyboard(address: str, visit: Any, language: str) -> None:
    making.make_market()
    visitor = visit(language=language)
    page = visitor.go("/")
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox")
    expect(field).to_be_focused()
    expect(page.get_by_role("option").first).to_be_visible()
    assert visitor.violations() == []
    page.keyboard.type("btc")
    expect(page.get_by_role("option")).to_have_count(1)
    expect(field).to_have_attribute("aria-activedescendant", "palette-option-0")
    page.keyboard.press("Enter")
    page.wait_for_url("**/assets/BTC")


def test_keys_open_their_list_and_go_to_pages_and_can_be_switched_off(address: str, visit: Any) -> None:
    visitor = visit()
    page = visitor.go("/assets")
    page.keyboard.press("?")
    dialog = page.locator("#keys-dialog")
    expect(dialog).to_be_visible()
    assert visitor.violations() == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("r")
    page.wait_for_url("**/record")
    await_paint(page)
    page.keyboard.press("?")
    page.locator("#single-keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys-dialog")).to_be_hidden()


def test_an_action_is_carried_out_and_letters_of_a_field_are_no_keys(address: str, visit: Any) -> None:
    page = visit().go("/assets")
    page.locator("#filter-q").press("?")
    expect(page.locator("#keys-dialog")).to_be_hidden()
    page.keyboard.press("Control+k")
    page.keyboard.type("dark")
    expect(page.locator("#palette").get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(page.locator("#palette")).to_be_hidden()

"""Ways through the product from their beginning to their end, as people go them."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.services import create_setup_link
from tests.browser.visitor import Visitor, await_paint
from tests.factories import PASSWORD, AssetFactory, UserFactory, add_candles
from tests.pages import every
from tests.pages import market as making
from tests.pages.test_asset_chart import past


def tab_to(page: Page, words: str, most: int = 40) -> None:
    """By the tab key to what is called so, as somebody without a mouse gets there."""
    for _step in range(most):
        page.keyboard.press("Tab")
        if words in page.evaluate("document.activeElement.innerText || document.activeElement.ariaLabel || ''"):
            return
    pytest.fail(f"no way by the tab key to {words!r}")


@pytest.mark.usefixtures("exchange")
def test_the_first_admin_is_made_by_the_link_and_shown_round(address: str, visit: Any) -> None:
    making.make_market(demo=True)
    token = (create_setup_link() or "").partition("#")[2]
    visitor: Visitor = visit()
    page = visitor.go(f"/setup#{token}")
    assert token not in page.url, "the secret leaves the address bar and the history"
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill("another passphrase")
    page.get_by_label("Time zone").select_option("Asia/Tehran")
    page.get_by_label("Language").select_option("fa")
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_text("The two passwords differ")).to_be_visible()
    assert page.get_by_label("E-mail address").input_value() == "ada@example.org"
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    page.wait_for_url("**/setup/data")
    assert visitor.violations() == []
    expect(page.locator("html")).to_have_attribute("lang", "fa")
    page.locator("button[value=test]").click()
    expect(page.get_by_text("۴۱۲")).to_be_visible()
    page.locator("a[href='/?tour=1']").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    await_paint(page)
    page.keyboard.press("Escape")
    expect(page.locator("#tour")).to_be_hidden()
    made = User.objects.get(email="ada@example.org")
    assert (made.role, made.language, made.timezone) == ("admin", "fa", "Asia/Tehran")
    visitor.go("/setup")
    assert page.url.endswith("/login"), "the link worked once, and there is an admin now"


def test_a_forecasts_record_is_read_from_its_asset_and_back_to_its_candles(address: str, visit: Any) -> None:
    market = every.market()
    making.add_record(market)
    past(market.asset, 3, 66000, inside=True)
    page = visit().go("/assets/BTC")
    page.get_by_role("link", name="The whole record of this asset").click()
    page.wait_for_url("**/record?asset=BTC&period=all")
    forecasts = page.locator("#forecasts tbody tr")
    shown = forecasts.count()
    assert shown > 12
    expect(forecasts.filter(has_text="Brier").first).to_contain_text("naive")
    page.get_by_role("button", name="Show").click()
    expect(forecasts).to_have_count(shown)
    forecasts.filter(has_text="inside").get_by_role("link").click()
    page.locator("#chart[data-drawn]").wait_for()
    page.get_by_label("Past forecasts").check()
    page.wait_for_url("**show=past**")
    expect(page.get_by_text("1 of 1 prices came to lie inside")).to_be_visible()


def test_a_visit_by_keyboard_alone(address: str, visit: Any) -> None:
    every.market()
    add_candles(AssetFactory(symbol="ETH"), [2, 3], first=making.TODAY)
    person = UserFactory()
    visitor: Visitor = visit()
    page = visitor.go("/login")
    page.get_by_label("E-mail address").focus()
    page.keyboard.type(person.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{visitor.address}/")
    await_paint(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content", "past what is the same on every page"
    page.keyboard.press("Control+k")
    page.keyboard.type("btc")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url("**/assets/BTC")
    page.locator("#chart[data-drawn]").wait_for()
    tab_to(page, "Colours")
    page.keyboard.press("Enter")
    tab_to(page, "Dark")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.keyboard.press("Escape")
    assert "Colours" in page.evaluate("document.activeElement.innerText"), "the focus goes back to where it was"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    root = page.locator("html")
    expect(root).to_have_attribute("dir", "rtl")
    expect(root).to_have_attribute("data-bs-theme", "dark")
    assert page.url.endswith("/assets/BTC"), "another language is the same page"
    assert visitor.violations() == []

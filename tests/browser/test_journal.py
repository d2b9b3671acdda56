"""The calendar of the journal by keyboard, and a portfolio made from a file, in a real browser."""

from datetime import timedelta
from typing import Any

from playwright.sync_api import expect

from selection.models import Portfolio
from tests.factories import UserFactory
from tests.pages import holding
from tests.pages import market as making
from tests.pages.holding import coin


def test_arrows_go_from_day_to_day_and_pages_from_month_to_month(address: str, visit: Any) -> None:
    made, reader = making.make_market(), UserFactory()
    holding.make(made, reader)
    page = visit(user=reader).go("/journal/calendar?month=2026-03")
    page.locator("[data-month] a").nth(0).focus()
    for key, day in (("ArrowRight", 2), ("ArrowDown", 9), ("End", 15), ("Home", 9), ("ArrowUp", 2), ("ArrowLeft", 1)):
        page.keyboard.press(key)
        expect(page.locator("[data-month] a:focus .day-number")).to_have_text(str(day))
    page.keyboard.press("PageUp")
    page.wait_for_url("**month=2026-02")
    page = visit(user=reader, language="fa").go("/journal/calendar?month=2026-03")
    page.locator("[data-month] a").nth(0).focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-month] a:focus .day-number")).to_have_text("۲")


def test_a_portfolio_is_made_from_a_file_and_its_figures_are_explained(address: str, visit: Any, tmp_path: Any) -> None:
    making.make_market()
    coin("SOLID", "125", [100 + day for day in range(30)])
    reader = UserFactory()
    bought = (making.TODAY - timedelta(days=20)).strftime("%Y-%m-%dT00:00:00Z")
    file = tmp_path / "trades.csv"
    file.write_text(f"time,kind,symbol,quantity,price\n{bought},buy,SOLID,10,100\n")
    page = visit(user=reader).go("/portfolios")
    page.get_by_role("link", name="Make a portfolio").click()
    page.get_by_label("Name", exact=True).fill("From a file")
    page.get_by_role("button", name="Make it").click()
    page.get_by_role("link", name="Bring in a file").click()
    expect(page.locator(".file-name")).to_have_text("No file is chosen.")
    with page.expect_file_chooser() as asked:
        page.get_by_text("Choose a file", exact=True).click()
    asked.value.set_files(file)
    expect(page.locator(".file-name")).to_have_text("trades.csv")
    assert page.get_by_label("File", exact=True).evaluate("(input) => input.files.length") == 1
    page.get_by_role("button", name="Look at it first").click()
    page.get_by_role("button", name="Book 1 entry").click()
    page.get_by_role("link", name="To the portfolio").click()
    expect(page.locator(".kpi .value").first).to_contain_text("1,250.00 USD")
    page.get_by_role("button", name="How “Time-weighted return” is computed").click()
    expect(page.locator("#explain-twr")).to_contain_text("Product of the returns between payments")
    page.locator("#explain-twr").get_by_role("link").click()
    expect(page.locator("#inputs-title")).to_be_visible()
    assert Portfolio.objects.get().positions.get().quantity == 10

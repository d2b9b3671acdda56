"""The candle chart and the screener by mouse and keyboard."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import PATIENCE
from tests.factories import AssetFactory, add_candles
from tests.pages import every
from tests.pages import market as making

DRAWN = "#chart[data-drawn]"


@pytest.fixture
def market(address: str) -> making.Market:
    """A market with a second asset to compare with."""
    made = every.market()
    other = AssetFactory(symbol="ETH", name="Ether", current_price=2, total_volume=5)
    add_candles(other, [2, 3, 4], first=making.TODAY - timedelta(days=3))
    return made


def test_indicators_are_put_on_and_taken_off_and_the_address_keeps_them(market: making.Market, visit: Any) -> None:
    page = visit().go("/assets/BTC")
    page.locator(DRAWN).wait_for()
    before = page.locator("#chart").bounding_box()["height"]
    page.locator("summary", has_text="Indicators").click()
    page.get_by_label("RSI 14").check()
    expect(page.locator("#chart[data-beside='1']")).to_be_attached(timeout=PATIENCE)
    page.get_by_label("Average of 20 candles").check()
    expect(page.locator("#chart[data-beside='2']")).to_be_attached(timeout=PATIENCE)
    assert page.locator("#chart").bounding_box()["height"] == before + 110
    expect(page.locator("#readout")).to_contain_text("RSI 14")
    assert page.url.endswith("/assets/BTC?timeframe=1d&show=rsi&show=sma20") or "show=sma20&show=rsi" in page.url
    assert "show=rsi" in (page.locator("#chart-csv").get_attribute("href") or "")
    page.get_by_label("RSI 14").uncheck()
    expect(page.locator("#chart[data-beside='1']")).to_be_attached(timeout=PATIENCE)
    assert page.locator("#chart").bounding_box()["height"] == before
    page.keyboard.press("Escape")
    page.locator("summary", has_text="As a table").click()
    expect(page.locator("#twin-table thead")).to_contain_text("Average of 20 candles")


def test_indicators_that_fail_leave_the_candles_and_can_be_tried_again(market: making.Market, visit: Any) -> None:
    visitor = visit()
    visitor.page.route("**/series.json?**", lambda route: route.fulfill(status=503, body="{}"))
    page = visitor.go("/assets/BTC?show=rsi&show=sma20&compare=ETH", may_fail=503)
    page.locator(DRAWN).wait_for()
    expect(page.locator("#chart-note")).to_be_hidden()
    lacking = page.locator("#chart-lacking")
    expect(lacking).to_contain_text("Could not be loaded: Average of 20 candles, RSI 14, ETH.")
    expect(page.locator("#readout")).to_contain_text("RSI 14 –")
    page.unroute("**/series.json?**")
    lacking.get_by_role("button", name="Try again").click()
    expect(lacking).to_be_hidden()
    expect(page.locator("#readout")).to_contain_text("ETH 4.00")
    expect(page.locator("#chart[data-beside='3']")).to_be_attached(timeout=PATIENCE)


def test_the_chart_is_read_out_by_keyboard(market: making.Market, visit: Any) -> None:
    page = visit().go("/assets/BTC")
    page.locator(DRAWN).wait_for()
    newest = page.locator("#readout").inner_text()
    page.locator(".chart-canvas").focus()
    page.keyboard.press("ArrowLeft")
    older = page.locator("#readout").inner_text()
    assert older != newest
    page.keyboard.press("ArrowRight")
    assert page.locator("#readout").inner_text() == newest
    page.keyboard.press("Home")
    oldest = making.TODAY - timedelta(days=len(every.CLOSES))
    expect(page.locator("#readout")).to_contain_text(f"{oldest:%Y-%m-%d} UTC")


def test_another_asset_is_compared_and_the_times_are_the_readers(market: making.Market, visit: Any) -> None:
    page = visit().go("/assets/BTC")
    page.get_by_label("Compare with").fill("eth")
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**compare=eth**")
    page.locator(DRAWN).wait_for()
    expect(page.locator("#readout")).to_contain_text("ETH 4.00")
    page.get_by_label("Times in").select_option("local")
    expect(page.locator("#readout")).not_to_contain_text("running UTC")
    assert "zone=local" in page.url
    with page.expect_download() as download:
        page.locator("#chart-png").click()
    assert download.value.suggested_filename == "BTC-1d.png"
    assert download.value.path().stat().st_size > 5000


def test_the_screener_is_filtered_and_gone_through_by_keyboard(market: making.Market, visit: Any) -> None:
    page = visit().go("/assets?sort=asset")
    rows = page.locator("#asset-list tbody tr")
    expect(rows).to_have_count(2)
    rows.first.locator("a").first.focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "/assets/ETH"
    page.keyboard.press("Home")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "/assets/BTC"
    page.locator("#filter-signals").select_option("some")
    expect(rows).to_have_count(1)
    page.wait_for_url("**/assets?signals=some&sort=asset")
    page.locator("#filter-q").fill("zzz")
    expect(page.locator("#asset-list")).to_contain_text("No asset that fits has “zzz”")
    page.get_by_role("link", name="Show all assets").last.click()
    expect(rows).to_have_count(2)

"""The candle chart and the screener by mouse and keyboard."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

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

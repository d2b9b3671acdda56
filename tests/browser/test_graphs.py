"""Charts over time in a real browser: drawn, read out by mouse and keyboard, as a table, as files, in both themes."""

import csv
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.factories import add_candles
from tests.pages import market as making

DAYS = 100
PRICE = "#graph-price"


@pytest.fixture
def market(address: str) -> making.Market:
    made = making.make_market()
    closes = [60000 + 100 * day for day in range(DAYS)]
    add_candles(made.asset, closes, first=making.TODAY - timedelta(days=DAYS))
    return made


def opened(visit: Any, **choices: Any) -> Page:
    page: Page = visit(**choices).go("/market?range=90d")
    page.locator(f"{PRICE}[data-drawn]").wait_for()
    return page


@pytest.mark.parametrize("language", ["en", "fa"])
def test_it_is_drawn_from_left_to_right_and_read_out(market: making.Market, visit: Any, language: str) -> None:
    page = opened(visit, language=language)
    assert page.locator(PRICE).get_attribute("data-drawn") == "90"
    box = page.locator(f"{PRICE} canvas").bounding_box()
    assert box is not None
    assert box["width"] > 600
    readout = page.locator(f"{PRICE} .readout")
    newest = readout.inner_text()
    assert ("69,900.00" if language == "en" else "۶۹٬۹۰۰٫۰۰") in newest
    page.mouse.move(box["x"] + 10, box["y"] + box["height"] / 2)
    page.wait_for_function("([place, before]) => document.querySelector(place).innerText !== before",
                           arg=[f"{PRICE} .readout", newest])  # fmt: skip
    assert ("61," if language == "en" else "۶۱٬") in readout.inner_text()


def test_by_keyboard_it_tells_every_moment(market: making.Market, visit: Any) -> None:
    page = opened(visit)
    readout = page.locator(f"{PRICE} .readout")
    page.locator(f"{PRICE} .graph-canvas").focus()
    for key, price in (("ArrowLeft", "69,800.00"), ("Home", "61,000.00"), ("ArrowRight", "61,100.00"),
                       ("PageDown", "62,000.00"), ("End", "69,900.00"), ("ArrowRight", "69,900.00")):  # fmt: skip
        page.keyboard.press(key)
        expect(readout).to_contain_text(price)


def test_its_table_and_its_files_hold_what_is_shown(market: making.Market, visit: Any) -> None:
    page = opened(visit)
    page.locator(f"{PRICE} details > summary").click()
    rows = page.locator(f"{PRICE} tbody tr")
    expect(rows).to_have_count(90)
    expect(rows.first).to_contain_text("69,900.00")
    with page.expect_download() as download:
        page.locator(f"{PRICE} [data-graph-file=csv]").click()
    assert download.value.suggested_filename == "price.csv"
    lines = list(csv.reader(StringIO(download.value.path().read_text())))
    assert (lines[0], len(lines)) == (["time", "BTC"], 91)
    assert lines[-1] == [f"{making.TODAY:%Y-%m-%dT%H:%M:%S}.000Z", "69900"]
    with page.expect_download() as download:
        page.locator(f"{PRICE} [data-graph-file=png]").click()
    assert download.value.path().read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_another_theme_draws_it_anew(market: making.Market, visit: Any) -> None:
    page = opened(visit)
    before = page.locator(f"{PRICE} canvas").screenshot()
    page.evaluate("Appearance.choose('dark')")
    assert page.locator(f"{PRICE} canvas").screenshot() != before

"""Every page in a real browser: no fault, nothing from outside, readable by everybody, in both languages."""

from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import User
from tests.browser.visitor import Visitor
from tests.factories import AdminFactory
from tests.pages import every
from tests.pages import market as making

DIRECTIONS = {"en": "ltr", "fa": "rtl"}
PHONE = 360
WIDTHS = (PHONE, 1280)
LOOKS = (("en", "light"), ("fa", "dark"), ("en", "dark"), ("fa", "light"))


@pytest.fixture
def market(address: str) -> making.Market:
    """A market with something in every card."""
    made = every.market()
    making.add_record(made)
    return made


@pytest.fixture
def reader(address: str) -> User:
    """Somebody who finds something on every page."""
    return every.make_all()


def people(reader: User) -> dict[str, User | None]:
    """Who opens the pages."""
    return {"visitor": None, "reader": reader, "admin": AdminFactory()}


@pytest.mark.long
@pytest.mark.parametrize(
    "looks",
    [
        pytest.param(LOOKS, id="in turn"),
        *(pytest.param((look,), marks=pytest.mark.full, id="-".join(look)) for look in LOOKS),
    ],
)
def test_every_page_loads_without_fault_is_accessible_and_does_not_scroll_sideways_on_a_phone(
    reader: User, visit: Any, looks: tuple[tuple[str, str], ...]
) -> None:
    """With ``--full`` every page in every look and at both widths. Otherwise each in one look, in turn, and looked
    through at one width, in turn; whether it scrolls sideways or tears a word on a phone is seen of each."""
    everybody = people(reader)
    visitors: dict[tuple[str, str, str], Visitor] = {}
    for number, one in enumerate(every.EVERY):
        language, theme = looks[number % len(looks)]
        if (one.who, language, theme) not in visitors:
            visitors[one.who, language, theme] = visit(language=language, theme=theme, user=everybody[one.who])
            visitors[one.who, language, theme].keep_nothing()
        visitor, path = visitors[one.who, language, theme], one.path
        begin, end = WIDTHS if number // len(looks) % 2 else reversed(WIDTHS)
        visitor.widen(begin)
        page = visitor.go(path, status=one.status)
        assert visitor.moved() == [], path
        root = page.locator("html")
        assert (root.get_attribute("lang"), root.get_attribute("dir")) == (language, DIRECTIONS[language])
        assert root.get_attribute("data-bs-theme") == theme
        assert begin != PHONE or (visitor.width_of_content(), visitor.torn()) == (PHONE, []), path
        assert visitor.violations() == [], (path, begin)
        visitor.widen(end)
        assert end != PHONE or (visitor.width_of_content(), visitor.torn()) == (PHONE, []), path
        assert len(looks) > 1 or visitor.violations() == [], (path, end)


def test_an_empty_installation_is_accessible_too(visit: Any) -> None:
    visitor = visit()
    for path in ("/", "/assets"):
        visitor.go(path)
        assert visitor.violations() == [], path


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_chart_is_drawn_read_out_and_has_its_table(market: making.Market, visit: Any, language: str) -> None:
    page = visit(language=language).go("/assets/BTC")
    box = page.locator(".chart-canvas canvas").first.bounding_box()
    assert box["width"] > 400
    assert box["height"] > 150
    newest = page.locator("#readout").inner_text()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_function("before => document.getElementById('readout').innerText !== before", arg=newest)
    page.locator("#twin > summary").click()
    expect(page.locator("#twin-table tbody tr")).to_have_count(len(every.CLOSES))


def test_the_file_has_the_candles_that_are_shown(market: making.Market, visit: Any) -> None:
    page = visit().go("/assets/BTC")
    with page.expect_download() as download:
        page.locator("#chart-csv").click()
    lines = download.value.path().read_text().splitlines()
    assert len(lines) == 1 + len(every.CLOSES)
    assert str(every.CLOSES[-1]) in lines[1] + lines[-1]


def test_a_chosen_theme_and_language_are_remembered(market: making.Market, visit: Any) -> None:
    visitor = visit()
    page = visitor.go("/")
    page.locator("summary", has_text="Colours").click()
    page.get_by_role("button", name="Dark").click()
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    page.get_by_role("button", name="فارسی").click()
    page.wait_for_load_state("networkidle")
    visitor.go("/assets")
    root = page.locator("html")
    assert [root.get_attribute(name) for name in ("data-bs-theme", "lang", "dir")] == ["dark", "fa", "rtl"]


def test_the_first_tab_skips_to_the_content(market: making.Market, visit: Any) -> None:
    page = visit().go("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_a_candle_address_that_fails_can_be_tried_again(market: making.Market, visit: Any) -> None:
    visitor = visit()
    visitor.page.route("**/candles?**", lambda route: route.fulfill(status=503, body="{}"))
    page = visitor.go("/assets/BTC", may_fail=503)
    retry = page.locator("#chart-retry")
    retry.wait_for(state="visible")
    visitor.page.unroute("**/candles?**")
    retry.click()
    page.locator("#chart-note").wait_for(state="hidden")
    assert page.locator("#readout").inner_text()

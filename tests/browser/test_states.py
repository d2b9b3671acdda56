"""What is slow says so, what fails once the page is open leaves what stood there, and a broken part stands apart."""

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.visitor import PATIENCE
from tests.pages import every
from tests.pages import market as making


@pytest.fixture
def market(address: str) -> making.Market:
    return every.market()


def held(page: Page, part: str) -> list[Route]:
    """Requests whose address has a part are kept until the test lets them go."""
    kept = list[Route]()

    def keep(route: Route) -> None:
        kept.append(route)

    page.route(lambda address: part in address, keep)
    return kept


def test_a_fragment_that_is_slow_says_that_it_waits(market: making.Market, visit: Any) -> None:
    page = visit().go("/")
    kept = held(page, "signals=proven")
    part = page.locator("#card-signals")
    part.get_by_role("link", name="Actionable").click()
    expect(part).to_have_attribute("aria-busy", "true")
    assert "busy" in part.evaluate("(one) => getComputedStyle(one, '::after').animationName")
    expect(part).to_contain_text("Unproven")
    kept[0].continue_()
    expect(part.locator("[aria-current]")).to_contain_text("Actionable")
    expect(part).not_to_have_attribute("aria-busy", "true")


def test_a_choice_that_is_slow_says_that_it_waits(market: making.Market, visit: Any) -> None:
    page = visit().go("/assets")
    kept = held(page, "/assets?")
    page.locator("th a.sorter").first.click()
    expect(page.locator("#screener")).to_have_attribute("aria-busy", "true")
    kept[0].continue_()
    expect(page.locator("#screener")).not_to_have_attribute("aria-busy", "true")


def test_the_candles_that_are_slow_say_that_they_are_fetched_and_can_be_asked_for_again(
    market: making.Market, visit: Any
) -> None:
    visitor = visit()
    page = visitor.page
    kept = held(page, "/candles?")
    page.goto(visitor.address + "/assets/BTC")
    note = page.locator("#chart-note")
    expect(note).to_be_visible()
    page.wait_for_function("() => document.fonts.status === 'loaded'")
    while not kept:
        page.wait_for_timeout(50)
    visitor.allowed.add(503)
    kept.pop().fulfill(status=503, body="{}")
    expect(page.locator("#chart-retry")).to_be_visible()
    page.locator("#chart-retry").click()
    while not kept:
        page.wait_for_timeout(50)
    kept.pop().continue_()
    page.locator("#chart[data-drawn]").wait_for(timeout=PATIENCE)
    expect(note).to_be_hidden()


def test_a_fragment_that_fails_leaves_what_stood_there(market: making.Market, visit: Any) -> None:
    visitor = visit()
    page = visitor.go("/")
    visitor.allowed.add(500)
    page.route(lambda address: "signals=proven" in address, lambda route: route.fulfill(status=500, body="<p>no</p>"))
    part = page.locator("#card-signals")
    for _again in range(2):
        part.get_by_role("link", name="Actionable").click()
        expect(page.locator("[data-fault]")).to_have_count(1)
        expect(page.locator("[data-fault]")).to_contain_text("what is shown is as it was")
        expect(part.locator("[aria-current]")).to_contain_text("Unproven")
    assert visitor.violations() == []
    page.unroute_all()
    part.get_by_role("link", name="Actionable").click()
    expect(part.locator("[aria-current]")).to_contain_text("Actionable")
    expect(page.locator("[data-fault]")).to_have_count(0)


@pytest.mark.parametrize(("language", "theme", "width"), [("en", "light", 1280), ("fa", "dark", 360)])
def test_a_broken_part_can_be_read_and_tried_again(
    market: making.Market, visit: Any, monkeypatch: pytest.MonkeyPatch, language: str, theme: str, width: int
) -> None:
    def breaks(*_given: Any) -> Any:
        raise RuntimeError

    visitor = visit(language=language, theme=theme, width=width)
    with monkeypatch.context() as patch:
        patch.setattr("cryptopredict.pages.home.page.record_card", breaks)
        page = visitor.go("/")
        broken = page.locator("[data-broken]")
        expect(broken).to_have_count(1)
        assert visitor.violations() == []
        assert visitor.width_of_content() <= width
    broken.locator("a.button").click()
    expect(page.locator("#record-title")).to_be_visible()
    expect(broken).to_have_count(0)

"""The review by keyboard: fifty suggestions with ``--full``, eight without."""

import time
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.services import ensure_system_user
from selection.models import AISuggestion, SuggestionReview, Watchlist
from selection.services import ensure_default_watchlists
from tests.browser.visitor import await_paint
from tests.factories import AdminFactory, AssetFactory, SuggestionFactory, add_candles
from tests.pages import market as making
from tests.pages.test_review import REASONING


def queue(count: int) -> None:
    """So many suggestions for the first tier, the clearest first."""
    ensure_system_user()
    ensure_default_watchlists()
    tier = Watchlist.objects.get(tier="tier1")
    Watchlist.objects.filter(pk=tier.pk).update(max_assets=100)
    for number in range(count):
        asset = AssetFactory(symbol=f"C{number:02}")
        add_candles(asset, list(range(100, 190)), first=making.TODAY - timedelta(days=90))
        SuggestionFactory(asset=asset, watchlist=tier, reasoning=REASONING, confidence_score=Decimal(99 - number) / 100)


def press(page: Page, keys: str) -> None:
    """A decision by keyboard, until the next suggestion is shown."""
    before = page.locator("#chosen-title").inner_text()
    for key in keys.split():
        page.keyboard.press(key)
    if keys.startswith("r"):
        page.keyboard.type("too thin")
        page.keyboard.press("Enter")
    expect(page.locator("#chosen-title")).not_to_have_text(before)
    await_paint(page)


def shows(page: Page, symbol: str) -> None:
    """That suggestion is looked at, and its page listens."""
    expect(page.locator("#chosen-title")).to_contain_text(symbol)
    await_paint(page)


def test_suggestions_are_decided_by_keyboard(address: str, visit: Any, request: pytest.FixtureRequest) -> None:
    count = 50 if request.config.getoption("--full") else 8
    queue(count + 1)
    visitor = visit(user=AdminFactory())
    page = visitor.go("/review")
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    started = time.perf_counter()
    for number in range(count):
        press(page, "r" if number % 4 == 3 else "a")
    seconds = time.perf_counter() - started
    requests = [url for url in asked if not urlsplit(url).path.startswith(("/static/", "/worker.js", "/offline"))]
    print(f"{count} suggestions: {seconds / count:.2f} s and {len(requests) / count:.2f} requests each")  # noqa: T201
    assert len(requests) <= 2 * count
    decided = SuggestionReview.objects.values_list("decision", flat=True).order_by("pk")
    assert list(decided) == ["reject" if number % 4 == 3 else "approve" for number in range(count)]
    assert set(SuggestionReview.objects.filter(decision="reject").values_list("review_notes", flat=True)) == {
        "too thin"
    }
    assert AISuggestion.objects.filter(status="pending").count() == 1


@pytest.mark.long
@pytest.mark.parametrize(("language", "theme", "width"), [("en", "light", 1280), ("fa", "dark", 360)])
def test_the_review_is_readable_by_everybody_and_its_keys_work(
    address: str, visit: Any, language: str, theme: str, width: int
) -> None:
    queue(3)
    visitor = visit(user=AdminFactory(), language=language, theme=theme, width=width)
    page = visitor.go("/review")
    assert visitor.violations() == []
    assert visitor.width_of_content() == width
    assert "C00" in page.locator("#chosen-title").inner_text()
    page.keyboard.press("j")
    shows(page, "C01")
    page.keyboard.press("k")
    shows(page, "C00")
    page.keyboard.press("e")
    assert page.locator("#evidence").evaluate("evidence => evidence.open") is False
    for key, name in (("?", "keys-dialog"), ("d", "defer"), ("r", "reject")):
        page.keyboard.press(key)
        dialog = page.locator(f"#{name}")
        expect(dialog).to_be_visible()
        if name == "keys-dialog":
            assert visitor.violations() == []
            page.keyboard.press("Escape")
            expect(dialog).to_be_hidden()
            continue
        if name == "defer":
            tomorrow = page.locator("#defer-until").input_value()
            assert tomorrow > f"{timezone.now():%Y-%m-%dT%H:%M}"
        else:
            page.locator("#reject-notes").press("Enter")
        dialog.locator("[data-closes]").click()
        expect(dialog).to_be_hidden()
    assert not SuggestionReview.objects.exists(), "a rejection without a reason is not sent"
    page.keyboard.press("g")
    page.keyboard.press("a")  # goes to the assets, and approves nothing
    page.wait_for_url(visitor.address + "/assets")
    assert not SuggestionReview.objects.exists()
    visitor.go("/review")
    page.keyboard.press("a")
    shows(page, "C01")
    page.keyboard.press("u")
    shows(page, "C00")
    assert not Watchlist.objects.get(tier="tier1").entries.exists()

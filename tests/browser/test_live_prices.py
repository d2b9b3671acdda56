"""Prices change in their place while a page is open, in the digits of its language."""

from typing import Any

import pytest
from playwright.sync_api import expect

from assets.models import Asset
from assets.services.quotes import TOPIC
from system.services import publish
from tests.browser.lines import WATCHED, send
from tests.pages import every
from tests.pages import market as making


@pytest.fixture
def market(address: str) -> making.Market:
    return every.market()


def moves(asset: Asset, price: str, change: str) -> None:
    """A new price, told as who collects does it."""
    Asset.objects.filter(pk=asset.pk).update(current_price=price, price_change_percentage_24h=change)
    publish(TOPIC, {"asset_ids": [asset.pk]})
    send()


@pytest.mark.parametrize(
    ("language", "steps"),
    [
        (
            "en",
            [("68123.5", "-2.25", "68,123.50", "−2.2\u00a0%"), ("0.0000081234", "0.04", "0.000008123", "0.0\u00a0%")],
        ),
        ("fa", [("68123.5", "1.75", "۶۸٬۱۲۳٫۵۰", "\u200e+۱٫۸٪")]),
    ],
)
def test_a_price_changes_in_its_place(market: making.Market, visit: Any, language: str, steps: list[Any]) -> None:
    Asset.objects.filter(pk=market.asset.pk).update(price_change_percentage_24h=1)
    visitor = visit(language=language)
    visitor.context.add_init_script(WATCHED)
    page = visitor.go("/assets/BTC")
    page.wait_for_function("() => window.lines.some((one) => one.readyState === 1)")
    shown, change = page.locator("[data-price]").first, page.locator("[data-price-change]").first
    assert shown.evaluate("(one) => one.closest('[aria-live]') === null"), "nobody is interrupted"
    for price, moved, told, told_change in steps:
        moves(market.asset, price, moved)
        expect(shown).to_have_text(told)
        expect(change).to_have_text(told_change)
    place = shown.bounding_box()
    page.reload()
    expect(shown).to_have_text(steps[-1][2])
    expect(change).to_have_text(steps[-1][3])
    assert shown.bounding_box() == place, "nothing has moved"


def test_a_list_follows_its_prices_after_a_break_and_in_another_order(market: making.Market, visit: Any) -> None:
    visitor = visit()
    visitor.context.add_init_script(WATCHED)
    page = visitor.go("/assets")
    page.wait_for_function("() => window.lines.some((one) => one.readyState === 1)")
    page.evaluate("() => window.lines.at(-1).close()")
    moves(market.asset, "70000", "3")
    expect(page.locator(f"[data-price='{market.asset.pk}']")).to_have_text("70,000.00")
    page.locator("th a.sorter").first.click()
    page.wait_for_url("**/assets?**")
    moves(market.asset, "71000", "4")
    expect(page.locator(f"[data-price='{market.asset.pk}']")).to_have_text("71,000.00")

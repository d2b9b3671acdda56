"""Messages that come while a page is open: the bell rings, a word is shown, and nothing is lost by a break."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from accounts.services import deliver_notifications, notify
from tests.browser.lines import WATCHED, opened, send
from tests.factories import UserFactory, add_candles
from tests.pages import market as making
from trading.services import check_alerts


@pytest.fixture
def reader(address: str) -> User:
    person: User = UserFactory()
    return person


def tell(user: User, title: str) -> None:
    """A message, sent as the sweeps of the product do."""
    notify(user, kind="alert", title=title, message="The candle closed at 67,100.", key=title)
    deliver_notifications(timezone.now())
    send()


def test_a_message_rings_the_bell_and_leads_to_the_inbox(reader: User, visit: Any) -> None:
    visitor = visit(user=reader)
    visitor.context.add_init_script(WATCHED)
    page = opened(visitor)
    badge = page.locator("[data-bell-count]")
    expect(badge).to_be_hidden()
    tell(reader, "<i>BTC</i> is above 67,000")
    toast = page.locator("[data-live-toast]")
    expect(toast.locator("a")).to_have_text("<i>BTC</i> is above 67,000")
    expect(badge).to_have_text("1")
    assert visitor.violations() == []
    toast.get_by_role("button").click()
    expect(toast).to_have_count(0)
    page.locator("[data-bell]").click()
    page.wait_for_url("**/notifications")
    expect(page.locator("h1")).to_have_text("1 unread message")


def test_what_comes_during_a_break_or_between_two_pages_is_told_once(reader: User, visit: Any) -> None:
    visitor = visit(user=reader)
    visitor.context.add_init_script(WATCHED)
    page = opened(visitor)
    page.evaluate("() => window.lines.at(-1).close()")
    tell(reader, "during a break")
    expect(page.locator("[data-live-toast] a")).to_have_text(["during a break"])
    page.goto("about:blank")
    tell(reader, "between two pages")
    page = opened(visitor, "/record")
    expect(page.locator("[data-live-toast] a")).to_have_text(["between two pages"])
    expect(page.locator("[data-bell-count]")).to_have_text("2")


def test_an_alert_is_set_on_the_past_tried_and_arrives_live(reader: User, visit: Any) -> None:
    market = making.make_market()
    add_candles(market.asset, [60000, 66000, 67000], first=making.TODAY - timedelta(days=3))
    visitor = visit(user=reader)
    visitor.context.add_init_script(WATCHED)
    page = opened(visitor, "/alerts?new=price&asset=BTC")
    page.get_by_label("Level, USD").fill("65,000")
    page.get_by_label("Candles", exact=True).select_option("1d")
    page.get_by_role("button", name="Try it on the past").click()
    expect(page.locator("#trial h3")).to_contain_text("It would have fired once since")
    page.get_by_role("button", name="Arm the alert").click()
    expect(page.locator(".alert-row h3")).to_have_text("BTC at or above 65,000.00 USD")
    page.wait_for_function("() => window.lines.some((one) => one.readyState === 1)")
    tomorrow = making.TODAY + timedelta(days=1)
    add_candles(market.asset, [68000], first=making.TODAY)
    check_alerts(tomorrow + timedelta(seconds=5))
    deliver_notifications(tomorrow + timedelta(seconds=9))
    send()
    expect(page.locator("[data-live-toast] a")).to_have_text("BTC is above 65,000.00")
    page.reload()
    expect(page.locator("h1")).to_have_text("1 alert has fired")
    page.get_by_role("button", name="Note it").click()
    expect(page.locator(".alert-row .pill").first).to_have_text("noted")
    assert visitor.violations() == []


def test_visitors_open_nothing(visit: Any) -> None:
    visitor = visit()
    visitor.context.add_init_script(WATCHED)
    page = visitor.go("/assets")
    assert page.evaluate("() => window.lines.length") == 0

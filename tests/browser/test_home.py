"""The start page of a person in a real browser: in short and in full, arranged by keyboard."""

from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import User
from tests.factories import UserFactory
from tests.pages import every


@pytest.fixture
def reader(address: str) -> User:
    every.market()
    return UserFactory()


def test_the_short_page_is_readable_by_everybody_on_a_phone_too(reader: User, visit: Any) -> None:
    for choices in ({"language": "fa", "width": 360, "theme": "dark"}, {}):
        visitor = visit(user=reader, **choices)
        visitor.go("/")
        assert visitor.violations() == []
        assert visitor.width_of_content() == choices.get("width", 1280)


def test_cards_are_arranged_by_keyboard(reader: User, visit: Any) -> None:
    page = visit(user=reader).go("/")
    page.get_by_role("button", name="In full").press("Enter")
    expect(page.get_by_role("heading", name="Newest signals")).to_be_visible()
    page.locator("summary", has_text="Arrange cards").press("Enter")
    page.get_by_role("button", name="Key figures: up").press("Enter")
    page.wait_for_url("**/?arrange=1#arrange")
    labels = page.locator(".arrange-list label")
    expect(labels.nth(3)).to_have_text("Key figures")
    page.get_by_role("checkbox", name="Newest signals").press("Space")
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_role("heading", name="Newest signals")).to_have_count(0)

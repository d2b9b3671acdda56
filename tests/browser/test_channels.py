"""The pages of the own channels in a real browser: no fault, accessible, in both languages, also on a phone."""

from typing import Any

import pytest

from accounts.models import User
from tests.factories import ChannelFactory, DeliveryFactory, UserFactory

PAGES = ("/account/notifications", "/account/channels/add/telegram", "/account/channels/add/webhook")


@pytest.fixture
def reader(address: str) -> User:
    """Somebody with channels of every state, whom a message did not reach."""
    user: User = UserFactory(timezone="Europe/Berlin")
    for kind, columns in (
        ("telegram", {"last_error": "telegram /bot{token}/sendMessage: 401, Unauthorized."}),
        ("webhook", {"is_active": False, "hint": "a-rather-long-name-of-a-host.in.some.example:8443"}),
    ):
        channel = ChannelFactory(user=user, kind=kind, **columns)
        DeliveryFactory(channel=channel, status="dead", last_error="webhook: 410, Gone.")
    return user


@pytest.mark.parametrize(
    ("language", "theme", "width"),
    [
        ("en", "light", 1280),
        ("fa", "dark", 360),
        pytest.param("en", "dark", 360, marks=pytest.mark.full),
        pytest.param("fa", "light", 1280, marks=pytest.mark.full),
    ],
)
def test_channels_are_accessible(reader: User, visit: Any, language: str, theme: str, width: int) -> None:
    visitor = visit(language=language, theme=theme, width=width, user=reader)
    for path in PAGES:
        page = visitor.go(path)
        for folded in page.locator("main details > summary").all():
            folded.click()
        assert visitor.width_of_content() == width, path
        assert visitor.violations() == [], path

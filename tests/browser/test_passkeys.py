"""Passkeys in a real browser, on a device of its developer tools: made, used in place of the password and after it."""

from typing import Any

import pytest
from playwright.sync_api import Page

from accounts.models import Passkey, RecoveryCode, User
from tests.browser.visitor import Visitor
from tests.factories import PASSWORD, PasskeyFactory, TotpDeviceFactory, UserFactory

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
PAGE = "/account/second-factor"


@pytest.fixture
def visitor(browser: Any, address: str, settings: Any) -> Any:
    """Somebody with a device, at an address with a name: browsers bind passkeys to no number."""
    settings.SITE_URL = address.replace("127.0.0.1", "localhost")
    visitor = Visitor(browser, settings.SITE_URL)
    tools = visitor.context.new_cdp_session(visitor.page)
    tools.send("WebAuthn.enable")
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    yield visitor
    visitor.leave()
    assert visitor.faults == []


def type_password(page: Page, user: User) -> None:
    page.locator("input[name=username]").fill(user.email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("#login-form button").click()


def leave(visitor: Visitor) -> None:
    visitor.context.clear_cookies()
    visitor.go("/login")


@pytest.mark.long
def test_a_passkey_from_its_making_to_its_end(visitor: Visitor) -> None:
    user, page = UserFactory(), visitor.page
    visitor.go(f"/login?next={PAGE}")
    assert visitor.violations() == []
    type_password(page, user)
    page.locator("#passkey-name").fill("Ada's telephone")
    page.get_by_role("button", name="Add a passkey").click()
    page.locator("#passkey-codes li").nth(7).wait_for()
    assert visitor.violations() == []
    assert Passkey.objects.get().name == "Ada's telephone"
    assert RecoveryCode.objects.count() == 8

    leave(visitor)
    page.get_by_role("button", name="Log in with a passkey").click()
    page.wait_for_url(f"{visitor.address}/")
    page.locator("details.menu", has_text=user.email).wait_for()
    assert Passkey.objects.get().sign_count > 0

    leave(visitor)
    type_password(page, user)
    page.wait_for_url(f"{visitor.address}/login/code")
    assert visitor.violations() == []
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{visitor.address}/")

    visitor.go(PAGE)
    page.get_by_role("button", name="Remove it").click()
    page.get_by_text("The passkey is removed.").wait_for()
    assert not Passkey.objects.exists()
    leave(visitor)
    visitor.allowed.add(400)
    page.get_by_role("button", name="Log in with a passkey").click()
    page.get_by_text("The passkey was not accepted.").wait_for()


def test_without_a_connection_it_is_said_in_words(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go("/login")
    page.route("**/login/passkey/begin", lambda route: route.abort())
    page.get_by_role("button", name="Log in with a passkey").click()
    page.get_by_text("The server was not reached.").wait_for()
    assert "fetch" not in page.locator("#passkey-says").inner_text()
    visitor.faults[:] = [fault for fault in visitor.faults if "ERR_FAILED" not in fault]


@pytest.mark.long
@pytest.mark.parametrize(("language", "theme", "width"), [("en", "light", 1280), ("fa", "dark", 360)])
def test_the_page_is_accessible(visit: Any, settings: Any, address: str, language: str, theme: str, width: int) -> None:
    user = TotpDeviceFactory().user
    PasskeyFactory(user=user, name="a-rather-long-name-of-a-device-in-one-word-without-a-blank")
    visitor = visit(language=language, theme=theme, width=width, user=user)
    for settings.SITE_URL in (address, address.replace("127.0.0.1", "localhost")):  # without passkeys, and with them
        for path in (PAGE, f"/login?again=1&next={PAGE}"):
            visitor.go(path)
            assert visitor.width_of_content() == width, path
            assert visitor.violations() == [], path

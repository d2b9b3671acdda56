"""What pages say of nothing: where nothing has happened yet, and that what is fresh is called stale nowhere.

What is old: ``test_stale_pages.py``; what breaks: ``test_broken_parts.py``. What is slow, and what cannot be fetched
once the page is open, needs a browser: ``tests/browser/test_states.py``.
"""

import pytest

from tests.factories import AdminFactory, UserFactory
from tests.pages import every
from tests.pages.html import page

pytestmark = pytest.mark.django_db
NOTHING = {
    "/": "The market has not been analysed yet",
    "/market": "The market has not been analysed yet",
    "/sectors": "The market has not been analysed yet",
    "/assets": "There is none yet; import candles:",
    "/record": "The market has not been analysed yet",
    "/signals": "The market has not been analysed yet",
    "/watchlists": "Make the first one.",
    "/portfolios": "portfolio",
    "/journal": "as soon as something has been entered",
    "/journal/calendar": "Nothing was realised in this month",
    "/journal/statistics": "0 closed trades",
    "/alerts": "alert",
    "/notifications": "Here stands what you are told",
    "/notifications/deliveries": "message",
    "/models": "No model is registered yet",
    "/backtests": "backtest",
    "/suggestions": "The market has not been analysed yet",
    "/data-quality": "There is no data yet",
    "/review": "Nothing waits for a decision",
}
"""What each page says on an installation where nothing has happened: what belongs there."""


@pytest.mark.parametrize("path", NOTHING)
def test_on_an_empty_installation_a_page_says_what_belongs_there(path: str) -> None:
    shown = page(path, AdminFactory() if path in {"/models", "/review"} else UserFactory())
    assert NOTHING[path] in shown.text
    assert "None" not in shown.one("main").text.split()
    assert "nan" not in shown.one("main").text.casefold().split()
    # and what brings it: a command, a button or a form.
    assert [one for name in ("code", "form", "a") for one in shown.one("main").every(name)]


def test_every_page_of_its_own_is_looked_at_empty_or_needs_something() -> None:
    whole = {one.path.split("?")[0] for one in every.EVERY if one.status == 200}
    of_something = {path for path in whole if any(letter.isdigit() for letter in path)}
    forms = {
        "/login",
        "/help",
        "/portfolios/new",
        "/backtests/new",
        "/assets/BTC",
        "/sectors/ai",
        "/password/forgot",
        "/setup/data",
    }
    account = {path for path in whole if path.startswith("/account")}
    assert whole - of_something - forms - account - {"/backtests/compare", "/offline"} == set(NOTHING)


def test_a_fresh_market_is_called_stale_nowhere() -> None:
    every.market()
    for path in ("/", "/market", "/assets/BTC"):
        assert not page(path).every("span", data_state="stale"), path

"""The review queue as an admin uses it: from the log-in to the changed list."""

from typing import Any

import pytest

from accounts.services import ensure_system_user
from selection.models import AISuggestion, WatchlistAsset
from tests.factories import (
    AdminFactory,
    AIModelFactory,
    AssetFactory,
    DefaultListFactory,
    SuggestionFactory,
    WatchlistFactory,
)
from tests.factories.base import PASSWORD

QUEUE = "/admin/selection/aisuggestion/"
ADMIN = (
    "/admin/",
    QUEUE,
    "/admin/selection/watchlist/",
    "/admin/system/systemconfig/",
    "/admin/system/pipelinerun/",
    "/admin/aimodels/aimodel/",
    "/admin/accounts/user/",
    "/admin/assets/asset/",
    "/admin/selection/suggestionperformance/report/",
    "/setup/data",
)
"""Pages of the back office that are looked at most, and the one on which it begins."""


def test_an_admin_logs_in_and_approves(address: str, visit: Any) -> None:
    ensure_system_user()
    suggestion = SuggestionFactory(watchlist=DefaultListFactory())
    page = visit().go(f"/login?next={QUEUE}")
    page.locator("input[name=username], input[name=email]").fill(AdminFactory().email)
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.locator("input[name=_selected_action]").check()
    page.locator("select[name=action]").select_option("approve")
    page.get_by_role("button", name="Run").click()
    page.get_by_text(f"{suggestion}: approved and carried out.").wait_for()
    assert WatchlistAsset.objects.get().asset_id == suggestion.asset_id
    assert AISuggestion.objects.get().status == "implemented"


def made_rows() -> None:
    """Rows in the lists of the admin, as many as reach below the window."""
    for number in range(15):
        AssetFactory(symbol=f"COIN{number}", current_price=100 + number)
        AIModelFactory()
        SuggestionFactory(watchlist=WatchlistFactory())


@pytest.mark.long
@pytest.mark.parametrize(("language", "theme", "width"), [("en", "light", 1280), ("fa", "dark", 360)])
def test_the_admin_needs_nothing_from_outside_and_does_not_move(
    address: str, visit: Any, language: str, theme: str, width: int
) -> None:
    made_rows()
    visitor = visit(user=AdminFactory(), language=language, theme=theme, width=width)
    visitor.keep_nothing()
    for path in ADMIN:
        visitor.go(path)
        assert visitor.moved() == [], path

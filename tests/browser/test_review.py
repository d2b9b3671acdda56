"""The review queue as an admin uses it: from the log-in to the changed list."""

from typing import Any

import pytest

from accounts.services import ensure_system_user
from selection.models import AISuggestion, WatchlistAsset
from tests.factories import AdminFactory, DefaultListFactory, SuggestionFactory
from tests.factories.base import PASSWORD

QUEUE = "/admin/selection/aisuggestion/"


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


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_admin_needs_nothing_from_outside(address: str, visit: Any, language: str) -> None:
    SuggestionFactory(watchlist=DefaultListFactory())
    visitor = visit(user=AdminFactory(), language=language)
    for path in ("/admin/", QUEUE, "/admin/selection/watchlist/", "/admin/system/systemconfig/", "/setup/data"):
        visitor.go(path)

"""Two reviewers at the same moment: one wins, the other gets a clear message."""

import threading
from typing import Any

import pytest
from django.db import connection

from accounts.services import ensure_system_user
from selection.models import AISuggestion, SuggestionReview, WatchlistAsset
from system.models import AuditLog
from tests.doors import API, client_of
from tests.factories import AdminFactory, DefaultListFactory, SuggestionFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def at_once(deeds: list[Any]) -> list[Any]:
    """What each deed returned; all of them start together, each on a connection of its own."""
    start, results = threading.Barrier(len(deeds)), [None] * len(deeds)

    def run(number: int) -> None:
        try:
            start.wait(20)
            results[number] = deeds[number]()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def through_the_admin(suggestion: AISuggestion, action: str) -> Any:
    client = client_of(AdminFactory())
    form = {"action": action, "_selected_action": [suggestion.pk], "confirmed": "yes", "notes": "no"}

    def decide() -> str:
        page = client.post("/admin/selection/aisuggestion/", form, follow=True)
        return page.content.decode()

    return decide


def through_the_api(suggestion: AISuggestion, decision: str) -> Any:
    client = client_of(AdminFactory())
    body = {"decision": decision, "review_notes": "no"}

    def decide() -> str:
        answer = client.post(f"{API}suggestions/{suggestion.pk}/review", body, content_type="application/json")
        return f"{answer.status_code} {answer.json().get('detail', 'done')}"

    return decide


@pytest.mark.parametrize("round_", range(3))
def test_one_wins(round_: int) -> None:
    ensure_system_user()
    suggestion = SuggestionFactory(watchlist=DefaultListFactory())
    said = at_once(
        [
            through_the_admin(suggestion, "approve"),
            through_the_admin(suggestion, "reject"),
            through_the_api(suggestion, "approve"),
            through_the_api(suggestion, "reject"),
        ]
    )
    review = SuggestionReview.objects.get()
    suggestion.refresh_from_db()
    assert suggestion.status == {"approve": "implemented", "reject": "rejected"}[review.decision]
    assert WatchlistAsset.objects.count() == (review.decision == "approve")
    assert AuditLog.objects.filter(table_name="ai_suggestions").count() == 1
    losers = [one for one in said if "already; decided by" in one]
    assert len(losers) == 3, said
    assert all(one.startswith("409 ") for one in said if one in losers and one[0].isdigit())

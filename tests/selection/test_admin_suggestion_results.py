"""The report of suggestions and their archive in the admin."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from selection.choices import Decision, SuggestionStatus
from selection.models import AISuggestion, Watchlist
from selection.selectors.suggestion_archive import archived_reviews, archived_suggestions
from selection.services import archive_suggestions
from tests.doors import client_of, queries
from tests.factories import (
    AdminFactory,
    AssetFactory,
    DefaultListFactory,
    ReviewFactory,
    SuggestionFactory,
    SuggestionOutcomeFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
FIRST = datetime(2024, 6, 3, tzinfo=UTC)
WEEK = timedelta(days=7)
REPORT = "admin:selection_suggestionperformance_report"


@pytest.fixture
def client() -> Client:
    return client_of(AdminFactory())


def made(status: str, week: int, excess: str | None, **more: Any) -> AISuggestion:
    more.setdefault("watchlist", Watchlist.objects.filter(tier="tier2").first() or DefaultListFactory())
    at = FIRST + week * WEEK
    reviewed_at = at + timedelta(hours=6)
    done = reviewed_at if status == SuggestionStatus.IMPLEMENTED else None
    row: AISuggestion = SuggestionFactory(status=status, reviewed_at=reviewed_at, implemented_at=done, **more)
    AISuggestion.objects.filter(pk=row.pk).update(created_at=at)
    if excess is not None:
        SuggestionOutcomeFactory(suggestion_id=row.pk, excess_return=Decimal(excess))
    return row


def page(client: Client, **query: str) -> str:
    return " ".join(client.get(reverse(REPORT), query).content.decode().split())


class TestReport:
    def test_figures_by_decision(self, client: Client) -> None:
        watchlist, reviewer = DefaultListFactory(), AdminFactory(email="judge@example.com")
        for week in range(12):
            made("implemented", week, "2.5", watchlist=watchlist, reviewed_by=reviewer)
            made("rejected", week, "-1" if week % 2 else "0.5", watchlist=watchlist, reviewed_by=reviewer)
        made("expired", 3, None, watchlist=watchlist)
        fates, figures = (
            {str(row[0]): [str(cell) for cell in row[1:]] for row in table.rows}
            for table in client.get(reverse(REPORT)).context["tables"]
        )
        assert fates["accepted"] == [
            "12", "12", "0", "0", "100.0\xa0%", "100.0\xa0% … 100.0\xa0%", "+2.50", "+2.50 … +2.50",
        ]  # fmt: skip
        assert fates["rejected"][4] == "50.0\xa0%"
        assert [fates[name][:2] for name in ("all", "expired", "open")] == [["25", "24"], ["1", "0"], ["0", "0"]]
        assert [row[0] for row in figures.values()] == ["+2.75", "50.0\xa0%", "–", "6.0", "6.0"]
        assert figures[next(iter(figures))][2] == "24"
        text = page(client)
        assert "<td>+2.50 … +2.50</td>" in text

    @pytest.mark.parametrize(
        ("by", "words"),
        [("kind", ["add"]), ("reviewer", ["judge@example.com", "nobody"]), ("month", ["2024-06", "2024-07"])],
    )
    def test_in_parts(self, client: Client, by: str, words: list[str]) -> None:
        made("implemented", 0, "1", reviewed_by=AdminFactory(email="judge@example.com"))
        made("expired", 5, "-1")
        text = page(client, by=by)
        assert all(word in text for word in words)
        assert f'href="?by={by}" aria-current="page"' in text
        assert client.get(reverse(REPORT), {"by": "luck"}).status_code == 200

    def test_it_says_what_is_missing(self, client: Client) -> None:
        assert "No suggestion has been made yet." in page(client)
        SuggestionFactory(watchlist=DefaultListFactory())
        text = page(client)
        assert "None has been scored yet: that takes a close 168 hours after its candle." in text
        assert "Nobody has decided yet: suggestions wait in the queue." in text
        made("implemented", 0, "1")
        assert "What the reviewers add needs accepted and rejected suggestions that are scored." in page(client)
        made("rejected", 0, "1")
        assert "An interval of what the reviewers add needs scored suggestions of more weeks." in page(client)

    def test_its_queries_do_not_grow(self, client: Client) -> None:
        made("implemented", 0, "1")
        one = queries(client, f"{reverse(REPORT)}?by=month")
        for week in range(1, 6):
            made("implemented", week, "1", reviewed_by=AdminFactory())
        assert queries(client, f"{reverse(REPORT)}?by=month") == one

    def test_only_admins_see_it(self) -> None:
        assert client_of(UserFactory()).get(reverse(REPORT), follow=True).status_code == 403


def archived(row: AISuggestion) -> Any:
    """The suggestion in the archive."""
    assert archive_suggestions(FIRST + 10 * WEEK, 10) == 1
    return archived_suggestions().get(pk=row.pk)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
class TestArchive:
    @pytest.fixture
    def old(self) -> AISuggestion:
        reviewer = AdminFactory(email="judge@example.com")
        return made(
            SuggestionStatus.IMPLEMENTED, 0, "1.25", watchlist=DefaultListFactory(name="Tier 2"),
            asset=AssetFactory(symbol="OLD"), reviewed_by=reviewer, actual_return=Decimal("3.5"),
        )  # fmt: skip

    def test_names_decisions_and_outcome(self, client: Client, old: AISuggestion) -> None:
        ReviewFactory(suggestion=old, reviewer=old.reviewed_by, decision=Decision.DEFER, review_notes="next week")
        row = archived(old)
        listed = client.get(reverse("admin:selection_aisuggestionarchive_changelist")).content.decode()
        for words in ("OLD", "Tier 2", "judge@example.com", "1.25"):
            assert words in listed
        found = client.get(reverse("admin:selection_aisuggestionarchive_change", args=[row.pk])).content.decode()
        for words in ("OLD", "Tier 2", "judge@example.com", "defer", "next week", "1.25", "momentum_30d"):
            assert words in found
        assert (
            client.get(reverse("admin:selection_aisuggestionarchive_changelist"), {"q": "old"})
            .context["cl"]
            .result_count
            == 1
        )

    def test_what_is_no_more_does_not_hide_the_row(self, client: Client, old: AISuggestion) -> None:
        row = archived(old)
        Watchlist.objects.filter(pk=row.watchlist_id).delete()
        found: Any = archived_suggestions().get()
        assert (found.list_name, found.asset_symbol) == (None, "OLD")
        listed = client.get(reverse("admin:selection_aisuggestionarchive_changelist")).content.decode()
        assert f"deleted ({row.watchlist_id})" in listed
        url = reverse("admin:selection_aisuggestionarchive_change", args=[row.pk])
        assert client.get(url).status_code == 200

    def test_reviews_are_read_oldest_first(self, old: AISuggestion) -> None:
        for decision, day in ((Decision.APPROVE, 2), (Decision.DEFER, 1)):
            ReviewFactory(suggestion=old, decision=decision, reviewed_at=FIRST + timedelta(days=day))
        assert [one.decision for one in archived_reviews(archived(old))] == [Decision.DEFER, Decision.APPROVE]

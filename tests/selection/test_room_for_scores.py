"""Scores of suggestions change with each run: a row that changes has room on its page, where it takes the place of a
former version of itself, so neither the tables nor their indexes grow by that.

When a former version's place is free is for PostgreSQL to say, and depends on whoever else writes on the server; the
tests of other processes do. So it is the room itself that is looked at.
"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction

from selection.models import AISuggestion, AISuggestionArchive
from selection.services import archive_suggestions
from tests.factories import DefaultListFactory, SuggestionFactory
from tests.factories.base import EPOCH

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
Suggestions = type[AISuggestion] | type[AISuggestionArchive]
COUNT = 40


def stayed(model: Suggestions) -> int:
    """How many changed rows of this session have stayed on their page ("heap-only tuples"), as far as not yet
    handed to the statistics: look twice within one transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_get_xact_tuples_hot_updated(%s::regclass)", [model._meta.db_table])
        return cursor.fetchone()[0]


def scored_anew(model: Suggestions, score: Decimal) -> int:
    """How many rows have stayed on their page when each got `score`."""
    with transaction.atomic():
        before = stayed(model)
        assert model.objects.update(success_score=score) == COUNT
        return stayed(model) - before


@pytest.mark.parametrize("model", [AISuggestion, AISuggestionArchive])
def test_there_is_room_on_its_page_for_a_new_score(model: Suggestions) -> None:
    watchlist = DefaultListFactory()
    for number in range(COUNT):
        why = {"why": f"{number} " * 400}
        SuggestionFactory(watchlist=watchlist, context_data=why, status="expired", expires_at=EPOCH)
    if model is AISuggestionArchive:
        assert archive_suggestions(EPOCH + timedelta(days=1), COUNT) == COUNT
    assert scored_anew(model, Decimal("0.5")) == COUNT  # without the room 23 at most

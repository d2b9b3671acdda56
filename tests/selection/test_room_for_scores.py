"""Scores of suggestions change with each run: neither the tables nor their indexes grow by that."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from selection.models import AISuggestion, AISuggestionArchive
from selection.services import archive_suggestions
from tests.factories import DefaultListFactory, SuggestionFactory
from tests.factories.base import EPOCH

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
Suggestions = type[AISuggestion] | type[AISuggestionArchive]
COUNT = 40


def sizes(model: Suggestions) -> tuple[int, int]:
    """Bytes of the table and of its indexes."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size(%s), pg_indexes_size(%s)", [table, table])
        own, indexes = cursor.fetchone()
    return own, indexes


@pytest.mark.parametrize("model", [AISuggestion, AISuggestionArchive])
def test_new_scores_take_the_place_of_former_ones(model: Suggestions) -> None:
    watchlist = DefaultListFactory()
    for number in range(COUNT):
        why = {"why": f"{number} " * 400}
        SuggestionFactory(watchlist=watchlist, context_data=why, status="expired", expires_at=EPOCH)
    if model is AISuggestionArchive:
        assert archive_suggestions(EPOCH + timedelta(days=1), COUNT) == COUNT
    before = sizes(model)
    for run in range(12):
        assert model.objects.update(success_score=Decimal(run) / 100) == COUNT
    table, indexes = sizes(model)
    assert table <= before[0] * 1.1
    assert indexes == before[1]

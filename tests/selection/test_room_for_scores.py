"""Scores of suggestions change with each run: neither the table nor its indexes grow by that."""

from decimal import Decimal

import pytest
from django.db import connection

from selection.models import AISuggestion
from tests.factories import DefaultListFactory, SuggestionFactory

pytestmark = pytest.mark.django_db(transaction=True)


def sizes() -> tuple[int, int]:
    """Bytes of the table and of its indexes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size('ai_suggestions'), pg_indexes_size('ai_suggestions')")
        table, indexes = cursor.fetchone()
    return table, indexes


def test_new_scores_take_the_place_of_former_ones() -> None:
    watchlist = DefaultListFactory()
    for number in range(40):
        SuggestionFactory(watchlist=watchlist, context_data={"why": f"{number} " * 400}, status="expired")
    before = sizes()
    for run in range(12):
        assert AISuggestion.objects.update(success_score=Decimal(run) / 100) == 40
    table, indexes = sizes()
    assert table <= before[0] * 1.1
    assert indexes == before[1]

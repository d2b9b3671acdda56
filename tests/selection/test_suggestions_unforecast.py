"""Suggestions of a run that has made no forecasts."""

import pytest

from selection.models import AISuggestion
from selection.services import fill_empty_lists, suggest
from tests.selection.ranked_market import RankedMarket, ranked_market, stored_market

__all__ = ["ranked_market", "stored_market"]
pytestmark = pytest.mark.django_db


def test_without_a_forecast_their_figures_are_unknown_and_named(ranked_market: RankedMarket) -> None:
    fill_empty_lists(ranked_market.snapshot)
    suggest(ranked_market.snapshot, run=ranked_market.run)
    one = AISuggestion.objects.order_by("pk")[0]
    assert (one.expected_return, one.risk_score) == (None, None)
    assert (one.context_data or {})["missing"]["expected_return"] == "the run has no forecast of the asset"

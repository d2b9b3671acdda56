"""A run notes its signals on an analysis while its owner has the portfolio analysed anew: neither undoes the other."""

import threading
from typing import Any

import pytest
from django.db import connection, transaction

from selection.models import AIPortfolioAnalysis
from selection.services import attach_portfolio_signals
from tests.factories import PortfolioAnalysisFactory
from tests.locks import wait_for_locks

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def test_signals_are_noted_on_the_trades_that_stand() -> None:
    made = PortfolioAnalysisFactory(rebalancing_suggestions=[{"action": "buy", "asset_id": 1}])
    signal = {"signal_id": 7, "asset_id": 1, "signal_type": "short", "confidence": 0.6, "entry_price": 100}
    noting = threading.Thread(target=note, args=(made, signal))
    with transaction.atomic():
        AIPortfolioAnalysis.objects.update(rebalancing_suggestions=[{"action": "sell", "asset_id": 1}])
        noting.start()
        wait_for_locks(1)
    noting.join(60)
    made.refresh_from_db()
    told = {"related_signals": [7], "suggested_signals": [7]}
    assert made.rebalancing_suggestions == [{"action": "sell", "asset_id": 1, **told}]


def note(made: AIPortfolioAnalysis, signal: dict[str, Any]) -> None:
    try:
        attach_portfolio_signals(made.metrics_snapshot, [signal])
    finally:
        connection.close()

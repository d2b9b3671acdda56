"""A person enters signals while the pipeline plans its own."""

import threading

import pytest
from django.db import connection, transaction

from tests.factories import MetricsSnapshotFactory
from tests.locks import wait_for_locks
from tests.trading.test_signals import END, store_market
from tests.trading.test_signals_by_hand import entered, listed, planned
from trading.models import AITradingSignal
from trading.services.signals import Generated

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def test_a_signal_entered_while_the_pipeline_plans_takes_nothing_from_it() -> None:
    """Both come at one moment: the run waits for what is being entered, and does not fail."""
    coins = store_market()
    admin, snapshot = listed(coins), MetricsSnapshotFactory(snapshot_time=END, timeframe="1d")
    found: list[Generated] = []

    def plan() -> None:
        try:
            found.append(planned(snapshot))
        finally:
            connection.close()

    running = threading.Thread(target=plan)
    with transaction.atomic():
        by_hand = [entered(coin, admin) for coin in coins]
        running.start()
        wait_for_locks(1)
    running.join(60)
    assert found[0].created
    cancelled = AITradingSignal.objects.filter(pk__in=[one.pk for one in by_hand], status="cancelled")
    assert {row.asset_id for row in cancelled} == {row.asset_id for row in found[0].rows}

"""What a person enters by hand changes nothing of what the pipeline plans."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from aimodels.services.registry import ensure_rules
from assets.models import Asset
from macro.models import MetricsSnapshot
from selection.choices import PositionType
from selection.models import AIWatchlistAnalysis, Watchlist
from selection.rules import ASSET_RULES
from selection.services import add_to_watchlist, rank_watchlist
from system.exceptions import ConflictError
from system.models import AuditLog, OutboxEvent, PipelineRun
from tests.factories import AdminFactory, MetricsSnapshotFactory, SignalFactory, WatchlistFactory
from tests.trading.test_signals import END
from trading.models import AITradingSignal
from trading.rules import TIMING_RULES
from trading.selectors.followed import unended
from trading.services import generate_signals
from trading.services.own_signals import OwnPlan, enter_signal
from trading.services.signals import Generated

pytestmark = pytest.mark.django_db
WEEK = 168


def listed(coins: list[Asset]) -> User:
    """Coins on a list; who listed them."""
    admin: User = AdminFactory()
    watchlist = WatchlistFactory(user=admin)
    for coin in coins:
        add_to_watchlist(watchlist, coin, actor=admin, at=END - timedelta(days=1))
    for rules in (TIMING_RULES, ASSET_RULES):
        ensure_rules(rules)
    return admin


@pytest.fixture
def admin(coins: list[Asset]) -> User:
    return listed(coins)


@pytest.fixture
def snapshot(db: None) -> MetricsSnapshot:
    return MetricsSnapshotFactory(snapshot_time=END, timeframe="1d")


def planned(snapshot: MetricsSnapshot) -> Generated:
    run, _created = PipelineRun.objects.get_or_create(series="live", timeframe="1d", as_of=END)
    return generate_signals(snapshot, None, run=run)


def entered(asset: Asset, admin: User, side: PositionType = PositionType.LONG) -> AITradingSignal:
    target, stop = ("80", "40") if side == PositionType.LONG else ("20", "60")
    plan = OwnPlan(
        asset, side, Decimal(50), Decimal(target), Decimal(stop), Decimal("0.5"), WEEK, expires_at=None, words={}
    )
    return enter_signal(plan, actor=admin)


def said(found: Generated) -> dict[str, Any]:
    return {
        row.asset.symbol: (row.signal_type, row.entry_price, row.target_price, row.stop_loss, row.confidence_score)
        for row in found.rows
    }


def test_the_pipeline_plans_what_it_would_plan_alone(
    coins: list[Asset], admin: User, snapshot: MetricsSnapshot
) -> None:
    with transaction.atomic():
        alone = planned(snapshot)
        transaction.set_rollback(True)
    by_hand = {coin.symbol: entered(coin, admin) for coin in coins}
    other = entered(coins[0], admin, PositionType.SHORT)
    live = planned(snapshot)
    assert said(live) == said(alone)
    assert said(live), "the market has plans"
    assert live.reasons == alone.reasons
    for symbol, signal in by_hand.items():
        signal.refresh_from_db()
        assert signal.status == ("cancelled" if symbol in said(live) else "active")
        assert (signal.withdrawn_at is not None) == (symbol in said(live))
    other.refresh_from_db()
    assert other.status == "active", "another direction is in nobody's way"
    gone = [one for one in by_hand.values() if one.status == "cancelled"]
    lines = AuditLog.objects.filter(table_name="ai_trading_signals", operation="UPDATE")
    assert {(line.record_id, line.changed_by_id) for line in lines} == {(one.pk, None) for one in gone}
    told = {event.payload["signal_id"] for event in OutboxEvent.objects.filter(topic="signal.updated")}
    assert told == {one.pk for one in gone}
    assert {one.pk for one in gone} <= set(unended("1d", END + timedelta(days=10_000), "live").ids.tolist())


def test_where_the_pipeline_has_planned_nothing_is_entered(
    coins: list[Asset], admin: User, snapshot: MetricsSnapshot
) -> None:
    first = planned(snapshot)
    with pytest.raises(ConflictError) as error:
        entered(first.rows[0].asset, admin)
    assert error.value.code == "signal_active"
    again = planned(snapshot)
    assert (said(again), again.created) == (said(first), 0)


def test_one_whose_time_is_up_is_not_called_cancelled(
    coins: list[Asset], admin: User, snapshot: MetricsSnapshot
) -> None:
    shared: dict[str, Any] = {"time_horizon_hours": WEEK, "generated_by": admin, "metrics_snapshot": snapshot}
    by_hand = [SignalFactory(asset=coin, expires_at=END + timedelta(days=1), **shared) for coin in coins]
    found = planned(snapshot)
    assert said(found)
    for signal in by_hand:
        signal.refresh_from_db()
        assert signal.status == ("expired" if signal.asset.symbol in said(found) else "active")
        assert signal.withdrawn_at is None


def test_every_ranking_of_the_run_notes_its_signals(coins: list[Asset], admin: User, snapshot: MetricsSnapshot) -> None:
    lists: list[Watchlist] = [*admin.watchlists.all(), WatchlistFactory(user=admin)]
    for coin in coins:
        add_to_watchlist(lists[1], coin, actor=admin, at=END - timedelta(days=1))
    run = PipelineRun.objects.create(series="live", timeframe="1d", as_of=END)
    for one in lists:
        rank_watchlist(one, snapshot, run=run)
    found = {row.pk for row in planned(snapshot).rows}
    for row in AIWatchlistAnalysis.objects.all():
        assert {one["signal_id"] for one in row.generated_signals or []} == found

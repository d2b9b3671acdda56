"""Owners have their lists ranked at once, admins the default lists."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.choices import UserRole
from accounts.models import User, UserActivity
from cryptopredict.orders import carry_out_analyses
from selection.models import AIWatchlistAnalysis, Watchlist
from selection.services.list_analysis import analyse_list
from system.models import BackgroundTask, PipelineRun
from tests.doors import API, client_of, refused
from tests.factories import AdminFactory, ListedFactory, SignalFactory, UserFactory, WatchlistFactory
from tests.selection.ranked_market import AS_OF, DAY, RankedMarket, market, stored_layers, stored_market

__all__ = ["market", "stored_layers", "stored_market"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _done(market: RankedMarket) -> None:
    PipelineRun.objects.filter(pk=market.run.pk).update(status="done")
    type(market.coins[0]).objects.filter(pk=market.coins[0].pk).update(current_price=1)


@pytest.fixture
def own(market: RankedMarket) -> Watchlist:
    """A personal list of two coins."""
    made: Watchlist = WatchlistFactory()
    for coin in market.coins[:2]:
        ListedFactory(watchlist=made, asset=coin, valid_from=AS_OF - DAY)
    return made


def ask(client: Client, watchlist: Watchlist, **headers: str) -> Any:
    return client.post(f"{API}watchlists/{watchlist.pk}/analyze", headers=headers)


def kind(response: Any, status: int) -> str:
    return str(refused(response, status)["type"]).rpartition(":")[2]


def test_a_list_is_ranked_by_the_newest_run(own: Watchlist, market: RankedMarket) -> None:
    client = client_of(own.user)
    asked = ask(client, own)
    assert asked.status_code == 202, asked.content
    assert asked["Location"] == f"/api/v1/watchlists/{own.pk}/analysis"
    refused(client.get(asked["Location"]), 404)
    assert carry_out_analyses() == 1
    order = BackgroundTask.objects.get(pk=asked.json()["task_id"])
    row = AIWatchlistAnalysis.objects.get(watchlist=own)
    assert (order.status, order.result_data) == (
        "completed",
        {"analysis_id": row.pk, "as_of": AS_OF.isoformat(), "changed_since": False},
    )
    assert (row.run_id, row.metrics_snapshot_id) == (market.run.pk, market.snapshot.pk)
    assert {score["asset_id"] for score in row.asset_scores or []} == {coin.pk for coin in market.coins[:2]}
    assert client.get(asked["Location"]).json()["id"] == row.pk
    assert UserActivity.objects.filter(user=own.user, action="analyze").count() == 1


def test_what_a_run_has_ranked_stays_as_it_was(market: RankedMarket) -> None:
    tier = market.tiers["tier1"]
    before = AIWatchlistAnalysis.objects.filter(watchlist=tier).values().get()
    admin = client_of(AdminFactory())
    assert ask(admin, tier).status_code == 202
    with CaptureQueriesContext(connection) as seen:
        carry_out_analyses()
    reads = [one["sql"] for one in seen if 'FROM "ai_watchlist_analysis"' in one["sql"]]
    assert reads, "it looks at what stands"
    assert all("FOR UPDATE" in one for one in reads), "a run may be noting its signals there"
    assert AIWatchlistAnalysis.objects.filter(watchlist=tier).values().get() == before
    assert ask(admin, tier).status_code == 202  # admins need not wait


def test_a_list_that_the_run_did_not_rank_has_its_signals(own: Watchlist, market: RankedMarket) -> None:
    listed, _other = market.coins[:2]
    signal = SignalFactory(run=market.run, asset=listed, metrics_snapshot=market.snapshot)
    SignalFactory(run=market.run, asset=market.coins[5], metrics_snapshot=market.snapshot)
    ask(client_of(own.user), own)
    carry_out_analyses()
    row = AIWatchlistAnalysis.objects.get(watchlist=own)
    assert [one["signal_id"] for one in row.generated_signals or []] == [signal.pk]
    counts = {score["asset_id"]: score["signal_count"] for score in row.asset_scores or []}
    assert counts == {coin.pk: int(coin == listed) for coin in market.coins[:2]}


def test_an_owner_asks_once_in_ten_minutes(own: Watchlist) -> None:
    client = client_of(own.user)
    assert ask(client, own).json() == ask(client, own).json()
    carry_out_analyses()
    again = ask(client, own)
    assert kind(again, 429) == "throttled"
    assert 0 < int(again["Retry-After"]) <= 600
    BackgroundTask.objects.update(created_at=BackgroundTask.objects.get().created_at - timedelta(minutes=10))
    assert ask(client, own).status_code == 202


def test_the_same_request_again_is_the_same_answer(own: Watchlist) -> None:
    client = client_of(own.user)
    first = ask(client, own, **{"Idempotency-Key": "k"})
    carry_out_analyses()
    second = ask(client, own, **{"Idempotency-Key": "k"})
    assert (second.status_code, second.content) == (202, first.content)


def test_whose_list_it_is(own: Watchlist, market: RankedMarket) -> None:
    refused(ask(client_of(), own), 401)
    foreign, absent = ask(client_of(UserFactory()), own), ask(client_of(UserFactory()), Watchlist(pk=987654321))
    strip = {"instance": "", "request_id": ""}
    assert {**refused(foreign, 404), **strip} == {**refused(absent, 404), **strip}
    assert kind(ask(client_of(own.user), market.tiers["tier1"]), 403) == "admin-only"
    User.objects.filter(watchlists=own).update(role=UserRole.GUEST)
    own.refresh_from_db()
    refused(ask(client_of(own.user), own), 403)
    assert ask(client_of(AdminFactory()), own).status_code == 202


def test_without_anything_to_rank_by_it_is_said_why(own: Watchlist) -> None:
    late = WatchlistFactory(user=own.user)
    ListedFactory(watchlist=late, valid_from=AS_OF + DAY)
    assert kind(ask(client_of(own.user), late), 409) == "list-was-empty"
    PipelineRun.objects.update(status="failed")
    assert kind(ask(client_of(own.user), own), 409) == "no-run-yet"
    assert not BackgroundTask.objects.exists()


def test_a_change_since_is_told_and_a_deleted_list_is_not_ranked(own: Watchlist, market: RankedMarket) -> None:
    order = BackgroundTask.objects.get(pk=ask(client_of(own.user), own).json()["task_id"])
    ListedFactory(watchlist=own, asset=market.coins[5], sort_order=3, valid_from=AS_OF + DAY)
    analyse_list(order)
    assert (order.result_data or {})["changed_since"] is True
    Watchlist.objects.filter(pk=own.pk).update(is_active=False)
    assert carry_out_analyses() == 1
    order.refresh_from_db()
    assert (order.status, order.error_message) == ("failed", "This list has been deleted.")

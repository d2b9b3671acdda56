"""Reads of what lies back go to a real replica that is near, and to the database whenever it is not."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client

from accounts.models import User
from cryptopredict import inspection
from cryptopredict.measuring.services import State, replica_state
from cryptopredict.observing import gauges
from selection.models import Portfolio
from system import figures, replica
from system.acting import acting_as, done_by, for_everyone
from system.history import REPLICA, History, asked_there, history_connection, key_of, read_history
from system.read_only import reading
from tests import factories as make
from tests.doors import client_of
from tests.replica import Follower, following, wait_until

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner", "replica"])
LIST = "/api/v1/predictions/"


@pytest.fixture(scope="module", autouse=True)
def server(django_db_setup: None, django_db_blocker: Any) -> Iterator[Follower]:
    """One for all tests; before them, so that they may ask it."""
    with following() as found:
        yield found


@pytest.fixture
def follower(server: Follower, monkeypatch: pytest.MonkeyPatch) -> Iterator[Follower]:
    monkeypatch.setattr(replica, "LOOK_EVERY_SECONDS", 0.05)
    monkeypatch.setattr(replica, "REST_SECONDS", 0.2)
    monkeypatch.setattr(replica, "_watches", {})
    yield server
    if server.server is None:
        server.start()
    server.superuser("SELECT pg_wal_replay_resume()")
    cache.delete_many([key_of(f"user:{pk}") for pk in User.objects.values_list("pk", flat=True)])
    watch = replica.watch()
    watch.asked_at = -replica.IDLE_SECONDS
    if watch.thread is not None:
        watch.thread.join(30)


def asked() -> str:
    """Which database a read of history is answered by now."""
    with reading(), for_everyone():
        name: str = read_history(History.PREDICTIONS, lambda: history_connection().alias)
    return name


def is_asked(alias: str) -> Callable[[], bool]:
    return lambda: asked() == alias


def numbers(client: Client) -> list[int]:
    answer = client.get(LIST)
    assert answer.status_code == 200, answer.content
    return [one["id"] for one in answer.json()["results"]]


def counted() -> dict[tuple[str, ...], float]:
    """Reads of history since the last look, by what and by whom."""
    return {labels: number for (name, labels), number in figures.take().items() if name == figures.HISTORY_READS.name}


def reached(follower: Follower) -> bool:
    """Whether the replica shows what the database has now."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_insert_lsn()")
        (position,) = cursor.fetchone()
    with connections[REPLICA].cursor() as cursor:
        cursor.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", [position])
        return bool(cursor.fetchone()[0])


@pytest.mark.long
def test_a_near_replica_answers_and_one_that_is_gone_is_left_alone(follower: Follower) -> None:
    mine, other = make.UserFactory(), make.UserFactory()
    make.PortfolioFactory(user=mine, name="Mine")
    forecast = make.PredictionFactory(user=mine)
    wait_until(lambda: reached(follower), "the replica does not follow")
    wait_until(is_asked(REPLICA), "the replica is not asked")
    figures.take()
    assert numbers(client_of(mine)) == [forecast.pk]
    assert numbers(client_of(other)) == []
    counted = {
        labels: number for (name, labels), number in figures.take().items() if name == "cryptopredict_history_reads"
    }
    assert counted == {("predictions", REPLICA): 2}

    with asked_there():
        for person, seen in ((mine, ["Mine"]), (other, [])):
            with acting_as(person.pk):
                assert [one.name for one in Portfolio.objects.all()] == seen
                assert Portfolio.objects.db == REPLICA
    assert replica_state()[0] == State.HEALTHY
    assert inspection.replica().is_well
    row = asked_row(forecast)
    assert row._state.db == REPLICA
    assert row.asset.symbol == forecast.asset.symbol
    with for_everyone():
        assert type(row).objects.db_manager(hints={"instance": row}).db == "default"

    follower.stop()
    figures.take()
    assert numbers(client_of(mine)) == [forecast.pk]
    wait_until(is_asked("default"), "who is gone is asked")
    assert "does not answer" in replica.standing_now().fault
    state, found = replica_state()
    assert (state, found["lag_seconds"]) == (State.WARNING, None)
    assert not inspection.replica().is_well
    (up, lag) = gauges.replica()
    assert ([one.value for one in up.samples], lag.samples) == ([0.0], [])
    assert numbers(client_of(mine)) == [forecast.pk]

    follower.start()
    wait_until(is_asked(REPLICA), "who is back is not asked")


def asked_row(forecast: Any) -> Any:
    with asked_there(), for_everyone():
        return type(forecast).objects.get(pk=forecast.pk)


@pytest.mark.long
def test_who_writes_reads_what_he_has_written_and_candles_are_never_late(follower: Follower, settings: Any) -> None:
    settings.DATABASE_REPLICA_MAX_LAG = 3600
    mine, other = make.UserFactory(), make.UserFactory()
    asset = make.AssetFactory()
    make.add_candles(asset, [100, 101], first=datetime(2026, 1, 1, tzinfo=UTC))
    wait_until(lambda: reached(follower), "the replica does not follow")
    wait_until(is_asked(REPLICA), "the replica is not asked")
    follower.superuser("SELECT pg_wal_replay_pause()")
    with done_by(f"user:{mine.pk}", "web"), reading():
        assert read_history(History.PREDICTIONS, lambda: history_connection().alias) == REPLICA
    client = client_of(mine)
    assert client.post("/api/v1/portfolios/", {"name": "New"}, "application/json").status_code == 201
    forecast = make.PredictionFactory(user=mine)
    assert numbers(client) == [forecast.pk], "he has just written"
    assert numbers(client_of(other)) == []
    with done_by(f"user:{other.pk}", "web"), reading():
        assert read_history(History.PREDICTIONS, lambda: history_connection().alias) == REPLICA

    make.add_candles(asset, [102], first=datetime(2026, 1, 3, tzinfo=UTC))
    address = f"/api/v1/assets/{asset.pk}/candles?timeframe=1d"
    figures.take()
    assert [one["close"] for one in client_of().get(address).json()["candles"]] == ["100", "101", "102"]
    assert counted() == {("candles", "primary"): 1}
    follower.superuser("SELECT pg_wal_replay_resume()")
    wait_until(lambda: reached(follower), "the replica does not follow")
    assert [one["close"] for one in client_of().get(f"{address}&limit=2").json()["candles"]] == ["101", "102"]
    assert counted() == {("candles", REPLICA): 1}


@pytest.mark.full
def test_one_that_is_far_behind_is_not_asked_until_it_has_caught_up(follower: Follower, settings: Any) -> None:
    settings.DATABASE_REPLICA_MAX_LAG = 1
    wait_until(is_asked(REPLICA), "the replica is not asked")
    follower.superuser("SELECT pg_wal_replay_pause()")
    make.AssetFactory()
    wait_until(is_asked("default"), "who is behind is asked")
    assert "s behind" in replica.watch().standing.fault
    follower.superuser("SELECT pg_wal_replay_resume()")
    wait_until(is_asked(REPLICA), "who has caught up is not asked")


@pytest.mark.full
def test_a_read_that_breaks_off_is_read_from_the_database(follower: Follower) -> None:
    wait_until(is_asked(REPLICA), "the replica is not asked")
    begun, seen = threading.Event(), list[str]()

    def read() -> str:
        alias: str = history_connection().alias
        seen.append(alias)
        with history_connection().cursor() as cursor:
            if alias == REPLICA:
                begun.set()
                cursor.execute("SELECT pg_sleep(60)")
            return alias

    def stop() -> None:
        assert begun.wait(30)
        follower.stop()

    stopper = threading.Thread(target=stop)
    stopper.start()
    with reading(), for_everyone():
        assert read_history(History.INDICATORS, read) == "default"
    stopper.join()
    assert seen == [REPLICA, "default"]


def test_what_writes_never_reads_from_the_copy(follower: Follower) -> None:
    wait_until(is_asked(REPLICA), "the replica is not asked")
    with for_everyone():
        assert read_history(History.PREDICTIONS, lambda: history_connection().alias) == "default"

"""A run that several workers share has the rows of a run in one process, whatever happens to the workers."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import redis
from django.conf import settings as ours
from django.core.cache import cache
from django.db import connection, connections, transaction
from django.utils import timezone
from hypothesis import given, settings, strategies
from kombu import Connection

from assets.compute.outputs import WARM_UP
from assets.models import Asset
from assets.selectors import lift, market_view, remembered_views, universe, unpacked
from assets.selectors.lifting import NEWEST, lifted_market
from assets.selectors.market import BARS
from assets.selectors.panel import FIELDS
from cryptopredict import shared_runs, tasks
from cryptopredict.bootstrap import bootstrap
from cryptopredict.pipeline import run_pipeline
from system.exceptions import UnavailableError
from system.http.gate import server
from system.models import BackgroundTask, PipelineRun
from system.services import heartbeats
from tests.business import business_rows, differences
from tests.cryptopredict.installation import wait_for
from tests.cryptopredict.workers import NUMBER, Worker, queue_of_its_own, worker
from tests.factories import EPOCH, AssetFactory, add_candles
from tests.market_files import own_market
from tests.pipeline_runs import AS_OF, DAY, counts, load

LATER = timedelta(minutes=4)


@pytest.fixture
def market(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    bootstrap()
    load(own_market(tmp_path))
    yield
    cache.clear()
    server(ours.REDIS_URL).delete("heartbeats:worker:compute")


@pytest.fixture
def always(settings: Any) -> None:
    settings.PIPELINE_SHARED = "always"


WITH_MARKET = pytest.mark.usefixtures("market")
REAL = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
Rows = tuple[dict[str, list[dict[str, Any]]], dict[str, Any]]


def rows_of(run: PipelineRun) -> Rows:
    stages = {
        name: {key: value for key, value in facts.items() if key != "seconds"}
        for name, facts in (run.counts or {}).items()
    }
    return business_rows(), stages


def alone(as_of: datetime) -> Rows:
    """What one process would write; it is taken back."""
    with transaction.atomic():
        found = rows_of(run_pipeline(as_of, "1d"))
        transaction.set_rollback(True)
    return found


def begun(as_of: datetime = AS_OF) -> shared_runs.Begun:
    found = shared_runs.begin(as_of, "1d")
    assert found is not None
    return found


# -- parts ------------------------------------------------------------------------------------------------------------


def test_the_long_history_reaches_as_far_as_the_analyses_look() -> None:
    assert max(BARS.values()) <= WARM_UP


@REAL
@WITH_MARKET
def test_a_market_in_parts_is_the_market() -> None:
    ids = universe("1d", AS_OF).asset_ids
    whole, newest = market_view("1d", AS_OF), lift(ids, "1d", AS_OF).newest
    stale = lift(ids, "1d", AS_OF - DAY)  # of another moment: counts as none

    @settings(max_examples=15, deadline=None)
    @given(data=strategies.data())
    def however_it_is_cut(data: strategies.DataObject) -> None:
        """Whatever is missing, in whatever order the parts come, after a way as bytes."""
        owner = data.draw(strategies.lists(strategies.integers(0, 3), min_size=len(ids), max_size=len(ids)))
        groups = [[one for one, part in zip(ids, owner, strict=True) if part == wanted] for wanted in (1, 2, 3)]
        parts = [unpacked(lift(group, "1d", AS_OF).packed()) for group in groups if group]
        with remembered_views():
            view = lifted_market("1d", AS_OF, [*data.draw(strategies.permutations(parts)), stale])
            assert market_view("1d", AS_OF) is view
        assert (view.universe, view.panel.asset_ids.tolist()) == (whole.universe, ids)
        for name in ("times", *FIELDS):
            np.testing.assert_array_equal(getattr(view.panel, name), getattr(whole.panel, name))
        assert view.figures[NEWEST] == newest

    however_it_is_cut()
    part = lift(ids, "1d", AS_OF)
    Asset.objects.filter(symbol="ETH").update(symbol="ETH-PERP")  # it leaves the universe after it was read
    view = lifted_market("1d", AS_OF, [part])
    assert view.panel.asset_ids.tolist() == universe("1d", AS_OF).asset_ids
    assert len(view.figures[NEWEST]) == len(part.newest) - 1


# -- planning ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("assets", "workers", "size"), [(500, 2, 125), (500, 3, 167), (12, 2, 6), (2000, 2, 200), (1, 2, 1), (401, 2, 101)]
)
def test_batches_are_alike_and_fit_into_memory(assets: int, workers: int, size: int) -> None:
    assert shared_runs.size_of_batch(assets, workers) == size


@REAL
@WITH_MARKET
def test_a_run_is_shared_where_there_are_many_assets_and_somebody_to_share_with(settings: Any) -> None:
    settings.PIPELINE_SHARED, settings.PIPELINE_SHARED_ASSETS = "auto", 12
    assert shared_runs.begin(AS_OF, "1d") is None, "nobody is there"
    for name in ("a", "b", "c"):
        heartbeats.beat("worker:compute", name)
    settings.PIPELINE_SHARED_ASSETS = 13
    assert shared_runs.begin(AS_OF, "1d") is None, "too few assets"
    settings.PIPELINE_SHARED_ASSETS = 12
    first = begun()
    assert first.batches == 3
    assert begun() == shared_runs.Begun(first.task_id, 0), "it is told once"
    assert PipelineRun.objects.get().status == "running"
    settings.PIPELINE_SHARED = "never"
    assert shared_runs.begin(AS_OF - DAY, "1d") is None


# -- landing ----------------------------------------------------------------------------------------------------------


@pytest.mark.long
@REAL
@WITH_MARKET
@pytest.mark.usefixtures("always")
def test_rows_are_those_of_one_process_whatever_was_lost() -> None:
    for day, prepared in enumerate([(0, 1), (1,)]):
        as_of = AS_OF + day * DAY
        expected = alone(as_of)
        plan = begun(as_of)
        assert [shared_runs.prepare_batch(plan.task_id, number) for number in prepared] == [None] * len(prepared)
        assert counts()["MetricsSnapshot"] == day, "batches only read"
        if prepared == (1,):
            cache.set(f"shared-run:{plan.task_id}:0", b"no part", 60)  # what cannot be read is read anew
        run = shared_runs.land_run(plan.task_id)
        assert run is not None
        found = rows_of(run)
        assert differences(expected[0], found[0]) == []
        assert expected[1] == found[1]
        row = BackgroundTask.objects.get(pk=plan.task_id)
        assert (row.status, row.result_data) == ("completed", {"parts": len(prepared), "faults": []})
        assert shared_runs.land_run(plan.task_id) is None, "it is landed once"
        assert shared_runs.prepare_batch(plan.task_id, 0) is None, "a batch that comes late reads nothing"
        assert cache.get(f"shared-run:{plan.task_id}:0") is None


@REAL
@WITH_MARKET
@pytest.mark.usefixtures("always")
def test_faults_are_told_and_leave_nothing_half_landed(monkeypatch: pytest.MonkeyPatch) -> None:
    plan, reason = begun(), "RuntimeError: the disk is gone"
    with monkeypatch.context() as patch:
        patch.setattr(shared_runs, "lift", _broken)
        assert shared_runs.prepare_batch(plan.task_id, 0) == reason
    with monkeypatch.context() as patch:  # what may pass is landed later
        patch.setattr("cryptopredict.pipeline.generate_signals", _away)
        with pytest.raises(UnavailableError):
            shared_runs.land_run(plan.task_id)
    assert BackgroundTask.objects.get(pk=plan.task_id).status == "running"
    with monkeypatch.context() as patch:  # a defect ends the run
        patch.setattr("cryptopredict.pipeline.generate_signals", _broken)
        with pytest.raises(RuntimeError):
            shared_runs.land_run(plan.task_id)
    row, run = BackgroundTask.objects.get(pk=plan.task_id), PipelineRun.objects.get()
    assert (row.status, row.error_message, run.status, run.error) == ("failed", reason, "failed", reason)
    found = counts()
    assert not any(found[name] for name in found if name != "PipelineRun"), found
    again = begun()
    assert again.task_id != plan.task_id
    landed = shared_runs.land_run(again.task_id, [reason, None])
    assert landed is not None
    assert landed.status == "done"
    assert BackgroundTask.objects.get(pk=again.task_id).result_data == {"parts": 0, "faults": [reason]}


@REAL
@pytest.mark.usefixtures("always")
def test_a_run_whose_workers_were_lost_is_taken_up_and_in_the_end_given_up() -> None:
    add_candles(AssetFactory(), [100])
    plan, now = begun(EPOCH + DAY), timezone.now()
    assert shared_runs.take_up_runs(now) == {}
    assert shared_runs.take_up_runs(now + LATER) == {plan.task_id: "1d"}
    assert shared_runs.take_up_runs(now + timedelta(hours=1)) == {}
    assert BackgroundTask.objects.get(pk=plan.task_id).status == "failed"
    assert "lost" in (PipelineRun.objects.get().error or "")


def _broken(*_: Any, **__: Any) -> None:
    raise RuntimeError("the disk is gone")


def _away(*_: Any, **__: Any) -> None:
    raise UnavailableError("the database is away")


# -- real workers -----------------------------------------------------------------------------------------------------


@REAL
@WITH_MARKET
@pytest.mark.full
def test_two_workers_share_a_run_and_one_is_killed_in_the_next() -> None:
    with queue_of_its_own() as (address, broker), Connection(broker) as line, ExitStack() as both:
        workers = [both.enter_context(worker(address, PIPELINE_SHARED="always")) for _ in range(2)]
        expected = alone(AS_OF)
        tasks.run_pipeline.apply_async(("1d", AS_OF.isoformat()), connection=line)
        assert_landed(expected, AS_OF, parts=2)

        second = AS_OF + 7 * DAY
        expected = alone(second)
        before = business_rows()
        with transaction.atomic(using="owner"), connections["owner"].cursor() as owner:
            owner.execute("LOCK TABLE candle_revisions IN ACCESS EXCLUSIVE MODE")
            tasks.run_pipeline.apply_async(("1d", second.isoformat()), connection=line)
            wait_for(lambda: at_the_lock() == 2, 120)  # each holds a batch
            workers[0].process.kill()
            workers[0].process.wait(30)
        parts = redis.Redis.from_url(address, db=NUMBER)
        wait_for(lambda: len(parts.keys("*shared-run:*")) == 1, 120)
        assert PipelineRun.objects.get(as_of=second).status == "running"
        assert differences(before, business_rows()) == [], "nothing is half landed"
        tasks.take_up_runs.apply_async(((timezone.now() + LATER).isoformat(),), connection=line)
        assert_landed(expected, second, parts=1)
        parts.close()
    assert_ends(workers)


def assert_landed(expected: Rows, as_of: datetime, *, parts: int) -> None:
    wanted = {"as_of": as_of.isoformat(), "timeframe": "1d"}
    wait_for(
        lambda: BackgroundTask.objects.filter(task_params__contains=wanted).exclude(status="running").exists(), 120
    )
    row = BackgroundTask.objects.get(task_params__contains=wanted)
    assert (row.status, row.error_message) == ("completed", None)
    assert row.result_data == {"parts": parts, "faults": []}
    found = rows_of(PipelineRun.objects.get(as_of=as_of))
    assert differences(expected[0], found[0]) == []
    assert expected[1] == found[1]


def assert_ends(workers: list[Worker]) -> None:
    assert workers[0].status == -signal.SIGKILL
    assert workers[1].status == 0, workers[1].output


def at_the_lock() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])

"""Traces: off unless a collector is named; then one trace through all processes, and no word of anybody's."""

import json
import logging
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.db import DataError, connection, transaction
from django.test import Client
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks
from kombu import Connection

from accounts.services import create_api_token
from cryptopredict import __version__, tasks
from cryptopredict.celery import app
from cryptopredict.observing import background, tracing
from system import spans
from system.choices import TaskStatus
from system.log_context import working_on
from system.models import BackgroundTask
from system.services import carry_out, change_setting, order_work, setting
from tests.cryptopredict.installation import ROOT, wait_for
from tests.cryptopredict.web_processes import ask, web_address
from tests.cryptopredict.workers import queue_of_its_own, worker
from tests.doors import API
from tests.factories import AdminFactory, TotpDeviceFactory
from tests.stubs.collector import NEVER, PATH, Collector, Told, told_to
from tests.stubs.outgoing import provided, say
from tests.stubs.server import StubServer

REQUEST_ID = "traced-2026.11_23"
MARK = "M4rkOfNobody"
FLAGS = "03"
"""Sampled, and with a random id."""
FOREIGN = f"00-{'a' * 32}-{'b' * 16}-01"
SCHEDULER = "from cryptopredict.celery import app; app.conf.imports = (); app.Beat(loglevel='INFO').run()"
LOGGER = "cryptopredict.observing.tracing"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as found:
        yield found


def only(found: list[Told]) -> Told:
    assert len(found) == 1, found
    return found[0]


@pytest.mark.long
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_one_trace_from_a_request_through_beat_and_queue_to_a_statement(collector: Collector) -> None:
    """A real web server keeps an order, a real beat has a real worker take it up, and that one sends another task. No
    process sends before it ends: so each of them has sent its last spans at its end."""
    admin = AdminFactory()
    TotpDeviceFactory.of(admin)
    change_setting("collection", {**setting("collection"), "enabled": True}, actor=admin)
    _row, token = create_api_token(admin, name="test", scopes=("read", "write", "admin"))
    every = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.create(
        name="orders", task="cryptopredict.tasks.carry_out_data", queue="ingest", interval=every
    )
    PeriodicTasks.update_changed()
    own = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": NEVER}
    with web_address(**own) as address:
        web = address.begin()
        web.open()
        address.wait()
        body = json.dumps({"task_name": "assets.sync_prices", "task_params": {"timeframe": "1h"}}).encode()
        told = ask(address.port, "POST", f"{API}system/tasks?hint={MARK}", token, body, X_Request_ID=REQUEST_ID)
        assert told.status == 202, told
        order = BackgroundTask.objects.get(task_name="assets.sync_prices")
        beat = address.nursery.fork(SCHEDULER)
        with worker(address.variables["REDIS_URL"], LOG_FORMAT="json", LOG_LEVEL="info", **own) as at_work:
            wait_for(lambda: BackgroundTask.objects.get(pk=order.pk).status == TaskStatus.COMPLETED, 60)
            beat.send_signal(signal.SIGTERM)
            assert beat.wait(20) == 0
            wait_for(lambda: not redis.Redis.from_url(address.variables["REDIS_URL"]).llen("ingest"), 60)
        assert at_work.status == 0, at_work.output
        web.process.send_signal(signal.SIGTERM)
        web.process.wait(20)

    request = of_the_request(collector, order)
    of_the_order(collector, order, request)
    lines = [json.loads(line) for line in at_work.output.splitlines() if line.startswith("{")]
    (line,) = [one for one in lines if one.get("task") == "collect_candles" and "outcome" in one]
    child = of_the_task(collector, request)
    assert (line["trace_id"], line["span_id"], line["request_id"]) == (child.trace, child.id, REQUEST_ID)
    assert MARK.encode() not in collector.raw


def of_the_request(collector: Collector, order: BackgroundTask) -> Told:
    request = only(collector.named("POST /api/v1/system/tasks"))
    assert (request.kind, request.parent, request.has_failed) == ("server", "", False)
    assert request.facts["request_id"] == REQUEST_ID
    assert (request.facts["http.route"], request.facts["http.response.status_code"]) == ("/api/v1/system/tasks", 202)
    assert part_of(request) == ("cryptopredict", __version__, "web")
    assert order.trace_parent == f"00-{request.trace}-{request.id}-{FLAGS}"
    return request


def of_the_order(collector: Collector, order: BackgroundTask, request: Told) -> None:
    """A part of the request's trace, which points at the task that has taken it up, whose trace beat has begun."""
    done = only(collector.named("order assets.sync_prices"))
    assert (done.trace, done.parent, done.facts["request_id"]) == (request.trace, request.id, REQUEST_ID)
    assert (done.facts["order_id"], done.facts["outcome"]) == (order.pk, "completed")
    taken = next(one for one in collector.named("task carry_out_data") if (one.trace,) == done.links)
    sent_by_beat = next(one for one in collector.named("send carry_out_data") if one.id == taken.parent)
    assert sent_by_beat.trace == taken.trace != request.trace
    assert (part_of(sent_by_beat)[2], sent_by_beat.kind, sent_by_beat.parent) == ("beat", "producer", "")


def of_the_task(collector: Collector, request: Told) -> Told:
    """What the order sends, what a worker does of it, and its statements."""
    done, sent = only(collector.named("order assets.sync_prices")), only(collector.named("send collect_candles"))
    child = only(collector.named("task collect_candles"))
    assert (sent.trace, sent.parent) == (request.trace, done.id)
    assert (child.trace, child.parent, child.kind) == (request.trace, sent.id, "consumer")
    assert (part_of(child)[2], child.facts["outcome"], child.facts["messaging.destination.name"]) == (
        "worker",
        "success",
        "ingest",
    )
    statements = [one for one in collector.told() if one.parent == child.id and "db.query.text" in one.facts]
    assert statements
    assert {(one.trace, one.kind, one.facts["db.system.name"]) for one in statements} == {
        (request.trace, "client", "postgresql")
    }
    return child


def part_of(one: Told) -> tuple[str, str, str]:
    said = one.resource
    return said["service.name"], said["service.version"], said["cryptopredict.part"]


OFF = f"""
import os, sys
os.environ.update(OTEL_SERVICE_NAME="x", OTEL_TRACES_SAMPLER="always_on")
import cryptopredict.asgi, cryptopredict.urls, cryptopredict.tasks
from django.test import Client
from cryptopredict.observing import tracing
from cryptopredict.celery import app
for part in ("web", "worker", "beat"):
    tracing.begin(part)
assert Client(headers={{"Host": "127.0.0.1", "traceparent": "{FOREIGN}"}}).get("/healthz").status_code == 200
ours = ("opentelemetry.sdk", "opentelemetry.exporter", "opentelemetry.trace", "google.protobuf")
print(sorted(name for name, module in sys.modules.items() if name.startswith(ours) and module))
"""


def test_off_nothing_of_it_is_loaded() -> None:
    """Of the API the client of Redis loads its figures; that came with it before."""
    done = subprocess.run([sys.executable, "-c", OFF], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


def test_off_a_span_leaves_nothing() -> None:
    assert not spans.is_on()
    with spans.span("work", "server", parent="nonsense") as span, spans.statement("SELECT 1", None):
        span.facts["a"] = 1
        spans.failed(ZeroDivisionError())
        spans.past(spans.Span("other"), "client", 1.0)
        assert spans.carried() is None
        assert spans.with_trace(None, "", {}) == {}


@pytest.mark.django_db
def test_no_word_of_anybodys_is_told(collector: Collector, settings: Any) -> None:
    """The mark stands wherever something of somebody's may stand, and in what goes wrong with it."""
    say()
    with StubServer() as outside, provided(outside.url, key_header="x-key") as http, told_to(collector.url):
        settings.PROVIDERS = {http.provider.name: {"key": f"key-{MARK}"}}
        outside.answer("*", status=403, body={"error": MARK})
        visitor = Client(
            headers={"Authorization": f"Bearer cp_{MARK}", "User-Agent": MARK, "traceparent": MARK, "Referer": MARK}
        )
        visitor.cookies["sessionid"] = MARK
        visitor.get(f"/{MARK}?token={MARK}")
        visitor.get(f"/assets/{MARK}")
        visitor.get(f"{API}assets", {"search": MARK})
        visitor.post(f"{API}auth/login", {"email": f"{MARK}@x.example", "password": MARK}, "application/json")
        visitor.post("/login", {"username": f"{MARK}@x.example", "password": MARK})
        visitor.generic(MARK, "/healthz")
        with spans.span("work"):
            statements()
            with pytest.raises(Exception, match="403"):
                http.request("POST", f"/{MARK}", params={"q": MARK}, body=MARK, endpoint="/named", headers={"X": MARK})
        with pytest.raises(ValueError, match=MARK), spans.span("broken"):
            raise ValueError(MARK)
        failing_task()
    assert {call.headers["x-key"] for call in outside.calls} == {f"key-{MARK}"}
    assert "traceparent" not in outside.calls[0].headers
    names = {one.name for one in collector.told()}
    assert {"GET unknown", f"GET {API}assets", f"POST {API}auth/login", "other /healthz", "task failing"} <= names
    assert f"POST {http.provider.name}" in names
    assert MARK.encode() not in collector.raw
    assert {(one.words, one.events) for one in collector.told()} == {("", 0)}
    wrong = {one.name: one.facts["error.type"] for one in collector.told() if one.has_failed}
    assert wrong["broken"] == "ValueError"
    assert wrong["task failing"] == "ZeroDivisionError"
    assert wrong[f"POST {http.provider.name}"] == "Refused"
    assert wrong["SELECT"] == "InvalidTextRepresentation"


def statements() -> None:
    """Values beside a statement and in it, several at once, copied, and in an error of the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s", [MARK])
        cursor.execute("CREATE TEMPORARY TABLE traced (word text)")
        cursor.executemany("INSERT INTO traced VALUES (%s)", [[MARK], [MARK]])
        with cursor.copy("COPY traced FROM STDIN") as copy:
            copy.write(f"{MARK}\n")
        cursor.execute(f"SELECT count(*) FROM traced WHERE word = '{MARK}' OR word = $${MARK}$$ -- {MARK}")  # noqa: S608
        assert cursor.fetchone() == (3,)
        cursor.execute("DROP TABLE traced")
        with pytest.raises(DataError, match=MARK), transaction.atomic():
            cursor.execute(f"SELECT '{MARK}'::integer")


def failing_task() -> None:
    @app.task(name="tests.failing")
    def failing(_word: str) -> None:
        raise ZeroDivisionError(MARK)

    try:
        failing.apply(args=[MARK], headers={"secret": MARK})
    finally:
        app.tasks.pop("tests.failing")


@pytest.mark.django_db
def test_spans_of_a_piece_of_work_hang_together(collector: Collector) -> None:
    with told_to(collector.url, "command"), working_on(run_id=7), spans.span("outer", facts={"rows": 3, "none": None}):
        with connection.cursor() as cursor, spans.span("inner"):
            cursor.execute('SELECT "id" FROM "assets" LIMIT 3')
            cursor.execute("SAVEPOINT x")
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK TO SAVEPOINT x")
    statement, inner, outer = collector.told()
    assert (statement.name, statement.parent, inner.parent, outer.parent) == ("SELECT assets", inner.id, outer.id, "")
    assert {one.trace for one in (statement, inner, outer)} == {outer.trace}
    assert outer.facts == {"rows": 3, "run_id": 7}
    assert statement.facts == {
        "db.system.name": "postgresql",
        "db.namespace": connection.settings_dict["NAME"],
        "db.operation.name": "SELECT",
        "db.collection.name": "assets",
        "db.query.text": 'SELECT "id" FROM "assets" LIMIT ?',
    }


@pytest.mark.django_db
def test_a_statement_outside_of_any_work_is_not_told(collector: Collector) -> None:
    with told_to(collector.url):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        with spans.span("work"):
            pass
    assert [one.name for one in collector.told()] == ["work"]


@pytest.mark.django_db
@pytest.mark.parametrize("is_believed", [False, True])
def test_a_callers_trace_counts_only_where_the_operator_says_so(
    collector: Collector, settings: Any, is_believed: bool
) -> None:
    settings.TRACES_FROM_CALLERS = is_believed
    with told_to(collector.url):
        Client().get("/healthz", headers={"traceparent": FOREIGN})
    request = only(collector.named("GET /healthz"))
    assert (request.trace == "a" * 32, request.parent == "b" * 16) == (is_believed, is_believed)


@pytest.mark.django_db
def test_an_order_that_fails_is_told_so(collector: Collector) -> None:
    def fails(_order: BackgroundTask) -> None:
        raise ZeroDivisionError(MARK)

    with told_to(collector.url):
        with spans.span("request"):
            order = order_work("tests.work", "test", {}, actor=AdminFactory())
        with spans.span("task"):
            carry_out({"tests.work": fails})
    asked, done = only(collector.named("request")), only(collector.named("order tests.work"))
    assert order.trace_parent == f"00-{asked.trace}-{asked.id}-{FLAGS}"
    assert (done.trace, done.parent, done.links) == (asked.trace, asked.id, (only(collector.named("task")).trace,))
    assert (done.has_failed, done.facts["error.type"], done.facts["outcome"]) == (True, "ZeroDivisionError", "failed")


def test_work_that_has_ended_is_told_with_its_length(collector: Collector) -> None:
    with told_to(collector.url):
        spans.past(spans.Span("quick", {"a": 1}), "server", 0.25)
    (batch,) = collector.calls_to(PATH)
    quick = only(collector.named("quick"))
    assert (quick.kind, quick.facts, quick.parent) == ("server", {"a": 1}, "")
    assert batch.body


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"OTEL_TRACES_SAMPLER": "always_off"}, []),
        ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"}, []),
        ({"OTEL_TRACES_SAMPLER": "", "OTEL_SERVICE_NAME": ""}, [("cryptopredict", None)]),
        ({"OTEL_SERVICE_NAME": "mine"}, [("mine", None)]),
        ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=theirs,deployment.environment.name=test"}, [("theirs", "test")]),
    ],
)
def test_the_standard_variables_count(collector: Collector, variables: dict[str, str], told: list[Any]) -> None:
    with told_to(collector.url, **variables), spans.span("work"):
        assert spans.is_on()
    resources = [one.resource for one in collector.told()]
    assert [(one["service.name"], one.get("deployment.environment.name")) for one in resources] == told


def test_the_collector_is_told_who_we_are(collector: Collector, caplog: pytest.LogCaptureFixture) -> None:
    with told_to(collector.url, OTEL_EXPORTER_OTLP_HEADERS=f"x-key={MARK}"), spans.span("work"):
        pass
    (batch,) = collector.calls_to(PATH)
    assert batch.headers["x-key"] == MARK
    assert MARK not in caplog.text


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged about traces, by us or the library, from warnings on."""
    names = (LOGGER, "opentelemetry", "urllib3")
    return [one.getMessage() for one in caplog.records if one.name.startswith(names) and one.levelno >= logging.WARNING]


QUICK = {"OTEL_BSP_SCHEDULE_DELAY": "50", "OTEL_EXPORTER_OTLP_TIMEOUT": "0.3"}


@pytest.mark.django_db
def test_a_collector_that_is_down_is_told_of_once_and_once_when_it_is_back(
    collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    collector.refuse()
    with told_to(collector.url, **QUICK):
        sender: Any = tracing._Present.sender
        for number in range(1, 4):
            before = sender.lost
            assert Client().get("/healthz").status_code == 200
            wait_for(lambda before=before: sender.lost > before, 30, lambda number=number: f"batch {number}")  # type: ignore[misc]
        (line,) = lines(caplog)
        assert f"127.0.0.1:{collector.port} and are dropped" in line
        collector.take_again()
        assert Client().get("/healthz").status_code == 200
        wait_for(lambda: not sender.lost, 30)
    assert [one.name for one in collector.told()] == ["GET /healthz"]
    assert [line.partition(";")[0] for line in lines(caplog)[1:]] == [f"Traces reach 127.0.0.1:{collector.port} again"]


ELSEWHERE = {"status": 302, "headers": {"Location": "/v1/other"}}


@pytest.mark.parametrize("reply", [{"status": 500}, ELSEWHERE, {"status": 401}])
def test_a_collector_that_refuses_is_told_of(
    collector: Collector, caplog: pytest.LogCaptureFixture, reply: dict[str, Any]
) -> None:
    collector.answer(PATH, **reply)
    with told_to(collector.url, **QUICK), spans.span("work"):
        pass
    (line,) = lines(caplog)
    assert str(reply["status"]) in line
    assert {call.path for call in collector.calls} == {PATH}


@pytest.mark.long
@pytest.mark.django_db
def test_a_collector_that_hangs_holds_up_neither_an_answer_nor_the_end(
    collector: Collector, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracing, "STOP_SECONDS", 1.0)
    collector.answer(PATH, delay=60)
    with told_to(collector.url, OTEL_BSP_SCHEDULE_DELAY="50", OTEL_EXPORTER_OTLP_TIMEOUT="3"):
        assert Client().get("/healthz").status_code == 200
        wait_for(lambda: bool(collector.calls), 30)
        assert Client().get("/healthz").status_code == 200
        begin = time.monotonic()
        tracing.end()
        assert time.monotonic() - begin < tracing.STOP_SECONDS + 5
    assert [line.partition(" within")[0] for line in lines(caplog)] == [
        f"The last spans did not reach 127.0.0.1:{collector.port}"
    ]


@pytest.mark.django_db
def test_more_spans_than_there_is_room_for_are_dropped(collector: Collector, caplog: pytest.LogCaptureFixture) -> None:
    collector.answer(PATH, delay=60)
    room = QUICK | {"OTEL_BSP_MAX_QUEUE_SIZE": "10", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "10"}
    with told_to(collector.url, **room):
        for _number in range(200):
            with spans.span("work"):
                pass
    told = [line for line in lines(caplog) if "Queue full" in line]
    assert len(told) == 1
    assert len(lines(caplog)) <= 2


@pytest.mark.full
@pytest.mark.django_db(transaction=True)
def test_a_worker_ends_in_time_though_the_collector_hangs(collector: Collector) -> None:
    collector.answer(PATH, delay=120)
    with queue_of_its_own() as (redis_url, broker):
        with Connection(broker) as line:
            tasks.expire_imports.apply_async(connection=line)
        with worker(redis_url, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_BSP_SCHEDULE_DELAY="50") as at_work:
            wait_for(lambda: bool(collector.calls), 60)
            begin = time.monotonic()
        assert time.monotonic() - begin < 20
    assert at_work.status == 0, at_work.output


def test_a_task_that_is_sent_again_belongs_to_who_sends_it(collector: Collector) -> None:
    headers: dict[str, Any] = {spans.TRACE_PARENT: FOREIGN}
    with told_to(collector.url), spans.span("second"):
        background.send_along(headers=headers)
    second = only(collector.named("second"))
    assert headers[spans.TRACE_PARENT] == f"00-{second.trace}-{second.id}-{FLAGS}"


def test_a_span_goes_on_where_another_process_has_begun(collector: Collector) -> None:
    with told_to(collector.url):
        with spans.span("here") as here, spans.span("there", parent=FOREIGN):
            here.fault = "kind"
        with spans.span("alone", parent="nonsense"):
            pass
    there, here_told, alone = collector.told()
    assert (there.trace, there.parent, there.links) == ("a" * 32, "b" * 16, (here_told.trace,))
    assert here_told.facts["error.type"] == "kind"
    assert (alone.parent, alone.links) == ("", ())

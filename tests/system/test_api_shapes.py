"""Answers in the shape that is asked for: some fields, times as numbers, lists as CSV."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from system.rest.tables import cell
from tests.doors import API, answer, client_of, refused
from tests.factories import (
    AdminFactory,
    AssetFactory,
    PipelineRunFactory,
    UserFactory,
    WatchlistFactory,
    add_candles,
)

pytestmark = pytest.mark.django_db
RUNS = API + "system/runs"
CSV = {"Accept": "text/csv"}


def table(client: Client, path: str, **query: Any) -> list[list[str]]:
    response = client.get(path, query, headers=CSV)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    return list(csv.reader(io.StringIO(text)))


def test_only_the_wanted_fields_are_answered() -> None:
    admin, run = AdminFactory(), PipelineRunFactory()
    assert answer(f"system/runs/{run.pk}", admin, fields="id, status") == {"id": run.pk, "status": run.status}
    page = answer("system/runs", admin, fields="id")
    assert page == {"next": None, "previous": None, "results": [{"id": run.pk}]}
    AssetFactory(symbol="ABC")
    assert answer("assets", fields="symbol")["results"] == [{"symbol": "ABC"}]


@pytest.mark.parametrize("names", ["nothing", "id,nothing", "id,,status", "id;status", "x" * 5000, "a," * 200])
def test_a_field_that_is_not_there_is_refused(names: str) -> None:
    run = PipelineRunFactory()
    problem = refused(client_of(AdminFactory()).get(f"{RUNS}/{run.pk}", {"fields": names}), 400)
    assert problem["errors"][0]["field"] == "fields"


@pytest.mark.parametrize("name", ["nothing", "id"])
def test_fields_of_a_write_are_refused_before_anything_is_written(name: str) -> None:
    user = UserFactory()
    client = client_of(user)
    kind = "application/json"
    sent = [
        client.post(f"{API}watchlists?fields={name}", {"name": "Mine"}, kind),
        client.post(f"{API}watchlists?fields={name}", {"name": "Mine"}, kind, headers={"Idempotency-Key": "once"}),
        client.patch(f"{API}users/me?fields={name}", {"first_name": "Ada"}, kind),
    ]
    assert [refused(one, 400)["errors"][0]["field"] for one in sent] == ["fields"] * 3
    user.refresh_from_db()
    assert user.first_name is None
    assert not user.watchlists.exists()


def test_times_are_milliseconds_where_they_are_asked_for() -> None:
    at = datetime(2024, 5, 1, 12, 0, 0, 250_000, tzinfo=UTC)
    run, admin = PipelineRunFactory(as_of=at), AdminFactory()
    assert answer(f"system/runs/{run.pk}", admin)["as_of"] == "2024-05-01T12:00:00.250000Z"
    shown = answer(f"system/runs/{run.pk}", admin, time="epoch_ms")
    assert shown["as_of"] == 1_714_564_800_250
    assert isinstance(shown["started_at"], int)
    refused(client_of(admin).get(RUNS, {"time": "seconds"}), 400)


def test_a_list_is_csv_for_who_wants_it_and_whole() -> None:
    admin = AdminFactory()
    runs = PipelineRunFactory.create_batch(205)
    rows = table(client_of(admin), RUNS, fields="id,as_of,counts")
    assert rows[0] == ["id", "as_of", "counts"]
    assert {int(row[0]) for row in rows[1:]} == {run.pk for run in runs}
    assert len(rows) == 206
    assert rows[1][1].endswith("Z")
    assert rows[1][2] == "{}"
    assert table(client_of(admin), RUNS, time="epoch_ms", fields="as_of")[1][0].isdecimal()


def test_one_page_of_csv_where_a_page_is_asked_for() -> None:
    AssetFactory.create_batch(3)
    assert len(table(client_of(), API + "assets")) == 4
    assert len(table(client_of(), API + "assets", limit=2)) == 3
    assert len(table(client_of(), API + "assets", offset=2)) == 2
    assert len(table(client_of(), API + "sectors")) == 1
    assert table(client_of(), API + "sectors", fields="name,id") == [["name", "id"]]


def test_csv_costs_a_query_set_for_each_page_not_for_each_row() -> None:
    admin = client_of(AdminFactory())
    PipelineRunFactory.create_batch(3)
    table(admin, RUNS)
    with CaptureQueriesContext(connection) as few:
        table(admin, RUNS)
    PipelineRunFactory.create_batch(150)
    with CaptureQueriesContext(connection) as many:
        table(admin, RUNS)
    assert len(few) == len(many)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30", "'+49 30"),
        ("-cmd", "'-cmd"),
        ("@sum", "'@sum"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("-2.25", "-2.25"),
        (-3, "-3"),
        ("+1e5", "+1e5"),
        (None, ""),
        (True, "true"),
        ({"a": ["="]}, '{"a":["="]}'),
        ("plain", "plain"),
    ],
)
def test_nothing_becomes_a_formula(value: Any, shown: str) -> None:
    assert cell(value, epoch=False) == shown


def test_what_is_no_list_is_not_csv() -> None:
    run = PipelineRunFactory()
    refused(client_of(AdminFactory()).get(f"{RUNS}/{run.pk}", headers=CSV), 406)


def test_a_write_that_cannot_be_answered_as_csv_is_not_done() -> None:
    entry = WatchlistFactory()
    client, kind = client_of(entry.user), "application/json"
    refused(client.post(API + "watchlists", {"name": "Mine"}, kind, headers=CSV), 406)
    refused(client.post(API + "watchlists", {"name": "Mine"}, kind, headers=CSV | {"Idempotency-Key": "a"}), 406)
    refused(client.delete(f"{API}watchlists/{entry.pk}", headers=CSV | {"If-Match": "*"}), 406)
    refused(client.post(API + "watchlists?format=csv", {"name": "Mine"}, kind), 406)
    refused(client.get(API + "watchlists?format=xml"), 406)
    for way in ({"path": API + "alerts?format=csv"}, {"path": API + "alerts", "headers": CSV}):
        assert client.generic("TRACE", **way).status_code == 405
    assert list(entry.user.watchlists.values_list("pk", flat=True)) == [entry.pk]
    either = {"Accept": "text/csv, */*;q=0.1", "Idempotency-Key": "a"}
    assert client.post(API + "watchlists", {"name": "Mine"}, kind, headers=either).status_code == 201


def test_candles_in_every_shape() -> None:
    asset = AssetFactory()
    path = f"{API}assets/{asset.pk}/candles"
    columns = ["time", "open", "high", "low", "close", "volume", "vwap", "trade_count", "indicators"]
    assert table(client_of(), path) == [columns]
    add_candles(asset, [5, 6.25, 7], timeframe="1h")
    plain = answer(f"assets/{asset.pk}/candles")
    rows = table(client_of(), path)
    assert rows[0] == columns
    assert [row[4] for row in rows[1:]] == [one["close"] for one in plain["candles"]] == ["5", "6.25", "7"]
    assert [row[0] for row in rows[1:]] == [one["time"] for one in plain["candles"]]
    assert len(table(client_of(), path, limit=2)) == 3
    times = [int(datetime.fromisoformat(one["time"]).timestamp() * 1000) for one in plain["candles"]]
    shaped = answer(f"assets/{asset.pk}/candles", fields="time,close", time="epoch_ms")
    assert shaped.keys() == plain.keys()
    assert shaped["candles"] == [
        {"time": time, "close": one["close"]} for time, one in zip(times, plain["candles"], strict=True)
    ]
    assert table(client_of(), path, fields="close,time", time="epoch_ms")[1] == ["5", str(times[0])]
    for wrong in ({"fields": "symbol"}, {"time": "seconds"}):
        refused(client_of().get(path, wrong), 400)


def test_a_refusal_is_a_problem_whatever_was_asked_for() -> None:
    refused(client_of().get(RUNS, headers=CSV), 401)
    refused(client_of(AdminFactory()).get(RUNS, {"limit": 0}, headers=CSV), 400)
    refused(client_of(AdminFactory()).get(RUNS + "/987654321", headers=CSV), 404)


@pytest.mark.parametrize("name", ["fields", "cursor", "from", "limit", "nonsense"])
def test_a_parameter_without_a_value_is_refused(name: str) -> None:
    problem = refused(client_of(UserFactory()).get(f"{API}predictions?{name}="), 400)
    assert [(one["field"], one["code"]) for one in problem["errors"]] == [(name, "empty")]


@pytest.mark.parametrize("moment", ["0163-08-30T04:18:05+19:29", "0001-01-01T00:00:00+14:00"])
def test_offsets_that_no_database_knows(moment: str) -> None:
    """They are moments in UTC, or refused where there is none."""
    answer = client_of(AdminFactory()).get(f"{API}system/logs/external", {"from": moment})
    assert answer.status_code == (200 if moment.startswith("0163") else 400), answer.content

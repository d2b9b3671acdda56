"""Page 1,000 of a list costs what page 1 does, and nobody who pages sees a row twice or not at all."""

import base64
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from psycopg import sql

from macro.models import MetricsSnapshot
from system.rest.cursor import as_text, unpacked
from tests.cryptopredict.deep_lists import ON_SNAPSHOTS, insert, many, place, table_and_time
from tests.cryptopredict.rows_behind import Behind
from tests.cryptopredict.test_api_pages import lists, second_page
from tests.cryptopredict.test_api_permissions import filled
from tests.doors import client_of
from tests.rounds import examples

pytestmark = pytest.mark.django_db(transaction=True)
PAGE, DEEP, ROUNDS = 50, 1000, 31
DEARER = 1.5


def seconds(client: Client, url: str) -> float:
    begun = time.perf_counter()
    response = client.get(url)
    spent = time.perf_counter() - begun
    assert len(response.json()["results"]) == PAGE, url
    return spent


def far_page(client: Client, address: str) -> str:
    """The address of page 1,000: the cursor that page 999 ends with, its row found by the statement of page 1."""
    with CaptureQueriesContext(connection) as captured:
        following = client.get(address, {"limit": PAGE}).json()["next"]
    (statement,) = [query["sql"] for query in captured if query["sql"].endswith(f"LIMIT {PAGE + 1}")]
    signature, _values, _backwards = unpacked(parse_qs(urlsplit(following).query)["cursor"][0])
    with connection.cursor() as cursor:
        cursor.execute(statement.removesuffix(f"LIMIT {PAGE + 1}") + f"OFFSET {PAGE * (DEEP - 1) - 1} LIMIT 1")
        names = [column.name for column in cursor.description]
        row = dict(reversed(list(zip(names, cursor.fetchone(), strict=True))))  # of equal names the list's own is first
    texts = [as_text(row[name.removeprefix("-").replace("pk", "id")]) for name in signature.split(",")]
    made = base64.urlsafe_b64encode(orjson.dumps([signature, texts, False])).decode().rstrip("=")
    return f"{address}?limit={PAGE}&cursor={made}"


def ids(client: Client, url: str) -> set[int]:
    """Ids of a list to its end."""
    found: set[int] = set()
    while url:
        page = client.get(url).json()
        found |= {one["id"] for one in page["results"]}
        url = page["next"]
    return found


def newest_id(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT max(id) FROM {}").format(sql.Identifier(table)))
        found: int = cursor.fetchone()[0]
    return found


@contextmanager
def inserting(table: str, column: str, row: int, numbers: tuple[int, int]) -> Iterator[Callable[[int], int]]:
    """A second process that inserts; how far it may go is said, and how far it was then."""
    spawn = get_context("spawn")
    allowed, done = spawn.Value("i", 0), spawn.Value("i", 0)
    told = {"allowed": allowed, "done": done}
    writer = spawn.Process(target=insert, args=(place(), table, column, row, numbers), kwargs=told)
    writer.start()

    def allow(number: int) -> int:
        """What was allowed before is there by now; more comes while the next page is read."""
        while done.value < allowed.value:
            assert writer.is_alive(), writer.exitcode
            time.sleep(0.001)
        reached: int = done.value
        allowed.value = number
        return reached

    try:
        yield allow
    finally:
        writer.join(timeout=60)
        writer.close()


@pytest.mark.full
@pytest.mark.parametrize("path", lists())
def test_page_thousand_costs_what_page_one_does(settings: Any, tmp_path: Path, path: str) -> None:
    """The ratio is taken within a round, so that what else the machine does weighs on both; their median counts."""
    settings.CRYPTOPREDICT_HOME = tmp_path
    behind = Behind.made()
    for _row in range(3):
        behind.add()
    client, address = client_of(behind.owner), filled(path, behind.keys) or ""
    table, column = table_and_time(second_page(client, address))
    row, number = client.get(address).json()["results"][0]["id"], PAGE * DEEP + 50
    with ExitStack() as stack:
        if table in ON_SNAPSHOTS:
            snapshot = MetricsSnapshot.objects.latest("pk").pk
            stack.enter_context(many("metrics_snapshot", "snapshot_time", snapshot, number))
        stack.enter_context(many(table, column, row, number))
        far = far_page(client, address)
        rounds = [(seconds(client, f"{address}?limit={PAGE}"), seconds(client, far)) for _round in range(ROUNDS)]
    ratio = statistics.median(deep / one for one, deep in rounds)
    one, deep = (1e3 * statistics.median(spent) for spent in zip(*rounds, strict=True))
    print(f"{path:56}{one:7.1f} ms{deep:8.1f} ms{ratio:7.2f}")  # noqa: T201
    assert ratio <= DEARER


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/users/me/notifications",
        pytest.param("/api/v1/system/audit", marks=pytest.mark.full),
        pytest.param("/api/v1/assets/{id}/predictions", marks=pytest.mark.full),
    ],
)
def test_who_pages_sees_each_row_once_while_others_write(settings: Any, tmp_path: Path, path: str) -> None:
    """A second process inserts all over the list, and goes no further ahead than a page."""
    settings.CRYPTOPREDICT_HOME = tmp_path
    behind = Behind.made()
    for _row in range(3):
        behind.add()
    client, address = client_of(behind.owner), filled(path, behind.keys) or ""
    table, column = table_and_time(second_page(client, address))
    row = client.get(address).json()["results"][0]["id"]
    rows, inserts = examples(1000, 20_000), examples(500, 10_000)
    with many(table, column, row, rows):
        there, seen = len(ids(client, f"{address}?limit=200")), Counter[int]()
        before, allowed = newest_id(table), 0
        url = f"{address}?limit={PAGE}"
        with inserting(table, column, row, (rows + 1, rows + 1 + inserts)) as allow:
            while url:
                allowed = min(inserts, allowed + PAGE * inserts // rows)
                allow(allowed)
                page = client.get(url).json()
                seen.update(one["id"] for one in page["results"])
                url = page["next"]
            written = allow(inserts)  # before the last page was read
    twice, old = sum(times > 1 for times in seen.values()), sum(pk <= before for pk in seen)
    print(f"{path}: {written} inserts while {len(seen)} rows were paged: {twice} twice, {there - old} missed")  # noqa: T201
    assert (written, twice, old) == (inserts, 0, there)
    assert len(seen) > old, "none of what was inserted further on was seen"

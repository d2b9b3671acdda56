"""Lists by cursor: each is read off an index in its order, so that a page far back costs what the first one does."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.cryptopredict.described import described
from tests.cryptopredict.rows_behind import Behind
from tests.cryptopredict.test_api_permissions import METHODS, filled
from tests.doors import client_of

pytestmark = pytest.mark.django_db
SORTED = {
    "/api/v1/portfolios/{id}/actions": "entries of one portfolio, which lie by position",
}
"""Lists that are put in order when they are asked for, and why."""


def lists() -> list[str]:
    """Paths of the lists that have a cursor, from the OpenAPI document."""
    return [
        path
        for path, methods in described()["paths"].items()
        if "get" in METHODS and "cursor" in {one["name"] for one in methods.get("get", {}).get("parameters", ())}
    ]


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """A plan and its parts."""
    return [plan, *(node for part in plan.get("Plans", ()) for node in nodes(part))]


def explained(statement: str) -> list[dict[str, Any]]:
    """How a list of any length is read: were there an order in no index, it would have to be sorted even so."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
        found = cursor.fetchone()[0]
    return nodes((json.loads(found) if isinstance(found, str) else found)[0]["Plan"])


def second_page(client: Client, path: str) -> str:
    """The statement that reads the second page of a list."""
    first = client.get(path, {"limit": 2}).json()
    assert first["next"], f"{path} has no second page"
    with CaptureQueriesContext(connection) as captured:
        assert client.get(first["next"]).status_code == 200
    pages = [query["sql"] for query in captured if query["sql"].endswith("LIMIT 3")]
    assert len(pages) == 1, pages
    return pages[0]


def test_every_page_is_read_off_an_index(settings: Any, tmp_path: Path) -> None:
    settings.CRYPTOPREDICT_HOME = tmp_path
    behind = Behind.made()
    for _row in range(5):
        behind.add()
    client, faults = client_of(behind.owner), {}
    for path in lists():
        statement = second_page(client, filled(path, behind.keys) or "")
        plan = explained(statement)
        kinds = {node["Node Type"] for node in plan}
        used = [node.get("Index Name") or node["Node Type"] for node in plan if "Scan" in node["Node Type"]]
        print(f"{path:56}{', '.join(used)}")  # noqa: T201
        if ("Sort" in kinds) != (path in SORTED):
            faults[path] = statement
    assert faults == {}

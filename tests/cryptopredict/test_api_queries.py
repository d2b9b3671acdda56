"""How many queries each operation of the API needs that reads: as many for 50 rows behind it as for one.

The operations are those of the OpenAPI document, so that none is forgotten. ``docs/api/queries.md`` has the table; when
it has changed, ``RECORD_QUERIES=1 make test TESTS=tests/cryptopredict/test_api_queries.py`` writes it anew.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from assets.models import Asset
from cryptopredict.environment import BASE_DIR
from sectors.models import Sector
from tests.cryptopredict.rows_behind import Behind
from tests.cryptopredict.test_api_permissions import OPERATIONS, Operation, filled
from tests.doors import client_of

pytestmark = pytest.mark.django_db
PAGE = BASE_DIR / "docs/api/queries.md"
ROWS, MOST_ROWS = (1, 5), 50
BUDGET = 10
"""Queries that an operation may need without a reason."""
OWN_WORTH = "values every own position at the latest prices"
LIMITS = "writes down what the person is exposed to, in one transaction"
OVER = {
    "GET /api/v1/dashboard": (14, f"health, market and messages; {OWN_WORTH}"),
    "GET /api/v1/dashboard/admin": (13, "counts of every part of the product"),
    "GET /api/v1/dashboard/casual": (15, f"the market, its best assets and signals; {OWN_WORTH}"),
    "GET /api/v1/dashboard/layers": (11, "a query or two for each of four layers"),
    "GET /api/v1/dashboard/mobile/layer-cards": (11, "a query or two for each of four layers"),
    "GET /api/v1/dashboard/mobile/quick-stats": (13, f"the market; {OWN_WORTH}"),
    "GET /api/v1/dashboard/professional": (24, f"all four layers in detail; {OWN_WORTH}"),
    "GET /api/v1/portfolios/{id}/explain/{figure}": (12, "every input of the figure; days that are due are counted"),
    "GET /api/v1/portfolios/{id}/summary": (12, "days that are due are counted; values every position"),
    "GET /api/v1/trade-actions/statistics": (12, "a query for each group of figures"),
    "GET /api/v1/users/me/risk-profile": (12, LIMITS),
    "GET /api/v1/users/{id}/risk-profile": (13, LIMITS),
}
"""Operations that need more, how many, and why."""
AS_LONG_AS_EVER = {
    "GET /api/v1/dashboard/layers": "always four",
    "GET /api/v1/dashboard/mobile/layer-cards": "always four",
    "GET /api/v1/macro/indicators": "values of one look at the market",
    "GET /api/v1/suggestions/performance": "one for each kind",
}
"""Lists that more rows do not make longer."""


@dataclass
class Count:
    """An operation: queries and rows in its answer, by the number of rows behind it."""

    queries: dict[int, int] = field(default_factory=dict)
    rows: dict[int, int | None] = field(default_factory=dict)

    @property
    def faults(self) -> list[str]:
        found = ["the queries grow with the rows"] if len(set(self.queries.values())) > 1 else []
        short = [number for number, seen in self.rows.items() if seen is not None and seen < number]
        return found + [f"{self.rows[number]} rows of {number} are seen" for number in short]


def address(operation: Operation, behind: Behind) -> str:
    """Its path about the rows that are there, with what it has to be asked."""
    path = filled(operation.path, behind.keys)
    assert path, f"{operation}: no row is made for it"
    asked = {
        "/assets/prices": lambda: "ids=" + ",".join(map(str, newest(Asset, behind.rows))),
        "/assets/{id}/candles": lambda: "timeframe=1d",
        "/assets/{id}/indicators": lambda: "timeframe=1d",
        "/dashboard/mobile/signal-cards": lambda: "limit=50",
        "/portfolios/{id}/history": lambda: "days=365",
        "/sectors/compare": lambda: "sectors=" + ",".join(map(str, newest(Sector, min(10, behind.rows + 1)))),
        "/sectors/{id}/history": lambda: "days=365&timeframe=1d",
    }.get(operation.path.removeprefix("/api/v1"))
    return f"{path}?{asked()}" if asked else path


def newest(model: Any, number: int) -> list[int]:
    return list(model.objects.order_by("-pk").values_list("pk", flat=True)[:number])


def asked(client: Client, path: str) -> tuple[int, int | None]:
    """Queries of an answer, and its rows if it is a list. What is looked up once for all is looked up before."""
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(path)
    assert response.status_code == 200, f"{path}: {response.content!r}"
    body = response.json()
    listed = body if isinstance(body, list) else body.get("results")
    return len(captured), None if listed is None else len(listed)


def page(counts: dict[str, Count]) -> str:
    lines = [
        "# Queries\n",
        "SQL queries of each operation that reads, asked by an admin with a session: as many for 5 and 50 rows behind",
        f"it as for one. The session, the person and the rules of security take three. Over {BUDGET} need a reason.",
        "`tests/cryptopredict/test_api_queries.py` counts them, and writes this page with `RECORD_QUERIES=1`.\n",
        "| operation | queries | why more |",
        "|---|---|---|",
    ]
    for name, count in counts.items():
        reason = OVER[name][1] if name in OVER else ""
        lines.append(f"| `{name.removeprefix('GET ')}` | {count.queries[ROWS[0]]} | {reason} |")
    return "\n".join(lines) + "\n"


@pytest.mark.long
@pytest.mark.usefixtures("nothing_kept")
def test_queries_do_not_grow_with_the_rows(settings: Any, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """One and five rows in the normal round, fifty too with ``--full``."""
    settings.CRYPTOPREDICT_HOME = tmp_path
    behind = Behind.made()
    counts: dict[str, Count] = {}
    client = client_of(behind.owner)
    reads = [operation for operation in OPERATIONS if operation.method == "get"]
    for number in (*ROWS, MOST_ROWS) if request.config.getoption("--full") else ROWS:
        while behind.rows < number:
            behind.add()
        for operation in reads:
            count = counts.setdefault(str(operation), Count())
            count.queries[number], rows = asked(client, address(operation, behind))
            count.rows[number] = None if str(operation) in AS_LONG_AS_EVER else rows
    for name, count in counts.items():
        print(f"{name:72}" + "".join(f"{queries:5}" for queries in count.queries.values()))  # noqa: T201
    print(f"{len(counts)} operations with {', '.join(map(str, count.queries))} rows behind them")  # noqa: T201
    assert {name: count.faults for name, count in counts.items() if count.faults} == {}
    over = {name: count.queries[ROWS[0]] for name, count in counts.items() if count.queries[ROWS[0]] > BUDGET}
    assert over == {name: most for name, (most, _why) in OVER.items()}, "more or fewer than the reasons are for"
    if os.environ.get("RECORD_QUERIES"):
        PAGE.write_text(page(counts))
    assert PAGE.read_text() == page(counts), "see the docstring for how to write the page anew"

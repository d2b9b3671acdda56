"""Paging: every row once, in order, whatever the ordering and whatever is unknown."""

import base64
import json
import random
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from assets.models import Asset
from system.models import PipelineRun
from system.rest import CursorPages
from tests.doors import answer, client_of, refused
from tests.factories import AdminFactory, AssetFactory, PipelineRunFactory

pytestmark = pytest.mark.django_db


def walk(queryset: QuerySet[Any], limit: int, *, link: str = "next", start: str = "/list") -> list[list[Any]]:
    """Every page, following a link."""
    pages, url = [], f"{start}{'&' if '?' in start else '?'}limit={limit}" if "limit" not in start else start
    while url:
        pager = CursorPages()
        rows = pager.paginate_queryset(queryset, Request(RequestFactory().get(url)))
        data = pager.get_paginated_response(rows).data
        pages.append([rows, data])
        url = data[link]
        assert len(pages) < 100
    return pages


def assets_with_gaps(count: int = 23) -> None:
    """Equal and unknown values in a random order."""
    generator = random.Random(7)  # noqa: S311
    for _ in range(count):
        change = generator.choice([None, None, Decimal("1.5"), Decimal("-2.25"), Decimal(0)])
        AssetFactory(price_change_percentage_24h=change, market_cap_rank=generator.choice([1, 2, 3, None]))


ORDERINGS = [
    ("symbol",),
    ("-symbol",),
    ("price_change_percentage_24h",),
    ("-price_change_percentage_24h",),
    ("market_cap_rank", "-price_change_percentage_24h"),
    ("-market_cap_rank", "price_change_percentage_24h"),
    ("-created_at",),
]


def expected(ordering: tuple[str, ...]) -> list[int]:
    """The order in plain Python: the unknown last, the id between equals."""
    rows = list(Asset.objects.all())
    last_descends = ordering[-1].startswith("-")
    rows.sort(key=lambda row: row.pk, reverse=last_descends)
    for name in reversed(ordering):
        column, descends = name.removeprefix("-"), name.startswith("-")
        known = [row for row in rows if getattr(row, column) is not None]
        known.sort(key=lambda row: getattr(row, column), reverse=descends)
        rows = known + [row for row in rows if getattr(row, column) is None]
    return [row.pk for row in rows]


@pytest.mark.parametrize("ordering", ORDERINGS, ids="/".join)
@pytest.mark.parametrize("limit", [1, 4, 23, 50])
def test_forwards_and_back_every_row_comes_once(ordering: tuple[str, ...], limit: int) -> None:
    assets_with_gaps()
    queryset, order = Asset.objects.order_by(*ordering), expected(ordering)
    forwards = walk(queryset, limit)
    assert [row.pk for rows, _data in forwards for row in rows] == order
    assert forwards[0][1]["previous"] is None
    last = forwards[-1][1]["previous"]
    if last is None:
        assert len(forwards) == 1
        return
    back = walk(queryset, limit, link="previous", start=last)
    earlier = [row.pk for rows, _data in reversed(back) for row in rows]
    assert earlier == order[: len(earlier)]
    assert earlier + [row.pk for row in forwards[-1][0]] == order
    assert all(data["next"] for _rows, data in back)


def test_rows_added_meanwhile_shift_nothing() -> None:
    first = [PipelineRunFactory() for _ in range(4)]
    queryset = PipelineRun.objects.order_by("-as_of")
    pager = CursorPages()
    rows = pager.paginate_queryset(queryset, Request(RequestFactory().get("/list?limit=2")))
    assert rows == [first[3], first[2]]
    PipelineRunFactory()
    again = CursorPages()
    rows = again.paginate_queryset(queryset, Request(RequestFactory().get(str(pager.link(pager.next)))))
    assert rows == [first[1], first[0]]


def test_an_empty_list_has_no_links() -> None:
    [[rows, data]] = walk(Asset.objects.order_by("pk"), 5)
    assert (rows, data["next"], data["previous"]) == ([], None, None)


def forged(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        "%%%",
        "a" * 5000,
        forged("symbol,pk", ["A", "1"], False),
        forged("-as_of,-pk", ["A", "1"], False),
        forged("-as_of,-pk", ["2024-01-01T00:00:00", "1"], False),
        forged("-as_of,-pk", [None, "1"], False),
        forged("-as_of,-pk", ["2024-01-01T00:00:00+00:00", "99999999999999999999"], False),
        forged("-as_of,-pk", ["2024-01-01T00:00:00+00:00", 1], False),
        forged("-as_of,-pk", ["2024-01-01T00:00:00+00:00"], False),
        forged("-as_of,-pk", ["2024-01-01T00:00:00+00:00", "1"], "yes"),
        forged({"a": 1}),
    ],
)
def test_a_cursor_that_is_not_ours_is_refused(cursor: str) -> None:
    PipelineRunFactory()
    request = Request(RequestFactory().get("/list", {"cursor": cursor}))
    with pytest.raises(ValidationError) as refusal:
        CursorPages().paginate_queryset(PipelineRun.objects.order_by("-as_of"), request)
    assert "cursor" in refusal.value.detail


def test_an_offset_is_answered_with_the_name_of_the_cursor() -> None:
    response = client_of(AdminFactory()).get("/api/v1/system/runs", {"offset": 10})
    problem = refused(response, 400)
    assert problem["errors"][0]["field"] == "offset"
    assert "cursor" in problem["errors"][0]["detail"]


@pytest.mark.parametrize("limit", ["0", "201", "-1", "ten", "1.5", "9" * 40])
@pytest.mark.parametrize("path", ["assets", "macro/snapshots"])
def test_a_limit_out_of_range_is_refused(path: str, limit: str) -> None:
    problem = refused(client_of().get(f"/api/v1/{path}", {"limit": limit}), 400)
    assert problem["errors"][0]["field"] == "limit"


@pytest.mark.parametrize("offset", ["-1", "x", "9" * 40])
def test_an_offset_out_of_range_is_refused(offset: str) -> None:
    problem = refused(client_of().get("/api/v1/assets", {"offset": offset}), 400)
    assert problem["errors"][0]["field"] == "offset"


def test_pages_by_offset_count_and_link() -> None:
    rows = [AssetFactory(market_cap_rank=rank) for rank in (3, 1, 2, None, None)]
    first = answer("assets", limit=2)
    assert first["count"] == 5
    assert first["previous"] is None
    assert [row["symbol"] for row in first["results"]] == [rows[1].symbol, rows[2].symbol]
    second = client_of().get(first["next"]).json()
    assert [row["symbol"] for row in second["results"]] == [rows[0].symbol, rows[3].symbol]
    assert answer("assets", offset=5)["results"] == []
    assert len(answer("assets")["results"]) == 5


def test_the_unknown_comes_last_in_either_direction() -> None:
    known, unknown = AssetFactory(price_change_percentage_24h=1), AssetFactory(price_change_percentage_24h=None)
    for ordering in ("price_change_percentage_24h", "-price_change_percentage_24h"):
        symbols = [row["symbol"] for row in answer("assets", ordering=ordering)["results"]]
        assert symbols == [known.symbol, unknown.symbol]


def test_an_index_can_find_where_a_page_begins() -> None:
    PipelineRunFactory.create_batch(3)
    client = client_of(AdminFactory())
    following = client.get("/api/v1/system/runs", {"limit": 1}).json()["next"]
    with CaptureQueriesContext(connection) as captured:
        client.get(following)
    both = '("pipeline_runs"."started_at", "pipeline_runs"."id") < ('
    assert any(both in query["sql"] and "LIMIT 2" in query["sql"] for query in captured)

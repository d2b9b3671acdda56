"""Every read in every shape: as CSV, with some fields, with times as numbers; also where there is no row yet."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.cryptopredict.described import described
from tests.cryptopredict.rows_behind import Behind
from tests.cryptopredict.test_api_permissions import OPERATIONS, Operation
from tests.cryptopredict.test_api_queries import address
from tests.doors import client_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_kept")]
MOMENT = re.compile(r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^"]*"')
TEXTS = {"/api/v1/users/me/risk-profile", "/api/v1/users/{id}/risk-profile"}
"""Operations with an object that is told as it was written, times in it too."""
READS = [operation for operation in OPERATIONS if operation.method == "get"]


def tables() -> list[str]:
    """Operations that the document says can be had as CSV."""
    paths: dict[str, Any] = described()["paths"]
    return [one.path for one in READS if "text/csv" in paths[one.path]["get"]["responses"]["200"]["content"]]


def header(client: Client, path: str) -> list[str]:
    """The first line of a list as CSV."""
    response = client.get(path, headers={"Accept": "text/csv"})
    assert response.status_code == 200, f"{path}: {response.content!r}"
    text = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    return next(csv.reader(io.StringIO(text)), [])


def bare(operation: Operation, behind: Behind) -> str:
    """Its path where nothing is there yet, so that no ids can be named."""
    return address(operation, behind).removesuffix("?ids=")


def with_fields(path: str, names: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}fields={names}"


def test_a_list_without_rows_has_the_columns_of_one_with_rows(settings: Any, tmp_path: Path) -> None:
    settings.CRYPTOPREDICT_HOME = tmp_path
    behind = Behind.made()
    client, lists = client_of(behind.owner), [one for one in READS if one.path in tables()]
    empty = {one.path: header(client, bare(one, behind)) for one in lists}
    typos = [one.path for one in lists if client.get(with_fields(bare(one, behind), "nothing")).status_code != 400]
    behind.add()
    full = {one.path: header(client, address(one, behind)) for one in lists}
    assert len(full) > 60
    assert [path for path, names in full.items() if not names] == []
    assert {path: (names, full[path]) for path, names in empty.items() if names != full[path]} == {}
    assert typos == []


def test_every_read_knows_its_fields_and_writes_times_as_numbers(settings: Any, tmp_path: Path) -> None:
    settings.CRYPTOPREDICT_HOME = tmp_path
    behind = Behind.made()
    behind.add()
    client, unknown, texts = client_of(behind.owner), [], {}
    for one in READS:
        path = address(one, behind)
        if client.get(with_fields(path, "nothing")).status_code != 400:
            unknown.append(one.path)
        answer = client.get(f"{path}{'&' if '?' in path else '?'}time=epoch_ms")
        assert answer.status_code == 200, f"{path}: {answer.content!r}"
        if found := MOMENT.findall(answer.content.decode()):
            texts[one.path] = found[:3]
    assert unknown == []
    assert texts.keys() == TEXTS, texts

"""Answers that are the same for everybody are kept as bytes: never stale after a commit, never another person's."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from assets.models import Asset
from system.rest import kept
from system.selectors.kept_answers import KeptAnswers
from tests import factories as make
from tests.cryptopredict.deep_lists import owner
from tests.cryptopredict.rows_behind import Behind
from tests.cryptopredict.test_api_pages import nodes
from tests.cryptopredict.test_api_permissions import OPERATIONS
from tests.cryptopredict.test_api_queries import address
from tests.doors import client_of, client_with_token

pytestmark = pytest.mark.django_db(transaction=True)
ASSETS = "/api/v1/assets"
LOOKS = ("public_writes", "pg_try_advisory_lock")
"""Statements that ask whether an answer is still so."""


def memory(seconds: int) -> KeptAnswers:
    return KeptAnswers(project.REDIS_URL, seconds=seconds, megabytes=16, name="kept_lists")


@pytest.fixture(autouse=True)
def kept_lists(monkeypatch: pytest.MonkeyPatch) -> KeptAnswers:
    found = memory(60)
    monkeypatch.setattr(kept, "kept_lists", lambda: found)
    return found


@pytest.fixture
def behind(settings: Any, tmp_path: Path) -> Behind:
    settings.CRYPTOPREDICT_HOME = tmp_path
    made = Behind.made()
    made.add()
    return made


def addresses(behind: Behind) -> Iterator[str]:
    """Everything that is kept."""
    for operation in OPERATIONS:
        if operation.method == "get":
            path = address(operation, behind)
            view: Any = resolve(path.partition("?")[0]).func
            if view.actions["get"] in view.cls.same_for_all:
                yield path


def uncached(client: Client, path: str, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """What is answered when nothing is kept."""
    with monkeypatch.context() as patch:
        patch.setattr(kept, "kept_lists", lambda: memory(0))
        response = client.get(path)
    assert response.status_code == 200, response.content
    return bytes(response.content)


def statements(client: Client, path: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return [query["sql"] for query in captured]


def test_every_table_that_is_read_moves_the_number(behind: Behind, monkeypatch: pytest.MonkeyPatch) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'trg_%_public_write'")
        counted = {table for (table,) in cursor.fetchall()}
    monkeypatch.setattr(kept, "kept_lists", lambda: memory(0))
    paths, silent = list(addresses(behind)), {}
    for path in paths:
        for statement in statements(client_of(), path):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
                found = cursor.fetchone()[0]
            plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
            tables = {node["Relation Name"] for node in nodes(plan) if "Relation Name" in node}
            if tables - counted:
                silent[path] = tables - counted
    print(f"{len(paths)} answers are kept, read from {len(counted)} tables")  # noqa: T201
    assert silent == {}
    assert len(paths) > 10


def test_everybody_gets_the_same(behind: Behind, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept may be told to anybody: a visitor, people, tokens."""
    person = make.UserFactory()
    for path in addresses(behind):
        answers = {
            uncached(client, path, monkeypatch)
            for client in (client_of(), client_of(person), client_with_token(behind.owner, "read"))
        }
        assert len(answers) == 1, path


def test_what_is_written_is_seen_at_once(behind: Behind, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of()
    for path in addresses(behind):
        first = client.get(path)
        looked = statements(client, path)
        assert all(any(word in one for word in LOOKS) for one in looked), (path, looked)
        again = client.get(path)
        assert (again.content, again["ETag"], again["Content-Type"]) == (
            first.content, first["ETag"], first["Content-Type"],
        )  # fmt: skip
        assert client.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 304
    before = {path: client.get(path).content for path in addresses(behind)}
    behind.add()
    after = {path: client.get(path).content for path in before}
    assert after == {path: uncached(client, path, monkeypatch) for path in before}
    assert sum(after[path] != before[path] for path in before) > len(before) / 2


def test_nothing_is_kept_while_somebody_writes(kept_lists: KeptAnswers) -> None:
    """A writer has moved the number; who reads now sees the old rows, and must not keep them under the new one."""
    asset, client = make.AssetFactory(name="Before"), client_of()
    with owner() as other:
        other.autocommit = False
        other.execute("UPDATE assets SET name = 'After' WHERE id = %s", [asset.pk])
        assert client.get(ASSETS).json()["results"][0]["name"] == "Before"
        assert kept_lists.memory.answers == {}
        other.commit()
    assert client.get(ASSETS).json()["results"][0]["name"] == "After"
    assert len(kept_lists.memory.answers) == 1
    Asset.objects.filter(pk=asset.pk).update(name="Later")
    assert client.get(ASSETS).json()["results"][0]["name"] == "Later"


def test_admins_and_others_do_not_meet(kept_lists: KeptAnswers) -> None:
    """An admin may see more; what was answered him is told to nobody, and he is not told what was kept for others."""
    make.AssetFactory(is_supported=False)
    path, admin = f"{ASSETS}?include_unsupported=true", client_of(make.AdminFactory())
    assert admin.get(path).json()["count"] == 1
    assert kept_lists.memory.answers == {}
    assert client_of().get(path).json()["count"] == 0
    assert admin.get(path).json()["count"] == 1
    assert client_of(make.UserFactory()).get(path).json()["count"] == 0


def test_words_and_shapes_are_kept_apart() -> None:
    make.AssetFactory()
    client = client_of()
    whole, narrow = client.get(ASSETS).json(), client.get(f"{ASSETS}?fields=id").json()
    assert (len(whole["results"][0]) > 1, len(narrow["results"][0])) == (True, 1)
    assert client.get(ASSETS, headers={"Accept": "text/csv"})["Content-Type"].startswith("text/csv")
    assert client.get(ASSETS, headers={"Accept-Language": "fa"})["Content-Language"] == "fa"
    assert client.get(ASSETS).json() == whole


def test_the_clock_counts_by_the_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """News of the last day are gone when the day is over, though nothing was written."""
    from django.utils import timezone

    now = timezone.now()
    make.NewsEventFactory(published_at=now - timedelta(hours=23))
    client, path = client_of(), "/api/v1/macro/news?days=1"
    assert len(client.get(path).json()["results"]) == 1
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(hours=2))
    assert client.get(path).json()["results"] == []


def test_without_redis_answers_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    asset = make.AssetFactory()
    nowhere = KeptAnswers("redis://127.0.0.1:1/0", seconds=60, megabytes=1, name="kept_lists")
    monkeypatch.setattr(kept, "kept_lists", lambda: nowhere)
    for _time in range(2):
        assert client_of().get(ASSETS).json()["results"][0]["id"] == asset.pk

"""ETags: a read that brings nothing new is 304, a change needs the version that was read."""

from typing import Any

import pytest
from django.db import connections
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from accounts.models import User
from system.models import SystemConfig
from system.rest import ResourceSerializer
from system.rest.conditional import version_of
from system.rest.viewsets import ReadViewSet
from system.services import change_setting, ensure_settings
from tests.doors import API, client_of
from tests.factories import AdminFactory, AssetFactory, PipelineRunFactory

pytestmark = pytest.mark.django_db


class RowSerializer(ResourceSerializer):
    class Meta:
        model = SystemConfig


class RowsViewSet(ReadViewSet):
    """Settings as rows, to have something that changes."""

    permission_classes = ()
    serializer_class = RowSerializer
    filter_backends = ()
    queryset = SystemConfig.objects.order_by("pk")
    row_is_all = True
    held_by: User | None = None

    def partial_update(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        with self.held() as row:
            return self.shown(change_setting(row.key, {**row.value, **dict(request.data)}, actor=self.held_by))


@pytest.fixture
def row() -> SystemConfig:
    ensure_settings()
    return SystemConfig.objects.get(key="security")


def call(row: SystemConfig, body: Any = None, **headers: str) -> HttpResponse:
    factory = APIRequestFactory()
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = (
        factory.get("/x", headers=headers)
        if body is None
        else factory.patch("/x", body, format="json", headers=headers)
    )
    actions: dict[str, Any] = {"get": "retrieve", "patch": "partial_update"}
    view = RowsViewSet.as_view(actions, held_by=AdminFactory())
    answer = view(request, pk=row.pk)
    return answer.render() if hasattr(answer, "render") else answer


def test_who_has_read_it_gets_304_until_it_changes(row: SystemConfig) -> None:
    first = call(row)
    etag = first["ETag"]
    assert etag.startswith(f'W/"{version_of(row)}.')
    assert first["Cache-Control"] == "private, no-cache"
    assert {"Authorization", "Cookie"} <= set(first["Vary"].split(", "))
    again = call(row, if_none_match=etag)
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
    change_setting("security", {**row.value, "session_days": 3}, actor=AdminFactory())
    assert call(row, if_none_match=etag).status_code == 200


def test_a_change_needs_the_version_that_was_read(row: SystemConfig) -> None:
    etag = call(row)["ETag"]
    assert call(row, {"session_days": 3}).status_code == 428
    changed = call(row, {"session_days": 3}, if_match=etag)
    assert changed.status_code == 200
    assert call(row, {"session_days": 4}, if_match=etag).status_code == 412
    assert SystemConfig.objects.get(pk=row.pk).value["session_days"] == 3
    assert call(row, {"session_days": 4}, if_match=changed["ETag"]).status_code == 200
    assert call(row, {"session_days": 5}, if_match="*").status_code == 200
    assert call(row, {"session_days": 6}, if_match='"other", W/"more"').status_code == 412


def test_lists_and_what_is_computed_are_compared_by_what_they_say() -> None:
    asset, client = AssetFactory(), client_of()
    first = client.get(API + "assets")
    assert first["ETag"].startswith('W/"')
    known = {"If-None-Match": first["ETag"]}
    assert client.get(API + "assets", headers=known).status_code == 304
    AssetFactory()
    assert client.get(API + "assets", headers=known).status_code == 200
    one = client.get(f"{API}assets/{asset.pk}")
    assert client.get(f"{API}assets/{asset.pk}", headers={"If-None-Match": one["ETag"]}).status_code == 304
    narrow = client.get(f"{API}assets/{asset.pk}?fields=symbol", headers={"If-None-Match": one["ETag"]})
    assert narrow.status_code == 200


def test_a_304_keeps_the_headers_of_the_answer() -> None:
    run, client = PipelineRunFactory(), client_of(AdminFactory())
    first = client.get(f"{API}system/runs/{run.pk}")
    again = client.get(f"{API}system/runs/{run.pk}", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert "Content-Type" not in again
    for name in ("ETag", "Vary", "Cache-Control"):
        assert again[name] == first[name]


def test_a_refusal_has_no_etag() -> None:
    assert "ETag" not in client_of().get(API + "system/runs")


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_the_row_is_locked_while_it_is_compared_and_changed(row: SystemConfig) -> None:
    seen = []

    class Watching(RowsViewSet):
        def partial_update(self, request: Request, pk: int) -> Response:  # noqa: ARG002
            with self.held() as held:
                with connections["owner"].cursor() as cursor:
                    cursor.execute("SELECT 1 FROM system_config WHERE id = %s FOR UPDATE SKIP LOCKED", [held.pk])
                    seen.append(cursor.fetchall())
                return self.shown(held)

    request = APIRequestFactory().patch("/x", {}, format="json", HTTP_IF_MATCH="*")
    assert Watching.as_view({"patch": "partial_update"})(request, pk=row.pk).status_code == 200
    assert seen == [[]]

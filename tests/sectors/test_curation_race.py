"""Two admins at once: changes of memberships follow one another, and none is lost."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections, transaction

from sectors.models import SectorMapping
from sectors.services.curation import add_member, change_member, remove_member
from sectors.services.membership import lock_memberships
from tests.doors import API, client_of
from tests.factories import AdminFactory, AssetFactory, NewsEventFactory, SectorFactory, SectorMappingFactory
from tests.locks import wait_for_locks

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def together(*deeds: Callable[[], Any], first: Callable[[], Any] = lambda: None) -> list[Any]:
    """What becomes of deeds that all wait for one change, which does ``first`` before it ends."""

    def run(deed: Callable[[], Any]) -> Any:
        try:
            return deed()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(deeds)) as pool:
        with transaction.atomic():
            lock_memberships()
            said = []
            for waiting, deed in enumerate(deeds, 1):
                said.append(pool.submit(run, deed))
                wait_for_locks(waiting)
            first()
        return [one.result(60) for one in said]


def primary_of(asset_id: int) -> int:
    return SectorMapping.objects.get(asset=asset_id, is_primary_sector=True, valid_to=None).sector_id


def test_two_first_memberships_of_an_asset() -> None:
    asset, admin, sectors = AssetFactory(), AdminFactory(), [SectorFactory(), SectorFactory()]
    made = together(*[lambda one=one: add_member(one, asset.pk, actor=admin, is_primary=True) for one in sectors])
    assert [type(one) for one in made] == [SectorMapping] * 2, made
    rows = SectorMapping.objects.filter(asset=asset)
    assert rows.filter(valid_from=None).count() == 1  # only the very first holds since ever
    assert primary_of(asset.pk) == sectors[1].pk


def test_two_memberships_of_an_asset_that_both_become_primary() -> None:
    asset, admin = AssetFactory(), AdminFactory()
    rows = [SectorMappingFactory(asset=asset, is_primary_sector=False) for _ in range(2)]
    made = together(*[lambda one=one: change_member(one, actor=admin, is_primary=True) for one in rows])
    assert [type(one) for one in made] == [SectorMapping] * 2, made
    assert primary_of(asset.pk) == rows[1].sector_id
    assert SectorMapping.objects.filter(asset=asset, valid_to=None).count() == 2


def test_what_ended_while_somebody_waited_is_absent() -> None:
    mapping, client, admin = SectorMappingFactory(), client_of(AdminFactory()), AdminFactory()
    path = f"{API}sectors/{mapping.sector_id}/assets/{mapping.pk}"
    change = {"weight": 0.5}
    (answered,) = together(
        lambda: client.patch(path, change, "application/json", headers={"If-Match": "*"}),
        first=lambda: remove_member(mapping, actor=admin),
    )
    assert answered.status_code == 404, answered.content
    assert SectorMapping.objects.get().weight == 1


def test_what_is_held_is_still_there_when_its_lock_comes() -> None:
    """A row of any kind that leaves what the caller sees while the lock is awaited."""
    client, news, said = client_of(AdminFactory()), NewsEventFactory(), list[int]()

    def change() -> None:
        try:
            sent = client.patch(
                f"{API}macro/news/{news.pk}", {"importance": "high"}, "application/json", headers={"If-Match": "*"}
            )
            said.append(sent.status_code)
        finally:
            connections.close_all()

    waiting = threading.Thread(target=change)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("UPDATE news_events SET withdrawn_at = now() WHERE id = %s", [news.pk])
        waiting.start()
        wait_for_locks(1)
    waiting.join(60)
    assert said == [404]

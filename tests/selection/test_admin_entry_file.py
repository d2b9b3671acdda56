"""Entries of a list from a file in the admin, and back into one."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.services import ensure_system_user
from selection.models import Watchlist
from system.models import AuditLog
from tests.doors import client_of
from tests.factories import AdminFactory, AssetFactory, DefaultListFactory, EntryFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    ensure_system_user()
    return client_of(AdminFactory())


@pytest.fixture
def tier2() -> Watchlist:
    watchlist: Watchlist = DefaultListFactory()
    for symbol in ("AAA", "BBB"):
        EntryFactory(watchlist=watchlist, asset=AssetFactory(symbol=symbol))
    AssetFactory(symbol="CCC")
    return watchlist


def send(client: Client, watchlist: Watchlist, text: str = "", **more: Any) -> Any:
    address = reverse("admin:selection_watchlist_import_entries", args=[watchlist.pk])
    assert client.get(address).status_code == 200
    return client.post(address, {"text": text, "mode": "merge"} | more, follow=True)


def standing(watchlist: Watchlist) -> list[tuple[str, str, Decimal, bool]]:
    rows = watchlist.entries.order_by("sort_order")
    return list(rows.values_list("asset__symbol", "position_type", "weight", "is_active"))


def faults(answer: Any, field: str = "text") -> list[str]:
    assert list(answer.context["form"].errors) == [field]
    return list(answer.context["form"].errors[field])


def test_names_alone_are_added_at_the_end(client: Client, tier2: Watchlist) -> None:
    answer = send(client, tier2, "ccc\n")
    assert "1 came, 0 changed, 0 left" in answer.content.decode()
    assert [row[0] for row in standing(tier2)] == ["AAA", "BBB", "CCC"]
    assert AuditLog.objects.filter(details__startswith="merge 1 entries").exists()


def test_a_file_changes_moves_and_pauses_in_one_change(client: Client, tier2: Watchlist) -> None:
    rows = b"\xef\xbb\xbfasset,place,weight,is_active,price_usd\nCCC,1,0.25,true,99\nBBB,3,0.5,no,\n"
    send(client, tier2, file=SimpleUploadedFile("list.csv", rows))
    assert standing(tier2) == [
        ("CCC", "long", Decimal("0.25"), True),
        ("AAA", "long", Decimal(0), True),
        ("BBB", "long", Decimal("0.5"), False),
    ]


def test_what_is_not_named_leaves_where_that_is_wanted(client: Client, tier2: Watchlist) -> None:
    send(client, tier2, "BBB", mode="replace")
    assert [row[0] for row in standing(tier2)] == ["BBB"]


def test_every_fault_is_told_with_line_and_column_and_nothing_is_done(client: Client, tier2: Watchlist) -> None:
    before = standing(tier2)
    assert faults(send(client, tier2, "asset\nCCC\nNOPE\nNADA")) == [
        "Line 3, asset: no asset is called NOPE.",
        "Line 4, asset: no asset is called NADA.",
    ]
    told = faults(send(client, tier2, "asset,weight,is_active\nCCC,2,true\nBBB,0.1,perhaps\nAAA,0.1,true"))
    assert [one.split(":")[0] for one in told] == ["Line 2, weight", "Line 3, is_active"]
    assert faults(send(client, tier2, "asset,colour\nCCC,red")) == ["Unknown columns: colour."]
    assert faults(send(client, tier2)) == ["There are no rows."]
    assert faults(send(client, tier2, file=SimpleUploadedFile("list.csv", b"asset\n\xff")), "file")
    assert standing(tier2) == before


def test_what_is_given_out_can_be_given_back(client: Client, tier2: Watchlist) -> None:
    entry = tier2.entries.get(asset__symbol="BBB")
    entry.weight, entry.notes = Decimal("0.3"), "=why, and\nmore"
    entry.save()
    address = reverse("admin:selection_watchlist_export_entries", args=[tier2.pk])
    given = client.get(address).content.decode()
    assert given.splitlines()[0] == "asset,direction,place,weight,target_allocation,notes,is_active"
    before = standing(tier2)
    tier2.entries.all().delete()
    send(client, tier2, given, mode="replace")
    assert standing(tier2) == before
    assert tier2.entries.get(asset__symbol="BBB").notes == "=why, and\nmore"

"""Files of entries that were damaged or made to harm: a form that says what is wrong, and never an error."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from selection.admin.entry_file import LARGEST, FileForm, told
from selection.models import Watchlist
from selection.services.watchlists.bulk import bulk_update_watchlist_assets
from system.exceptions import DomainError
from tests.damage import damaged
from tests.factories import AdminFactory, AssetFactory, DefaultListFactory, EntryFactory
from tests.rounds import examples

pytestmark = pytest.mark.django_db
SOUND = [
    b"asset,direction,place,weight,target_allocation,notes,is_active\r\nAAA,long,1,0.25,,core,true\r\nBBB,short,2,0.5,0.1,,no\r\n",
    b"asset,weight\nAAA,0.25\nCCC,0.125\n",
    b"AAA\nBBB\nCCC\n",
    b'\xef\xbb\xbfasset,notes\nAAA,"with ""quotes"",\nand lines"\nBBB,\'=1+1\n',
]


@pytest.fixture
def watchlist() -> Watchlist:
    made: Watchlist = DefaultListFactory()
    for symbol in ("AAA", "BBB"):
        EntryFactory(watchlist=made, asset=AssetFactory(symbol=symbol))
    AssetFactory(symbol="CCC")
    return made


@pytest.fixture
def admin() -> User:
    found: User = AdminFactory()
    return found


def sent(watchlist: Watchlist, admin: User, data: dict[str, Any], file: bytes | None) -> None:
    """A form as the page of the list takes it; what came of it is undone."""
    files = {} if file is None else {"file": SimpleUploadedFile("list.csv", file)}
    form = FileForm(data, files)
    if not form.is_valid():
        assert any(str(fault) for faults in form.errors.values() for fault in faults)
        return
    rows = form.cleaned_data["rows"]
    with transaction.atomic():
        faults = ["none"]
        try:
            bulk_update_watchlist_assets(watchlist, rows.updates, actor=admin, mode=data["mode"])
        except DomainError as refusal:
            faults = told(refusal, rows.lines)
        assert faults
        assert all(faults)
        transaction.set_rollback(True)


MANY = settings(
    max_examples=examples(50, 5_000), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@MANY
@given(body=damaged(SOUND), mode=st.sampled_from(["merge", "replace"]))
def test_a_damaged_file_is_taken_or_refused_with_words(
    watchlist: Watchlist, admin: User, body: bytes, mode: str
) -> None:
    sent(watchlist, admin, {"mode": mode}, body)
    sent(watchlist, admin, {"mode": mode, "text": body.decode(errors="replace")}, None)


@MANY
@given(body=st.one_of(st.binary(max_size=500), st.text(max_size=300).map(lambda text: text.encode(errors="replace"))))
def test_noise_is_refused_with_words(watchlist: Watchlist, admin: User, body: bytes) -> None:
    sent(watchlist, admin, {"mode": "merge"}, body)


@pytest.mark.parametrize(
    "body",
    [
        b"asset\nA\x00B\n",
        b"asset,notes\nAAA,a\x00b\n",
        b"asset,notes\nAAA," + b"x" * 200_000,
        b"asset,place\nAAA," + b"9" * 5_000,
        b"asset,weight\nAAA,1e999999\n",
        b"asset,weight\nAAA,sNaN\n",
        b"asset\n" + b"A" * 100_000,
        b"\x00",
        b",\n" * (LARGEST // 2),
    ],
)
def test_what_readers_stumble_over(watchlist: Watchlist, admin: User, body: bytes) -> None:
    sent(watchlist, admin, {"mode": "merge"}, body)

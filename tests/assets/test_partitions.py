"""Making partitions: by a function of the database, which works as the owner for whoever calls it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError, connections, transaction
from psycopg import sql

from assets.choices import Timeframe
from assets.models import PriceData
from assets.services import ensure_partitions, store_candles
from assets.services.partitions import MAKE, Partition, stored_partitions
from tests.assets.test_ingest import frame
from tests.factories import AssetFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
FAR = datetime(2093, 12, 31, 23, 59, tzinfo=UTC)
"""The end of a month and of a year for which nothing stands ready."""


@pytest.fixture(autouse=True)
def _swept() -> Iterator[None]:
    before = {one.name for one in stored_partitions()}
    yield
    connections["owner"].close()
    with connections["owner"].cursor() as cursor:
        for one in stored_partitions():
            if one.name not in before:
                cursor.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(one.name)))


@pytest.fixture
def no_owner(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As where DATABASE_OWNER_URL is not set: the application's role stands behind the owner's connection."""
    used, owners = (connections[alias].settings_dict for alias in ("default", "owner"))
    with monkeypatch.context() as patch:
        for name in ("USER", "PASSWORD"):
            patch.setitem(owners, name, used[name])
        connections["owner"].close()
        yield
    connections["owner"].close()


def owner_of(table: str) -> str:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = %s", [table])
        return str(cursor.fetchone()[0])


@pytest.mark.usefixtures("no_owner")
def test_the_application_has_one_made_that_it_does_not_own() -> None:
    asset, place = AssetFactory(), Partition.of(FAR, "1h")
    stored = store_candles(asset.pk, "1h", frame(2, first=place.first))
    assert (stored.new, ensure_partitions("1h", place.first, place.first)) == (2, 0)
    assert PriceData.objects.filter(asset=asset, candle_time=place.first).exists()
    assert owner_of(place.name) == owner_of("price_data") != connections["default"].settings_dict["USER"]
    with pytest.raises(DatabaseError), connections["owner"].cursor() as cursor:
        cursor.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(place.name)))


@pytest.mark.parametrize("timeframe", Timeframe.values)
def test_each_has_the_name_and_the_bounds_that_we_work_out(timeframe: str) -> None:
    wanted = [Partition.of(FAR, timeframe), Partition.of(FAR, timeframe).next()]
    assert ensure_partitions(timeframe, FAR, wanted[1].first) == 2
    made = {one.name: one for one in stored_partitions() if one.first >= wanted[0].first}
    found = [made[one.name] for one in wanted]
    assert [(one.first, one.end) for one in found] == [(one.first, one.end) for one in wanted]
    assert {(one.timeframe, one.home) for one in found} == {(timeframe, "price_data")}
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint c JOIN pg_class t ON t.oid = conrelid"
            " WHERE contype = 'c' AND convalidated AND conname = relname || '_bounds' AND relname IN (%s, %s)",
            [one.name for one in wanted],
        )
        assert {name for (name,) in cursor.fetchall()} == {f"{one.name}_bounds" for one in wanted}


@pytest.mark.usefixtures("no_owner")
@pytest.mark.parametrize(
    ("timeframe", "moment"),
    [("2h", FAR), ('1h" (LIKE users); --', FAR), ("archive", FAR), ("1h", datetime(1900, 1, 1, tzinfo=UTC))],
)
def test_it_makes_nothing_else(timeframe: Any, moment: datetime) -> None:
    before = stored_partitions()
    with pytest.raises(DatabaseError, match="no partition of candles"), transaction.atomic(using="owner"):
        connections["owner"].cursor().execute(MAKE, [timeframe, moment])
    assert stored_partitions() == before

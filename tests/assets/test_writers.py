"""Several writers of the same candles, and one that is killed: nothing is there twice, and nothing by halves."""

import os
import subprocess
import sys
import time
from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection, transaction

from assets.models import Asset, CandleRevision, PriceData
from assets.services import store_candles
from tests.assets.test_ingest import BOTH_ROLES, frame
from tests.cryptopredict.installation import ROOT
from tests.factories import AssetFactory

pytestmark = pytest.mark.long

WRITER = """
import sys
import django
django.setup()
from datetime import UTC, datetime, timedelta
import polars as pl
from assets.services import store_batch

asset, count, close = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
first = datetime(2024, 1, 1, tzinfo=UTC)
batch = pl.DataFrame({
    "asset_id": asset,
    "candle_time": pl.Series([first + timedelta(minutes=i) for i in range(count)]).cast(pl.Datetime("us", "UTC")),
    "open": "100", "high": "200", "low": "50", "close": close, "volume": "10", "trade_count": 7,
    "quote_volume": [str(1000 + i % 100) for i in range(count)],
})
print("fetched", flush=True)
sys.stdin.readline()
stored = store_batch("1m", batch)
print(stored.new, stored.changed, stored.equal, flush=True)
"""
MANY = 60_000
"""Minutes of January and February 2024, for which partitions stand ready."""


def writer(asset: Asset, count: int, close: str) -> "subprocess.Popen[str]":
    """A process of its own on the test database, that has fetched and waits for a line to write."""
    moved = {
        name: urlunsplit(urlsplit(os.environ[name])._replace(path=f"/{connection.settings_dict['NAME']}"))
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL")
    }
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(asset.pk), str(count), close],
        cwd=ROOT,
        env=os.environ | moved | {"DJANGO_SETTINGS_MODULE": "cryptopredict.settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "fetched\n"
    return process


def result(process: "subprocess.Popen[str]") -> tuple[int, ...]:
    """New, changed and equal candles, as it says."""
    output, _ = process.communicate("\n", timeout=120)
    assert process.returncode == 0
    return tuple(map(int, output.split()))


@pytest.fixture
def asset(transactional_db: None) -> Asset:
    made: Asset = AssetFactory()
    return made


@BOTH_ROLES
class TestTwoAtOnce:
    @pytest.mark.parametrize("count", [pytest.param(10, marks=pytest.mark.full), 3000])
    def test_the_same_candles(self, asset: Asset, count: int) -> None:
        pair = [writer(asset, count, "101") for _ in range(2)]
        for process in pair:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        found = [result(process) for process in pair]
        assert sorted(found) == [(0, 0, count), (count, 0, 0)]
        assert PriceData.objects.count() == count

    def test_one_waits_for_the_other_and_then_corrects_it(self, asset: Asset) -> None:
        """The first has not committed when the second looks, so the second meets a double."""
        late = writer(asset, 2000, "101")
        with transaction.atomic():
            ours = frame(50, step=timedelta(minutes=1), close=[f"{100 + i}" for i in range(50)])
            assert store_candles(asset.pk, "1m", ours).new == 50
            assert late.stdin is not None
            late.stdin.write("\n")
            late.stdin.flush()
            time.sleep(1)
            assert late.poll() is None
        new, changed, equal = result(late)
        assert (new, changed, equal) == (1950, 50, 0)
        assert PriceData.objects.count() == 2000
        assert CandleRevision.objects.filter(field="close_price").count() == 49  # one was 101 already


@BOTH_ROLES
class TestKilled:
    def test_between_fetch_and_write(self, asset: Asset) -> None:
        process = writer(asset, 500, "101")
        process.kill()
        process.communicate()
        assert PriceData.objects.count() == 0
        assert result(writer(asset, 500, "101")) == (500, 0, 0)

    @pytest.mark.full
    def test_while_it_writes(self, asset: Asset) -> None:
        """However far it came: all of it or nothing is there, and the next one completes it."""
        process = writer(asset, MANY, "101")
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        self.wait_for_the_write()
        process.kill()
        process.communicate()
        found = PriceData.objects.count()
        assert found in {0, MANY}
        new, changed, equal = result(writer(asset, MANY, "101"))
        assert (new + equal, changed) == (MANY, 0)
        assert PriceData.objects.count() == MANY
        assert not CandleRevision.objects.exists()

    def wait_for_the_write(self) -> None:
        deadline = time.monotonic() + 30
        with connection.cursor() as cursor:
            while time.monotonic() < deadline:
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                    "AND pid <> pg_backend_pid() AND query LIKE 'COPY %' AND state <> 'idle'"
                )
                if cursor.fetchone()[0]:
                    return
                time.sleep(0.01)
        raise AssertionError("the writer never wrote")

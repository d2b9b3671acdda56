"""Gaps on real candles: an exchange's outages are found exactly, and holes cut at random are filled over HTTP."""

import csv
import gzip
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone
from psycopg import sql

from assets.choices import GapReason, GapStatus
from assets.models import Asset, CandleGap
from assets.services import ensure_partitions, find_gaps, repair_gaps
from assets.services.partitions import partition_homes
from cryptopredict.importing import import_files
from tests.providers.binance_stub import paged
from tests.stubs.server import Reply, Request, StubServer

pytestmark = pytest.mark.long

HOUR = timedelta(hours=1)
SPAN = (datetime(2018, 1, 1, tzinfo=UTC), datetime(2021, 12, 31, tzinfo=UTC))
HOLES = 1000


def candles_of(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", newline="") as file:
        return list(csv.DictReader(file))


def holes_in(times: Iterable[datetime]) -> list[tuple[datetime, datetime]]:
    """By walking from candle to candle."""
    found: list[tuple[datetime, datetime]] = []
    expected: datetime | None = None
    for time in times:
        if expected is not None and time != expected:
            found.append((expected, time))
        expected = time + HOUR
    return found


def load(*paths: Path) -> None:
    assert not import_files(paths, timezone.now(), lambda _file: None).rejects


def stored_gaps(symbol: str) -> list[tuple[datetime, datetime]]:
    gaps = CandleGap.objects.filter(asset__symbol=symbol, timeframe="1h").order_by("starts_at")
    return list(gaps.values_list("starts_at", "ends_at"))


@pytest.fixture(scope="module")
def room_for_2018(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Partitions for four years of hours, and of what is made of them, made before any test's transaction and gone
    afterwards."""
    made: set[str] = set()
    with django_db_blocker.unblock():
        for timeframe in ("1h", "4h", "1d", "1w"):
            before = set(partition_homes(timeframe))
            ensure_partitions(timeframe, *SPAN)
            made |= set(partition_homes(timeframe)) - before
    yield
    with django_db_blocker.unblock(), connections["owner"].cursor() as cursor:
        for name in made:
            cursor.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))


@pytest.mark.django_db
@pytest.mark.usefixtures("room_for_2018")
def test_the_outages_of_2018_to_2021_and_no_other(shared: Path) -> None:
    folder = shared / "data" / "candles" / "binance-spot-2018-2021"
    load(folder)
    for symbol in ("BTC", "ETH", "LTC"):
        rows = candles_of(folder / f"{symbol}USDT-1h.csv.gz")
        expected = holes_in(datetime.fromisoformat(row["candle_time"]) for row in rows)
        assert stored_gaps(symbol) == expected
        assert len(expected) == 26
        assert sum((end - first) // HOUR for first, end in expected) == 121
    assert CandleGap.objects.count() == 78
    assert CandleGap.objects.exclude(status=GapStatus.OPEN).count() == 0


@pytest.mark.django_db
class TestHolesCutAtRandom:
    SYMBOLS = ("BTC", "ETH", "SOL", "XRP", "1000SATS")

    @pytest.fixture(autouse=True)
    def exchange(self, shared: Path, stub: StubServer) -> StubServer:
        """Real candles of 2024 are stored; the same stand at the exchange's stand-in."""
        folder = shared / "data" / "candles" / "binance-spot-2024"
        paths = [folder / f"{symbol}USDT-1h.csv.gz" for symbol in self.SYMBOLS]
        load(*paths)
        pages = {f"{s}USDT": paged([kline(row) for row in candles_of(p)], lambda row: row[0])
                 for s, p in zip(self.SYMBOLS, paths, strict=True)}  # fmt: skip

        def answer(request: Request) -> Reply:
            return pages[request.query["symbol"]](request)

        stub.answer("/api/v3/klines", answer)
        return stub

    def cut(self) -> dict[str, list[tuple[datetime, datetime]]]:
        """Remove stretches of 1 to 6 candles, never two side by side, until there are enough; of the first and the last
        candle too."""
        generator, holes = random.Random(7), {}  # noqa: S311 - no secret
        for symbol in self.SYMBOLS:
            asset = Asset.objects.get(symbol=symbol)
            times = list(
                asset.candles.filter(timeframe="1h").order_by("candle_time").values_list("candle_time", flat=True)
            )
            taken: set[int] = {0, len(times) - 1}
            free = set(range(2, len(times) - 2))
            count = 2
            while count < HOLES // len(self.SYMBOLS):
                begin, length = generator.randrange(2, len(times) - 10), generator.choice([1, 1, 2, 3, 6])
                if set(range(begin - 1, begin + length + 1)) <= free:
                    taken |= set(range(begin, begin + length))
                    free -= set(range(begin - 1, begin + length + 1))
                    count += 1
            asset.candles.filter(timeframe="1h", candle_time__in=[times[place] for place in taken]).delete()
            fence = [times[0] - HOUR, *(t for i, t in enumerate(times) if i not in taken), times[-1] + HOUR]
            holes[symbol] = holes_in(fence)
        return holes

    def test_all_are_found_none_is_invented_all_are_repaired(self, exchange: StubServer) -> None:
        before = candle_hash()
        holes = self.cut()
        assert find_gaps("1h").found == sum(map(len, holes.values())) == HOLES
        assert {symbol: stored_gaps(symbol) for symbol in self.SYMBOLS} == holes
        assert candle_hash() != before
        report = repair_gaps(limit=HOLES)
        assert (report.asked, report.repaired, report.confirmed, report.left, report.faults) == (HOLES, HOLES, 0, 0, {})
        assert not CandleGap.objects.exclude(status=GapStatus.REPAIRED).exists()
        assert candle_hash() == before
        assert len(exchange.calls_to("/api/v3/klines")) < HOLES / 10
        assert find_gaps("1h").found == 0

    def test_a_source_that_fails_on_the_way_leaves_the_rest_open(self, exchange: StubServer) -> None:
        self.cut()
        find_gaps("1h")
        exchange.answer("/api/v3/klines", status=400, body={"code": -1121, "msg": "Invalid symbol."})
        report = repair_gaps(limit=HOLES)
        assert (report.repaired, report.confirmed, report.left) == (0, 0, HOLES)
        assert len(report.faults) == len(self.SYMBOLS)
        assert set(CandleGap.objects.values_list("reason", flat=True)) == {GapReason.NOT_FETCHED}


def kline(row: dict[str, str]) -> list[Any]:
    """A candle of a file as Binance sends it. The files of 2024 have no trades and no dollars: neither has this."""
    opened = int(datetime.fromisoformat(row["candle_time"]).replace(tzinfo=UTC).timestamp() * 1000)
    prices = [row[name] for name in ("open", "high", "low", "close", "volume")]
    return [opened, *prices, opened + 3_599_999, row.get("quote_volume"), None, None, None, "0"]


def candle_hash() -> str:
    """Of all candles: asset, time, prices and volumes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT md5(string_agg((asset_id, candle_time, open_price, high_price, low_price, close_price, "
            "base_volume, volume)::text, '|' ORDER BY asset_id, candle_time)) FROM price_data WHERE timeframe = '1h'"
        )
        found: str = cursor.fetchone()[0]
    return found

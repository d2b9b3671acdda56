"""Answers with candles are kept, and never hide a candle."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from assets.models import Asset, PriceData
from assets.selectors import candle_answers
from assets.selectors.candle_answers import candle_answer
from assets.selectors.candle_json import CandleWish
from assets.selectors.kept_answers import KeptAnswers
from assets.selectors.visible import visible_assets
from tests.factories import EPOCH, AssetFactory, add_candles

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
DAY = timedelta(days=1)
WISH = CandleWish("1d")
AT_HAND, STATE_ONLY, FROM_THE_TABLE = 0, 1, 3
"""Queries that are seen; every answer begins with a look at the number, which goes past Django."""


@pytest.fixture
def asset() -> Asset:
    asset: Asset = AssetFactory(symbol="BTC")
    add_candles(asset, [1, 2, 3])
    return asset


@pytest.fixture
def server() -> Iterator["redis.Redis"]:
    client = redis.Redis.from_url(settings.REDIS_URL)
    yield client
    forget(client)
    client.close()


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch, server: "redis.Redis") -> KeptAnswers:
    forget(server)
    return another_process(monkeypatch)


def another_process(
    monkeypatch: pytest.MonkeyPatch, *, address: str = "", seconds: int = 60, megabytes: int = 4
) -> KeptAnswers:
    """What a process has whose own memory is empty."""
    found = KeptAnswers(address or settings.REDIS_URL, seconds=seconds, megabytes=megabytes)
    monkeypatch.setattr(candle_answers, "kept_answers", lambda: found)
    return found


def keys(server: "redis.Redis") -> list[bytes]:
    found: Any = server.keys("kept*")
    return list(found)


def forget(server: "redis.Redis") -> None:
    if found := keys(server):
        server.delete(*found)


def closes(asset: Asset, wish: CandleWish = WISH) -> list[str]:
    answer = candle_answer(asset.pk, wish)
    assert answer is not None
    assert answer.body is not None
    body = json.loads(answer.body)
    assert (body["asset_id"], body["symbol"], body["timeframe"]) == (asset.pk, asset.symbol, wish.timeframe)
    return [candle["close"] for candle in body["candles"]]


def cost(asset: Asset, wish: CandleWish = WISH) -> int:
    """Queries that an answer needs."""
    with CaptureQueriesContext(connection) as captured:
        closes(asset, wish)
    return len(captured)


def test_the_second_one_to_ask_costs_one_small_query(
    asset: Asset, server: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    full = CandleWish("1d", limit=3, end=EPOCH + 3 * DAY)
    assert cost(asset, full) == FROM_THE_TABLE
    assert cost(asset, full) == AT_HAND
    another_process(monkeypatch)
    assert cost(asset, full) == STATE_ONLY
    assert closes(asset, full) == ["1", "2", "3"]
    forget(server)
    assert cost(asset, full) == AT_HAND  # its own memory
    another_process(monkeypatch)
    assert cost(asset, full) == FROM_THE_TABLE


def test_an_asset_that_is_renamed_or_hidden_is_seen_so_at_once(asset: Asset) -> None:
    for _ in range(2):
        closes(asset)
    asset.symbol = "XBT"
    asset.save()
    closes(asset)
    for column in ("is_active", "is_supported"):
        closes(asset)
        Asset.objects.filter(pk=asset.pk).update(**{column: False})
        assert candle_answer(asset.pk, WISH) is None
        assert candle_answer(asset.pk, WISH, everything=True) is not None
        Asset.objects.filter(pk=asset.pk).update(**{column: True})
    closes(asset)
    asset.delete()
    assert candle_answer(asset.pk, WISH) is None


def test_new_prices_of_assets_cost_no_answer(asset: Asset) -> None:
    closes(asset)
    Asset.objects.update(current_price=Decimal(7), access_count=3)
    assert cost(asset) == AT_HAND


@pytest.mark.parametrize("in_memory", [True, False])
def test_every_kind_of_change_is_seen(asset: Asset, monkeypatch: pytest.MonkeyPatch, *, in_memory: bool) -> None:
    def seen() -> list[str]:
        if not in_memory:
            another_process(monkeypatch)
        return closes(asset)

    third = PriceData.objects.filter(asset=asset, candle_time=EPOCH + 2 * DAY)
    assert seen() == ["1", "2", "3"]
    add_candles(asset, [4], first=EPOCH + 3 * DAY)
    assert seen() == ["1", "2", "3", "4"]
    third.update(close_price=Decimal("3.01"))
    assert seen() == ["1", "2", "3.01", "4"]
    add_candles(asset, [Decimal("0.5")], first=EPOCH - DAY)
    assert seen() == ["0.5", "1", "2", "3.01", "4"]
    third.delete()
    assert seen() == ["0.5", "1", "2", "4"]
    with connection.cursor() as cursor:
        cursor.execute(
            "MERGE INTO price_data_1d p USING (SELECT 4.02 AS price) s ON p.asset_id = %s AND p.close_price = 4 "
            "WHEN MATCHED THEN UPDATE SET close_price = price",
            [asset.pk],
        )
    assert seen() == ["0.5", "1", "2", "4.02"]
    with connections["owner"].cursor() as cursor:
        cursor.execute("TRUNCATE price_data CASCADE")
    assert seen() == []


def test_each_wish_has_an_answer_of_its_own(asset: Asset) -> None:
    PriceData.objects.update(technical_indicators={"RSI": {"14": 50}})
    other = AssetFactory(symbol="ETH")
    add_candles(other, [7])
    wishes = [
        (WISH, ["1", "2", "3"]),
        (CandleWish("1h"), []),
        (CandleWish("1d", limit=2), ["2", "3"]),
        (CandleWish("1d", first=EPOCH + DAY), ["2", "3"]),
        (CandleWish("1d", end=EPOCH + DAY), ["1"]),
        (CandleWish("1d", archive=True), ["1", "2", "3"]),
    ]
    for _ in range(2):
        for wish, expected in wishes:
            assert closes(asset, wish) == expected
        assert closes(other) == ["7"]
        for indicators in (True, False):
            answer = candle_answer(asset.pk, CandleWish("1d", indicators=indicators))
            assert answer is not None
            assert (b'"RSI"' in (answer.body or b"")) is indicators


def test_the_asset_is_looked_at_every_time(asset: Asset) -> None:
    assert closes(asset) == ["1", "2", "3"]
    Asset.objects.update(symbol="XBT")
    asset.refresh_from_db()
    assert closes(asset) == ["1", "2", "3"]
    for hidden in ({"is_active": False}, {"is_active": True, "is_supported": False}):
        Asset.objects.update(**hidden)
        assert candle_answer(asset.pk, WISH) is None
        assert not visible_assets().exists()
        assert candle_answer(asset.pk, WISH, everything=True) is not None
    assert candle_answer(asset.pk + 1, WISH, everything=True) is None
    assert candle_answer(10**30, WISH) is None


def test_nothing_is_kept_while_somebody_writes(
    asset: Asset, server: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number has moved, the write is not to be seen yet: what is read now must not be found under that number."""
    with transaction.atomic(using="owner"):
        PriceData.objects.using("owner").filter(asset=asset, close_price=3).update(close_price=Decimal("3.01"))
        assert closes(asset) == ["1", "2", "3"]
        assert keys(server) == []
    assert closes(asset) == ["1", "2", "3.01"]
    another_process(monkeypatch)
    assert closes(asset) == ["1", "2", "3.01"]
    assert len(keys(server)) == 2


def test_own_changes_are_kept_from_nobody_and_for_nobody(asset: Asset, server: "redis.Redis") -> None:
    class Undone(Exception):
        pass

    def change() -> None:
        with transaction.atomic():
            PriceData.objects.filter(asset=asset, close_price=3).update(close_price=Decimal("3.01"))
            assert closes(asset) == ["1", "2", "3.01"]
            raise Undone

    with pytest.raises(Undone):
        change()
    assert keys(server) == []
    assert closes(asset) == ["1", "2", "3"]


def test_what_is_known_is_not_sent_again(asset: Asset) -> None:
    first = candle_answer(asset.pk, WISH)
    assert first is not None
    for _ in range(2):
        again = candle_answer(asset.pk, WISH, known={"other", first.etag})
        assert again is not None
        assert (again.etag, again.body) == (first.etag, None)
    add_candles(AssetFactory(), [5])
    again = candle_answer(asset.pk, WISH, known={first.etag})
    assert again is not None
    assert again.body is None  # another asset's candle changes nothing here
    add_candles(asset, [4], first=EPOCH + 3 * DAY)
    changed = candle_answer(asset.pk, WISH, known={first.etag})
    assert changed is not None
    assert changed.etag != first.etag
    assert changed.body is not None


def test_without_redis_the_answer_is_the_same(
    asset: Asset, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    another_process(monkeypatch, address="redis://127.0.0.1:1/0")
    assert closes(asset) == ["1", "2", "3"]
    add_candles(asset, [4], first=EPOCH + 3 * DAY)
    assert closes(asset) == ["1", "2", "3", "4"]
    assert len(caplog.records) == 1, "it is left alone after the first refusal"


def test_nothing_is_kept_when_it_is_switched_off(
    asset: Asset, server: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    another_process(monkeypatch, seconds=0)
    assert [cost(asset, CandleWish("1d", end=EPOCH + 3 * DAY, limit=3)) for _ in range(2)] == [2, 2]
    assert keys(server) == []


def test_a_flood_of_questions_does_not_fill_redis(
    asset: Asset, server: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = another_process(monkeypatch, megabytes=1)
    for number in range(30):
        kept.put("v1", str(number), bytes([number]) * 100_000)
    assert len(keys(server)) == 11  # ten answers of a tenth of a megabyte, and the sum
    assert sum(map(len, kept.memory.answers.values())) <= 1 << 20
    assert kept.get("v1", "29") == bytes([29]) * 100_000
    assert kept.get("v1", "11") is None
    ttl: Any = server.ttl("kept")
    assert 0 < ttl <= 60
    kept.put("v2", "x", b"1")
    assert len(kept.memory.answers) == 1
    kept.put("v2", "y", b"1" * (2 << 20))
    assert kept.get("v2", "y") is None
    assert closes(asset) == ["1", "2", "3"]


def test_no_reader_sees_less_than_what_was_written_before_he_asked(
    asset: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One corrects a candle again and again; whoever asks afterwards sees that figure or a later one."""
    another_process(monkeypatch)
    written, ended = [3], threading.Event()
    faults: list[Any] = []

    def write() -> None:
        for number in range(4, 154):
            with transaction.atomic():
                PriceData.objects.filter(asset=asset, candle_time=EPOCH + 2 * DAY).update(
                    close_price=number, high_price=1000
                )
            written.append(number)

    def read() -> None:
        while not ended.is_set():
            least = written[-1]
            found = int(closes(asset)[-1])
            if found < least:
                faults.append((least, found))

    def in_thread(task: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            try:
                task()
            except AssertionError as error:
                faults.append((0, str(error)))
            finally:
                connections.close_all()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    readers = [in_thread(read) for _ in range(3)]
    writer = in_thread(write)
    writer.join()
    ended.set()
    for reader in readers:
        reader.join()
    assert written[-1] == 153
    assert faults == []
    assert closes(asset)[-1] == "153"

"""Binance through the real ccxt class and the real way out, against recorded bodies and its paging rules."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assets.compute.checks import check_candles
from assets.providers.base import Fetched
from assets.providers.binance import BinanceSource
from assets.providers.demo import DemoSource
from assets.providers.sources import candle_source
from system.exceptions import InvalidInput
from system.models import ExternalApiLog
from tests.providers.binance_stub import kline, moment, paged
from tests.stubs.server import Reply, Request, StubServer

pytestmark = pytest.mark.django_db
KLINES, FUTURES = "/api/v3/klines", "/fapi/v1/klines"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SPOT, PERPETUAL = BinanceSource(), BinanceSource(is_perpetual=True)


def hours(count: int) -> list[list[Any]]:
    return [kline(FIRST + i * HOUR, close=f"1.{i % 9}") for i in range(count)]


def fetch(end: datetime, *, first: datetime = FIRST, now: datetime = NOW, source: BinanceSource = SPOT) -> Fetched:
    return source.fetch_candles("BTCUSDT", "1h", first, end, now=now)


class TestCandles:
    def test_a_recorded_body_comes_as_sent(self, stub: StubServer, recorded: Path) -> None:
        """Numbers are text, and stay the text that was sent."""
        path = recorded / "binance" / "api-v3-klines-BTCUSDT-1d-limit1000.json"
        rows = json.loads(path.read_text())
        stub.answer(KLINES, paged(rows, lambda row: row[0]))
        first, end = moment("2019-09-01"), moment("2022-05-28")
        fetched = SPOT.fetch_candles("BTCUSDT", "1d", first, end, now=NOW)
        assert (fetched.complete, fetched.error, fetched.pages, fetched.rows.height) == (True, None, 1, 1000)
        for place, name in ((1, "open"), (2, "high"), (3, "low"), (4, "close"), (5, "volume"), (7, "quote_volume"),
                            (9, "taker_base_volume"), (10, "taker_quote_volume")):  # fmt: skip
            assert fetched.rows[name].to_list() == [row[place] for row in rows]
        assert fetched.rows["trade_count"].to_list() == [str(row[8]) for row in rows]
        checked = check_candles(fetched.rows, "1d", NOW)
        assert (checked.closed.height, checked.running.height, checked.faults) == (1000, 0, [])

    def test_half_a_character_is_a_faulty_row(self, stub: StubServer) -> None:
        rows = [*hours(2), kline(FIRST + 2 * HOUR, close="\ud800")]
        stub.answer(KLINES, paged(rows, lambda row: row[0]))
        checked = check_candles(fetch(FIRST + 3 * HOUR).rows, "1h", NOW)
        assert (checked.closed.height, [fault.line for fault in checked.faults]) == (2, [3])

    def test_a_long_span_is_walked_page_by_page(self, stub: StubServer) -> None:
        rows = hours(2500)
        stub.answer(KLINES, paged(rows, lambda row: row[0]))
        fetched = fetch(FIRST + 2500 * HOUR)
        assert (fetched.complete, fetched.pages, fetched.rows.height) == (True, 3, 2500)
        assert fetched.rows["close"].to_list() == [row[4] for row in rows]
        assert [call.query["limit"] for call in stub.calls] == ["1000", "1000", "501"]
        assert {call.query["interval"] for call in stub.calls} == {"1h"}
        assert ExternalApiLog.objects.filter(api_provider="binance", endpoint=KLINES, response_status=200).count() == 3

    def test_the_newest_candle_costs_one_small_call(self, stub: StubServer) -> None:
        stub.answer(FUTURES, paged(hours(100), lambda row: row[0]))
        now = FIRST + 99 * HOUR + timedelta(minutes=20)
        fetched = fetch(now + HOUR, first=FIRST + 98 * HOUR, now=now, source=PERPETUAL)
        assert (fetched.pages, fetched.rows.height, [call.query["limit"] for call in stub.calls]) == (1, 2, ["3"])
        checked = check_candles(fetched.rows, "1h", now)
        assert (checked.closed.height, checked.running.height) == (1, 1)

    def test_an_empty_stretch_is_no_fault(self, stub: StubServer) -> None:
        """Before the listing and in an outage there is nothing, and nothing is made up."""
        stub.answer(KLINES, paged(hours(5) + [kline(FIRST + i * HOUR) for i in range(8, 12)], lambda row: row[0]))
        fetched = fetch(FIRST + 12 * HOUR, first=FIRST - 30 * DAY)
        assert (fetched.complete, fetched.rows.height) == (True, 9)

    def test_an_unknown_symbol_is_refused_by_name(self, stub: StubServer) -> None:
        stub.answer(KLINES, status=400, body={"code": -1121, "msg": "Invalid symbol."})
        fetched = SPOT.fetch_candles("NOSUCHUSDT", "1h", FIRST, FIRST + DAY, now=NOW)
        assert (fetched.complete, fetched.may_recover, fetched.rows.height, len(stub.calls)) == (False, False, 0, 1)
        assert "NOSUCHUSDT" in (fetched.error or "")
        assert "Invalid symbol" in (fetched.error or "")

    def test_what_came_before_a_fault_is_kept(self, stub: StubServer) -> None:
        pages = paged(hours(2500), lambda row: row[0])
        later = int((FIRST + 1000 * HOUR).timestamp() * 1000)

        def breaks(request: Request) -> Reply:
            return pages(request) if int(request.query["startTime"]) < later else Reply(status=400, body={"code": -1})

        stub.answer(KLINES, breaks)
        fetched = fetch(FIRST + 2500 * HOUR)
        assert (fetched.complete, fetched.rows.height, fetched.pages) == (False, 1000, 1)
        assert fetched.error

    @pytest.mark.parametrize("status", [418, 429])
    def test_a_ban_ends_the_fetch_and_no_call_follows(self, stub: StubServer, status: int) -> None:
        stub.answer(KLINES, status=status, headers={"Retry-After": "120"}, body={"code": -1003, "msg": "Too many"})
        told = [fetch(FIRST + DAY) for _ in range(3)]
        assert [(fetched.complete, fetched.may_recover) for fetched in told] == [(False, True)] * 3
        assert len(stub.calls) == 1

    @pytest.mark.parametrize("shift", [-5000, -1000])
    def test_a_server_that_repeats_itself_is_left(self, stub: StubServer, shift: int) -> None:
        """It sends the same rows whatever it is asked for."""
        rows = [kline(FIRST + (i + shift) * HOUR) for i in range(1000)]
        stub.answer(KLINES, body=rows)
        fetched = fetch(FIRST + 5000 * HOUR)
        assert (fetched.complete, fetched.rows.height, len(stub.calls)) == (False, 0, 1)
        assert "from elsewhere" in (fetched.error or "")

    def test_a_server_that_stands_still_is_left(self, stub: StubServer) -> None:
        stub.answer(KLINES, body=hours(1000))
        fetched = fetch(FIRST + 5000 * HOUR)
        assert (fetched.complete, fetched.rows.height, len(stub.calls)) == (False, 1000, 2)

    def test_strays_are_left_out_and_told(self, stub: StubServer) -> None:
        """A row of the future moves nothing on: what lies between is still asked for."""
        rows = [*hours(3), kline(datetime(2090, 1, 1, tzinfo=UTC)), kline(FIRST - DAY)]
        stub.answer_each(KLINES, Reply(body=rows), Reply(body=[]))
        fetched = fetch(FIRST + DAY)
        assert (fetched.complete, fetched.rows.height) == (False, 3)
        assert "2 rows lie outside" in (fetched.error or "")

    @pytest.mark.parametrize(
        "body",
        [
            b"[[1704067200000,",
            b"<html>blocked</html>",
            b'{"code":0}',
            b"[[1704067200000,NaN,2,1,1,1,1,1,1,1,1,0]]",
            b"[[1704067200000,1e400,2,1,1,1,1,1,1,1,1,0]]",
            b'"text"',
            b"null",
            b"17",
        ],
    )
    def test_a_body_of_another_form_is_a_fault(self, stub: StubServer, body: bytes) -> None:
        stub.answer(KLINES, body=body)
        fetched = fetch(FIRST + DAY)
        assert (fetched.complete, fetched.rows.height) == (False, 0)
        assert "BTCUSDT" in (fetched.error or "") or "klines" in (fetched.error or "")

    def test_rows_that_make_no_sense_are_all_refused(self, stub: StubServer) -> None:
        """0 bad rows, and the sound one between them stays."""
        at = [FIRST + i * HOUR for i in range(12)]
        bad = [
            kline(at[1], at_1="-1.0"),
            kline(at[2], close="NaN"),
            kline(at[3], at_2="Infinity"),
            kline(at[4], at_5="-3"),
            kline(at[5], at_2="0.1"),
            kline(at[6], at_1="'; DROP TABLE assets; --"),
            kline(at[7] + timedelta(minutes=3)),
            kline(at[8], at_8="many"),
            kline(at[9], at_1=None),
            ["soon", "1", "2", "1", "1", "1", 0, "1", 1, "1", "1", "0"],
            "no row",
            [1],
            {},
        ]
        stub.answer_each(KLINES, Reply(body=[kline(at[0]), *bad, kline(at[11])]), Reply(body=[]))
        fetched = fetch(FIRST + DAY)
        checked = check_candles(fetched.rows, "1h", NOW)
        assert checked.closed["candle_time"].to_list() == [at[0], at[11]]
        assert len(checked.faults) == len(bad) - 1
        assert "1 rows lie outside" in (fetched.error or "")

    def test_what_binance_has_not_is_refused_here(self) -> None:
        with pytest.raises(InvalidInput, match="no candles of 7m"):
            SPOT.fetch_candles("BTCUSDT", "7m", FIRST, NOW, now=NOW)
        for pair in ("btcusdt", "BTC/USDT", "BTCUSDT&symbol=X", "'; DROP TABLE", ""):
            with pytest.raises(InvalidInput, match="no name of a pair"):
                SPOT.fetch_candles(pair, "1h", FIRST, NOW, now=NOW)

    def test_takers_purchases_of_closed_candles(self, stub: StubServer) -> None:
        stub.answer(KLINES, paged(hours(5), lambda row: row[0]))
        now = FIRST + 4 * HOUR + timedelta(minutes=1)
        fetched = SPOT.fetch_taker_volume("BTCUSDT", "1h", FIRST, NOW, now=now)
        assert fetched.rows["value"].to_list() == ["6.0"] * 4


class TestDerivatives:
    def test_recorded_funding(self, stub: StubServer, recorded: Path) -> None:
        rows = json.loads((recorded / "binance" / "fapi-v1-fundingRate-SOLUSDT-limit1000.json").read_text())
        stub.answer("/fapi/v1/fundingRate", paged(rows, lambda row: row["fundingTime"], 100))
        fetched = PERPETUAL.fetch_funding("SOLUSDT", moment("2023-05-01"), NOW, now=NOW)
        assert (fetched.complete, fetched.error, fetched.rows.height) == (True, None, 1000)
        assert fetched.rows["value"].to_list() == [row["fundingRate"] for row in rows]

    @pytest.mark.parametrize("as_text", [False, True])
    def test_recorded_open_interest(self, stub: StubServer, recorded: Path, *, as_text: bool) -> None:
        """Its time is a number in real bodies and text in the documentation: the same either way."""
        rows = json.loads((recorded / "binance" / "futures-data-openInterestHist-BNBUSDT-1d.json").read_text())
        sent = [row | {"timestamp": str(row["timestamp"])} if as_text else row for row in rows]
        stub.answer("/futures/data/openInterestHist", paged(sent, lambda row: row["timestamp"], 30))
        now = datetime.fromtimestamp(rows[-1]["timestamp"] / 1000, UTC) + HOUR
        fetched = PERPETUAL.fetch_open_interest("BNBUSDT", "1d", now - 90 * DAY, now, now=now)
        assert (fetched.complete, fetched.error, fetched.rows.height) == (True, None, 30)
        assert fetched.rows["value"].to_list() == [row["sumOpenInterestValue"] for row in rows]
        assert fetched.rows["time"][0] == "2026-05-08T00:00:00+00:00"
        assert int(stub.calls[0].query["startTime"]) >= (now - 30 * DAY).timestamp() * 1000

    def test_values_of_another_pair_are_no_values(self, stub: StubServer) -> None:
        rows = [{"symbol": "ETHUSDT", "fundingTime": 1704067200000, "fundingRate": "0.0001"}]
        stub.answer_each("/fapi/v1/fundingRate", Reply(body=rows), Reply(body=[]))
        fetched = PERPETUAL.fetch_funding("BTCUSDT", FIRST, FIRST + DAY, now=NOW)
        assert fetched.rows["value"].to_list() == ["of 'ETHUSDT'"]

    def test_calls_count_as_binance_counts_them(self) -> None:
        """500 calls for funding and 1,000 for open interest in five minutes, 2,400 of weight a minute."""
        from assets.providers.binance import weigh_futures

        assert 5 * 2400 / weigh_futures("fundingRate", {}) <= 500
        assert 5 * 2400 / weigh_futures("openInterestHist", {}) <= 1000
        limits = [weigh_futures("klines", {"limit": limit}) for limit in (1, 99, 100, 499, 500, 1000, 1500)]
        assert limits == [1, 1, 2, 2, 5, 5, 10]


class TestListings:
    def test_recorded_perpetuals(self, stub: StubServer, recorded: Path) -> None:
        stub.replay("/fapi/v1/exchangeInfo", recorded / "binance" / "examples" / "fapi-v1-exchangeInfo.json")
        (listing,) = PERPETUAL.listings().listings
        assert (listing.pair, listing.base, listing.quote) == ("BLZUSDT", "BLZ", "USDT")
        assert listing.listed_at == datetime(2020, 8, 24, 7, tzinfo=UTC)
        assert (listing.is_trading, listing.delisted_at) == (True, None)

    def test_the_end_of_a_perpetual(self, stub: StubServer) -> None:
        common = {"contractType": "PERPETUAL", "quoteAsset": "USDT", "onboardDate": 1598252400000}
        symbols = [
            common | {"symbol": "AUSDT", "baseAsset": "A", "status": "SETTLING", "deliveryDate": 1735689600000},
            common | {"symbol": "BUSDT", "baseAsset": "B", "status": "TRADING", "deliveryDate": 4133404800000},
            common | {"symbol": "CUSDT", "baseAsset": "C", "status": "BREAK", "deliveryDate": 4133404800000},
            common | {"symbol": "DUSDT_240329", "baseAsset": "D", "contractType": "CURRENT_QUARTER"},
            common | {"symbol": "E'; DROP TABLE assets", "baseAsset": "E"},
            "nothing",
        ]
        stub.answer("/fapi/v1/exchangeInfo", body={"symbols": symbols})
        found = PERPETUAL.listings()
        assert [(listing.pair, listing.delisted_at) for listing in found.listings] == [
            ("AUSDT", datetime(2025, 1, 1, tzinfo=UTC)),
            ("BUSDT", None),
            ("CUSDT", None),
        ]
        assert len(found.rejects) == 2

    def test_recorded_spot_pairs(self, stub: StubServer, recorded: Path) -> None:
        stub.replay("/api/v3/exchangeInfo", recorded / "binance" / "examples" / "api-v3-exchangeInfo.json")
        (listing,) = SPOT.listings().listings
        assert (listing.pair, listing.is_trading, listing.listed_at, listing.is_perpetual) == (
            "ETHBTC", True, None, False,
        )  # fmt: skip

    def test_the_first_candle_tells_since_when(self, stub: StubServer) -> None:
        stub.answer(KLINES, paged([kline(FIRST)], lambda row: row[0]))
        assert SPOT.first_candle("BTCUSDT") == FIRST
        stub.answer(KLINES, body=[])
        assert SPOT.first_candle("BTCUSDT") is None


def test_who_stands_behind_a_name() -> None:
    assert candle_source("binance") == SPOT
    assert candle_source("binance", is_perpetual=True) == PERPETUAL
    assert [candle_source(name) for name in ("coingecko", "file", "no-such-exchange")] == [None] * 3
    assert isinstance(candle_source("demo"), DemoSource)
    kraken = candle_source("kraken")
    assert kraken is not None
    assert "1h" in kraken.capabilities.timeframes

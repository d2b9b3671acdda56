"""Sources of single values against recorded bodies, from the server's answer to the stored value."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from assets.models import Asset
from assets.services import Stored, register_asset
from macro.models import ExternalSeries, ExternalValue
from macro.providers import forms
from macro.providers.market import CoinSizes, Perpetuals
from macro.providers.sources import AlternativeMe, CoinMetrics, Fred, Stooq, Yahoo
from macro.services import register_series
from macro.services.collection import SeriesCollected, collect_series, standing_sources
from tests.providers.binance_stub import kline, paged
from tests.stubs.server import Reply, Request, StubServer

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
FNG, FRED, STOOQ = "/fng/", "/graph/fredgraph.csv", "/q/d/l/"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def values(code: str) -> dict[datetime, Decimal]:
    rows = ExternalValue.objects.filter(series__code=code).order_by("observed_at", "known_at")
    return dict(rows.values_list("observed_at", "value"))


def fred_answers(**texts: str) -> Any:
    def answer(request: Request) -> Reply:
        text = texts.get(request.query["id"])
        return Reply(body=text, headers={"Content-Type": "text/csv"}) if text else Reply(status=404, body="no series")

    return answer


class TestFearAndGreed:
    def test_recorded_days_with_their_holes(self, stub: StubServer, recorded: Path) -> None:
        """Text, newest first; 2018-04-14 to 16 and 2024-10-26 are missing, and stay so."""
        stub.replay(FNG, recorded / "alternative-me/fng-limit0.json")
        collected = collect_series(AlternativeMe(), NOW)
        assert collected == SeriesCollected("alternative_me", {"FNG": Stored(new=2887)})
        found = values("FNG")
        assert (min(found), max(found)) == (day("2018-02-01"), day("2025-12-31"))
        missing = {min(found) + i * DAY for i in range((max(found) - min(found)).days)} - set(found)
        assert sorted(missing) == [*(day(f"2018-04-{d}") for d in (14, 15, 16)), day("2024-10-26")]
        known = ExternalValue.objects.get(observed_at=day("2024-10-25"))
        assert known.known_at == day("2024-10-26")
        assert collect_series(AlternativeMe(), NOW).stored == {"FNG": Stored(equal=2887)}

    def test_only_the_first_row_tells_when_the_next_comes(self, stub: StubServer, recorded: Path) -> None:
        stub.replay(FNG, recorded / "alternative-me/fng-limit2.json")
        collect_series(AlternativeMe(), NOW)
        assert values("FNG") == {day("2022-09-11"): Decimal(26), day("2022-09-12"): Decimal(25)}

    def test_today_is_not_over_and_no_fault(self, stub: StubServer) -> None:
        rows = [{"value": "50", "timestamp": str(int(day(d).timestamp()))} for d in ("2026-06-01", "2026-05-31")]
        stub.answer(FNG, body={"data": rows, "metadata": {"error": None}})
        collected = collect_series(AlternativeMe(), NOW)
        assert (collected.rejects, collected.faults, list(values("FNG"))) == ([], {}, [day("2026-05-31")])

    def test_the_newest_values_only_once_some_are_there(self, stub: StubServer, recorded: Path) -> None:
        stub.replay(FNG, recorded / "alternative-me/fng-limit0.json")
        collect_series(AlternativeMe(), NOW)
        collect_series(AlternativeMe(), day("2026-01-02"))
        assert [int(call.query["limit"]) for call in stub.calls] == [3655, 11]

    @pytest.mark.parametrize(
        "body",
        [b"<html>", b'{"data": null}', b'{"data": [{"value": "1", "time', b"[]", b'{"metadata": {"error": "gone"}}'],
    )
    def test_a_body_of_another_form_is_told(self, stub: StubServer, body: bytes) -> None:
        stub.answer(FNG, body=body)
        collected = collect_series(AlternativeMe(), NOW)
        assert not collected.is_complete
        assert "alternative_me" in collected.faults["FNG"]
        assert not ExternalValue.objects.exists()

    def test_rows_that_make_no_sense_are_named(self, stub: StubServer) -> None:
        at = int(day("2026-05-01").timestamp())
        rows = [
            {"value": "50", "timestamp": str(at)},
            {"value": "-5", "timestamp": str(at + 86400)},
            {"value": "NaN", "timestamp": str(at + 2 * 86400)},
            {"value": "1", "timestamp": "yesterday"},
            {"value": "1", "timestamp": str(int(day("2090-01-01").timestamp()))},
            {"value": "'; DROP TABLE external_values; --", "timestamp": str(at + 3 * 86400)},
            "row",
        ]
        stub.answer(FNG, body={"data": rows, "metadata": {"error": None}})
        collected = collect_series(AlternativeMe(), NOW)
        assert values("FNG") == {day("2026-05-01"): Decimal(50)}
        assert len(collected.rejects) == 5


class TestFred:
    def test_a_missing_value_is_no_value(self, stub: StubServer) -> None:
        text = "observation_date,SP500\n2026-05-21,5283.40\n2026-05-22,\n2026-05-25,.\n2026-05-26,5300\n"
        stub.answer(FRED, fred_answers(SP500=text))
        collected = collect_series(Fred(), NOW)
        assert values("SP500") == {day("2026-05-21"): Decimal("5283.4"), day("2026-05-26"): Decimal(5300)}
        assert collected.rejects == []
        assert sorted(collected.faults) == ["BRENT", "OIL", "US10Y", "VIX"]

    def test_the_recorded_json_says_the_same(self, stub: StubServer, recorded: Path) -> None:
        text = (recorded / "fred/series-observations-DGS10.json").read_text()
        stub.answer(FRED, fred_answers(DGS10=text))
        collect_series(Fred(), NOW)
        assert values("US10Y") == {
            day("2026-02-20"): Decimal("4.1"),
            day("2026-04-20"): Decimal("4.2"),
            day("2026-05-14"): Decimal("4.3"),
            day("2026-05-20"): Decimal("4.25"),
        }
        dotted = json.loads(text)
        dotted["observations"][0]["value"] = "."
        assert forms.fred(json.dumps(dotted), "DGS10")["value"].to_list()[:2] == [".", "4.20"]

    def test_it_goes_on_where_a_file_of_the_same_ended(self, stub: StubServer) -> None:
        register_series("SP500", name="S&P 500", kind="macro", unit="points", source="file")
        stub.answer(FRED, fred_answers(SP500="observation_date,SP500\n2026-05-21,5283.40\n"))
        collect_series(Fred(), NOW)
        assert ExternalSeries.objects.get(code="SP500").source == "fred"

    def test_what_measures_something_else_is_never_mixed(self, stub: StubServer) -> None:
        """The gold file holds means of the day, not closes."""
        register_series("GOLD", name="Gold", kind="macro", unit="USD/oz", source="file", caveat="mean of the day")
        stub.answer(STOOQ, body="Date,Open,High,Low,Close,Volume\n2026-05-21,1,2,0.5,1.5,0\n")
        collected = collect_series(Stooq(), NOW)
        assert "never mixed" in collected.faults["GOLD"]
        assert (values("GOLD"), values("DXY")) == ({}, {day("2026-05-21"): Decimal("1.5")})

    @pytest.mark.parametrize("text", ["Exceeded the daily hits limit", "<html></html>", "", "No data"])
    def test_a_sentence_instead_of_a_table(self, stub: StubServer, text: str) -> None:
        stub.answer(STOOQ, body=text)
        assert sorted(collect_series(Stooq(), NOW).faults) == ["DXY", "GOLD"]


class TestOthers:
    def test_the_recorded_yahoo_chart_ends_before_its_running_candle(self, recorded: Path) -> None:
        document = json.loads((recorded / "yahoo/v8-finance-chart-BTC-USD-1h.json").read_text())
        rows = forms.yahoo_chart(document, timedelta(hours=1))
        assert rows.height == len(document["chart"]["result"][0]["timestamp"]) - 1 == 30
        assert rows["time"][-1] == "2024-04-01T06:00:00+00:00"
        assert rows["value"][-1] == "69379.9296875"

    def test_yahoo_by_days(self, stub: StubServer) -> None:
        first = int(day("2026-05-30").timestamp())
        chart = {
            "error": None,
            "result": [
                {"timestamp": [first, first + 86400, first + 2 * 86400 + 43000],
                 "indicators": {"quote": [{"close": [100.5, None, 101.25]}]}}
            ],
        }  # fmt: skip
        stub.answer("/v8/finance/chart/BTC-USD", body={"chart": chart})
        assert collect_series(Yahoo(), NOW).stored == {"BTC_CLOSE": Stored(new=1)}
        assert values("BTC_CLOSE") == {day("2026-05-30"): Decimal("100.5")}

    def test_coin_metrics_page_by_page(self, stub: StubServer) -> None:
        """A value dated D is of D, whatever the token of the next page; its address is not followed."""
        btc = register_asset("BTC", data_source="binance", quote="USDT", exchange_pair="BTCUSDT")

        def answer(request: Request) -> Reply:
            metric, token = request.query["metrics"], request.query.get("next_page_token")
            rows = {None: ["2026-05-28"], "two": ["2026-05-29", "2026-05-30"]}[token]
            data = [{"asset": "btc", "time": f"{d}T00:00:00.000000000Z", metric: "1022491"} for d in rows]
            more = {} if token else {"next_page_token": "two", "next_page_url": "http://169.254.169.254/"}
            return Reply(body={"data": data, **more})

        stub.answer("/v4/timeseries/asset-metrics", answer)
        source = CoinMetrics((("btc", "BTC", btc.pk),))
        assert collect_series(source, NOW).stored == {
            "ACTIVE_ADDRESSES:BTC": Stored(new=3),
            "TRANSACTIONS:BTC": Stored(new=3),
        }
        row = ExternalValue.objects.filter(series__code="ACTIVE_ADDRESSES:BTC").order_by("observed_at")[0]
        assert (row.observed_at, row.known_at, row.value) == (day("2026-05-28"), day("2026-05-29"), Decimal(1022491))
        assert {call.headers["host"] for call in stub.calls} == {f"127.0.0.1:{stub.port}"}

    def test_coin_metrics_without_end(self, stub: StubServer) -> None:
        row = {"asset": "btc", "time": "2026-05-28T00:00:00.000000000Z", "AdrActCnt": "1", "TxCnt": "1"}
        stub.answer("/v4/timeseries/asset-metrics", body={"data": [row], "next_page_token": "again"})
        collected = collect_series(CoinMetrics((("btc", "BTC", _asset().pk),)), NOW)
        assert "stopped after 20 pages" in collected.faults["ACTIVE_ADDRESSES:BTC"]
        assert len(stub.calls) == 40


class TestPerpetuals:
    def test_recorded_series_of_a_perpetual(self, stub: StubServer, recorded: Path) -> None:
        funding = json.loads((recorded / "binance/fapi-v1-fundingRate-SOLUSDT-limit1000.json").read_text())
        stub.answer("/fapi/v1/fundingRate", paged(funding, lambda row: row["fundingTime"], 100))
        now = datetime.fromtimestamp(funding[-1]["fundingTime"] / 1000, UTC) + DAY
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        interest = [
            {"symbol": "SOLUSDT", "sumOpenInterestValue": f"{1000 + i}.5", "timestamp": str(_ms(midnight - i * DAY))}
            for i in range(5)
        ]
        stub.answer("/futures/data/openInterestHist", paged(interest[::-1], lambda row: row["timestamp"], 30))
        candles = [kline(midnight - i * DAY) for i in range(3, -1, -1)]
        stub.answer("/fapi/v1/klines", paged(candles, lambda row: row[0]))
        collected = collect_series(Perpetuals((("SOLUSDT", "SOLUSDT-PERP", _asset().pk),)), now)
        assert collected.faults == {}
        assert {code: stored.new for code, stored in collected.stored.items()} == {
            "FUNDING:SOLUSDT-PERP": 1000,
            "OPEN_INTEREST:SOLUSDT-PERP": 5,
            "TAKER_VOLUME:SOLUSDT-PERP": 3,
        }
        seconds = {moment.microsecond for moment in values("FUNDING:SOLUSDT-PERP")}
        assert seconds == {0}
        newest = ExternalValue.objects.filter(series__kind="open_interest").latest("observed_at")
        assert newest.known_at == newest.observed_at == midnight


class TestCoinSizes:
    def test_one_call_brings_both(self, stub: StubServer) -> None:
        midnight = NOW.replace(hour=0)
        days = [_ms(midnight - i * DAY) for i in range(100, -1, -1)]
        stub.answer(
            "/api/v3/coins/bitcoin/market_chart/range",
            body={
                "prices": [[at, 1.5] for at in days],
                "market_caps": [[at, 0 if i < 20 else 1000 + i] for i, at in enumerate(days)],
                "total_volumes": [[at, 0] for at in days],
            },
        )
        source = CoinSizes((("bitcoin", "BTC", _asset().pk),))
        collected = collect_series(source, NOW)
        assert collected.stored == {"MARKET_CAP:BTC": Stored(new=81), "VOLUME:BTC": Stored(new=101)}
        assert len(stub.calls) == 1
        newest = ExternalValue.objects.filter(series__kind="market_cap").latest("observed_at")
        assert (newest.observed_at, newest.known_at, newest.value) == (midnight - DAY, midnight, Decimal(1100))

    def test_a_refused_span_is_told_of_both(self, stub: StubServer) -> None:
        body = {"error": {"status": {"error_code": 10012, "error_message": "limited to the past 365 days"}}}
        stub.answer("*", status=401, body=body)
        collected = collect_series(CoinSizes((("bitcoin", "BTC", _asset().pk),)), NOW)
        assert sorted(collected.faults) == ["MARKET_CAP:BTC", "VOLUME:BTC"]
        assert "bitcoin" in collected.faults["VOLUME:BTC"]


def test_the_standing_sources_follow_the_assets() -> None:
    _asset()
    register_asset("SOLUSDT-PERP", data_source="binance", quote="USDT", exchange_pair="SOLUSDT")
    register_asset("X-DEMO", data_source="demo", quote="USDT", exchange_pair="X")
    codes = {spec.code for source in standing_sources(10) for spec in source.specs}
    assert {
        "FNG",
        "SP500",
        "GOLD",
        "BTC_CLOSE",
        "ACTIVE_ADDRESSES:BTC",
        "FUNDING:SOLUSDT-PERP",
        "MARKET_CAP:BTC",
    } < codes
    assert not any("DEMO" in code or code == "ACTIVE_ADDRESSES:SOLUSDT-PERP" for code in codes)


def _asset() -> Asset:
    return register_asset("BTC", data_source="binance", quote="USDT", exchange_pair="BTCUSDT")


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)

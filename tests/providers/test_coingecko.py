"""CoinGecko against recorded bodies: its shapes, its errors, and its rules about days."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from assets.models import Asset
from assets.providers.coingecko import CoinGeckoSource
from assets.services import register_asset
from assets.services.universe_sync import sync_universe
from system.http import BadAnswer, Banned, Refused
from tests.providers.conftest import body_of
from tests.stubs.server import Reply, Request, StubServer

pytestmark = pytest.mark.django_db
MARKETS = "/api/v3/coins/markets"
CHART = "/api/v3/coins/bitcoin/market_chart/range"
DAY = timedelta(days=1)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
SOURCE = CoinGeckoSource()


def coin(number: int, **other: Any) -> dict[str, Any]:
    """A coin as ``coins/markets`` has it."""
    return {
        "id": f"coin-{number}",
        "symbol": f"c{number}",
        "name": f"Coin {number}",
        "image": f"https://images.example/{number}.png",
        "current_price": 10.5,
        "market_cap": 10_000_000 - number,
        "market_cap_rank": number,
        "total_volume": 5000,
        "circulating_supply": 1000.5,
        "total_supply": 2000.0,
        "max_supply": None,
        "ath": 20.25,
        "ath_date": "2021-11-10T14:24:11.849Z",
        "atl": 8e-11,
        "atl_date": "2013-07-06T00:00:00.000Z",
        "last_updated": "2026-05-31T12:00:00.000Z",
        "price_change_percentage_24h_in_currency": -1.25,
        **other,
    }


def pages(coins: list[dict[str, Any]]) -> Any:
    def answer(request: Request) -> Reply:
        size, page = int(request.query["per_page"]), int(request.query["page"])
        return Reply(body=coins[size * (page - 1) : size * page])

    return answer


class TestUniverse:
    def test_recorded_coins(self, stub: StubServer, recorded: Path) -> None:
        stub.replay(MARKETS, recorded / "coingecko/official-examples-2026/coins-markets.json")
        (bitcoin,) = SOURCE.universe(250, now=NOW).coins
        assert (bitcoin.coingecko_id, bitcoin.symbol, bitcoin.rank) == ("bitcoin", "btc", 1)
        assert bitcoin.amounts["current_price"] == Decimal(77671)
        assert bitcoin.amounts["circulating_supply"] == Decimal("20030493.0")
        assert bitcoin.changes["price_change_percentage_7d"] == Decimal("-4.042267423689584")
        assert bitcoin.dates["ath_date"] == datetime(2025, 10, 6, 18, 57, 42, 558000, UTC)
        assert bitcoin.sparkline[0] == Decimal("81045.84776489827")
        assert bitcoin.faults == ()

    @pytest.mark.parametrize(
        "recording",
        [
            "examples-2024/coins-markets.json",
            "recorded-2021/coins-markets-bitcoin.json",
            "recorded-2021/coins-markets-two-coins.json",
        ],
    )
    def test_older_shapes(self, stub: StubServer, recorded: Path, recording: str) -> None:
        _status, body, _headers = body_of(recorded / "coingecko" / recording)
        stub.answer(MARKETS, body=body)
        universe = SOURCE.universe(250, now=NOW)
        assert [found.coingecko_id for found in universe.coins] == [entry["id"] for entry in body]
        assert universe.complete

    def test_pages_move_while_they_are_read(self, stub: StubServer) -> None:
        coins = [coin(number) for number in range(1, 600)]
        coins[250] = coins[249]
        stub.answer(MARKETS, pages(coins))
        universe = SOURCE.universe(600, now=NOW)
        assert (len(universe.coins), len(stub.calls)) == (598, 3)

    def test_a_fault_on_the_second_page_is_told_and_the_first_kept(self, stub: StubServer, recorded: Path) -> None:
        status, body, _ = body_of(recorded / "coingecko/recorded-2021/coins-markets-bitcoin-error-422.json")
        stub.answer_each(
            MARKETS, Reply(body=[coin(number) for number in range(1, 251)]), Reply(status=status, body=body)
        )
        universe = SOURCE.universe(500, now=NOW)
        assert (universe.complete, len(universe.coins)) == (False, 250)
        assert "Missing parameter vs_currency" in (universe.error or "")

    def test_nonsense_is_named_and_left_out(self, stub: StubServer) -> None:
        entries = [
            coin(1, current_price=-3),
            coin(2, market_cap=0, circulating_supply=0),
            coin(3, name="Robert'); DROP TABLE assets;--"),
            coin(4, ath_date="2999-01-01T00:00:00Z", market_cap_rank="first"),
            coin(5, id="../../etc/passwd"),
            coin(6, symbol="a b'"),
            coin(7, total_supply="NaN", market_cap="Infinity"),
            coin(8, image="javascript:alert(1)"),
            coin(9, name=""),
            None,
            "text",
        ]
        stub.answer(MARKETS, body=entries)
        universe = SOURCE.universe(250, now=NOW)
        assert [found.coingecko_id for found in universe.coins] == ["coin-2", "coin-3", "coin-4", "coin-7", "coin-8"]
        second, third, fourth, seventh, eighth = universe.coins
        assert "market_cap" not in second.amounts
        assert "circulating_supply" not in second.amounts
        assert third.name == "Robert'); DROP TABLE assets;--"
        assert (fourth.rank, "ath_date" in fourth.dates) == (None, False)
        assert {"total_supply", "market_cap"}.isdisjoint(seventh.amounts)
        assert eighth.image is None
        assert len(universe.rejects) == 10

    def test_what_is_told_of_nonsense_can_be_stored(self, stub: StubServer) -> None:
        """PostgreSQL takes neither a zero byte nor half a character."""
        stub.answer(MARKETS, body=[coin(1, id="a\x00\ud800"), coin(2, ath_date="\x00\ud800")])
        rejects = SOURCE.universe(250, now=NOW).rejects
        assert len(rejects) == 2
        assert all(text.isprintable() for reject in rejects for text in reject)

    @pytest.mark.parametrize("body", [b"<html>", b'[{"id":', b"{}", b'[{"current_price":NaN}]'])
    def test_a_body_of_another_form(self, stub: StubServer, body: bytes) -> None:
        stub.answer(MARKETS, body=body)
        universe = SOURCE.universe(250, now=NOW)
        assert (universe.complete, universe.coins, universe.may_recover) == (False, (), False)


class TestErrors:
    def test_the_recorded_429_closes_the_provider(self, stub: StubServer, recorded: Path) -> None:
        status, body, headers = body_of(recorded / "coingecko/error-429.json")
        assert headers == {"retry-after": "53"}
        stub.answer("/api/v3/global", status=status, body=body, headers=headers)
        for _ in range(3):
            with pytest.raises(Banned) as told:
                SOURCE.global_figures()
        assert 45 < told.value.seconds <= 54
        assert len(stub.calls) == 1

    def test_three_shapes_of_errors_tell_their_reason(self, stub: StubServer, recorded: Path) -> None:
        """``{"error": text}``, ``{"status": {"error_message": text}}``, ``{"status": 500, "error": text}``."""
        path = "/api/v3/coins/categories"
        status, body, _ = body_of(recorded / "coingecko/recorded-2021/coins-bitcoin-market_chart-days1-error-422.json")
        stub.answer(path, status=status, body=body)
        with pytest.raises(Refused, match="Missing parameter vs_currency"):
            SOURCE.categories()
        status, body, _ = body_of(recorded / "coingecko/error-429.json")
        stub.answer(path, status=401, body=body)
        with pytest.raises(Refused, match="exceeded the Rate Limit"):
            SOURCE.categories()
        status, body, _ = body_of(recorded / "coingecko/recorded-2021/coins-bitcoin-ohlc-days7-error-500.json")
        stub.answer(path, status=403, body=body)
        with pytest.raises(Refused, match="Internal Server Error"):
            SOURCE.categories()

    def test_a_recorded_500_then_the_answer(self, stub: StubServer, recorded: Path) -> None:
        status, body, _ = body_of(recorded / "coingecko/recorded-2021/coins-bitcoin-ohlc-days7-error-500.json")
        assert status == 500
        good = json.loads((recorded / "coingecko/official-examples-2026/coins-categories.json").read_text())
        stub.answer_each("/api/v3/coins/categories", Reply(status=status, body=body), Reply(body=good))
        assert len(SOURCE.categories()) == len(good)
        assert len(stub.calls) == 2


class TestWholeMarket:
    @pytest.mark.parametrize(
        "recording", ["official-examples-2026/global.json", "examples-2024/global.json", "recorded-2021/global.json"]
    )
    def test_recorded_figures(self, stub: StubServer, recorded: Path, recording: str) -> None:
        _status, body, _headers = body_of(recorded / "coingecko" / recording)
        stub.answer("/api/v3/global", body=body)
        figures = SOURCE.global_figures()
        assert figures.market_cap == Decimal(str(body["data"]["total_market_cap"]["usd"]))
        assert figures.shares["btc"] > 30
        assert figures.updated_at == datetime.fromtimestamp(body["data"]["updated_at"], UTC)

    def test_recorded_categories(self, stub: StubServer, recorded: Path) -> None:
        stub.replay("/api/v3/coins/categories", recorded / "coingecko/official-examples-2026/coins-categories.json")
        first = SOURCE.categories()[0]
        assert (first.category_id, first.name) == ("smart-contract-platform", "Smart Contract Platform")
        assert first.market_cap == Decimal("2176528015490.1301")
        assert first.largest == ("bitcoin", "ethereum", "binancecoin")

    @pytest.mark.parametrize(
        "data",
        [
            {"updated_at": 99999999999999},
            {"updated_at": 1700000000, "total_market_cap": [1]},
            {"updated_at": 1700000000, "total_volume": "much"},
            {"updated_at": 1700000000, "market_cap_percentage": 5},
        ],
    )
    def test_figures_of_another_form(self, stub: StubServer, data: dict[str, Any]) -> None:
        stub.answer("/api/v3/global", body={"data": data})
        with pytest.raises(BadAnswer, match="no figures"):
            SOURCE.global_figures()

    def test_a_category_of_another_form_names_no_coins(self, stub: StubServer) -> None:
        stub.answer("/api/v3/coins/categories", body=[{"id": "a", "name": "A", "top_3_coins_id": 5}])
        assert [category.largest for category in SOURCE.categories()] == [()]

    def test_a_figure_without_a_time_is_none(self, stub: StubServer) -> None:
        stub.answer("/api/v3/global", body={"data": {"total_market_cap": {"usd": 1}}})
        with pytest.raises(BadAnswer, match="no figures with a time"):
            SOURCE.global_figures()


class TestDailyHistory:
    def test_recorded_days(self, stub: StubServer, recorded: Path) -> None:
        """91 points: 90 midnights, each the close of the day before, and the moment of the question."""
        _status, body, _ = body_of(recorded / "coingecko/recorded-2021/coins-bitcoin-market_chart-days90.json")
        stub.answer(CHART, body=body)
        now = datetime(2021, 5, 15, 14, 42, tzinfo=UTC)
        found = SOURCE.daily_history("bitcoin", now - 400 * DAY, now, now=now)
        prices = found["price"].rows
        assert (found["price"].complete, prices.height) == (True, 90)
        assert prices.row(0) == (1, "2021-02-14T00:00:00+00:00", "48607.8745224845")
        assert prices.row(-1) == (90, "2021-05-14T00:00:00+00:00", "49913.26314398822")
        assert found["market_cap"].rows.height == found["volume"].rows.height == 90

    @pytest.mark.parametrize("recording", ["days1", "days30"])
    def test_hours_and_minutes_are_not_days(self, stub: StubServer, recorded: Path, recording: str) -> None:
        _status, body, _ = body_of(recorded / f"coingecko/recorded-2021/coins-bitcoin-market_chart-{recording}.json")
        stub.answer(CHART, body=body)
        now = datetime(2021, 5, 15, 14, 42, tzinfo=UTC)
        told = SOURCE.daily_history("bitcoin", now - 400 * DAY, now, now=now)["price"]
        assert (told.complete, told.rows.height) == (False, 0)
        assert "not by days" in (told.error or "")

    def test_a_short_span_is_asked_for_long_enough_to_come_by_days(self, stub: StubServer) -> None:
        midnight = datetime(2026, 6, 1, tzinfo=UTC)
        points = [[int((midnight - i * DAY).timestamp() * 1000), 100.5 - i] for i in range(92, -1, -1)]
        stub.answer(CHART, body={"prices": points, "market_caps": points, "total_volumes": points})
        found = SOURCE.daily_history("bitcoin", midnight - 3 * DAY, midnight, now=midnight + timedelta(hours=5))
        asked = stub.calls[0].query
        assert int(asked["to"]) - int(asked["from"]) > 90 * 86400
        assert found["price"].rows["time"].to_list() == [(midnight - i * DAY).isoformat() for i in (3, 2, 1)]
        assert found["price"].rows["value"].to_list() == ["98.5", "99.5", "100.5"]


class TestSync:
    def test_new_then_unchanged_then_changed(self, stub: StubServer) -> None:
        coins = [coin(number) for number in range(1, 4)]
        stub.answer(MARKETS, pages(coins))
        first = sync_universe(NOW)
        assert (first.new, first.changed, first.unchanged, first.error) == (3, 0, 0, None)
        again = sync_universe(NOW)
        assert (again.new, again.changed, again.unchanged) == (0, 0, 3)
        coins[1]["market_cap"] += 5
        third = sync_universe(NOW)
        assert (third.new, third.changed, third.unchanged) == (0, 1, 2)
        asset = Asset.objects.get(external_ids__coingecko="coin-2")
        assert (asset.symbol, asset.name, asset.market_cap) == ("C2", "Coin 2", Decimal("10000003.00"))
        assert (asset.current_price, asset.atl) == (Decimal("10.5"), Decimal("8E-11"))

    def test_nothing_known_becomes_unknown(self, stub: StubServer) -> None:
        stub.answer(MARKETS, body=[coin(1)])
        sync_universe(NOW)
        emptied = coin(1, market_cap=0, circulating_supply=None, ath=None, current_price=None, total_volume=None)
        stub.answer(MARKETS, body=[emptied])
        assert sync_universe(NOW).unchanged == 1
        asset = Asset.objects.get()
        assert (asset.market_cap, asset.circulating_supply) == (Decimal("9999999.00"), Decimal("1000.5"))

    def test_a_market_cap_of_0_is_unknown(self, stub: StubServer) -> None:
        stub.answer(MARKETS, body=[coin(1, market_cap=0, market_cap_rank=None)])
        sync_universe(NOW)
        asset = Asset.objects.get()
        assert (asset.market_cap, asset.market_cap_rank) == (None, None)

    def test_a_rank_belongs_to_one_coin(self, stub: StubServer) -> None:
        stub.answer(MARKETS, body=[coin(1), coin(2)])
        sync_universe(NOW)
        stub.answer(MARKETS, body=[coin(3, market_cap_rank=1), coin(1, market_cap_rank=2)])
        sync_universe(NOW)
        assert dict(Asset.objects.values_list("symbol", "market_cap_rank")) == {"C3": 1, "C1": 2, "C2": None}
        stub.answer(MARKETS, status=422, body={"error": "no"})
        assert sync_universe(NOW).error
        assert Asset.objects.filter(market_cap_rank__isnull=False).count() == 2

    def test_a_coin_whose_entry_is_refused_keeps_its_rank(self, stub: StubServer) -> None:
        stub.answer(MARKETS, body=[coin(1), coin(2), coin(3)])
        sync_universe(NOW)
        stub.answer(MARKETS, body=[coin(1), coin(2, current_price=-1), coin(3)])
        assert len(sync_universe(NOW).rejects) == 1
        assert dict(Asset.objects.values_list("symbol", "market_cap_rank")) == {"C1": 1, "C2": 2, "C3": 3}

    def test_the_price_of_an_asset_with_candles_comes_from_them(self, stub: StubServer) -> None:
        register_asset("BTC", data_source="binance", quote="USDT", exchange_pair="BTCUSDT", current_price=Decimal(7))
        stub.answer(MARKETS, body=[coin(1, id="bitcoin", symbol="btc")])
        assert sync_universe(NOW).changed == 1
        asset = Asset.objects.get()
        assert (asset.current_price, asset.total_volume, asset.name) == (Decimal(7), None, "Bitcoin")
        assert (asset.market_cap, asset.market_cap_rank) == (Decimal("9999999.00"), 1)

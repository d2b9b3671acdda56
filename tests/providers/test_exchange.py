"""Any exchange of ccxt by its id, here Kraken: its own names, numbers and errors through the unified form."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assets.compute.checks import check_candles
from assets.providers.connection import connect, public_origin
from assets.providers.exchange import ExchangeSource
from system.exceptions import InvalidInput
from system.http import Refused
from tests.stubs.server import Reply, Request, StubServer

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NOW = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)
KRAKEN = ExchangeSource("kraken")
OHLC = "/0/public/OHLC"
PAIR = {
    "altname": "XBTUSDT",
    "wsname": "XBT/USDT",
    "aclass_base": "currency",
    "base": "XXBT",
    "aclass_quote": "currency",
    "quote": "USDT",
    "cost_decimals": 5,
    "pair_decimals": 1,
    "lot_decimals": 8,
    "lot_multiplier": 1,
    "leverage_buy": [],
    "leverage_sell": [],
    "fees": [[0, 0.4]],
    "fees_maker": [[0, 0.25]],
    "fee_volume_currency": "ZUSD",
    "margin_call": 80,
    "margin_stop": 40,
    "ordermin": "0.00005",
    "costmin": "0.5",
    "tick_size": "0.1",
    "status": "online",
}


@pytest.fixture
def kraken(stub: StubServer) -> StubServer:
    connect.cache_clear()
    stub.answer("/0/public/AssetPairs", body={"error": [], "result": {"XBTUSDT": PAIR}})
    return stub


def candles(count: int, end: datetime) -> list[list[Any]]:
    first = end - count * HOUR
    return [
        [
            int((first + i * HOUR).timestamp()),
            "10.5",
            "12.25",
            "9.125",
            "0.00000012" if i == 0 else "11",
            "10.7",
            "3.5",
            9,
        ]
        for i in range(count)
    ]


def answer(rows: list[list[Any]]) -> Any:
    def handler(request: Request) -> Reply:
        since = int(request.query.get("since", 0))
        kept = [row for row in rows if row[0] > since]
        return Reply(body={"error": [], "result": {"XBTUSDT": kept, "last": rows[-1][0]}})

    return handler


def test_candles_by_the_exchanges_own_name_of_a_pair(kraken: StubServer) -> None:
    midnight = datetime(2026, 1, 1, tzinfo=UTC)
    kraken.answer(OHLC, answer(candles(50, midnight + HOUR)))
    fetched = KRAKEN.fetch_candles("XBTUSDT", "1h", midnight - 5 * HOUR, midnight + HOUR, now=NOW)
    assert (fetched.error, fetched.complete, fetched.rows.height) == (None, True, 6)
    assert fetched.rows.select("open", "high", "low", "close", "volume").row(0) == (
        "10.5",
        "12.25",
        "9.125",
        "11",
        "3.5",
    )
    assert fetched.rows["trade_count"].to_list() == [None] * 6
    checked = check_candles(fetched.rows, "1h", NOW)
    assert (checked.closed.height, checked.running.height, checked.faults) == (5, 1, [])
    assert {call.path for call in kraken.calls} == {"/0/public/AssetPairs", OHLC}


def test_what_is_longer_ago_than_it_remembers_is_told(kraken: StubServer) -> None:
    kraken.answer(OHLC, answer(candles(720, datetime(2026, 1, 1, 1, tzinfo=UTC))))
    fetched = KRAKEN.fetch_candles("XBTUSDT", "1h", NOW - timedelta(days=365), NOW, now=NOW)
    assert not fetched.complete
    assert "keeps the newest 720 candles" in (fetched.error or "")
    assert fetched.rows.height >= 719


def test_an_unknown_pair_names_itself(kraken: StubServer) -> None:
    fetched = KRAKEN.fetch_candles("NOSUCH", "1h", NOW - 5 * HOUR, NOW, now=NOW)
    assert (fetched.complete, fetched.error) == (False, "kraken has no pair NOSUCH.")


@pytest.mark.parametrize(
    ("said", "may_recover"),
    [("EQuery:Unknown asset pair", False), ("EService:Unavailable", True), ("EAPI:Rate limit exceeded", True)],
)
def test_an_error_inside_a_good_answer(kraken: StubServer, said: str, *, may_recover: bool) -> None:
    kraken.answer(OHLC, body={"error": [said]})
    fetched = KRAKEN.fetch_candles("XBTUSDT", "1h", NOW - 5 * HOUR, NOW, now=NOW)
    assert (fetched.complete, fetched.may_recover, fetched.rows.height) == (False, may_recover, 0)
    assert "XBTUSDT" in (fetched.error or "")


@pytest.mark.parametrize("body", [b"{}", b"[]", b"<html>", b'{"error":[],"result":{"XBTUSDT":[[1]]}}', b"null"])
def test_a_body_of_another_form(kraken: StubServer, body: bytes) -> None:
    kraken.answer(OHLC, body=body)
    fetched = KRAKEN.fetch_candles("XBTUSDT", "1h", NOW - 5 * HOUR, NOW, now=NOW)
    assert fetched.rows.filter(fetched.rows["open"].is_not_null()).height == 0


def test_a_price_in_powers_of_ten_is_written_out(kraken: StubServer) -> None:
    midnight = datetime(2026, 1, 1, tzinfo=UTC)
    row = [int(midnight.timestamp() - 3600), *("0.00000012",) * 4, "1", "3.5", 9]
    kraken.answer(OHLC, answer([row]))
    fetched = KRAKEN.fetch_candles("XBTUSDT", "1h", midnight - HOUR, midnight, now=NOW)
    assert fetched.rows["close"].to_list() == ["0.00000012"]


def test_its_pairs(kraken: StubServer) -> None:
    (listing,) = KRAKEN.listings().listings
    assert (listing.pair, listing.base, listing.quote, listing.is_trading) == ("XBTUSDT", "BTC", "USDT", True)


def test_no_call_leaves_its_public_address(kraken: StubServer) -> None:
    exchange = connect("kraken")
    assert public_origin(exchange) == "https://api.kraken.com"
    with pytest.raises(InvalidInput, match="not its public address"):
        exchange.zendeskGet360000292886()
    with pytest.raises(Refused):
        exchange.http.get("https://example.org/")
    assert not kraken.calls


class Windowed:
    """An exchange that answers with the candles of the next ``limit`` periods only, as Coinbase, Gate and Bitstamp do:
    with nothing where nothing was traded."""

    timeframes = {"1h": "1h", "1d": "1d"}
    features = {"spot": {"fetchOHLCV": {"limit": 10}}}
    number: Any = float

    def __init__(self, *hours: int) -> None:
        self.rows: list[list[Any]] = [
            [int((START + hour * HOUR).timestamp() * 1000), "1", "2", "0.5", "1.5", "3"] for hour in hours
        ]
        self.pairs = ["BTC"]
        self.markets: dict[str, Any] | None = None

    @property
    def markets_by_id(self) -> dict[str, Any]:
        known = (self.markets or {}).values()
        return {market["id"]: [market] for market in known}

    def load_markets(self, reload: bool = False) -> dict[str, Any]:
        if self.markets is None or reload:
            assert self.number is float
            self.markets = {
                f"{base}/USD": {"id": f"{base}USD", "base": base, "quote": "USD", "symbol": f"{base}/USD", "spot": True}
                for base in self.pairs
            }
        return self.markets

    def fetch_ohlcv(self, _symbol: str, _timeframe: str, since: int, limit: int) -> list[list[Any]]:
        return [row for row in self.rows if since <= row[0] < since + limit * 3_600_000]


START = datetime(2025, 1, 1, tzinfo=UTC)


def windowed(*hours: int) -> tuple[ExchangeSource, Windowed]:
    source, exchange = ExchangeSource("somewhere"), Windowed(*hours)
    source.__dict__["_exchange"] = exchange
    return source, exchange


def test_a_time_without_trade_does_not_end_the_walk() -> None:
    source, _exchange = windowed(25, 26, 90)
    fetched = source.fetch_candles("BTCUSD", "1h", START, START + 100 * HOUR, now=NOW)
    assert (fetched.complete, fetched.error) == (True, None)
    assert fetched.rows["candle_time"].to_list() == [(START + hour * HOUR).isoformat() for hour in (25, 26, 90)]


def test_pairs_that_are_new_since_are_seen() -> None:
    source, exchange = windowed(1)
    assert [listing.base for listing in source.listings().listings] == ["BTC"]
    assert source.fetch_candles("BTCUSD", "1h", START, START + 5 * HOUR, now=NOW).rows.height == 1
    exchange.pairs = ["ETH"]
    assert [listing.base for listing in source.listings().listings] == ["ETH"]
    assert source.fetch_candles("ETHUSD", "1h", START, START + 5 * HOUR, now=NOW).complete


def test_an_error_is_told_in_bearable_length(kraken: StubServer) -> None:
    kraken.answer(OHLC, body={"error": ["EGeneral:" + "x" * 100_000]})
    fetched = KRAKEN.fetch_candles("XBTUSDT", "1h", NOW - 5 * HOUR, NOW, now=NOW)
    assert (fetched.error or "").startswith("XBTUSDT: ")
    assert len(fetched.error or "") < 1000


def test_an_exchange_that_ccxt_does_not_know() -> None:
    with pytest.raises(InvalidInput, match="no exchange that ccxt knows"):
        connect("no_such_exchange")

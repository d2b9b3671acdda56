"""Accounts at exchanges: read only, resumed without doubles, keys sealed; real HTTP, ccxt and journal."""

import logging
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from assets.choices import AssetType
from assets.models import Asset
from assets.providers.connection import connect
from selection.models import Portfolio
from system.exceptions import ConflictError, DomainError, InvalidInput, NotAllowed
from system.http import NoAnswer
from system.models import AuditLog, ExternalApiLog
from tests.factories import AdminFactory, AssetFactory, PortfolioFactory, add_candles
from tests.providers.account_stubs import (
    DEPOSITS,
    KEY,
    READ_ONLY,
    SECRET,
    TRADES,
    BinanceStub,
    KrakenStub,
    deposit,
    trade,
    withdrawal,
)
from tests.stubs.outgoing import another_session
from tests.stubs.server import StubServer
from trading.models import ExchangeAccount, ExchangeRecord, TradeAction
from trading.providers import binance_account
from trading.providers.connection import Key
from trading.providers.reading import KeyRefused
from trading.services import record_trade, us_dollar
from trading.services.exchange_accounts import (
    change_account,
    connect_account,
    disconnect_account,
    opened_key,
    renew_key,
)
from trading.services.exchange_sync import LOCK, SyncReport, sync_account

pytestmark = pytest.mark.django_db
D = Decimal
FIRST = datetime(2024, 6, 1, tzinfo=UTC)
NOW = datetime(2024, 6, 20, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def portfolio() -> Portfolio:
    for symbol, close in (("BTC", 50000), ("ETH", 2500), ("BNB", 500)):
        add_candles(AssetFactory(symbol=symbol), [close] * 20, first=FIRST)
    AssetFactory(symbol="USDT", asset_type=AssetType.STABLECOIN)
    return PortfolioFactory()


@pytest.fixture
def binance(stub: StubServer, monkeypatch: pytest.MonkeyPatch) -> BinanceStub:
    monkeypatch.setattr(binance_account, "BEGIN_MS", int(FIRST.timestamp() * 1000))
    monkeypatch.setattr(binance_account, "AT_ONCE", 2)
    connect.cache_clear()
    made = BinanceStub(stub)
    made.deposits = [deposit("USDT", "1000", FIRST + DAY, "d1"), deposit("USDT", "7", FIRST + 15 * DAY, "d2", status=0)]
    made.withdrawals = [withdrawal("BTC", "0.1", "0.0005", FIRST + 9 * DAY, "w1")]
    made.trades["BTCUSDT"] = [
        trade(11, "0.5", "50000", FIRST + 2 * DAY),
        trade(12, "0.25", "51000", FIRST + 3 * DAY, commission="0.00025", commissionAsset="BTC"),
        trade(15, "0.1", "52000", FIRST + 4 * DAY, buys=False),
    ]
    made.trades["ETHBTC"] = [trade(3, "2", "0.05", FIRST + 5 * DAY)]
    return made


@pytest.fixture
def kraken(stub: StubServer) -> KrakenStub:
    connect.cache_clear()
    made = KrakenStub(stub)
    seconds = (FIRST + DAY).timestamp()

    def entry(place: int, kind: str, refid: str, asset: str, amount: str, fee: str = "0", sub: str = "") -> None:
        row = {"refid": refid, "time": seconds + place // 2 * 3600, "type": kind, "subtype": sub}
        made.entries[f"L{place}"] = row | {"asset": asset, "amount": amount, "fee": fee, "balance": "0"}

    entry(0, "deposit", "Q1", "XXBT", "1.5")
    entry(2, "trade", "T1", "XXBT", "-0.5")
    entry(3, "trade", "T1", "XETH", "10", "0.02")
    entry(4, "trade", "T2", "XETH", "-1")
    entry(5, "trade", "T2", "USDT", "2500", "4")
    entry(6, "earn", "E1", "XBT.M", "0.001", sub="reward")
    entry(8, "withdrawal", "W1", "XXBT", "-0.2", "0.0001")
    return made


def account(portfolio: Portfolio, exchange: str = "binance", **more: Any) -> ExchangeAccount:
    values: dict[str, Any] = {
        "label": "Main",
        "key": KEY,
        "secret": SECRET,
        "actor": portfolio.user,
        "accepts_missing": True,
    } | more
    return connect_account(portfolio, exchange=exchange, **values)


def told(portfolio: Portfolio) -> list[tuple[Any, ...]]:
    entries = TradeAction.objects.filter(portfolio_asset__portfolio=portfolio).order_by("executed_at", "pk")
    return list(entries.values_list("action_type", "portfolio_asset__asset__symbol", "quantity", "client_key"))


def counts(report: SyncReport) -> tuple[int, int, int, list[str]]:
    return report.fetched, report.booked, report.waiting, report.faults


BOOKED = [
    ("deposit", "USDT", D(1000), "binance:deposit:d1"),
    ("buy", "BTC", D("0.5"), "binance:BTCUSDT:11"),
    ("buy", "BTC", D("0.25"), "binance:BTCUSDT:12"),
    ("sell", "BTC", D("0.1"), "binance:BTCUSDT:15"),
    ("buy", "ETH", D(2), "binance:ETHBTC:3"),
    ("withdrawal", "BTC", D("0.1"), "binance:withdrawal:w1"),
]


def test_trades_deposits_and_withdrawals_come_once(portfolio: Portfolio, binance: BinanceStub) -> None:
    made = account(portfolio)
    assert made.permissions == ["read"]
    assert counts(sync_account(made.pk, now=NOW)) == (6, 6, 0, [])
    assert told(portfolio) == BOOKED
    fee = TradeAction.objects.get(client_key="binance:BTCUSDT:12")
    assert (fee.fee_asset.symbol, fee.fee_quantity) == ("BTC", D("0.00025"))  # type: ignore[union-attr]
    made.refresh_from_db()
    assert (made.last_synced_at, made.last_error) == (NOW, None)
    assert counts(sync_account(made.pk, now=NOW)) == (0, 0, 0, [])
    binance.trades["BTCUSDT"].append(trade(20, "0.01", "50000", FIRST + 10 * DAY))
    binance.deposits[1]["status"] = 1  # what was under way has arrived
    assert counts(sync_account(made.pk, now=NOW)) == (2, 2, 0, [])
    assert len(told(portfolio)) == 8


def test_a_reading_that_breaks_off_goes_on_where_it_was(portfolio: Portfolio, binance: BinanceStub) -> None:
    made = account(portfolio)
    binance.failing_after = 2
    with pytest.raises(NoAnswer):
        sync_account(made.pk, now=NOW)
    made.refresh_from_db()
    assert "500" in (made.last_error or "")
    assert made.last_synced_at is None
    assert told(portfolio) == [BOOKED[0], BOOKED[1], BOOKED[2], BOOKED[5]], "what had come is booked"
    binance.failing_after = None
    asked = len(binance.stub.calls_to(TRADES))
    assert counts(sync_account(made.pk, now=NOW))[:2] == (2, 2)
    assert sorted(told(portfolio)) == sorted(BOOKED)
    again = [(call.query["symbol"], call.query["fromId"]) for call in binance.stub.calls_to(TRADES)[asked:]]
    assert again == [("BTCUSDT", "13"), ("ETHBTC", "0")], "no page is asked for twice"


def test_a_coin_that_was_sold_out_before_the_first_reading_is_found(portfolio: Portfolio, binance: BinanceStub) -> None:
    binance.trades["BNBUSDT"] = [
        trade(1, "1", "400", FIRST + 6 * DAY),
        trade(2, "1", "450", FIRST + 7 * DAY, buys=False),
    ]
    made = account(portfolio)
    sync_account(made.pk, now=NOW)
    assert {"binance:BNBUSDT:1", "binance:BNBUSDT:2"} <= {key for *_rest, key in told(portfolio)}
    asked = len(binance.stub.calls_to(TRADES))
    sync_account(made.pk, now=NOW)
    later = {call.query["symbol"] for call in binance.stub.calls_to(TRADES)[asked:]}
    assert later == {"BNBUSDT", "BTCUSDT", "ETHBTC"}, "traded pairs and those of the coins that are there"


def test_a_reading_from_before_there_was_a_sweep_is_no_sweep(portfolio: Portfolio, binance: BinanceStub) -> None:
    binance.trades["BNBUSDT"] = [
        trade(1, "1", "400", FIRST + 6 * DAY),
        trade(2, "1", "450", FIRST + 7 * DAY, buys=False),
    ]
    made = account(portfolio)
    made.cursors = {"trades": {"last": {"BTCUSDT": 11}, "left": ["BTCUSDT"]}}
    made.save()
    sync_account(made.pk, now=NOW)
    assert {"binance:BNBUSDT:1", "binance:BNBUSDT:2"} <= {key for *_rest, key in told(portfolio)}


def test_a_key_that_may_withdraw_is_refused(portfolio: Portfolio, binance: BinanceStub) -> None:
    binance.say(READ_ONLY | {"enableWithdrawals": True})
    with pytest.raises(KeyRefused) as error:
        account(portfolio)
    assert error.value.code == "key_may_withdraw"
    assert not ExchangeAccount.objects.exists()
    binance.say(READ_ONLY)
    made = account(portfolio)
    binance.say(READ_ONLY | {"enableWithdrawals": True})
    with pytest.raises(KeyRefused):
        sync_account(made.pk, now=NOW)
    made.refresh_from_db()
    assert (made.status, binance.stub.calls_to(DEPOSITS)) == ("refused", []), "nothing is read with it"
    with pytest.raises(ConflictError):
        sync_account(made.pk, now=NOW)
    binance.say(READ_ONLY)
    assert renew_key(made, actor=portfolio.user, key=KEY, secret=SECRET).status == "active"
    assert sync_account(made.pk, now=NOW).booked == 6


def test_a_key_that_is_wrong_is_refused(portfolio: Portfolio, binance: BinanceStub, kraken: KrakenStub) -> None:
    for exchange in ("binance", "kraken"):
        kraken.stub.answer("/0/private/GetApiKeyInfo", body={"error": ["EAPI:Invalid key"]})
        with pytest.raises(KeyRefused) as error:
            account(portfolio, exchange, key="another-key-0002")
        assert error.value.code == "key_refused"
        assert "another-key-0002" not in str(error.value)


def test_a_key_is_sealed_and_never_shown(
    portfolio: Portfolio, binance: BinanceStub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made = account(portfolio)
    sync_account(made.pk, now=NOW)
    assert opened_key(made) == Key(KEY, SECRET)
    seen = [caplog.text, repr(opened_key(made)), str(ExchangeAccount.objects.values().get())]
    seen += [str(list(model.objects.values())) for model in (AuditLog, ExternalApiLog, ExchangeRecord)]
    for text in seen:
        assert KEY not in text
        assert SECRET not in text
    assert made.key_hint == "…abcd"


def test_an_error_that_repeats_the_key_is_masked(portfolio: Portfolio, binance: BinanceStub) -> None:
    made = account(portfolio)
    binance.stub.answer(DEPOSITS, status=400, body={"code": -1100, "msg": f"Illegal characters in {KEY} {SECRET}"})
    with pytest.raises(DomainError) as error:
        sync_account(made.pk, now=NOW)
    made.refresh_from_db()
    for text in (str(error.value), made.last_error or ""):
        assert "Illegal characters" in text
        assert KEY not in text
        assert SECRET not in text


def test_unknown_coins_wait_for_a_choice(portfolio: Portfolio, binance: BinanceStub) -> None:
    binance.deposits.append(deposit("NEWCOIN", "5", FIRST + 6 * DAY, "d9"))
    made = account(portfolio)
    assert counts(sync_account(made.pk, now=NOW)) == (7, 6, 1, [])
    made.refresh_from_db()
    assert made.unknown_symbols == {"NEWCOIN": 1}
    with pytest.raises(InvalidInput):
        change_account(made, actor=portfolio.user, symbols={"OTHER": None})
    change_account(made, actor=portfolio.user, symbols={"NEWCOIN": Asset.objects.get(symbol="ETH").pk})
    assert counts(sync_account(made.pk, now=NOW)) == (0, 1, 0, [])
    assert ("deposit", "ETH", D(5), "binance:deposit:d9") in told(portfolio)


def test_what_the_journal_does_not_allow_waits_with_its_reason(portfolio: Portfolio, binance: BinanceStub) -> None:
    binance.trades["BTCUSDT"] = [trade(1, "9", "50000", FIRST + DAY, buys=False)]
    binance.trades["ETHBTC"] = []
    binance.withdrawals = []
    made = account(portfolio, accepts_missing=False)
    report = sync_account(made.pk, now=NOW)
    assert (report.fetched, report.booked, report.waiting) == (2, 1, 1)
    assert "binance:BTCUSDT:1" in report.faults[0]
    fault: Any = ExchangeRecord.objects.get(booked_at=None).fault
    assert fault["code"] == "impossible"
    change_account(made, actor=portfolio.user, accepts_missing=True)
    assert counts(sync_account(made.pk, now=NOW)) == (0, 1, 0, [])


def test_a_journal_that_is_impossible_already_is_told(portfolio: Portfolio, binance: BinanceStub) -> None:
    """Somebody turned cash on under it: no record is at fault, and none can be booked."""
    dollar, bitcoin = us_dollar(), Asset.objects.get(symbol="BTC")
    record_trade(
        portfolio, bitcoin, actor=portfolio.user, action_type="buy", quantity=D(1), price=D(9), executed_at=FIRST
    )
    Portfolio.objects.filter(pk=portfolio.pk).update(cash_asset=dollar)
    made = account(portfolio, accepts_missing=False)
    with pytest.raises(ConflictError) as error:
        sync_account(made.pk, now=NOW)
    made.refresh_from_db()
    assert made.last_error == str(error.value)
    assert "USD: on" in made.last_error
    assert not ExchangeRecord.objects.exclude(booked_at=None).exists()


def test_many_sales_of_unknown_coins_leave_the_rest_alone(portfolio: Portfolio, binance: BinanceStub) -> None:
    sales = [trade(number, "9", "50000", FIRST + number * DAY / 100, buys=False) for number in range(1, 16)]
    binance.trades["BTCUSDT"] = sales
    binance.trades["ETHBTC"] = []
    binance.withdrawals = []
    report = sync_account(account(portfolio, accepts_missing=False).pk, now=NOW)
    assert (report.fetched, report.booked, report.waiting) == (16, 1, 15)


def test_records_that_make_no_sense_are_named(portfolio: Portfolio, binance: BinanceStub) -> None:
    binance.trades["ETHBTC"] = [trade(3, "NaN", "0.05", FIRST), {"id": 4}, trade(5, "1e400", "1", FIRST)]
    made = account(portfolio)
    report = sync_account(made.pk, now=NOW)
    assert report.booked == 5
    assert len(report.faults) == 3
    made.refresh_from_db()
    assert "qty" in (made.last_error or "")


def test_ledgers_of_kraken_page_by_page(portfolio: Portfolio, kraken: KrakenStub) -> None:
    """Halves of a trade that two answers tell are one trade; ids are those of the export."""
    made = account(portfolio, "kraken")
    assert made.permissions == ["read"]
    assert counts(sync_account(made.pk, now=NOW)) == (5, 5, 0, [])
    assert told(portfolio) == [
        ("deposit", "BTC", D("1.5"), "kraken:L0"),
        ("buy", "ETH", D(10), "kraken:T1"),
        ("sell", "ETH", D(1), "kraken:T2"),
        ("income", "BTC", D("0.001"), "kraken:L6"),
        ("withdrawal", "BTC", D("0.2"), "kraken:L8"),
    ]
    assert len(kraken.stub.calls_to("/0/private/Ledgers")) == 4
    assert counts(sync_account(made.pk, now=NOW)) == (0, 0, 0, [])
    kraken.say(["query-funds", "withdraw-funds"])
    with pytest.raises(KeyRefused):
        sync_account(made.pk, now=NOW)


def test_one_reading_at_a_time(portfolio: Portfolio, binance: BinanceStub) -> None:
    made = account(portfolio)
    with another_session() as other:
        other.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK, made.pk])
        with pytest.raises(ConflictError) as error:
            sync_account(made.pk, now=NOW)
        other.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK, made.pk])
    assert error.value.code == "in_progress"
    assert sync_account(made.pk, now=NOW).booked == 6


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"exchange": "no_such"}, "exchange"),
        ({"label": " "}, "label"),
        ({"label": "x" * 51}, "label"),
        ({"key": "short"}, "key"),
        ({"secret": "ключ-ключ-ключ"}, "secret"),
        ({"pairs": ["BTC;DROP"]}, "pairs"),
    ],
)
def test_nonsense_names_its_field(
    portfolio: Portfolio, binance: BinanceStub, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as error:
        account(portfolio, **change)
    assert error.value.field == field


def test_only_the_owner(portfolio: Portfolio, binance: BinanceStub) -> None:
    made, stranger = account(portfolio), AdminFactory()
    with pytest.raises(ConflictError):
        account(portfolio)
    for deed in (
        lambda: account(portfolio, actor=stranger),
        lambda: change_account(made, actor=stranger, is_active=False),
        lambda: renew_key(made, actor=stranger, key=KEY, secret=SECRET),
        lambda: disconnect_account(made, actor=stranger),
    ):
        with pytest.raises(NotAllowed):
            deed()
    assert change_account(made, actor=portfolio.user, is_active=False).status == "paused"
    with pytest.raises(ConflictError):
        sync_account(made.pk, now=NOW)
    disconnect_account(made, actor=portfolio.user)
    assert not ExchangeAccount.objects.exists()

"""Files of trades: every known export is recognised by its header, and what could mean two things is refused by row and
field."""

import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from trading.compute.trade_files.layouts import LAYOUTS, read
from trading.compute.trade_files.lines import BadValue, Fault, Line, with_keys
from trading.compute.trade_files.reading import Source
from trading.compute.trade_files.records import Options

NOW = datetime(2025, 1, 1, tzinfo=UTC)
MOST = 10 * 2**20
D = Decimal

BINANCE_TRADES = """Date(UTC),Market,Type,Price,Amount,Total,Fee,Fee Coin
2021-03-01 10:00:00,ETHBTC,BUY,0.03,2,0.06,0.002,ETH
2021-03-02 11:00:01,BTCUSDT,SELL,"50,000.5",0.01,500.005,0.5,USDT
"""
BINANCE_EXECUTED = """"Date(UTC)","Pair","Side","Price","Executed","Amount","Fee"
"2022-03-01 10:00:00","BTCUSDT","BUY","40000","0.0100000000BTC","400.00000000USDT","0.0000100000BTC"
"2022-03-02 10:00:00","1INCHUSDT","BUY","1.5","1,200.01INCH","1800.00000000USDT","0.0020000000BNB"
"""
BINANCE_DEPOSITS = """Date(UTC+0),Coin,Network,Amount,Address,TXID,Status
2023-01-05 09:00:00,USDT,TRX,1000,TAbc,abc123,Completed
2023-01-05 09:00:00,USDT,TRX,5,TAbc,abc124,Failed
"""
BINANCE_WITHDRAWALS = """Date(UTC+0),Coin,Network,Amount,Fee,Address,TXID,Status
2023-01-06 09:00:00,BTC,BTC,0.4995,0.0005,bc1q,def456,Completed
"""
BINANCE_HISTORY = """User_ID,UTC_Time,Account,Operation,Coin,Change,Remark
1,2023-05-01 00:00:01,Spot,Deposit,USDT,1000,
1,2023-05-01 10:00:00,Spot,Transaction Buy,BTC,0.006,
1,2023-05-01 10:00:00,Spot,Transaction Spend,USDT,-180,
1,2023-05-01 10:00:00,Spot,Transaction Buy,BTC,0.004,
1,2023-05-01 10:00:00,Spot,Transaction Spend,USDT,-120,
1,2023-05-01 10:00:00,Spot,Transaction Fee,BNB,-0.001,
1,2023-05-02 10:00:00,Spot,Transaction Sold,BTC,-0.005,
1,2023-05-02 10:00:00,Spot,Transaction Revenue,USDT,160,
1,2023-05-03 00:00:00,Earn,Simple Earn Flexible Interest,USDT,0.05,
1,2023-05-04 00:00:00,Spot,Simple Earn Flexible Subscription,USDT,-100,
"""
COINBASE_2020 = """You can use this transaction report to inform your likely tax obligations.

Transactions
User,person@example.com,5f00

Timestamp,Transaction Type,Asset,Quantity Transacted,EUR Spot Price at Transaction,EUR Subtotal,EUR Total (inclusive of fees),EUR Fees,Notes
2020-02-01T10:00:00Z,Buy,BTC,0.02,8500.00,170.00,173.00,3.00,"Bought 0.02 BTC for €173.00 EUR.

Paid with a bank account."
"""  # noqa: E501
COINBASE_2021 = """Timestamp,Transaction Type,Asset,Quantity Transacted,Spot Price Currency,Spot Price at Transaction,Subtotal,Total (inclusive of fees),Fees,Notes
2021-02-01T10:00:00Z,Sell,ETH,1.5,USD,1300.00,1950.00,1930.50,19.50,Sold 1.5 ETH for $1930.50 USD
2021-02-02T10:00:00Z,Receive,BTC,0.001,USD,34000,,,,Received 0.001 BTC from Coinbase Earn
"""  # noqa: E501
COINBASE_2022 = """Timestamp,Transaction Type,Asset,Quantity Transacted,Spot Price Currency,Spot Price at Transaction,Subtotal,Total (inclusive of fees and/or spread),Fees and/or Spread,Notes
2022-02-01T10:00:00Z,Convert,BTC,0.1,USD,40000,4000.00,3960.00,40.00,Converted 0.1 BTC to 1.32 ETH
2022-02-02T10:00:00Z,Send,ETH,0.5,USD,3000,,,,Sent 0.5 ETH to 0xabc
"""  # noqa: E501
COINBASE_2023 = """
Transactions
User,person@example.com,5f00
ID,Timestamp,Transaction Type,Asset,Quantity Transacted,Price Currency,Price at Transaction,Subtotal,Total (inclusive of fees and/or spread),Fees and/or Spread,Notes
5ddf76,2024-01-02 10:00:00 UTC,Advanced Trade Sell,SOL,-10,USD,$100.12,"$1,001.20","$998.20",$3.00,"=HYPERLINK(""http://x"")"
5ddf77,2024-01-03 10:00:00 UTC,Staking Income,SOL,0.01,USD,$101.00,$1.01,$1.01,$0.00,
5ddf78,2024-01-04 10:00:00 UTC,Retail Staking Transfer,SOL,5,USD,$101.00,,,,
"""  # noqa: E501
COINBASE_FILLS = """portfolio,trade id,product,side,created at,size,size unit,price,fee,total,price/fee/total unit
default,12345,BTC-USD,BUY,2021-01-05T12:00:00.123Z,0.5,BTC,32000.00,80.00,-16080.00,USD
"""
KRAKEN_TRADES = """"txid","ordertxid","pair","time","type","ordertype","price","cost","fee","vol","margin","misc","ledgers"
"TA","OA","XXBTZUSD","2021-07-20 10:00:00.1234","buy","limit",30000.0,300.0,0.48,0.01,0.0,"","L1,L2"
"TB","OB","XTZEUR","2021-07-21 10:00:00","sell","limit",3.0,30.0,0.05,10,0.0,"","L3,L4"
"TC","OC","XBT/USD","2021-07-22 10:00:00","sell","limit",31000.0,31.0,0.05,0.001,6.2,"",""
"""  # noqa: E501
KRAKEN_LEDGERS = """"txid","refid","time","type","subtype","aclass","asset","amount","fee","balance"
"","QA","2021-07-01 08:00:00","deposit","","currency","ZEUR",1000.0000,0.0000,""
"LA","QA","2021-07-01 08:00:00","deposit","","currency","ZEUR",1000.0000,0.0000,1000.0000
"LB","TX","2021-07-02 08:00:00","trade","","currency","ZEUR",-300.0000,0.7800,699.2200
"LC","TX","2021-07-02 08:00:00","trade","","currency","XXBT",0.01,0,0.01
"LD","SX","2021-07-03 08:00:00","staking","","currency","ETH2.S",0.001,0,0.001
"LE","EX","2024-07-03 08:00:00","earn","reward","currency","XBT.M",0.00001,0,0.01001
"LF","EY","2024-07-03 08:00:01","earn","autoallocation","currency","XBT",-0.005,0,0.00501
"LG","WX","2024-07-04 08:00:00","withdrawal","","currency","XXBT",-0.004,0.0001,0.00591
"LH","ZX","2024-07-05 08:00:00","spend","","currency","DOT",-5,0,0
"LI","ZX","2024-07-05 08:00:00","receive","","currency","USDT",30,0.1,30
"""
OWN = """time,kind,symbol,quantity,price,currency,fee,notes
2024-01-01T00:00:00Z,buy,btc,0.5,40000,USD,10,'=1+1
2024-01-02T02:00:00+02:00,sell,BTC,0.25,42000,,,
2024-01-03 00:00:00 UTC,modify_sl,BTC,,,,,
"""


def found(text: str | bytes, **options: bool) -> tuple[list[Line], list[Fault]]:
    body = text if isinstance(text, bytes) else text.encode()
    results = list(read(Source(io.BytesIO(body), MOST), Options(NOW, **options)).found)
    return [one for one in results if isinstance(one, Line)], [one for one in results if isinstance(one, Fault)]


def told(text: str) -> list[tuple[object, ...]]:
    lines, faults = found(text)
    assert faults == []
    return [
        (one.kind, one.symbol, one.quantity, one.quote, one.price, one.fee, one.fee_symbol, one.external_id)
        for one in lines
    ]


FILES = {
    "trades with fee coin": (BINANCE_TRADES, [
        ("buy", "ETH", D(2), "BTC", D("0.03"), D("0.002"), "ETH", ""),
        ("sell", "BTC", D("0.01"), "USDT", D("50000.5"), D("0.5"), "USDT", ""),
    ]),
    "trades with coin suffix": (BINANCE_EXECUTED, [
        ("buy", "BTC", D("0.01"), "USDT", D(40000), D("0.00001"), "BTC", ""),
        ("buy", "1INCH", D("1200.0"), "USDT", D("1.5"), D("0.002"), "BNB", ""),
    ]),
    "deposits": (BINANCE_DEPOSITS, [("deposit", "USDT", D(1000), None, None, D(0), "USDT", "deposit:abc123")]),
    "withdrawals": (BINANCE_WITHDRAWALS, [
        ("withdrawal", "BTC", D("0.4995"), None, None, D("0.0005"), "BTC", "withdrawal:def456"),
    ]),
    "transaction history": (BINANCE_HISTORY, [
        ("deposit", "USDT", D(1000), None, None, D(0), None, ""),
        ("income", "USDT", D("0.05"), None, None, D(0), None, ""),
        ("buy", "BTC", D("0.01"), "USDT", D(30000), D("0.001"), "BNB", ""),
        ("sell", "BTC", D("0.005"), "USDT", D(32000), D(0), None, ""),
    ]),
    "transactions 2020": (COINBASE_2020, [("buy", "BTC", D("0.02"), "EUR", D(8500), D(3), None, "")]),
    "transactions 2021": (COINBASE_2021, [
        ("sell", "ETH", D("1.5"), "USD", D(1300), D("19.50"), None, ""),
        ("income", "BTC", D("0.001"), "USD", D(34000), D(0), None, ""),
    ]),
    "transactions 2022": (COINBASE_2022, [
        ("sell", "BTC", D("0.1"), "USD", D(40000), D(40), None, ""),
        ("buy", "ETH", D("1.32"), "USD", D(3000), D(0), None, ""),
        ("withdrawal", "ETH", D("0.5"), None, None, D(0), None, ""),
    ]),
    "transactions 2023 on": (COINBASE_2023, [
        ("sell", "SOL", D(10), "USD", D("100.12"), D(3), None, "5ddf76"),
        ("income", "SOL", D("0.01"), "USD", D(101), D(0), None, "5ddf77"),
    ]),
    "fills": (COINBASE_FILLS, [("buy", "BTC", D("0.5"), "USD", D(32000), D(80), "USD", "BTC-USD:12345")]),
    "ledgers": (KRAKEN_LEDGERS, [
        ("deposit", "EUR", D(1000), None, None, D(0), "EUR", "LA"),
        ("income", "ETH", D("0.001"), None, None, D(0), "ETH", "LD"),
        ("income", "BTC", D("0.00001"), None, None, D(0), "BTC", "LE"),
        ("withdrawal", "BTC", D("0.004"), None, None, D("0.0001"), "BTC", "LG"),
        ("buy", "BTC", D("0.01"), "EUR", D(30000), D("0.78"), "EUR", "TX"),
        ("sell", "DOT", D(5), "USDT", D(6), D("0.1"), "USDT", "ZX"),
    ]),
    "journal": (OWN, [
        ("buy", "BTC", D("0.5"), "USD", D(40000), D(10), None, ""),
        ("sell", "BTC", D("0.25"), "USD", D(42000), D(0), None, ""),
        ("modify_sl", "BTC", D(0), "USD", None, D(0), None, ""),
    ]),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_every_export_is_known_by_its_header(name: str) -> None:
    text, expected = FILES[name]
    assert read(Source(io.BytesIO(text.encode()), MOST), Options(NOW)).layout.name == name
    assert told(text) == expected


def test_every_layout_has_a_file_that_shows_it() -> None:
    assert {layout.name for layout in LAYOUTS} == {*FILES, "trades"}


def test_trades_of_kraken_and_a_trade_on_margin() -> None:
    lines, faults = found(KRAKEN_TRADES)
    assert [(one.symbol, one.quote, one.price, one.fee_symbol) for one in lines] == [
        ("BTC", "USD", D(30000), "USD"), ("XTZ", "EUR", D(3), "EUR"),
    ]  # fmt: skip
    assert lines[0].at == datetime(2021, 7, 20, 10, 0, 0, 123400, tzinfo=UTC)
    assert faults == [Fault(4, "margin", "margin_trade", "6.2")]


def test_times_carry_their_zone_to_utc() -> None:
    lines, _faults = found(OWN)
    assert [one.at.isoformat() for one in lines[:2]] == ["2024-01-01T00:00:00+00:00", "2024-01-02T00:00:00+00:00"]
    assert lines[0].notes == "=1+1"


ROW = "2024-01-01T00:00:00Z,buy,BTC,0.5,40000,,10,"
NOTE = "n" * 500


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("quantity", "0", "zero"),
        ("quantity", "-1", "negative"),
        ("quantity", "", "missing"),
        ("quantity", "NaN", "not_finite"),
        ("price", "-Infinity", "not_finite"),
        ("price", "1e400", "too_large"),
        ("price", "1e9999", "too_large"),
        ("price", "1e20", "too_large"),
        ("price", "1e-19", "too_precise"),
        ("price", "0", "zero"),
        ("price", "=2+2", "formula"),
        ("price", "@SUM(A1)", "formula"),
        ("price", "+cmd", "formula"),
        ("price", "-cmd", "formula"),
        ("price", '"1,5"', "comma"),
        ("price", '"1,234"', "comma"),
        ("price", '"1,234.5"', "comma"),
        ("price", "12 000", "not_a_number"),
        ("price", "١٢", "not_a_number"),
        ("price", "0x10", "not_a_number"),
        ("fee", "-3", "negative"),
        ("symbol", "", "missing"),
        ("symbol", "=BTC", "formula"),
        ("symbol", "B TC", "no_symbol"),
        ("symbol", "A" * 21, "no_symbol"),
        ("kind", "gift", "unknown_kind"),
        ("time", "2024-01-01T00:00:00", "no_zone"),
        ("time", "2024-01-01", "no_hour"),
        ("time", "24-01-01 00:00:00 UTC", "two_digit_year"),
        ("time", "01/02/24 10:00", "two_digit_year"),
        ("time", "01/02/2024 10:00:00 UTC", "day_or_month"),
        ("time", "2024-02-30T00:00:00Z", "not_a_time"),
        ("time", "2024-01-01T24:00:00Z", "not_a_time"),
        ("time", "2024-01-01T00:00:00+25:00", "not_a_time"),
        ("time", "2025-01-01T00:00:01Z", "future"),
        ("time", "1999-01-01T00:00:00Z", "too_early"),
        ("time", "yesterday", "not_a_time"),
    ],
)
def test_nonsense_names_row_and_field(column: str, value: str, code: str) -> None:
    names = "time,kind,symbol,quantity,price,currency,fee,notes"
    fields = ROW.split(",")
    fields[names.split(",").index(column)] = value
    lines, faults = found(f"{names}\n{ROW}\n{','.join(fields)}\n{ROW}\n")
    assert len(lines) == 2, "the good rows are taken"
    assert [(one.row, one.field, one.code) for one in faults] == [(3, column, code)]


def test_decimal_commas_by_choice() -> None:
    text = "time;kind;symbol;quantity;price\n2024-01-01T00:00:00Z;buy;BTC;0,5;1.234,56\n"
    lines, faults = found(text, decimal_comma=True)
    assert (lines[0].quantity, lines[0].price, faults) == (D("0.5"), D("1234.56"), [])
    assert [one.code for one in found(text)[1]] == ["comma"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-mark", "utf-16-be-mark"])
def test_encodings_that_say_what_they_are(encoding: str) -> None:
    text = OWN.replace("'=1+1", "café")
    marks = {"utf-16-le-mark": b"\xff\xfe", "utf-16-be-mark": b"\xfe\xff"}
    body = marks.get(encoding, b"") + text.encode(encoding.removesuffix("-mark"))
    assert found(body)[0][0].notes == "café"


@pytest.mark.parametrize(
    ("body", "code", "shown"),
    [
        (b"", "empty", ""),
        (b"\n\n  \n", "empty", ""),
        (b"a,b,c\n1,2,3\n", "unknown_format", "a,b,c"),
        (OWN.replace("'=1+1", "café").encode("latin-1"), "encoding", "byte 101, line 2"),
        (OWN.encode("utf-16-le"), "encoding", "byte 2, line 1"),
        (b"PK\x03\x04\x14\x00\x00\x00", "encoding", "byte 6, line 1"),
        (b"time,kind,symbol,quantity,price,price\n", "column_twice", "price"),
        (b"x" * 2**18, "long_line", "1"),
    ],
)
def test_a_file_that_is_none(body: bytes, code: str, shown: str) -> None:
    with pytest.raises(BadValue) as error:
        found(body)
    assert (error.value.field, error.value.code, error.value.shown) == ("file", code, shown)


def test_a_file_without_end_is_refused_at_the_bound() -> None:
    """A hundred megabytes are never read: the bound is met after ten."""

    class Endless:
        given = 0

        def read(self, size: int = -1, /) -> bytes:
            block = (OWN if not self.given else f"{ROW}{NOTE}\n" * (size // len(ROW + NOTE))).encode()
            self.given += len(block)
            return block

    file = Endless()
    with pytest.raises(BadValue) as error:
        for _one in read(Source(file, MOST), Options(NOW)).found:
            pass
    assert error.value.code == "too_large_file"
    assert MOST < file.given < MOST + 2**17


def test_rows_of_another_shape() -> None:
    text = "time,kind,symbol,quantity,price\n2024-01-01T00:00:00Z,buy\n2024-01-01T00:00:00Z,buy,BTC,1,2,3,4\n\n"
    lines, faults = found(text + '2024-01-01T00:00:00Z,buy,"BT"C,1,2\n2024-01-01T00:00:00Z,buy,BTC,1,2\n')
    assert [(one.row, one.code) for one in faults] == [(2, "too_few_fields"), (3, "too_many_fields"), (5, "no_csv")]
    assert len(lines) == 1


def test_two_trades_in_one_second_are_refused_where_nobody_can_tell_them_apart() -> None:
    text = BINANCE_HISTORY + "1,2023-05-01 10:00:00,Spot,Transaction Buy,ETH,1,\n"
    lines, faults = found(text)
    assert {one.code for one in faults} == {"several_trades"}
    assert len(faults) == 6
    assert "buy" not in {one.kind for one in lines}


def test_the_same_trades_have_the_same_keys() -> None:
    """Two equal trades are two; the second half of a file, read later again, adds nothing to the first."""
    doubled = BINANCE_TRADES + BINANCE_TRADES.splitlines()[1] + "\n"
    first, second = (with_keys(found(text)[0]) for text in (doubled, doubled.replace("0.03,2,", "0.030,2.00,")))
    assert [one.key for one in first] == [one.key for one in second]
    assert len({one.key for one in first}) == 3
    assert {one.key for one in with_keys(found(BINANCE_TRADES)[0])} < {one.key for one in first}
    assert [one.key for one in with_keys(found(KRAKEN_LEDGERS)[0])][-2:] == ["kraken:TX", "kraken:ZX"]

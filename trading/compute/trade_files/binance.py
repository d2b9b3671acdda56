"""Binance: trade history in its two versions, deposits and withdrawals. Times are UTC, as the headers say."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from trading.compute.trade_files import values
from trading.compute.trade_files.lines import BadValue, Fault, Line
from trading.compute.trade_files.records import Options, Record, each, symbol

VENUE = "binance"
TRADES = ("date(utc)", "market", "type", "price", "amount", "total", "fee", "fee coin")
EXECUTED = ("date(utc)", "pair", "side", "price", "executed", "amount", "fee")
DEPOSITS = ("date(utc+0)", "coin", "network", "amount", "address", "txid", "status")
WITHDRAWALS = (*DEPOSITS, "fee")
SIDES = {"buy": "buy", "sell": "sell"}
QUOTES = (
    "FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USDP", "USDS", "BIDR", "IDRT", "AEUR", "EURI", "BVND", "BKRW", "UST",
    "DAI", "PAX", "VAI", "BTC", "BNB", "ETH", "EUR", "GBP", "AUD", "TRY", "BRL", "RUB", "UAH", "NGN", "ZAR", "PLN",
    "RON", "ARS", "JPY", "MXN", "CZK", "COP", "XRP", "TRX", "DOGE", "DOT", "SOL",
)  # fmt: skip
"""What pairs end with. Longer ones first, so that BTCFDUSD is not BTCFD in USD."""
WRITTEN = re.compile(r"[0-9,]+(\.[0-9]+)?", re.ASCII)
SUFFIXED = re.compile(r"(?P<number>[0-9,.]+)(?P<coin>[A-Z0-9_]+)", re.ASCII)
NUMBERED = re.compile(r"(?P<number>[0-9,]+\.[0-9]+?)(?P<coin>(?:1000|1M|1)[A-Z]+)", re.ASCII)
"""Coins whose name begins with digits; Binance writes amounts with eight or ten places before them."""


def read_trades(records: Iterator[Record], options: Options) -> Iterator[Line | Fault]:
    """Trade history with the fee's coin in a column of its own."""
    return each(records, options, _trade)


def _trade(record: Record, options: Options) -> Sequence[Line]:
    base, quote = pair(record.text("market"), "market")
    return (
        Line(
            row=record.line,
            kind=_side(record, "type"),
            symbol=base,
            quantity=record.amount("amount", options, grouped=True),
            at=record.moment("date(utc)", options, zone="UTC"),
            quote=quote,
            price=record.amount("price", options, grouped=True),
            fee=record.fee("fee", options, grouped=True),
            fee_symbol=record.symbol("fee coin") if record.text("fee coin") else None,
            venue=VENUE,
        ),
    )


def read_executed(records: Iterator[Record], options: Options) -> Iterator[Line | Fault]:
    """Trade history whose amounts carry their coin: ``0.5000000000BTC``."""
    return each(records, options, _executed)


def _executed(record: Record, options: Options) -> Sequence[Line]:
    paired = re.sub(r"[-_/]", "", record.text("pair")).upper()
    if not paired:
        raise BadValue("pair", "missing")
    base, quantity = suffixed(record, "executed", options, beginning=paired)
    quote, _total = suffixed(record, "amount", options, ending=paired)
    fee_symbol, fee = suffixed(record, "fee", options) if record.text("fee") not in {"", "0"} else (None, Decimal(0))
    return (
        Line(
            row=record.line,
            kind=_side(record, "side"),
            symbol=base,
            quantity=values.above_zero(quantity, "executed"),
            at=record.moment("date(utc)", options, zone="UTC"),
            quote=quote,
            price=record.amount("price", options, grouped=True),
            fee=values.not_negative(fee, "fee"),
            fee_symbol=fee_symbol,
            venue=VENUE,
        ),
    )


def _side(record: Record, name: str) -> str:
    side = SIDES.get(record.word(name))
    if side is None:
        raise BadValue(name, "unknown_kind", record.text(name))
    return side


def suffixed(
    record: Record, name: str, options: Options, *, beginning: str = "", ending: str = ""
) -> tuple[str, Decimal]:
    """Coin and amount of a field such as ``1,234.5USDT``. What the pair begins or ends with tells where the coin's name
    starts if that could be read in two ways (``1.51INCH``)."""
    upper = record.text(name).upper()
    for start in range(1, len(upper)):
        coin = upper[start:]
        belongs = (beginning and beginning.startswith(coin)) or (ending and ending.endswith(coin))
        if belongs and WRITTEN.fullmatch(upper[:start]):
            return symbol(coin, name), values.number(upper[:start], name, grouped=True)
    match = NUMBERED.fullmatch(upper) or SUFFIXED.fullmatch(upper)
    if match is None or beginning or ending:
        plain = record.number(name, options, grouped=True)  # a fault of the number is named first
        raise BadValue(name, "no_coin", str(plain))
    return symbol(match["coin"], name), values.number(match["number"], name, grouped=True)


def pair(text: str, name: str) -> tuple[str, str]:
    """Base and quote of a pair that is written together (``BTCUSDT``) or apart (``BTC/USDT``).

    Raises:
        BadValue: empty, or it ends with no quote that is known.
    """
    upper = symbol(re.sub(r"[/]", "-", text), name)
    for mark in ("-", "_"):
        base, found, quote = upper.partition(mark)
        if found and base and quote:
            return base, quote
    for quote in QUOTES:
        if upper.endswith(quote) and len(upper) > len(quote):
            return upper.removesuffix(quote), quote
    raise BadValue(name, "unknown_pair", text)


def read_deposits(records: Iterator[Record], options: Options) -> Iterator[Line | Fault]:
    """Deposit history. What did not complete is left out."""
    return each(records, options, lambda record, said: _moved(record, said, "deposit"))


def read_withdrawals(records: Iterator[Record], options: Options) -> Iterator[Line | Fault]:
    """Withdrawal history. The amount is what arrived; the fee was paid besides."""
    return each(records, options, lambda record, said: _moved(record, said, "withdrawal"))


def _moved(record: Record, options: Options, kind: str) -> Sequence[Line]:
    if record.word("status") not in {"completed", "success", "successful"}:
        return ()
    coin = record.symbol("coin")
    transaction = record.text("txid")
    return (
        Line(
            row=record.line,
            kind=kind,
            symbol=coin,
            quantity=record.amount("amount", options, grouped=True),
            at=record.moment("date(utc+0)", options, zone="UTC"),
            fee=record.fee("fee", options, grouped=True),
            fee_symbol=coin,
            external_id=f"{kind}:{transaction}" if transaction else "",
            venue=VENUE,
        ),
    )

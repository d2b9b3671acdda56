"""Coinbase: the transaction report in its four versions, and fills of Advanced Trade, Pro and Exchange."""

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from trading.compute.trade_files import values
from trading.compute.trade_files.lines import BadValue, Fault, Line
from trading.compute.trade_files.records import Options, Record, each, symbol

VENUE = "coinbase"
COMMON = ("timestamp", "transaction type", "asset", "quantity transacted", "notes")
PRICE_CURRENCY = (
    *COMMON, "price currency", "price at transaction", "subtotal", "total (inclusive of fees and/or spread)",
    "fees and/or spread",
)  # fmt: skip
SPOT_AND_SPREAD = (
    *COMMON, "spot price currency", "spot price at transaction", "subtotal",
    "total (inclusive of fees and/or spread)", "fees and/or spread",
)  # fmt: skip
SPOT_CURRENCY = (
    *COMMON, "spot price currency", "spot price at transaction", "subtotal", "total (inclusive of fees)", "fees",
)  # fmt: skip
IN_CURRENCY = (
    *COMMON, "¤ spot price at transaction", "¤ subtotal", "¤ total (inclusive of fees)", "¤ fees",
)  # fmt: skip
FILLS = ("portfolio", "trade id", "product", "side", "created at", "size", "price", "fee", "price/fee/total unit")
BUYS = frozenset({"buy", "advanced trade buy", "advance trade buy"})
SELLS = frozenset({"sell", "advanced trade sell", "advance trade sell"})
INCOME = frozenset({
    "coinbase earn", "learning reward", "rewards income", "reward income", "inflation reward", "staking income",
    "interest payout", "subscription rebate", "subscription rebates (24 hours)", "incentives rewards payout",
})  # fmt: skip
ARRIVED = frozenset({"receive", "deposit", "exchange withdrawal", "pro withdrawal", "coinbase pro withdrawal"})
LEFT = frozenset({
    "send", "withdrawal", "exchange deposit", "pro deposit", "coinbase pro deposit", "donation", "admin debit",
})  # fmt: skip
WITHIN = frozenset({
    "vault withdrawal", "cash to savings", "retail staking transfer", "retail unstaking transfer", "staking transfer",
    "unstaking transfer", "eth2 deprecation", "retail eth2 deprecation",
})  # fmt: skip
"""Moves between a person's own pockets at Coinbase."""
REWARD_NOTES = ("coinbase earn", "coinbase rewards", "coinbase referral")
CURRENCY_HEADER = re.compile(r"(?P<currency>[a-z]{3}) (?P<rest>spot price at transaction|subtotal|total .*|fees)")
CURRENCY_SIGN = re.compile(r"^(?P<sign>[-+]?)\s*[$£€¥]\s*")
CONVERTED = re.compile(r"Converted [0-9,.]+ \w+ to (?P<number>[0-9,.]+) (?P<coin>\w+)\s*")


def normal_header(names: Sequence[str]) -> list[str]:
    """The header of 2020 with ¤ for the currency that its columns name (``USD Fees``)."""
    return [f"¤ {match['rest']}" if (match := CURRENCY_HEADER.fullmatch(name)) else name for name in names]


def read_spread(records: Iterator[Record], options: Options) -> Iterator[Line | Fault]:
    """From 2023 on: ``Price at Transaction``, with signs of currencies, later with an ID."""
    return _read(records, options, "price currency", "price at transaction", "fees and/or spread")


def read_spot_spread(records: Iterator[Record], options: Options) -> Iterator[Line | Fault]:
    """2022: ``Spot Price at Transaction`` and ``Fees and/or Spread``."""
    return _read(records, options, "spot price currency", "spot price at transaction", "fees and/or spread")


def read_spot(records: Iterator[Record], options: Options) -> Iterator[Line | Fault]:
    """2021: ``Spot Price at Transaction`` and ``Fees``."""
    return _read(records, options, "spot price currency", "spot price at transaction", "fees")


def read_in_currency(records: Iterator[Record], options: Options) -> Iterator[Line | Fault]:
    """Until 2020: the currency stands in the names of the columns."""

    def renamed() -> Iterator[Record]:
        for record in records:
            columns = dict(zip(normal_header(list(record.columns)), record.columns.values(), strict=True))
            currency = next(match["currency"] for name in record.columns if (match := CURRENCY_HEADER.fullmatch(name)))
            yield Record(record.line, columns | {"¤": currency, "subtotal": columns["¤ subtotal"]})

    return _read(renamed(), options, "¤", "¤ spot price at transaction", "¤ fees")


def _read(records: Iterator[Record], options: Options, currency: str, price: str, fees: str) -> Iterator[Line | Fault]:
    take: Callable[[Record, Options], Sequence[Line]] = lambda record, said: _lines(  # noqa: E731
        record, said, (currency, price, fees)
    )
    return each(records, options, take)


def _lines(record: Record, options: Options, names: tuple[str, str, str]) -> Sequence[Line]:
    what = record.word("transaction type")
    if what in WITHIN:
        return ()
    if what in BUYS | SELLS:
        return (_trade(record, options, names, "buy" if what in BUYS else "sell"),)
    if what == "convert":
        return _conversion(record, options, names)
    if what in INCOME or (what == "receive" and _is_reward(record)):
        return (_line(record, options, "income", **_priced(record, options, names)),)
    if what in ARRIVED:
        return (_line(record, options, "deposit"),)
    if what in LEFT:
        return (_line(record, options, "withdrawal"),)
    raise BadValue("transaction type", "unknown_kind", record.text("transaction type"))


def _trade(record: Record, options: Options, names: tuple[str, str, str], kind: str) -> Line:
    fee = abs(_money(record, names[2], options))
    return _line(record, options, kind, fee=fee, **_priced(record, options, names))


def _conversion(record: Record, options: Options, names: tuple[str, str, str]) -> Sequence[Line]:
    """Selling one coin and buying another for what it brought, in the currency of the report."""
    match = CONVERTED.match(record.text("notes"))
    if match is None:
        raise BadValue("notes", "no_conversion", record.text("notes"))
    sold = _trade(record, options, names, "sell")
    received = values.above_zero(values.number(match["number"], "notes", grouped=True), "notes")
    brought = values.EXACT.multiply(sold.quantity, sold.price or Decimal(0)) - sold.fee
    bought = _line(record, options, "buy", quote=sold.quote, price=values.quotient(brought, received))
    return sold, _replaced(bought, symbol(match["coin"], "notes"), received)


def _replaced(line: Line, coin: str, quantity: Decimal) -> Line:
    return Line(**{**vars(line), "symbol": coin, "quantity": quantity})


def _line(record: Record, options: Options, kind: str, **more: object) -> Line:
    quantity = abs(record.number("quantity transacted", options, grouped=True))
    return Line(
        row=record.line,
        kind=kind,
        symbol=record.symbol("asset"),
        quantity=values.above_zero(quantity, "quantity transacted"),
        at=record.moment("timestamp", options),
        external_id=record.text("id"),
        venue=VENUE,
        notes=" ".join(record.text("notes").split()),
        **more,  # type: ignore[arg-type]
    )


def _priced(record: Record, options: Options, names: tuple[str, str, str]) -> dict[str, object]:
    """Price and its currency. The subtotal says what was really paid; the price beside it is rounded to cents."""
    quantity = abs(record.number("quantity transacted", options, grouped=True))
    subtotal = abs(_money(record, "subtotal", options))
    if subtotal and quantity:
        price = values.quotient(subtotal, quantity)
    else:
        price = values.above_zero(_money(record, names[1], options), names[1])
    return {"quote": record.symbol(names[0]), "price": price}


def _money(record: Record, name: str, options: Options) -> Decimal:
    """An amount that may carry a sign of its currency and thousands (``-$1,234.56``); 0 if empty."""
    text = CURRENCY_SIGN.sub(r"\g<sign>", record.text(name))
    return values.number(text, name, decimal_comma=options.decimal_comma, grouped=True) if text else Decimal(0)


def _is_reward(record: Record) -> bool:
    notes = record.text("notes").lower()
    return any(words in notes for words in REWARD_NOTES)


def read_fills(records: Iterator[Record], options: Options) -> Iterator[Line | Fault]:
    """Fills: one row a trade."""
    return each(records, options, _fill)


def _fill(record: Record, options: Options) -> Sequence[Line]:
    base, dash, quote = record.symbol("product").partition("-")
    if not dash or not quote:
        raise BadValue("product", "unknown_pair", record.text("product"))
    kind = record.word("side")
    if kind not in {"buy", "sell"}:
        raise BadValue("side", "unknown_kind", record.text("side"))
    number = record.text("trade id")
    return (
        Line(
            row=record.line,
            kind=kind,
            symbol=base,
            quantity=record.amount("size", options, grouped=True),
            at=record.moment("created at", options),
            quote=quote,
            price=record.amount("price", options, grouped=True),
            fee=record.fee("fee", options, grouped=True),
            fee_symbol=record.symbol("price/fee/total unit"),
            external_id=f"{base}-{quote}:{number}" if number else "",
            venue=VENUE,
        ),
    )

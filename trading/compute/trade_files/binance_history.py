"""Binance's transaction history: one row for every change of a coin's balance, trades spread over several rows.

Rows of one second that belong to a trade are put together. Where more than two coins (besides the fees') changed in
that second, nobody can tell from the file what was paid with what, and the rows are refused.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby

from trading.compute.trade_files import values
from trading.compute.trade_files.lines import BadValue, Fault, Line
from trading.compute.trade_files.pairs import side
from trading.compute.trade_files.records import Options, Record

VENUE = "binance"
COLUMNS = ("utc_time", "account", "operation", "coin", "change", "remark")
ACCOUNTS = frozenset({"spot", "funding", "earn", "pool", "savings"})
TRADED = frozenset({
    "buy", "sell", "transaction buy", "transaction sell", "transaction spend", "transaction sold",
    "transaction revenue", "transaction related", "binance convert", "small assets exchange bnb", "large otc trading",
    "otc trading",
})  # fmt: skip
FEES = frozenset({"fee", "transaction fee"})
DEPOSITS = frozenset({"deposit", "fiat deposit", "crypto deposit"})
WITHDRAWALS = frozenset({"withdraw", "fiat withdraw", "crypto withdraw", "withdrawal", "fiat withdrawal"})
INCOME = frozenset({
    "airdrop assets", "asset - transfer - airdrop", "bnb vault rewards", "cash voucher distribution",
    "commission fee shared with you", "commission history", "commission rebate", "distribution",
    "eth 2.0 staking rewards", "launchpool airdrop", "launchpool interest", "pos savings interest",
    "pool distribution", "referral commission", "referral kickback", "savings distribution", "savings interest",
    "simple earn flexible airdrop", "simple earn flexible interest", "simple earn locked rewards", "staking rewards",
    "super bnb mining",
})  # fmt: skip
WITHIN = frozenset({
    "main and funding account transfer", "pos savings purchase", "pos savings redemption",
    "savings principal redemption", "savings purchase", "simple earn flexible redemption",
    "simple earn flexible subscription", "simple earn locked redemption", "simple earn locked subscription",
    "staking purchase", "staking redemption",
    "transfer between main and funding wallet", "transfer between main account and funding account",
})  # fmt: skip
"""Moves between a person's own pockets at Binance, which change nothing."""


def read(records: Iterator[Record], options: Options) -> Iterator[Line | Fault]:
    """Lines of a transaction history, whatever the order of its rows."""
    parts: list[tuple[str, Record]] = []
    for record in records:
        operation = record.word("operation")
        if operation in TRADED | FEES:
            parts.append((record.text("utc_time"), record))
            continue
        try:
            line = _alone(record, operation, options)
        except BadValue as error:
            yield Fault.of(record.line, error)
        else:
            if line is not None:
                yield line
    for _time, group in groupby(sorted(parts, key=lambda part: (part[0], part[1].line)), key=lambda part: part[0]):
        yield from _together([record for _time, record in group], options)


def _alone(record: Record, operation: str, options: Options) -> Line | None:
    """A row that says all there is to say."""
    _spot(record)
    if operation in WITHIN:
        return None
    change = record.number("change", options)
    kinds = {"deposit": DEPOSITS, "withdrawal": WITHDRAWALS, "income": INCOME}
    kind = next((kind for kind, names in kinds.items() if operation in names), None)
    if kind is None:
        raise BadValue("operation", "unknown_kind", record.text("operation"))
    amount = values.above_zero(-change if kind == "withdrawal" else change, "change")
    at = record.moment("utc_time", options, zone="UTC")
    return Line(row=record.line, kind=kind, symbol=record.symbol("coin"), quantity=amount, at=at, venue=VENUE)


def _together(records: Sequence[Record], options: Options) -> Iterator[Line | Fault]:
    """The trade that the rows of one second make."""
    try:
        yield _trade(records, options)
        yield from _further_fees(records, options)
    except BadValue as error:
        for record in records:
            yield Fault.of(record.line, error)


def _trade(records: Sequence[Record], options: Options) -> Line:
    changes: dict[str, Decimal] = {}
    for record in records:
        _spot(record)
        if record.word("operation") not in FEES:
            coin = record.symbol("coin")
            changes[coin] = changes.get(coin, Decimal(0)) + record.number("change", options)
    received = [coin for coin, change in changes.items() if change > 0]
    spent = [coin for coin, change in changes.items() if change < 0]
    if len(received) != 1 or len(spent) != 1:
        raise BadValue("operation", "several_trades", ", ".join(sorted(changes)))
    told = side(received[0], changes[received[0]], spent[0], -changes[spent[0]])
    fee_symbol, fee = next(iter(_fees(records, options).items()), (None, Decimal(0)))
    return Line(
        row=records[0].line,
        kind=told.kind,
        symbol=told.symbol,
        quantity=told.quantity,
        at=records[0].moment("utc_time", options, zone="UTC"),
        quote=told.quote,
        price=told.price,
        fee=fee,
        fee_symbol=fee_symbol,
        venue=VENUE,
    )


def _fees(records: Sequence[Record], options: Options) -> dict[str, Decimal]:
    """What was paid in fees, by coin."""
    paid: dict[str, Decimal] = {}
    for record in records:
        if record.word("operation") in FEES:
            coin = record.symbol("coin")
            paid[coin] = paid.get(coin, Decimal(0)) - record.number("change", options)
    return {coin: values.not_negative(amount, "change") for coin, amount in paid.items()}


def _further_fees(records: Sequence[Record], options: Options) -> Iterator[Line]:
    """Fees in a second coin, which the line of the trade has no room for."""
    at = records[0].moment("utc_time", options, zone="UTC")
    for coin, amount in list(_fees(records, options).items())[1:]:
        if amount:
            yield Line(row=records[0].line, kind="fee", symbol=coin, quantity=amount, at=at, venue=VENUE)


def _spot(record: Record) -> None:
    if record.word("account") not in ACCOUNTS:
        raise BadValue("account", "not_spot", record.text("account"))

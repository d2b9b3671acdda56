"""Kraken: trades, and ledgers, which tell everything. Times are UTC, as Kraken documents of both."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from trading.compute.trade_files import values
from trading.compute.trade_files.lines import BadValue, Fault, Line
from trading.compute.trade_files.pairs import ending, side
from trading.compute.trade_files.records import Options, Record, each, symbol

VENUE = "kraken"
TRADES = ("txid", "ordertxid", "pair", "time", "type", "ordertype", "price", "cost", "fee", "vol", "margin")
LEDGERS = ("txid", "refid", "time", "type", "subtype", "asset", "amount", "fee", "balance")
OLD_NAMES = {"XBT": "BTC", "XDG": "DOGE", "ETH2": "ETH", "FEE": "KFEE"}
PREFIXED = re.compile(r"(?:X(?=ETC|ETH|LTC|MLN|REP|XBT|XDG|XLM|XMR|XRP|ZEC)|Z(?=AUD|CAD|EUR|GBP|JPY|USD))([A-Z]{3})")
STAKED = re.compile(r"\.(S|M|F|B|P|HOLD)$")
"""Balances in staking and rewards programmes carry these endings."""
QUOTES = (
    "PYUSD", "RLUSD", "USDT", "USDC", "USDG", "USDQ", "USDR", "EURT", "EURC", "EURQ", "EURR", "DAI", "USD", "EUR",
    "GBP", "CHF", "AUD", "CAD", "JPY", "AED", "XBT", "BTC", "ETH", "DOT",
)  # fmt: skip
INCOME = frozenset({"staking", "dividend", "reward", "airdrop", "invite bonus", "invitebonus", "nftrebate"})
EARNED = frozenset({"reward", "bonus"})
WITHIN = frozenset({"allocation", "deallocation", "autoallocation", "migration"})
POCKETS = frozenset({
    "spottostaking", "stakingtospot", "spotfromstaking", "stakingfromspot", "spotfromfutures", "spottofutures",
})  # fmt: skip
SWAPPED = frozenset({"trade", "spend", "receive", "conversion"})


def coin(text: str, name: str) -> str:
    """A coin's usual symbol: ``XXBT``, ``XBT.M`` and ``BTC`` are one."""
    upper = STAKED.sub("", symbol(text, name))
    prefixed = PREFIXED.fullmatch(upper)
    plain = prefixed[1] if prefixed else upper
    return OLD_NAMES.get(plain, plain)


def pair(text: str, name: str) -> tuple[str, str]:
    """Base and quote of ``XXBTZUSD``, ``XBTUSD`` or ``XBT/USD``.

    Raises:
        BadValue: empty, or it ends with no quote that is known.
    """
    upper = symbol(text.replace("/", "-"), name)
    base, dash, quote = upper.partition("-")
    if dash and base and quote:
        return coin(base, name), coin(quote, name)
    if len(upper) == 8 and PREFIXED.fullmatch(upper[:4]) and PREFIXED.fullmatch(upper[4:]):
        return coin(upper[:4], name), coin(upper[4:], name)
    if len(upper) > 4 and PREFIXED.fullmatch(upper[-4:]) and upper[-4:].startswith("Z") and len(upper) == 8:
        return coin(upper[:-4], name), coin(upper[-4:], name)
    parts = ending(upper, QUOTES)
    if parts is None:
        raise BadValue(name, "unknown_pair", text)
    return coin(parts[0], name), coin(parts[1], name)


def read_trades(records: Iterator[Record], options: Options) -> Iterator[Line | Fault]:
    """Trades; the fee is in the quote currency. Trades on margin are refused: they move no coins of one's own."""
    return each(records, options, _trade)


def _trade(record: Record, options: Options) -> Sequence[Line]:
    base, quote = pair(record.text("pair"), "pair")
    kind = record.word("type")
    if kind not in {"buy", "sell"}:
        raise BadValue("type", "unknown_kind", record.text("type"))
    if record.fee("margin", options):
        raise BadValue("margin", "margin_trade", record.text("margin"))
    return (
        Line(
            row=record.line,
            kind=kind,
            symbol=base,
            quantity=record.amount("vol", options),
            at=record.moment("time", options, zone="UTC"),
            quote=quote,
            price=record.amount("price", options),
            fee=record.fee("fee", options),
            fee_symbol=quote,
            external_id=record.text("txid"),
            venue=VENUE,
        ),
    )


def read_ledgers(records: Iterator[Record], options: Options) -> Iterator[Line | Fault]:
    """Ledgers: rows of one reference are one trade. Rows without an id are announcements that another row repeats."""
    swaps: dict[str, list[Record]] = {}
    for record in records:
        if not record.text("txid"):
            continue
        if record.word("type") in SWAPPED:
            swaps.setdefault(record.text("refid"), []).append(record)
            continue
        try:
            line = _alone(record, options)
        except BadValue as error:
            yield Fault.of(record.line, error)
        else:
            if line is not None:
                yield line
    for group in swaps.values():
        yield from _swap(group, options)


def _alone(record: Record, options: Options) -> Line | None:
    what, subtype = record.word("type"), record.word("subtype")
    if subtype in POCKETS or (what in {"earn", "staking"} and subtype in WITHIN):
        return None
    amount = record.number("amount", options)
    if what in {"deposit", "withdrawal", "transfer"}:
        kind = "deposit" if amount > 0 else "withdrawal"
        if what == "transfer" and amount > 0:
            kind = "income"  # forks and airdrops arrive so
    elif what in INCOME or (what == "earn" and subtype in EARNED):
        kind = "income"
    else:
        raise BadValue("type", "unknown_kind", f"{what} {subtype}".strip())
    # A negative amount of income would be a correction, which nobody can match to what it corrects.
    quantity = values.above_zero(amount if kind == "income" else abs(amount), "amount")
    asset = coin(record.text("asset"), "asset")
    return Line(
        row=record.line,
        kind=kind,
        symbol=asset,
        quantity=quantity,
        at=record.moment("time", options, zone="UTC"),
        fee=abs(record.number("fee", options, empty=Decimal(0))),
        fee_symbol=asset,
        external_id=record.text("txid"),
        venue=VENUE,
    )


def _swap(group: Sequence[Record], options: Options) -> Iterator[Line | Fault]:
    try:
        yield _exchange(group, options)
    except BadValue as error:
        for record in group:
            yield Fault.of(record.line, error)


def _exchange(group: Sequence[Record], options: Options) -> Line:
    """One trade of the two coins whose balances its rows changed. Fees are told beside the amounts."""
    changes: dict[str, Decimal] = {}
    fees: dict[str, Decimal] = {}
    for record in group:
        asset = coin(record.text("asset"), "asset")
        changes[asset] = changes.get(asset, Decimal(0)) + record.number("amount", options)
        fees[asset] = fees.get(asset, Decimal(0)) + record.fee("fee", options)
    received = [asset for asset, change in changes.items() if change > 0]
    spent = [asset for asset, change in changes.items() if change < 0]
    charged = [asset for asset, fee in fees.items() if fee]
    if len(received) != 1 or len(spent) != 1:
        raise BadValue("refid", "half_a_trade", group[0].text("refid"))
    if len(charged) > 1:
        raise BadValue("fee", "two_fees", ", ".join(charged))
    told = side(received[0], changes[received[0]], spent[0], -changes[spent[0]])
    fee_symbol = charged[0] if charged else None
    return Line(
        row=group[0].line,
        kind=told.kind,
        symbol=told.symbol,
        quantity=told.quantity,
        at=group[0].moment("time", options, zone="UTC"),
        quote=told.quote,
        price=told.price,
        fee=fees[fee_symbol] if fee_symbol else Decimal(0),
        fee_symbol=fee_symbol,
        external_id=group[0].text("refid"),
        venue=VENUE,
    )

"""Our own format: the columns of the journal, one entry a row. What an export writes, an import reads back."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from trading.compute.trade_files.lines import BadValue, Fault, Line
from trading.compute.trade_files.records import Options, Record, each
from trading.compute.trade_files.values import FORMULA, above_zero

COLUMNS = ("time", "kind", "symbol", "quantity")
"""What every file must have."""
KINDS = frozenset({
    "buy", "sell", "partial_sell", "entry", "partial_exit", "full_exit", "modify_sl", "modify_tp", "short", "cover",
    "deposit", "withdrawal", "transfer_in", "transfer_out", "income", "fee", "funding", "split", "reversal",
})  # fmt: skip
PRICED = frozenset({"buy", "sell", "partial_sell", "entry", "partial_exit", "full_exit", "short", "cover"})
UNCOUNTED = frozenset({"modify_sl", "modify_tp", "fee", "funding", "reversal"})
"""Kinds that need not name a quantity."""
NUMBERS = ("fee_usd", "settlement_quantity", "leverage", "stop_loss", "take_profit", "capital_amount", "risk_percent")
WHOLE = ("confidence_level", "stress_level")
TEXTS = (
    "side", "reverses", "corrects", "matches", "settlement_symbol", "accepts_missing", "assumptions", "timeframe",
    "emotion_state", "market_sentiment", "volatility_level", "volume_profile", "primary_setup", "chart_pattern",
    "confirmation_signals", "analysis_snapshot", "reason", "action_source", "lesson_learned", "trade_id",
    "looked_up",
)  # fmt: skip
EXPORTED = (
    *COLUMNS, "price", "currency", "fee", "fee_symbol", "venue", "key", "notes", *NUMBERS, *WHOLE, *TEXTS,
)  # fmt: skip
"""Every column that is read, in the order in which an export writes them."""
WORDS = frozenset({"venue", "key", "notes", *TEXTS})
"""Columns that hold words, and so could look like a formula."""
LONGEST = {"key": 100, "venue": 50, "trade_id": 100, "notes": 10_000, "lesson_learned": 10_000}


def read(records: Iterator[Record], options: Options) -> Iterator[Line | Fault]:
    """Entries of a journal. A time needs its zone; the currency is US dollars unless the row names another."""
    return each(records, options, _entry)


def _entry(record: Record, options: Options) -> Sequence[Line]:
    kind = record.word("kind")
    if kind not in KINDS:
        raise BadValue("kind", "unknown_kind", record.text("kind"))
    price = record.number("price", options, empty=Decimal(0))
    if kind in PRICED:
        above_zero(record.number("price", options), "price")
    elif price < 0:
        raise BadValue("price", "negative", record.text("price"))
    return (
        Line(
            row=record.line,
            kind=kind,
            symbol=record.symbol("symbol"),
            quantity=_quantity(record, kind, options),
            at=record.moment("time", options),
            quote=record.symbol("currency") if record.text("currency") else "USD",
            price=price if record.text("price") else None,
            fee=record.number("fee", options, empty=Decimal(0)) if kind == "funding" else record.fee("fee", options),
            fee_symbol=record.symbol("fee_symbol") if record.text("fee_symbol") else None,
            external_id=_text(record, "trade_id"),
            venue=_text(record, "venue"),
            notes=_text(record, "notes"),
            key=_text(record, "key"),
            more=_more(record, options),
        ),
    )


def _quantity(record: Record, kind: str, options: Options) -> Decimal:
    if kind not in UNCOUNTED:
        return record.amount("quantity", options)
    quantity = record.number("quantity", options, empty=Decimal(0))
    if quantity < 0:
        raise BadValue("quantity", "negative", record.text("quantity"))
    return quantity


def _more(record: Record, options: Options) -> dict[str, str]:
    """Further columns as text; numbers are checked here and written without idle signs."""
    found = {name: _text(record, name) for name in TEXTS if record.text(name)}
    for name in NUMBERS:
        if record.text(name):
            found[name] = f"{record.number(name, options):f}"
    for name in WHOLE:
        if record.text(name):
            value = record.number(name, options)
            if value != value.to_integral_value():
                raise BadValue(name, "not_a_number", record.text(name))
            found[name] = f"{value:f}".partition(".")[0]
    return found


def _text(record: Record, name: str) -> str:
    """A column of words. Its leading apostrophe, which kept a spreadsheet from taking it for a formula, goes."""
    text = record.text(name)
    if text.startswith("'") and text[1:2] in {*FORMULA, "'"}:
        text = text[1:]
    if len(text) > LONGEST.get(name, 2_000):
        raise BadValue(name, "too_long", text)
    return text


def escaped(text: str) -> str:
    """A cell of words that no spreadsheet takes for a formula; ``_text`` reads it back."""
    return f"'{text}" if text.startswith((*FORMULA, "'")) else text

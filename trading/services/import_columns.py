"""Columns of our own format that only we write: what a person noted, and how entries belong together."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError

from assets.models import Asset
from trading.compute.trade_files.lines import BadValue, Line
from trading.models import TradeAction
from trading.services.journal.pricing import OPEN

PLAIN = (
    "timeframe", "emotion_state", "market_sentiment", "volatility_level", "volume_profile", "primary_setup",
    "chart_pattern", "reason", "lesson_learned", "action_source",
)  # fmt: skip
"""Remarks in words."""
AMOUNTS = ("capital_amount", "risk_percent")
COUNTS = ("confidence_level", "stress_level")
DOCUMENTS = ("confirmation_signals", "analysis_snapshot")
LEVELS = ("stop_loss", "take_profit")
LOOKED_UP = frozenset({"quantity", *OPEN})
COLUMNS = {column.name: column for column in TradeAction._meta.concrete_fields}
TRUE = frozenset({"true", "1", "yes"})


def further_columns(line: Line, meant: Mapping[str, Asset]) -> tuple[dict[str, Any], str]:
    """What a line of our own format says beyond the others: attributes of an entry, and the key of its other half.

    Raises:
        BadValue: a value that the journal does not hold.
    """
    more = line.more
    values: dict[str, Any] = {name: Decimal(more[name]) for name in LEVELS if name in more}
    if "side" in more:
        values["side"] = more["side"].lower()
    if "leverage" in more:
        values["leverage"] = Decimal(more["leverage"])
    if "fee_usd" in more:
        values["fee"] = Decimal(more["fee_usd"])
    if more.get("accepts_missing", "").lower() in TRUE:
        values["accepts_missing"] = True
    if "assumptions" in more:
        values["assumptions"] = tuple(_mark(word, meant) for word in more["assumptions"].split())
    if "looked_up" in more:
        values["looked_up"] = _looked_up(more["looked_up"])
    if more.get("settlement_symbol") in meant:
        values["settlement_asset"] = meant[more["settlement_symbol"]]
        values["settlement_quantity"] = Decimal(more["settlement_quantity"]) if "settlement_quantity" in more else None
    remarks = _remarks(more)
    if remarks:
        values["remarks"] = remarks
    return values, more.get("matches", "")


def _looked_up(text: str) -> tuple[str, ...]:
    """Amounts of the row that nobody stated: a correction looks them up anew."""
    names = sorted(set(text.split()))
    if not LOOKED_UP.issuperset(names):
        raise BadValue("looked_up", "not_allowed", text)
    return tuple(names)


def _mark(word: str, meant: Mapping[str, Asset]) -> str:
    """A mark of an assumption; the coin that it names is an asset of this installation here, and a symbol there."""
    name, colon, symbol = word.partition(":")
    return f"{name}:{meant[symbol].pk}" if colon and symbol in meant else name


def _remarks(more: Mapping[str, str]) -> dict[str, Any]:
    """Columns that say nothing about coins or money, each by the rules of its column."""
    found: dict[str, Any] = {name: more[name] for name in PLAIN if name in more}
    found |= {name: Decimal(more[name]) for name in AMOUNTS if name in more}
    found |= {name: int(more[name]) for name in COUNTS if name in more}
    found |= {name: _document(more[name], name) for name in DOCUMENTS if name in more}
    for name, value in found.items():
        try:
            COLUMNS[name].clean(value, None)
        except ValidationError:
            raise BadValue(name, "not_allowed", str(value)) from None
    return found


def _document(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise BadValue(name, "no_json", text) from None

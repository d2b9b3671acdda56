"""A journal as a file: every entry in the columns of our own format, so that an import reads back what was written."""

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from selection.choices import HoldingType
from selection.models import Portfolio
from trading.compute.trade_files.own import EXPORTED, WORDS, escaped
from trading.models import TradeAction

NUMBERED = re.compile(r"entry:([0-9]{1,18})")
"""Key of an entry that has none of its own."""
REMARKS = (
    "stop_loss", "take_profit", "capital_amount", "risk_percent", "confidence_level", "stress_level", "timeframe",
    "emotion_state", "market_sentiment", "volatility_level", "volume_profile", "primary_setup", "chart_pattern",
    "reason", "action_source", "lesson_learned", "notes", "venue",
)  # fmt: skip
RELATED = ("portfolio_asset__asset", "fee_asset", "settlement_asset", "reverses", "corrects", "matches")
AT_ONCE = 1000


def numbered(number: int) -> str:
    """The key by which an export names an entry without one."""
    return f"entry:{number}"


def journal_rows(portfolio: Portfolio) -> Iterator[dict[str, str]]:
    """Every entry, reversed ones and reversals too, in the order in which the journal takes those of one moment."""
    places = _places(portfolio)
    symbols = _symbols(portfolio)
    order = list(_entries(portfolio).values_list("pk", "executed_at"))
    order.sort(key=lambda one: (one[1], places.get(one[0], one[0]), one[0]))
    for start in range(0, len(order), AT_ONCE):
        part = [pk for pk, _at in order[start : start + AT_ONCE]]
        found = _entries(portfolio).select_related(*RELATED).in_bulk(part)
        for pk in part:
            yield _row(found[pk], symbols)


def journal_csv(portfolio: Portfolio) -> Iterator[str]:
    """The journal as CSV, header first; no cell is a formula."""
    yield _line(EXPORTED)
    for row in journal_rows(portfolio):
        yield _line([escaped(row[name]) if name in WORDS else row[name] for name in EXPORTED])


def _line(fields: Any) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(fields)
    return text.getvalue()


def _entries(portfolio: Portfolio) -> QuerySet[TradeAction]:
    return TradeAction.objects.filter(portfolio_asset__portfolio=portfolio)


def _places(portfolio: Portfolio) -> dict[int, int]:
    """Corrected entries keep the place of the ones that they stand in for."""
    corrections = _entries(portfolio).filter(corrects__isnull=False).order_by("pk").values_list("pk", "corrects_id")
    places: dict[int, int] = {}
    for pk, corrected in corrections:
        places[pk] = places.get(corrected, corrected)
    return places


def _symbols(portfolio: Portfolio) -> dict[str, str]:
    """Symbols of assets by their number as text, for marks that name one."""
    columns = ("portfolio_asset__asset", "fee_asset", "settlement_asset")
    found: dict[str, str] = {}
    for name in columns:
        pairs = _entries(portfolio).values_list(f"{name}__pk", f"{name}__symbol").distinct()
        found |= {str(pk): symbol for pk, symbol in pairs}
    return found


def _row(entry: TradeAction, symbols: dict[str, str]) -> dict[str, str]:
    position = entry.portfolio_asset
    in_coins = entry.fee_asset is not None and entry.fee_quantity
    values: dict[str, Any] = {name: getattr(entry, name) for name in REMARKS}
    values |= {
        "time": entry.executed_at,
        "kind": entry.action_type,
        "symbol": position.asset.symbol,
        "quantity": entry.quantity,
        "price": entry.asset_price,
        "currency": "USD",
        "fee": entry.fee_quantity if in_coins else entry.fees_paid or None,
        "fee_symbol": entry.fee_asset.symbol if in_coins and entry.fee_asset else None,
        "fee_usd": entry.fees_paid if in_coins else None,
        "key": _key(entry),
        "trade_id": entry.external_id,
        "side": "short" if position.asset_type == HoldingType.SHORT_POSITION else "long",
        "leverage": position.leverage_ratio if position.leverage_ratio not in (None, 1) else None,
        "settlement_symbol": entry.settlement_asset.symbol if entry.settlement_asset else None,
        "settlement_quantity": entry.settlement_quantity,
        "accepts_missing": "true" if entry.accepts_missing else None,
        "assumptions": " ".join(_mark(mark, symbols) for mark in entry.assumptions),
        "looked_up": " ".join(entry.looked_up),
        "confirmation_signals": json.dumps(entry.confirmation_signals) if entry.confirmation_signals else None,
        "analysis_snapshot": json.dumps(entry.analysis_snapshot) if entry.analysis_snapshot else None,
        **{name: _key(other) for name in ("reverses", "corrects", "matches") if (other := getattr(entry, name))},
    }
    return {name: _text(values.get(name)) for name in EXPORTED}


def _key(entry: TradeAction) -> str:
    return entry.client_key or numbered(entry.pk)


def _mark(mark: str, symbols: dict[str, str]) -> str:
    name, colon, number = mark.partition(":")
    return f"{name}:{symbols[number]}" if colon and number in symbols else mark


def _text(value: Any) -> str:
    """A value as the file has it: all digits of a number, times with their zone."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)

"""What a source of the universe says of a coin, read with care: a fact that makes no sense is left out and named."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from assets.providers.base import shown

MAX_USD = Decimal(10) ** 28
MAX_PRICE = Decimal(10) ** 20
MAX_SUPPLY = Decimal(10) ** 22
"""What the columns of dollars, prices and supplies hold."""
MAX_CHANGE = Decimal(10) ** 6
"""What the columns of changes hold, percent."""
MAX_RANK = 10**6
AMOUNTS = {
    "market_cap": MAX_USD,
    "total_volume": MAX_USD,
    "current_price": MAX_PRICE,
    "ath": MAX_PRICE,
    "atl": MAX_PRICE,
    "circulating_supply": MAX_SUPPLY,
    "total_supply": MAX_SUPPLY,
    "max_supply": MAX_SUPPLY,
}
UNKNOWN_AT_ZERO = frozenset({"market_cap", "current_price", "ath", "atl", "circulating_supply", "max_supply"})
"""Here 0 stands for "nobody knows": a new coin has a market cap of 0 while its supply is unknown."""
CHANGES = {
    "price_change_percentage_24h": "price_change_percentage_24h_in_currency",
    "price_change_percentage_7d": "price_change_percentage_7d_in_currency",
    "price_change_percentage_30d": "price_change_percentage_30d_in_currency",
}


class Unusable(ValueError):
    """Nothing of an entry can be used; the text says why."""


@dataclass(frozen=True)
class CoinFacts:
    """A coin now. What is missing is not known.

    Attributes:
        coingecko_id, symbol, name: as the source writes them.
        rank: by market cap, 1 = largest.
        amounts: by column of ``assets``: US dollars, prices in US dollars, coins.
        changes: by column of ``assets``, percent.
        dates: by column of ``assets``.
        image: address of the logo.
        sparkline: hourly prices of the last 7 days, oldest first.
        updated_at: when the source had them.
        faults: facts that made no sense, with reasons.
    """

    coingecko_id: str
    symbol: str
    name: str
    rank: int | None
    amounts: Mapping[str, Decimal]
    changes: Mapping[str, Decimal]
    dates: Mapping[str, datetime]
    image: str | None
    sparkline: tuple[Decimal, ...]
    updated_at: datetime | None
    faults: tuple[str, ...]


def coin_facts(entry: Any, now: datetime) -> CoinFacts:
    """A coin from a row of ``coins/markets``.

    Args:
        entry: the row as parsed JSON.
        now: a time that lies later makes no sense.
    Raises:
        Unusable: it names no coin, or its price is no price: then no figure of it can be trusted.
    """
    if not isinstance(entry, dict):
        raise Unusable("is no coin")
    coin_id, symbol, name = (_name(entry, key) for key in ("id", "symbol", "name"))
    if not re.fullmatch(r"[\w.~-]{1,100}", coin_id, re.ASCII):
        raise Unusable(f"id {coin_id[:40]!r} is none of a coin")
    if not re.fullmatch(r"[\w$.+*@&!-]{1,100}", symbol):
        raise Unusable(f"symbol {symbol[:40]!r} is none of a coin")
    faults: list[str] = []
    amounts = {key: amount for key in AMOUNTS if (amount := _amount(entry, key, faults)) is not None}
    if any(fault.startswith("current_price") for fault in faults):
        raise Unusable(faults[-1] if len(faults) == 1 else "; ".join(faults))
    changes = {
        column: change
        for column, key in CHANGES.items()
        if (change := number(entry.get(key) if entry.get(key) is not None else entry.get(column))) is not None
        and abs(change) < MAX_CHANGE
    }
    dates = {key: moment for key in ("ath_date", "atl_date") if (moment := _moment(entry, key, now, faults))}
    prices = (entry.get("sparkline_in_7d") or {}) if isinstance(entry.get("sparkline_in_7d"), dict) else {}
    points = prices.get("price") if isinstance(prices.get("price"), list) else []
    sparkline = tuple(point for value in points or () if (point := number(value)) is not None and point > 0)
    image = entry.get("image")
    return CoinFacts(
        coin_id,
        symbol,
        name[:100],
        _rank(entry, faults),
        amounts,
        changes,
        dates,
        image if isinstance(image, str) and image.startswith("https://") and len(image) <= 500 else None,
        sparkline,
        _moment(entry, "last_updated", now, faults),
        tuple(faults),
    )


def number(value: Any) -> Decimal | None:
    """A finite number that a source sent as number or text; None for anything else."""
    if value is None or isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() and found.adjusted() < 40 else None


def _name(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise Unusable(f"has no {key}")
    return value.strip()


def _amount(entry: Mapping[str, Any], key: str, faults: list[str]) -> Decimal | None:
    value = entry.get(key)
    if value is None:
        return None
    found = number(value)
    if found is None or found < 0 or found >= AMOUNTS[key]:
        faults.append(f"{key} {shown(value, 40)} makes no sense")
        return None
    return None if found == 0 and key in UNKNOWN_AT_ZERO else found


def _rank(entry: Mapping[str, Any], faults: list[str]) -> int | None:
    rank = entry.get("market_cap_rank")
    if rank is None:
        return None
    if isinstance(rank, bool) or not isinstance(rank, int) or not 0 < rank < MAX_RANK:
        faults.append(f"market_cap_rank {shown(rank, 40)} makes no sense")
        return None
    return rank


def _moment(entry: Mapping[str, Any], key: str, now: datetime, faults: list[str]) -> datetime | None:
    text = entry.get(key)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (OverflowError, TypeError, ValueError):
        moment = None
    if moment is None or moment > now:
        faults.append(f"{key} {shown(text, 40)} makes no sense")
        return None
    return moment

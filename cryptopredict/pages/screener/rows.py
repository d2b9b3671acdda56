"""Rows of the screener: an asset with its last month, its sectors and its open signals."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import Any

from assets.choices import Market
from assets.models import Asset
from assets.selectors.panel import candle_values
from cryptopredict.pages import words
from cryptopredict.pages.freshness import PRICES, Chip, chip
from sectors.selectors.standing import current_members
from selection.choices import PositionType
from trading.selectors.chains import active_signals

DAYS = 30
WIDTH, HEIGHT, EDGE = 100, 24, 2
"""Of the small line, in its own units."""


@dataclass(frozen=True)
class Spark:
    """The closes of the last 30 days as a small line.

    Attributes:
        path: of an SVG of 100 × 24; a day without a candle interrupts it.
        known: the closes that there are, oldest first.
    """

    path: str
    known: list[float]

    @property
    def change(self) -> float:
        """From the first close to the last one, in percent."""
        return 100 * (self.known[-1] / self.known[0] - 1)

    @property
    def direction(self) -> str:
        return "up" if self.change > 0 else "down" if self.change < 0 else "flat"


@dataclass(frozen=True)
class Signals:
    """How many open signals an asset has."""

    long: int = 0
    short: int = 0
    proven: int = 0

    @property
    def count(self) -> int:
        return self.long + self.short


@dataclass(frozen=True)
class Row:
    """An asset as the screener shows it."""

    asset: Asset
    spark: Spark | None
    sectors: list[str]
    signals: Signals
    age: Chip

    @property
    def from_top(self) -> Decimal | None:
        """How far the price lies from its highest ever, in percent."""
        price, top = self.asset.current_price, self.asset.ath
        return None if price is None or not top else 100 * (price / top - 1)


def signals_by_asset(market: Market | None, user: Any) -> dict[int, Signals]:
    """Open signals that somebody may see, by asset, in one query."""
    if market is None:
        return {}
    found: dict[int, Signals] = {}
    rows = active_signals(market, user).order_by().values_list("asset_id", "signal_type", "ai_analysis__is_proven")
    for asset_id, direction, is_proven in rows:
        before = found.get(asset_id, Signals())
        is_long = direction == PositionType.LONG
        found[asset_id] = Signals(before.long + is_long, before.short + (not is_long), before.proven + bool(is_proven))
    return found


def rows_of(assets: Sequence[Asset], signals: Mapping[int, Signals], now: datetime) -> list[Row]:
    """The rows of a page, in the same number of queries however many they are."""
    ids = [one.pk for one in assets]
    lines, names = sparks(ids, now), sectors_of(ids)
    return [
        Row(
            one,
            lines.get(one.pk),
            names.get(one.pk, []),
            signals.get(one.pk, Signals()),
            chip(words.named(words.SOURCES, one.data_source), one.last_price_update, PRICES, now),
        )
        for one in assets
    ]


def sectors_of(asset_ids: Iterable[int]) -> dict[int, list[str]]:
    """Names of the sectors that assets belong to now, the primary one first."""
    found: dict[int, list[str]] = {}
    members = current_members().filter(asset__in=asset_ids, sector__is_active=True)
    rows = members.order_by("-is_primary_sector", "sector__name").values_list("asset_id", "sector__name")
    for asset_id, name in rows:
        found.setdefault(asset_id, []).append(words.named(words.SECTORS, name))
    return found


def sparks(asset_ids: Sequence[int], now: datetime) -> dict[int, Spark]:
    """The small lines of assets with at least two closes of the last 30 days."""
    if not asset_ids:
        return {}
    _times, values = candle_values(asset_ids, "1d", now, DAYS, ("close",))
    drawn = {asset_id: spark(column) for asset_id, column in zip(asset_ids, values["close"].T.tolist(), strict=True)}
    return {asset_id: line for asset_id, line in drawn.items() if line is not None}


def spark(closes: Sequence[float]) -> Spark | None:
    """The line of some closes, oldest first; NaN is a day without a candle."""
    known = [close for close in closes if isfinite(close)]
    if len(known) < 2:
        return None
    low, high = min(known), max(known)
    room, step = HEIGHT - 2 * EDGE, WIDTH / (len(closes) - 1)
    parts, is_drawing = [], False
    for place, close in enumerate(closes):
        if isfinite(close):
            height = 0.5 if high == low else (close - low) / (high - low)
            parts.append(f"{'L' if is_drawing else 'M'}{place * step:.1f} {EDGE + room * (1 - height):.1f}")
        is_drawing = isfinite(close)
    return Spark("".join(parts), known)

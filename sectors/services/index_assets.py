"""Indexes as assets: the total market and every sector have candles of their own, so that forecasts of them are kept
and scored like those of coins.

They are no coins: they belong to no universe, list or ranking, nothing is collected or repaired for them, and people
find them through the sectors only (``is_supported`` is false).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.choices import DEMO_SOURCE, AssetType, Market
from assets.compute.checks import LINE
from assets.models import Asset
from assets.selectors import candle_panel
from assets.services import ingest_candles
from sectors.compute.index import linked
from sectors.models import Sector
from sectors.selectors import SectorMarket
from sectors.selectors.indexes import SOURCE, index_assets, index_key
from sectors.selectors.lines import long_market

Floats = NDArray[np.float64]
TOTAL = "total"
SUFFIX = {Market.REAL: "-INDEX", Market.DEMO: "-INDEX-DEMO"}
LONGEST_SYMBOL = 20
LONGEST = {"1h": 17_520, "4h": 8_760, "1d": 4_000, "1w": 700}
"""Candles of history that are stored at most."""
PLACES = 9
"""Decimals of a level."""


@dataclass(frozen=True)
class Indexes:
    """The indexes of a market: those of its sectors in their order, and that of the total market as the last one.

    Attributes:
        asset_ids: k + 1 of them.
        close: level of each at the newest candle, as it is stored; NaN where it has none; shape (k + 1,).
        landed: candles that were new.
    """

    asset_ids: list[int]
    close: Floats
    landed: int


def land_indexes(market: SectorMarket) -> Indexes:
    """Store the levels of all indexes on the candles of a view that are closed; the same again changes nothing.

    What is stored stands, as with any published index: a later level follows from the stored one by the change that the
    view shows, also where a member's candle was corrected since. Where the view reaches none of a timeframe's candles,
    all history is stored, so that levels do not hang on which moment was run first. Older history that is imported
    afterwards is a stretch of its own.
    """
    view = market.view
    ids = [asset.pk for asset in ensure_indexes(market)]
    stored = candle_panel(ids, view.timeframe, view.as_of, len(view.panel.times)).close
    new = 0
    if not np.isfinite(stored).any():
        whole = long_market(view.timeframe, view.as_of, LONGEST[view.timeframe])
        if whole is not None and _sectors(whole) == _sectors(market):
            before = candle_panel(ids, view.timeframe, view.as_of, len(whole.view.panel.times)).close
            new = _land(whole, ids, before)[1]
            stored = candle_panel(ids, view.timeframe, view.as_of, len(view.panel.times)).close
    close, more = _land(market, ids, stored)
    return Indexes(ids, close, new + more)


def _sectors(market: SectorMarket) -> list[int]:
    return [members.sector.pk for members in market.members]


def _land(market: SectorMarket, ids: list[int], stored: Floats) -> tuple[Floats, int]:
    """Store what is missing.

    Args:
        stored: levels that stand on the candles of the market, shape (t, k + 1).
    Returns:
        Level of each index at the newest candle, shape (k + 1,), and how many candles were new.
    """
    view = market.view
    published = exact(linked(np.column_stack([market.level, market.total.level]), stored))
    held = np.isfinite(stored)
    rows = _rows(published, held, _traded(market))
    frame = _frame(rows, ids, published, _volumes(market), view.panel.times)
    report = ingest_candles(frame, view.timeframe, view.as_of)
    held[rows[:, 0], rows[:, 1]] = True
    return np.where(held[-1], published[-1], np.nan), report.stored.new


def exact(level: Floats) -> Floats:
    """Levels as they can be stored: those of a float and its column are then the same number."""
    return np.round(level, PLACES)


def ensure_indexes(market: SectorMarket) -> list[Asset]:
    """The index assets of the sectors of a market, and of its total, in this order; made where they are missing."""
    kind = market.view.market
    wanted: dict[str, Sector | None] = {index_key(members.sector): members.sector for members in market.members}
    wanted[TOTAL] = None
    known = index_assets(kind)
    missing = {key: sector for key, sector in wanted.items() if key not in known}
    if missing:
        taken = set(Asset.objects.values_list("symbol", flat=True))
        made = []
        for key, sector in missing.items():
            made.append(_asset(key, sector, kind, taken))
            taken.add(made[-1].symbol)
        # Runs of two timeframes may come here at once: the second waits for the first, and takes what that has made.
        Asset.objects.bulk_create(made, ignore_conflicts=True)
        known = index_assets(kind)
    return [known[key] for key in wanted]


def rename_index(before: Sector, after: Sector) -> None:
    """Let the indexes of a sector follow it to another category, with their history and forecasts."""
    if index_key(before) == index_key(after):
        return
    for kind in Market:
        index = index_assets(kind).get(index_key(before))
        if index is not None:
            index.external_ids = {**(index.external_ids or {}), SOURCE: index_key(after)}
            index.save(update_fields=["external_ids", "updated_at"])


def _asset(key: str, sector: Sector | None, kind: Market, taken: set[str]) -> Asset:
    name = "Total market" if sector is None else sector.name
    is_demo = kind == Market.DEMO
    return Asset(
        symbol=_symbol(TOTAL if sector is None else sector.name, SUFFIX[kind], taken),
        name=f"{name[:80]} index{' (demo)' if is_demo else ''}",
        asset_type=AssetType.INDEX,
        data_source=DEMO_SOURCE if is_demo else SOURCE,
        external_ids={SOURCE: key},
        is_supported=False,
    )


def _symbol(name: str, suffix: str, taken: set[str]) -> str:
    """A readable ticker: ``DeFi`` → ``DEFI-INDEX``; with a number where another has it."""
    word = re.sub(r"[^A-Z0-9]+", "-", name.upper()).strip("-") or "SECTOR"
    number, symbol = 1, ""
    while not symbol or symbol in taken:
        ending = suffix if number == 1 else f"-{number}{suffix}"
        symbol = word[: LONGEST_SYMBOL - len(ending)].rstrip("-") + ending
        number += 1
    return symbol


def _rows(published: Floats, stored: NDArray[np.bool_], traded: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Places (row, column) of candles to be stored: none is there, there was a level before, and something traded."""
    before = np.zeros(published.shape, dtype=np.bool_)
    before[1:] = np.isfinite(published[:-1])
    return np.argwhere(np.isfinite(published) & before & traded & ~stored)


def _traded(market: SectorMarket) -> NDArray[np.bool_]:
    """Whether any member of each index has a candle of its own, shape (t, k + 1)."""
    there = np.isfinite(market.close)
    found = [(there[:, one.columns] & (one.share > 0)).any(axis=1) for one in market.members]
    return np.column_stack([*found, there.any(axis=1)])


def _volumes(market: SectorMarket) -> Floats:
    """Dollars traded in the members of each index by candle, shape (t, k + 1)."""
    volume = np.where(np.isfinite(market.volume), market.volume, 0.0)
    found = [(volume[:, one.columns] * one.share).sum(axis=1) for one in market.members]
    return np.column_stack([*found, volume.sum(axis=1)])


def _frame(
    rows: NDArray[np.int64], ids: list[int], level: Floats, volume: Floats, times: NDArray[np.int64]
) -> pl.DataFrame:
    """Candles as sources send them: from the level before to the level, its volume in dollars and in units of the
    index."""
    at, column = rows[:, 0], rows[:, 1]
    first, last, dollars = level[at - 1, column], level[at, column], volume[at, column]
    amounts: Mapping[str, Floats] = {
        "open": first,
        "high": np.maximum(first, last),
        "low": np.minimum(first, last),
        "close": last,
        "volume": dollars / last,
        "quote_volume": dollars,
    }
    moments = [datetime.fromtimestamp(int(time), UTC) for time in times[at]]
    return pl.DataFrame(
        {
            LINE: np.arange(len(rows), dtype=np.int64),
            "asset_id": np.array(ids, dtype=np.int64)[column],
            "candle_time": pl.Series(moments, dtype=pl.Datetime("us", "UTC")),
            "trade_count": pl.Series([None] * len(rows), dtype=pl.String),
        }
        | {
            name: pl.Series([_text(value) for value in values.tolist()], dtype=pl.String)
            for name, values in amounts.items()
        }
    )


def _text(value: float) -> str:
    """All digits of a float, without an exponent."""
    return format(Decimal(repr(value)), "f")

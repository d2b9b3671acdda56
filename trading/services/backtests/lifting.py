"""Candles of a backtest, the shorter ones inside them, and what the market was like."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from assets.choices import DEMO_SOURCE
from assets.compute.periods import LENGTHS, last_closed
from assets.models import Asset, PriceData, PriceDataArchive
from assets.selectors import candle_panel, moment, universe
from macro.models import AIRegimeAnalysis
from macro.models.series import ExternalValue
from sectors.selectors.members import primary_sector_spells
from system.choices import LIVE
from system.exceptions import InvalidInput, NoData
from trading.compute.backtest.bars import PRICES, Bars, Finer, Floats, Integers, nothing_finer
from trading.compute.backtest.costs import Funding
from trading.rules import FINER
from trading.services.shorter_candles import candles_inside

SHORTER = {**FINER, "5m": "1m", "15m": "1m"}
"""Candles that decide where one holds too much."""
NO_REGIME = "unknown"
MOST_CANDLES = 20_000_000
"""Of all assets together: what a server can hold."""


@dataclass(frozen=True)
class Lifted:
    """Candles of some assets; ``asset_ids`` in the order of their columns."""

    bars: Bars
    asset_ids: tuple[int, ...]
    timeframe: str
    known_at: datetime

    def row(self, time: datetime) -> int:
        """Row of the first candle that starts at or after a time."""
        return -(-(int(time.timestamp()) - self.bars.start) // self.bars.step)

    def since(self, first: int) -> "Lifted":
        """The same from a row on."""
        return replace(self, bars=self.bars.since(first))


def named_assets(symbols: Sequence[str]) -> list[Asset]:
    """The assets of these symbols.

    Raises:
        InvalidInput: a symbol that there is none of.
    """
    found = {one.symbol: one for one in Asset.objects.filter(symbol__in=symbols)}
    if strange := [symbol for symbol in symbols if symbol not in found]:
        raise InvalidInput(f"assets: there is no asset {strange[0]}.", field="assets")
    return [found[symbol] for symbol in symbols]


def assets_of(asset_ids: Iterable[int]) -> list[Asset]:
    """Assets by symbol."""
    return list(Asset.objects.filter(pk__in=list(asset_ids)).order_by("symbol"))


def market_since(timeframe: str, start: datetime, end: datetime) -> tuple[list[Asset], datetime]:
    """The assets of the market at a moment, or at the first one after it that has a market: those that died later too,
    and none that nobody could have known of then.

    Returns:
        The assets, and that moment.
    Raises:
        NoData: there is no candle before ``end``.
    """
    try:
        return assets_of(universe(timeframe, start).free), start
    except NoData:
        first = first_candle(timeframe, start)
        if first is None or first + LENGTHS[timeframe] > end:
            raise
        began = first + LENGTHS[timeframe]
        return assets_of(universe(timeframe, began).free), began


def first_candle(timeframe: str, since: datetime) -> datetime | None:
    """Start of the first stored candle of any asset from a moment on."""
    found = [
        table.objects.filter(timeframe=timeframe, candle_time__gte=since)
        .order_by("candle_time")
        .values_list("candle_time", flat=True)
        .first()
        for table in (PriceData, PriceDataArchive)
    ]
    return min((one for one in found if one is not None), default=None)


def lifted(assets: Sequence[Asset], timeframe: str, start: datetime, end: datetime, *, warm_up: int = 0) -> Lifted:
    """Candles from ``warm_up`` before ``start`` to ``end``, as they were known at ``end``.

    Raises:
        NoData: no candle of any of them lies in the window. InvalidInput: more than ``MOST_CANDLES``.
    """
    step = LENGTHS[timeframe]
    bars = (last_closed(end, timeframe) - last_closed(start, timeframe)) // step + warm_up + 1
    if bars * len(assets) > MOST_CANDLES:
        raise InvalidInput(
            f"start: {bars:,} candles of {len(assets):,} assets are {bars * len(assets):,}; {MOST_CANDLES:,} at most.",
            field="start",
        )
    panel = candle_panel([one.pk for one in assets], timeframe, end, bars)
    step_seconds = int(step.total_seconds())
    window = panel.close[panel.times + step_seconds > start.timestamp()]
    if not window.size or np.isnan(window).all():
        raise NoData(f"No {timeframe} candle of these assets lies between {start:%Y-%m-%d %H:%M} and {end:%H:%M} UTC.")
    whole = np.isfinite(panel.open + panel.high + panel.low + panel.close)
    lines = [np.where(whole, getattr(panel, name), np.nan) for name in PRICES]
    made = Bars(
        tuple(one.symbol for one in assets), int(panel.times[0]), step_seconds, lines[0], lines[1], lines[2], lines[3],
        panel.volume,
    )  # fmt: skip
    return Lifted(made, tuple(one.pk for one in assets), timeframe, end)


def finer_of(candles: Lifted) -> Finer:
    """Reads the shorter candles inside some, as known at the same moment; ``nothing_finer`` where none are shorter.
    ``candles`` must have the rows that are asked for."""
    shorter, asset_ids = SHORTER.get(candles.timeframe), np.array(candles.asset_ids, dtype=np.int64)
    if shorter is None:
        return nothing_finer

    def finer(columns: Integers, rows: Integers) -> tuple[Floats, Floats, Floats]:
        starts = candles.bars.start + candles.bars.step * rows
        return candles_inside(asset_ids[columns], starts, candles.timeframe, shorter, candles.known_at)

    return finer


def funding_of(candles: Lifted) -> Funding | None:
    """Payments of the perpetuals among the assets that were known; None if there are none."""
    first, end = moment(candles.bars.start), candles.known_at
    rows = (
        ExternalValue.objects.filter(
            series__kind="funding", series__asset__in=candles.asset_ids, observed_at__gte=first, observed_at__lt=end,
            known_at__lte=end,
        )
        .order_by("series__asset", "observed_at", "known_at")
        .values_list("series__asset", "observed_at", "value")
    )  # fmt: skip
    latest = {(asset, time): float(value) for asset, time, value in rows}
    if not latest:
        return None
    keys = dict(zip(candles.asset_ids, candles.bars.keys, strict=True))
    return Funding(
        tuple(keys[asset] for asset, _time in latest),
        np.array([int(time.timestamp()) for _asset, time in latest], dtype=np.int64),
        np.array(list(latest.values())),
    )


def sectors_of(candles: Lifted) -> dict[str, list[tuple[float, str]]]:
    """When each asset that ever had one belonged to which sector, by symbol."""
    found = primary_sector_spells(candles.asset_ids, candles.known_at)
    keys = dict(zip(candles.asset_ids, candles.bars.keys, strict=True))
    return {keys[asset_id]: spells for asset_id, spells in found.items()}


def regimes_at(candles: Lifted, rows: Integers, series: str) -> tuple[Integers, list[str]]:
    """What the regime was when each order was made, as it was written then: place in the names, and the names."""
    stored = AIRegimeAnalysis.objects.filter(
        series=series or LIVE,
        metrics_snapshot__timeframe=candles.timeframe,
        metrics_snapshot__snapshot_time__lte=candles.known_at,
    )
    lines = list(
        stored.order_by("metrics_snapshot__snapshot_time").values_list(
            "metrics_snapshot__snapshot_time", "current_regime"
        )
    )
    names = [NO_REGIME, *sorted({regime for _time, regime in lines})]
    if not lines:
        return np.zeros(len(rows), dtype=np.int64), names
    times = np.array([int(time.timestamp()) for time, _regime in lines], dtype=np.int64)
    labels = np.array([0, *(names.index(regime) for _time, regime in lines)], dtype=np.int64)
    known = candles.bars.start + candles.bars.step * (rows + 1)
    place = np.searchsorted(times, known, side="right")
    is_old = known - times[np.maximum(place - 1, 0)] > timedelta(days=8).total_seconds()
    return np.where(is_old, 0, labels[place]), names


def is_demo(assets: Sequence[Asset]) -> bool:
    """Whether any candle comes from the demo market."""
    return any(one.data_source == DEMO_SOURCE for one in assets)

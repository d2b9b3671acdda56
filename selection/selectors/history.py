"""The market as asset models see it: candles of all that traded, sectors and values from outside, each as known."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from assets.choices import DEMO_SOURCE, AssetType, Market
from assets.compute.periods import LENGTHS
from assets.models import Asset
from assets.selectors import CandlePanel, MarketView, candle_panel
from assets.selectors.universe import BENCHMARKS
from macro.selectors.outside import outside_lines
from sectors.models import SectorMapping
from selection.compute import features

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class AssetHistory:
    """Candles of n assets over t periods, oldest first, those among them that stopped trading.

    Attributes:
        timeframe: length of the candles.
        asset_ids: shape (n,), rising.
        ends: when each candle closed, seconds since 1970, shape (t,).
        market: what features are made from.
    """

    timeframe: str
    asset_ids: Integers
    ends: Integers
    market: features.Market


def asset_history(timeframe: str, as_of: datetime, market: Market, bars: int) -> AssetHistory:
    """The last periods of every coin that followed no other price, from the first candle of any.

    Args:
        timeframe: length of the candles.
        as_of: nothing that ended, or became known, later is read.
        market: real or demo.
        bars: how many periods back at most.
    """
    panel = candle_panel(_coins(market), timeframe, as_of, bars)
    traded = np.isfinite(panel.close)
    first = int(traded.any(axis=1).argmax()) if traded.any() else bars
    return _history(panel, np.flatnonzero(traded.any(axis=0)), first, as_of, market)


def history_of(view: MarketView) -> AssetHistory:
    """The same from a view of the market, whose candles are not read again, with the coins that had ended by then."""
    return view.figure("asset_history", lambda: _of(view))


def _of(view: MarketView) -> AssetHistory:
    panel = view.panel.take(view.universe.free)
    present = set(view.universe.asset_ids)
    others = [asset_id for asset_id in _coins(view.market) if asset_id not in present]
    if others:
        past = candle_panel(others, view.timeframe, view.as_of, len(panel.times))
        panel = _joined(panel, past.take(past.asset_ids[np.isfinite(past.close).any(axis=0)].tolist()))
    return _history(panel, np.argsort(panel.asset_ids), 0, view.as_of, view.market)


def _coins(market: Market) -> list[int]:
    """Coins of a market that follow no other price, dead ones too, by id. Their candles say when they were there, not
    whether they are switched on today."""
    demo = Q(data_source=DEMO_SOURCE)
    coins = Asset.objects.filter(demo if market == Market.DEMO else ~demo, asset_type=AssetType.CRYPTO)
    free = coins.exclude(Q(symbol__endswith="-PERP") | Q(metrics_details__has_key="pegged_to"))
    return list(free.order_by("id").values_list("id", flat=True))


def _joined(left: CandlePanel, right: CandlePanel) -> CandlePanel:
    pairs = [(getattr(left, name), getattr(right, name)) for name in ("open", "high", "low", "close", "volume")]
    ids = np.append(left.asset_ids, right.asset_ids)
    return CandlePanel(left.timeframe, ids, left.times, *(np.hstack(pair) for pair in pairs))


def _history(panel: CandlePanel, columns: Integers, first: int, as_of: datetime, market: Market) -> AssetHistory:
    ids = panel.asset_ids[columns]
    ends = panel.times[first:] + int(LENGTHS[panel.timeframe].total_seconds())
    high, low, close, volume = (
        values[first:, columns] for values in (panel.high, panel.low, panel.close, panel.volume)
    )
    symbol = BENCHMARKS[market][0]
    bitcoin = Asset.objects.filter(symbol=symbol, pk__in=ids.tolist()).values_list("pk", flat=True).first()
    seen = features.Market(
        high=high,
        low=low,
        close=close,
        volume=volume,
        sector=_sectors(ids, ends, as_of),
        bitcoin=None if bitcoin is None else int(np.flatnonzero(ids == bitcoin)[0]),
        outside=outside_lines(ends, market, as_of),
    )
    return AssetHistory(panel.timeframe, ids, ends, seen)


def _sectors(asset_ids: Integers, ends: Integers, as_of: datetime) -> Integers:
    """Primary sector of each asset at each moment, -1 for none, shape (t, n)."""
    found = np.full((len(ends), len(asset_ids)), -1, dtype=np.int64)
    mappings = (
        SectorMapping.objects.filter(asset_id__in=asset_ids.tolist(), is_primary_sector=True)
        .exclude(valid_from__gt=as_of)
        .values_list("asset_id", "sector_id", "valid_from", "valid_to")
    )
    place = {asset_id: column for column, asset_id in enumerate(asset_ids.tolist())}
    for asset_id, sector_id, since, until in mappings:
        first = 0 if since is None else int(np.searchsorted(ends, since.timestamp(), side="left"))
        end = len(ends) if until is None else int(np.searchsorted(ends, until.timestamp(), side="left"))
        found[first:end, place[asset_id]] = sector_id
    return found

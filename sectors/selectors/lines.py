"""The sectors over time as models see them."""

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from assets.choices import DEMO_SOURCE, AssetType, Market
from assets.compute.periods import LENGTHS
from assets.models import Asset
from assets.selectors import MarketView, candle_panel, universe
from assets.selectors.universe import BENCHMARKS, Member, Universe
from macro.selectors.outside import outside_lines
from sectors.compute.features import Lines
from sectors.selectors.market import SectorMarket, lifted

Integers = NDArray[np.int64]


def ends_of(market: SectorMarket) -> Integers:
    """When each candle of a market closed, seconds since 1970, shape (t,)."""
    return np.asarray(market.view.panel.times + int(LENGTHS[market.view.timeframe].total_seconds()))


def lines_of(market: SectorMarket) -> Lines:
    """What features of the indexes of a market are made from."""
    ids, view = market.asset_ids, market.view
    share = np.zeros((len(market.close), len(market.members), len(ids)))
    for place, members in enumerate(market.members):
        share[:, place, members.columns] = members.share
    stable = Asset.objects.filter(pk__in=ids.tolist(), asset_type=AssetType.STABLECOIN).values_list("pk", flat=True)
    bitcoin = np.flatnonzero(ids == view.universe.bitcoin)
    return Lines(
        close=market.close,
        volume=market.volume,
        cap=market.cap,
        share=share,
        free=~np.isin(ids, list(stable)),
        bitcoin=int(bitcoin[0]) if len(bitcoin) else None,
        outside=outside_lines(ends_of(market), view.market, view.as_of),
    )


def long_market(timeframe: str, as_of: datetime, bars: int) -> SectorMarket | None:
    """The sectors over many candles, with every coin that traded meanwhile, those too that have ended or are switched
    off today; None where no asset belongs to one.

    Raises:
        NoData: no asset has a fresh candle.
    """
    found = universe(timeframe, as_of)
    demo = {"data_source": DEMO_SOURCE}
    coins = Asset.objects.filter(asset_type__in=[AssetType.CRYPTO, AssetType.STABLECOIN])
    coins = coins.exclude(symbol__endswith="-PERP")
    coins = coins.filter(**demo) if found.market == Market.DEMO else coins.exclude(**demo)
    rows = coins.order_by("pk").values_list("pk", "symbol", "asset_type", "metrics_details")
    members = tuple(
        Member(pk, symbol, kind == AssetType.STABLECOIN or "pegged_to" in (details or {}))
        for pk, symbol, kind, details in rows
    )
    panel = candle_panel([member.asset_id for member in members], timeframe, as_of, bars)
    traded = np.isfinite(panel.close)
    first = int(traded.any(axis=1).argmax()) if traded.any() else 0
    there = panel.asset_ids[traded.any(axis=0)].tolist()
    kept = candle_panel(there, timeframe, as_of, bars - first)
    present = tuple(member for member in members if member.asset_id in set(there))
    ids = {member.symbol: member.asset_id for member in present}
    everyone = Universe(found.market, present, *(ids.get(symbol) for symbol in BENCHMARKS[found.market]))
    return lifted(MarketView(timeframe, as_of, everyone, kept))

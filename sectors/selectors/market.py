"""The market by sectors: members, sizes and indexes of every sector, lifted once for all stages of a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.choices import DEMO_SOURCE, AssetType, Market
from assets.models import Asset
from assets.selectors import MarketView, candle_panel, market_view
from macro.compute.regime.guidance import SectorReturns
from macro.models import MetricsSnapshot
from sectors.compute.index import MOST_MISSED, Index, chain_linked, changes
from sectors.models import SectorMapping
from sectors.selectors.caps import cap_panel
from sectors.selectors.members import SectorMembers, sector_members

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SectorMarket:
    """Sectors over the candles of a view: t periods, n assets, k sectors.

    Attributes:
        view: the market at the moment.
        asset_ids: those of the view, and those that had ended by then but were members before, shape (n,).
        symbols: of the assets.
        close, volume, cap: USD; volume per candle, shape (t, n).
        members: the k sectors, by name.
        indexes: index of each sector.
        total: index of all assets that follow no other price, weighed like a sector.
    """

    view: MarketView
    asset_ids: NDArray[np.int64]
    symbols: tuple[str, ...]
    close: Floats
    volume: Floats
    cap: Floats
    members: tuple[SectorMembers, ...]
    indexes: tuple[Index, ...]
    total: Index

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(members.sector.name for members in self.members)

    @property
    def level(self) -> Floats:
        """Index levels, shape (t, k); NaN before a sector began."""
        return np.column_stack([index.level for index in self.indexes])

    @property
    def share(self) -> Floats:
        """Part of each asset that counts in each sector in the last period, shape (k, n)."""
        shares = np.zeros((len(self.members), len(self.asset_ids)))
        for row, members in enumerate(self.members):
            shares[row, members.columns] = members.share[-1]
        return shares


def sector_market(view: MarketView) -> SectorMarket | None:
    """The sectors of a view, computed once for all who ask; None where no asset belongs to one."""
    return view.figure("sectors", lambda: lifted(view))


def sector_returns(snapshot: MetricsSnapshot) -> SectorReturns | None:
    """Log returns of all sectors on the candles of a snapshot, from candles alone; None where no asset belongs to a
    sector."""
    market = sector_market(market_view(snapshot.timeframe, snapshot.snapshot_time))
    if market is None:
        return None
    returns = np.full(market.level.shape, np.nan)
    returns[1:] = np.diff(np.log(market.level), axis=0)
    return SectorReturns(market.names, market.view.panel.times, returns)


def lifted(view: MarketView, sector_ids: Sequence[int] | None = None) -> SectorMarket | None:
    """The sectors of a view, or some of them; None where no asset belongs to one."""
    kinds = _kinds(view, sector_ids)
    ids, close, volume = _candles(view, kinds)
    times = view.panel.times
    stable = frozenset(asset_id for asset_id in ids.tolist() if kinds[asset_id].is_stable)
    members = [
        one
        for one in sector_members(ids, times, view.as_of, stable)
        if sector_ids is None or one.sector.pk in sector_ids
    ]
    if not members:
        return None
    cap = cap_panel(ids.tolist(), view.timeframe, times, close, view.as_of)
    moved = changes(close)
    free = np.flatnonzero([asset_id not in stable for asset_id in ids.tolist()])
    return SectorMarket(
        view,
        ids,
        tuple(kinds[asset_id].symbol for asset_id in ids.tolist()),
        close,
        volume,
        cap,
        tuple(members),
        tuple(chain_linked(moved[:, m.columns], cap[:, m.columns], m.share) for m in members),
        chain_linked(moved[:, free], cap[:, free], np.ones((len(close), len(free)))),
    )


@dataclass(frozen=True)
class _Kind:
    """What an asset is. A wrapped coin repeats the value of another and counts nowhere."""

    symbol: str
    is_stable: bool
    is_wrapped: bool


def _kinds(view: MarketView, sector_ids: Sequence[int] | None) -> dict[int, _Kind]:
    """The view's assets, and all members of its market that may have traded before."""
    of_market = Asset.objects.filter(asset_type__in=[AssetType.CRYPTO, AssetType.STABLECOIN])
    demo = of_market.filter(data_source=DEMO_SOURCE)
    of_market = demo if view.market == Market.DEMO else of_market.exclude(data_source=DEMO_SOURCE)
    mappings = SectorMapping.objects.exclude(valid_from__gt=view.as_of)
    mapped = (mappings if sector_ids is None else mappings.filter(sector__in=sector_ids)).values("asset")
    known = of_market.exclude(symbol__endswith="-PERP").filter(pk__in=mapped)
    rows = (known | Asset.objects.filter(pk__in=view.universe.asset_ids)).values_list(
        "pk", "symbol", "asset_type", "metrics_details"
    )
    return {
        pk: _Kind(symbol, kind == AssetType.STABLECOIN, kind != AssetType.STABLECOIN and "pegged_to" in (details or {}))
        for pk, symbol, kind, details in rows
    }


def _candles(view: MarketView, kinds: Mapping[int, _Kind]) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Assets, closes and volumes of the view, and of members that had ended by then: without these the past of a sector
    would be that of its survivors. What still trades and is no part of the view was taken out of it, and stays out."""
    panel = view.panel
    kept = np.flatnonzero([not kinds[asset_id].is_wrapped for asset_id in panel.asset_ids.tolist()])
    ids, close, volume = panel.asset_ids[kept], panel.close[:, kept], panel.volume[:, kept]
    others = sorted(
        asset_id for asset_id in kinds.keys() - set(panel.asset_ids.tolist()) if not kinds[asset_id].is_wrapped
    )
    if not others:
        return ids, close, volume
    past = candle_panel(others, view.timeframe, view.as_of, len(panel.times))
    trades = np.isfinite(past.close)
    ended = np.flatnonzero(trades.any(axis=0) & ~trades[-1 - MOST_MISSED :].any(axis=0))
    return (
        np.append(ids, past.asset_ids[ended]),
        np.hstack([close, past.close[:, ended]]),
        np.hstack([volume, past.volume[:, ended]]),
    )

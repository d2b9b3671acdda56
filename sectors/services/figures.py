"""The numbers of all sectors at a moment, as arrays: t periods, k sectors by name, n assets."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from assets.compute.series import log_returns, percentile_rank, simple_return
from sectors.compute.index import MOST_MISSED, carried, dominance, share_above_average, trailing_median
from sectors.compute.record import Words, outlooks
from sectors.compute.rotation import Flows, match, mean_known, net_changes
from sectors.compute.strength import momentum_scores, relative_strengths, volatility_place, windows
from sectors.rules import CLEAR
from sectors.selectors import SectorMarket

Floats = NDArray[np.float64]
DAY, WEEK, MONTH, YEAR = timedelta(days=1), timedelta(days=7), timedelta(days=30), timedelta(days=365)
SPANS = {"24h": DAY, "7d": WEEK, "30d": MONTH}
BREADTH_PERIOD = 50
STILL = 1e-6
"""Percentage points of dominance: when no sector moved more net of prices, the caps were made from one count of coins
and cannot show a flow."""
BY_CAP, BY_TURNOVER = "market_cap", "turnover"


@dataclass(frozen=True)
class Rotation:
    """Flows between the sectors over a week.

    Attributes:
        flows: in percentage points of what all sectors hold, or of what is traded in them.
        basis: ``market_cap``, or ``turnover`` (dollar volume) where market caps do not show it.
    """

    flows: Flows
    basis: str


@dataclass(frozen=True)
class Figures:
    """What the sectors did, each figure computed when it is asked for, once."""

    market: SectorMarket

    def bars(self, span: timedelta) -> int:
        return self.market.view.bars(span)

    @cached_property
    def month(self) -> int:
        """Candles of a month, two at least."""
        return max(2, self.bars(MONTH))

    @cached_property
    def level(self) -> Floats:
        """Shape (t, k)."""
        return self.market.level

    @cached_property
    def whole(self) -> Floats:
        """Index of the total market, shape (t, 1)."""
        return self.market.total.level[:, None]

    @cached_property
    def returns(self) -> dict[str, Floats]:
        """Percent by span, shape (k,) each; NaN where a candle is longer than the span."""
        unknown = np.full(self.level.shape[1], np.nan)
        return {
            name: 100 * simple_return(self.level, self.bars(span)) if self.market.view.resolves(span) else unknown
            for name, span in SPANS.items()
        }

    @cached_property
    def momentum(self) -> Floats:
        """-1 … 1, shape (t, k)."""
        return momentum_scores(self.level, self.month)

    @cached_property
    def spread(self) -> Floats:
        """Volatility per candle over a month, shape (t, k)."""
        return windows(log_returns(self.level), self.month)[1]

    @cached_property
    def against_bitcoin(self) -> Floats:
        """Relative strength against Bitcoin, 0-1, shape (t, k)."""
        return relative_strengths(self.level, self.coin(self.market.view.universe.bitcoin), self.month)

    @cached_property
    def against_total(self) -> Floats:
        """Relative strength against the total market, 0-1, shape (t, k)."""
        return relative_strengths(self.level, self.whole[:, 0], self.month)

    @cached_property
    def strength(self) -> Floats:
        """Mean of both, or the one that is known, shape (t, k)."""
        one, other = self.against_bitcoin, self.against_total
        mean = (one + other) / 2
        return np.where(np.isfinite(mean), mean, np.where(np.isfinite(other), other, one))

    @cached_property
    def words(self) -> Words:
        """Outlook of each sector in each period, shape (t, k)."""
        return outlooks(self.momentum, self.strength, CLEAR)

    @cached_property
    def whole_momentum(self) -> Floats:
        """Of the total market, shape (t, 1)."""
        return momentum_scores(self.whole, self.month)

    @cached_property
    def whole_spread(self) -> Floats:
        """Volatility per candle of the total market over a month, shape (t, 1)."""
        return windows(log_returns(self.whole), self.month)[1]

    @cached_property
    def whole_words(self) -> Words:
        """Outlook of the total market in each period, shape (t, 1)."""
        return outlooks(self.whole_momentum, np.full(self.whole.shape, np.nan), CLEAR)

    @cached_property
    def volatility(self) -> Floats:
        """Place of each sector's volatility among its own past, 0-1, shape (k,)."""
        return volatility_place(self.level)

    @cached_property
    def risk(self) -> Floats:
        """Place of each sector's monthly volatility among the sectors, 0-1, shape (k,)."""
        return percentile_rank(self.spread[-1])

    @cached_property
    def volume(self) -> Floats:
        """USD of the last 24 hours, shape (k,); of an asset in two sectors each has its part."""
        if not self.market.view.resolves(DAY):
            return np.full(len(self.market.members), np.nan)
        last = self.market.volume[-self.bars(DAY) :]
        known = np.isfinite(last)
        share = self.market.share
        summed = share @ np.where(known, last, 0.0).sum(axis=0)
        return np.where(share @ known.any(axis=0) > 0, summed, np.nan)

    @cached_property
    def liquidity(self) -> Floats:
        """Place of each sector's usual dollar volume among the sectors, 0-1, shape (k,): of each member the median
        candle of a month."""
        usual = trailing_median(self.market.volume, self.month)
        share = self.market.share
        summed = share @ np.where(np.isfinite(usual), usual, 0.0)
        return percentile_rank(np.where(share @ np.isfinite(usual) > 0, summed, np.nan))

    @cached_property
    def price(self) -> Floats:
        """Last price of each asset, shape (n,); NaN of one that has ended."""
        return carried(self.market.close[-1 - MOST_MISSED :], MOST_MISSED)[-1]

    @cached_property
    def present(self) -> NDArray[np.bool_]:
        """Present members of each sector that have a price, shape (k, n)."""
        return (self.market.share > 0) & np.isfinite(self.price)

    @cached_property
    def above(self) -> Floats:
        """Share of the members above the average of their last 50 closes, shape (k,)."""
        return self._part(share_above_average(self.market.close, BREADTH_PERIOD))

    @cached_property
    def advancing(self) -> Floats:
        """Share of the members whose price rose over a month, shape (k,)."""
        moved = simple_return(self.market.close, self.month)
        return self._part(np.where(np.isfinite(moved), (moved > 0).astype(float), np.nan))

    def _part(self, flags: Floats) -> Floats:
        """Share of each sector's members that have a flag (1 or 0), among those of which it is known."""
        known = self.present & np.isfinite(flags)
        count = known.sum(axis=1)
        return np.where(count > 0, (known & (flags == 1)).sum(axis=1) / np.maximum(count, 1), np.nan)

    @cached_property
    def capped(self) -> NDArray[np.int64]:
        """How many present members of each sector have a market cap, shape (k,)."""
        return np.asarray((self.present & np.isfinite(self.market.cap[-1])).sum(axis=1))

    @cached_property
    def has_caps(self) -> bool:
        """Whether at least half of all assets have a market cap: the total of fewer would be no total."""
        priced = np.isfinite(self.price)
        known = np.isfinite(self.market.cap[-1])
        return bool(known.any() and 2 * known.sum() >= priced.sum())

    def cap_of(self, row: int) -> Floats:
        """Market cap of each sector by its present members, USD, shape (k,); NaN where fewer than half have one.

        Args:
            row: period, counted from the end.
        """
        if row > len(self.market.cap):
            return np.full(len(self.market.members), np.nan)
        cap = np.where(self.present, self.market.cap[-row], np.nan)
        known = np.isfinite(cap)
        enough = known.any(axis=1) & (2 * known.sum(axis=1) >= self.present.sum(axis=1))
        return np.where(enough, (np.where(known, cap, 0.0) * self.market.share).sum(axis=1), np.nan)

    @cached_property
    def cap(self) -> Floats:
        return self.cap_of(1)

    @cached_property
    def dominance(self) -> tuple[Floats, float]:
        """Share of each sector in the total market cap and of what belongs to none, percent; NaN without caps."""
        if not self.has_caps:
            return np.full(len(self.market.members), np.nan), float("nan")
        return dominance(self.market.cap[-1], self.market.share)

    @cached_property
    def rotation(self) -> Rotation | None:
        """Flows over the last week; None where neither caps nor volumes reach back far enough."""
        for basis, sizes in ((BY_CAP, self._caps_of_week), (BY_TURNOVER, self._turnover_of_weeks)):
            found = sizes()
            net = net_changes(*found, self.market.share) if found is not None else None
            if net is not None and (basis == BY_TURNOVER or np.abs(net).max() > STILL):
                return Rotation(match(net), basis)
        return None

    def _caps_of_week(self) -> tuple[Floats, Floats, Floats] | None:
        """Market caps a week ago and now, and growth of the prices."""
        week, cap = self.bars(WEEK), self.market.cap
        if not self.has_caps or len(cap) <= week:
            return None
        close = carried(self.market.close, MOST_MISSED)
        return cap[-1 - week], cap[-1], close[-1] / close[-1 - week]

    def _turnover_of_weeks(self) -> tuple[Floats, Floats, Floats] | None:
        """Mean dollar volumes of the week before the last and of the last, and growth of the mean prices."""
        week, volume, close = self.bars(WEEK), self.market.volume, self.market.close
        if len(volume) < 2 * week:
            return None
        before, last = slice(-2 * week, -week), slice(-week, None)
        return mean_known(volume[before]), mean_known(volume[last]), mean_known(close[last]) / mean_known(close[before])

    def coin(self, asset_id: int | None) -> Floats:
        """Closes of one asset, shape (t,); NaN where there is none."""
        found = np.flatnonzero(self.market.asset_ids == asset_id) if asset_id is not None else ()
        if not len(found):
            return np.full(len(self.level), np.nan)
        return carried(self.market.close[:, found[:1]], MOST_MISSED)[:, 0]

"""The present holdings as arrays: what risk and better weights are counted from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assets.compute.series import Floats
from assets.selectors import MarketView, market_view
from sectors.selectors.members import primary_sectors
from selection.choices import HoldingType
from selection.selectors.valued import Valued
from system.exceptions import NoData

DAY = "1d"
NO_SECTOR = "none"
PAST_DAYS = 365
"""How far back the risk of the present holdings is looked at."""
MONTH_DAYS = 30


@dataclass(frozen=True)
class Holdings:
    """Open positions with a known value, each a column.

    Attributes:
        valued: the positions, n of them.
        weights: signed shares of the gross exposure, shape (n,).
        returns: simple returns of the past days, shape (t, n); NaN is none; 0 of what counts as a dollar.
        bitcoin: the same of Bitcoin, shape (t,).
        volume: median USD volume of the last 30 days, shape (n,); NaN is unknown.
        sectors: name of the primary sector of each.
        daily: the market's days that the returns are of; None where there are none, and so no returns.
    """

    valued: Sequence[Valued]
    weights: Floats
    returns: Floats
    bitcoin: Floats
    volume: Floats
    sectors: tuple[str, ...]
    daily: MarketView | None

    @property
    def signs(self) -> Floats:
        return np.sign(self.weights)

    @property
    def symbols(self) -> list[str]:
        return [one.position.asset.symbol for one in self.valued]

    @property
    def is_free(self) -> np.ndarray:
        """Which of them are bought coins whose price moves freely: what weights can be shifted between."""
        kinds = (HoldingType.CRYPTO_ASSET, HoldingType.LONG_POSITION)
        moves = np.nan_to_num(self.returns).any(axis=0) if len(self.returns) else np.zeros(len(self.valued), bool)
        return np.array([one.position.asset_type in kinds for one in self.valued]) & moves & (self.weights > 0)


def holdings(valued: Sequence[Valued], view: MarketView) -> Holdings | None:
    """Positions with a value in the view; None where nothing is worth anything. Whatever candles the view has, the past
    is that of days: what is said of a day, or of costs over days, means one."""
    sizes = np.array([_exposure(one) for one in valued])
    if not len(sizes) or not sizes.sum():
        return None
    signs = np.array([-1.0 if one.holding.is_short else 1.0 for one in valued])
    daily = days_of_market(view)
    returns, bitcoin, volume = _past(valued, daily)
    found = primary_sectors([one.position.asset_id for one in valued], view.as_of)
    names = tuple(found[i].name if (i := one.position.asset_id) in found else NO_SECTOR for one in valued)
    return Holdings(tuple(valued), sizes / sizes.sum() * signs, returns, bitcoin, volume, names, daily)


def days_of_market(view: MarketView) -> MarketView | None:
    """The market by days at the moment of a view; None where nothing has fresh candles of days."""
    if view.timeframe == DAY:
        return view
    try:
        return market_view(DAY, view.as_of)
    except NoData:
        return None


def _past(valued: Sequence[Valued], daily: MarketView | None) -> tuple[Floats, Floats, Floats]:
    """Returns of the positions and of Bitcoin, and usual volumes of the positions, see ``Holdings``."""
    volume = np.full(len(valued), np.nan)
    if daily is None:
        return np.empty((0, len(valued))), np.empty(0), volume
    known = {asset_id: place for place, asset_id in enumerate(daily.panel.asset_ids.tolist())}
    close = daily.panel.close[-(PAST_DAYS + 1) :]
    simple = close[1:] / close[:-1] - 1
    returns = np.full((len(simple), len(valued)), np.nan)
    for column, one in enumerate(valued):
        place = known.get(one.position.asset_id)
        if place is not None:
            returns[:, column] = simple[:, place]
            recent = daily.panel.volume[-MONTH_DAYS:, place]
            volume[column] = np.median(recent[np.isfinite(recent)]) if np.isfinite(recent).any() else np.nan
        elif one.is_assumed:
            returns[:, column] = 0.0
    market = daily.universe.bitcoin
    bitcoin = simple[:, known[market]] if market in known else np.full(len(simple), np.nan)
    return returns, bitcoin, volume


def _exposure(one: Valued) -> float:
    """Size of a position in the market: coins by price, whatever was borrowed for them."""
    return float(one.holding.quantity * one.price) if one.price is not None else 0.0

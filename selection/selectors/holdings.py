"""The present holdings as arrays: what risk and better weights are counted from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from assets.compute.series import Floats
from assets.selectors import MarketView
from sectors.selectors.members import primary_sectors
from selection.choices import HoldingType
from selection.selectors.valued import Valued

DAY = timedelta(days=1)
NO_SECTOR = "none"
PAST_DAYS = 365
"""How far back the risk of the present holdings is looked at, in candles of the view."""


@dataclass(frozen=True)
class Holdings:
    """Open positions with a known value, each a column.

    Attributes:
        valued: the positions, n of them.
        weights: signed shares of the gross exposure, shape (n,).
        returns: simple returns of the past candles, shape (t, n); NaN is none; 0 of what counts as a dollar.
        bitcoin: the same of Bitcoin, shape (t,).
        volume: median USD volume per day of the last 30 candles, shape (n,); NaN is unknown.
        sectors: name of the primary sector of each.
    """

    valued: Sequence[Valued]
    weights: Floats
    returns: Floats
    bitcoin: Floats
    volume: Floats
    sectors: tuple[str, ...]

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
    """Positions with a value in the view; None where nothing is worth anything."""
    sizes = np.array([_exposure(one) for one in valued])
    if not len(sizes) or not sizes.sum():
        return None
    signs = np.array([-1.0 if one.holding.is_short else 1.0 for one in valued])
    known = {asset_id: place for place, asset_id in enumerate(view.panel.asset_ids.tolist())}
    close, bars = view.panel.close[-(PAST_DAYS + 1) :], len(view.panel.close)
    simple = close[1:] / close[:-1] - 1
    returns = np.full((len(simple), len(valued)), np.nan)
    volume = np.full(len(valued), np.nan)
    per_day = max(1, view.bars(DAY)) if view.resolves(DAY) else 1
    for column, one in enumerate(valued):
        place = known.get(one.position.asset_id)
        if place is not None:
            returns[:, column] = simple[:, place]
            recent = view.panel.volume[-min(bars, 30 * per_day) :, place]
            volume[column] = per_day * np.median(recent[np.isfinite(recent)]) if np.isfinite(recent).any() else np.nan
        elif one.is_assumed:
            returns[:, column] = 0.0
    market = view.universe.bitcoin
    bitcoin = simple[:, known[market]] if market in known else np.full(len(simple), np.nan)
    found = primary_sectors([one.position.asset_id for one in valued], view.as_of)
    names = tuple(found[i].name if (i := one.position.asset_id) in found else NO_SECTOR for one in valued)
    return Holdings(tuple(valued), sizes / sizes.sum() * signs, returns, bitcoin, volume, names)


def _exposure(one: Valued) -> float:
    """Size of a position in the market: coins by price, whatever was borrowed for them."""
    return float(one.holding.quantity * one.price) if one.price is not None else 0.0

"""What asset models are trained on: the market of years as it was known, moment by moment, and what came after.

Nothing on the pipeline's path imports this module: it knows the future of its labels.
"""

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from aimodels.compute import gates
from aimodels.compute.gates import Failed
from aimodels.services.price_subjects import LONGEST, PastPrices, price_subject
from aimodels.services.subjects import Subject, SubjectKey
from assets.choices import Market as MarketKind
from assets.selectors import universe
from selection.compute.features import Market, Spans, features
from selection.rules import ASSET_PRICES, SPANS
from selection.selectors.history import AssetHistory, asset_history
from system.exceptions import NoData

Floats = NDArray[np.float64]
PROOF_ROWS, PROOF_ASSETS = 200, 4
"""Rows behind the first whole window, and assets, on which the features are proven."""


def subjects(timeframe: str) -> list[SubjectKey]:
    """The models of a timeframe: one for each horizon that its candles resolve."""
    return ASSET_PRICES.subjects(timeframe)


def lift(timeframe: str, as_of: datetime) -> PastPrices:
    """The market up to a moment, with its features and what their proofs found.

    Raises:
        NoData: too few candles for the features, or of the demo market alone.
    """
    if universe(timeframe, as_of).market != MarketKind.REAL:
        raise NoData("Asset models are learned from real candles, and serve them alone; import some first.")
    history = asset_history(timeframe, as_of, MarketKind.REAL, LONGEST[timeframe])
    look_back = SPANS[timeframe].look_back
    if len(history.ends) <= look_back + PROOF_ROWS:
        raise NoData(f"Asset models look back over {look_back} candles of {timeframe}; import more of them first.")
    return past_prices(history, proofs(history.market, SPANS[timeframe]))


def past_prices(history: AssetHistory, proofs: list[Failed]) -> PastPrices:
    """A market over years with its features.

    Args:
        proofs: what stands against them.
    """
    spans = SPANS[history.timeframe]
    return PastPrices(
        timeframe=history.timeframe,
        asset_ids=history.asset_ids,
        ends=history.ends,
        close=history.market.close,
        features=features(history.market, spans),
        look_back=spans.look_back,
        proofs=proofs,
    )


def material(name: str, as_of: datetime, *, lifted: PastPrices | None = None) -> Subject:
    """What the model of a horizon is trained and judged on: every asset that traded at a moment, dead ones too.

    Args:
        name: as ``subjects`` gives it.
        as_of: nothing later is read.
        lifted: the market, if it has been lifted already.
    Raises:
        InvalidInput: there is no such model.
        NoData: too few candles.
    """
    timeframe, _hours = ASSET_PRICES.parsed(name)
    return price_subject(ASSET_PRICES, name, lifted or lift(timeframe, as_of))


def proofs(market: Market, spans: Spans) -> list[Failed]:
    """What is found against the features on the newest candles: whether any knows the future, and whether the look-back
    that is declared suffices. What is unknown there is taken as known, so that every feature has a value.

    Raises:
        NoData: no assets with unbroken candles.
    """
    length = spans.look_back
    rows = market.rows(len(market.close) - length - PROOF_ROWS, len(market.close))
    panels = np.stack([rows.high, rows.low, rows.close, rows.volume, np.maximum(rows.sector, 0)], axis=1)
    whole = np.flatnonzero(np.isfinite(panels).all(axis=(0, 1)) & (rows.volume > 0).all(axis=0))[:PROOF_ASSETS]
    if not len(whole):
        raise NoData("No asset has candles without holes, on which features can be proven.")
    shape = (len(panels), -1)
    seen = np.hstack([panels[:, :, whole].reshape(shape), np.nan_to_num(rows.outside, nan=1.0)])
    names = features(_market(seen, len(whole)), spans).names

    def compute(history: Floats) -> Floats:
        return features(_market(history, len(whole)), spans).values[:, 0]

    ahead = gates.look_ahead(compute, seen, names)
    return [*ahead, *gates.warm_up(compute, seen, names, length=length)]


def _market(seen: Floats, count: int) -> Market:
    high, low, close, volume, sector = (seen[:, place * count : (place + 1) * count] for place in range(5))
    return Market(high, low, close, volume, np.rint(sector).astype(np.int64), 0, seen[:, 5 * count :])

"""What sector models are trained on: the indexes of years as they stood, moment by moment, and what came after.

Nothing on the pipeline's path imports this module: it knows the future of its labels.
"""

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from aimodels.compute import gates
from aimodels.compute.gates import Failed
from aimodels.services.price_subjects import LONGEST, PastPrices, price_subject
from aimodels.services.subjects import Subject, SubjectKey
from assets.choices import Market
from macro.compute.known_values import OUTSIDE
from sectors.compute.features import Lines, Spans, features, levels
from sectors.rules import SECTOR_PRICES, SPANS
from sectors.selectors.lines import ends_of, lines_of, long_market
from sectors.services.index_assets import ensure_indexes
from system.exceptions import NoData

Floats = NDArray[np.float64]
PROOF_ROWS, PROOF_SECTORS, PROOF_ASSETS = 120, 2, 6


def subjects(timeframe: str) -> list[SubjectKey]:
    """The models of a timeframe: one for each horizon that its candles resolve."""
    return SECTOR_PRICES.subjects(timeframe)


def lift(timeframe: str, as_of: datetime) -> PastPrices:
    """The indexes up to a moment, with their features and what their proofs found.

    Raises:
        NoData: no asset belongs to a sector, too few candles, or the demo market alone.
    """
    spans, market = SPANS[timeframe], long_market(timeframe, as_of, LONGEST[timeframe])
    if market is None:
        raise NoData("No asset belongs to a sector; import sector memberships first (manage.py import_market).")
    if market.view.market != Market.REAL:
        raise NoData("Sector models are learned from real candles, and serve them alone; import some first.")
    if len(market.close) <= spans.look_back + PROOF_ROWS:
        raise NoData(
            f"Sector models look back over {spans.look_back} candles of {timeframe}; import more of them first."
        )
    lines = lines_of(market)
    ids = np.array([asset.pk for asset in ensure_indexes(market)], dtype=np.int64)
    return PastPrices(
        timeframe=timeframe,
        asset_ids=ids,
        ends=ends_of(market),
        close=levels(lines),
        features=features(lines, spans),
        look_back=spans.look_back,
        proofs=proofs(lines, spans),
    )


def material(name: str, as_of: datetime, *, lifted: PastPrices | None = None) -> Subject:
    """What the model of a horizon is trained and judged on: every index at every moment.

    Args:
        name: as ``subjects`` gives it.
        as_of: nothing later is read.
        lifted: the indexes, if they have been lifted already.
    Raises:
        InvalidInput: there is no such model.
        NoData: too few candles, or no sectors.
    """
    timeframe, _hours = SECTOR_PRICES.parsed(name)
    return price_subject(SECTOR_PRICES, name, lifted or lift(timeframe, as_of))


def proofs(lines: Lines, spans: Spans) -> list[Failed]:
    """What is found against the features on the newest candles of a few assets: whether any knows the future, and
    whether the look-back that is declared suffices. What is unknown there is taken as known, so that every feature has
    a value.

    Raises:
        NoData: no assets with unbroken candles.
    """
    length = spans.look_back
    first = len(lines.close) - length - PROOF_ROWS
    panels = np.stack([lines.close[first:], lines.volume[first:]])
    member = lines.share[-1].any(axis=0)
    whole = np.flatnonzero(np.isfinite(panels).all(axis=(0, 1)) & (panels[1] > 0).all(axis=0) & lines.free & member)
    whole = whole[:PROOF_ASSETS]
    if len(whole) < 2:
        raise NoData("No members of sectors have candles without holes, on which features can be proven.")
    # Half of the assets in each of two sectors, whatever they belong to: a proof is about the formulas.
    share = np.zeros((len(panels[0]), PROOF_SECTORS, len(whole)))
    share[:, 0, ::2], share[:, 1, 1::2] = 1.0, 1.0
    close, volume = panels[0][:, whole], panels[1][:, whole]
    cap = np.where(
        np.isfinite(lines.cap[first:, whole]), lines.cap[first:, whole], close * np.arange(1, len(whole) + 1)
    )
    seen = np.hstack([close, volume, cap, np.nan_to_num(lines.outside[first:], nan=1.0)])
    names = features(_proven(seen, share), spans).names

    def compute(history: Floats) -> Floats:
        values = features(_proven(history, share), spans).values
        # What says nothing of one index is said of another: each feature by the first that has it.
        return np.where(np.isnan(values[:, 0]), values[:, -1], values[:, 0])

    return [*gates.look_ahead(compute, seen, names), *gates.warm_up(compute, seen, names, length=length)]


def _proven(seen: Floats, share: Floats) -> Lines:
    count = share.shape[2]
    close, volume, cap = (seen[:, place * count : (place + 1) * count] for place in range(3))
    free = np.ones(count, dtype=np.bool_)
    outside = seen[:, -len(OUTSIDE) :]
    return Lines(close, volume, cap, share[: len(seen)], free, 0, outside)

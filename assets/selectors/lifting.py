"""What a run reads of every asset, read once: the long history behind the indicators, and from its end the market view.

It can be read in parts, each of some assets, by other processes than the one that goes on with it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

import numpy as np
import orjson

from assets.compute.indicators import nested, with_indicators
from assets.compute.outputs import OUTPUTS, WARM_UP
from assets.selectors.indicators import ASSETS_AT_ONCE, flat_candles
from assets.selectors.market import BARS, MarketView, remember, remembered
from assets.selectors.panel import FIELDS, CandlePanel, candle_panel
from assets.selectors.universe import universe

NEWEST = "newest indicators"
Newest = tuple[int, datetime, dict[str, Any]]
"""An asset, its newest closed candle and what is kept with it."""


@dataclass(frozen=True)
class Part:
    """Some assets of the universe.

    Attributes:
        timeframe, as_of: what was read, with what was known.
        panel: as far back as the analyses look.
        newest: indicators of each asset at its newest candle.
    """

    timeframe: str
    as_of: datetime
    panel: CandlePanel
    newest: list[Newest]

    def packed(self) -> bytes:
        """The part as bytes, which hold arrays and JSON and no code."""
        file = BytesIO()
        told = [(asset_id, time.isoformat(), values) for asset_id, time, values in self.newest]
        named = {"timeframe": self.timeframe, "as_of": self.as_of.isoformat(), "newest": told}
        arrays = {name: getattr(self.panel, name) for name in ("asset_ids", "times", *FIELDS)}
        np.savez(file, allow_pickle=False, named=np.frombuffer(orjson.dumps(named), dtype=np.uint8), **arrays)
        return file.getvalue()


def unpacked(data: bytes) -> Part:
    """A part as it was before it was packed.

    Raises:
        ValueError: these bytes are none.
    """
    with np.load(BytesIO(data), allow_pickle=False) as arrays:
        named = orjson.loads(arrays["named"].tobytes())
        panel = CandlePanel(named["timeframe"], *(arrays[name] for name in ("asset_ids", "times", *FIELDS)))
    newest = [(asset_id, datetime.fromisoformat(time), values) for asset_id, time, values in named["newest"]]
    return Part(named["timeframe"], datetime.fromisoformat(named["as_of"]), panel, newest)


def lift(asset_ids: Sequence[int], timeframe: str, as_of: datetime) -> Part:
    """Read some assets: no more than fit into memory with their long history."""
    long = candle_panel(asset_ids, timeframe, as_of, WARM_UP)
    return Part(timeframe, as_of, _end(long, BARS[timeframe]), newest_indicators(long))


def newest_indicators(panel: CandlePanel) -> list[Newest]:
    """Indicators of every asset of a panel that has candles, at its newest one, in the shape that is stored."""
    newest = []
    for row in with_indicators(flat_candles(panel), bars=1).iter_rows(named=True):
        values = nested({name: row[name] for name in OUTPUTS})
        values["computed_at"] = row["candle_time"].isoformat()
        newest.append((row["asset_id"], row["candle_time"], values))
    return newest


def lifted_market(timeframe: str, as_of: datetime, parts: Iterable[Part] = ()) -> MarketView:
    """The market at ``as_of``, with the newest indicators as one of its figures; remembered for the stages of a run.

    Args:
        timeframe, as_of: of the run.
        parts: what others have read already. Parts of another moment count as none; assets that are in no part are
            read here, and assets that left the universe since are left out.
    Raises:
        NoData: no asset has a fresh candle of the timeframe.
    """
    before = remembered(timeframe, as_of)
    if before is not None and NEWEST in before.figures:
        return before
    found = universe(timeframe, as_of)
    given = [part for part in parts if (part.timeframe, part.as_of) == (timeframe, as_of)]
    there = {asset_id for part in given for asset_id in part.panel.asset_ids.tolist()}
    missing = [asset_id for asset_id in found.asset_ids if asset_id not in there]
    given += [lift(some, timeframe, as_of) for some in batches(missing, ASSETS_AT_ONCE)]
    view = MarketView(timeframe, as_of, found, _joined([part.panel for part in given], found.asset_ids))
    members = set(found.asset_ids)
    newest = (row for part in given for row in part.newest if row[0] in members)
    view.figures[NEWEST] = sorted(newest, key=lambda row: row[0])
    remember(view)
    return view


def batches(asset_ids: Sequence[int], size: int) -> list[list[int]]:
    """Assets in batches of at most this size, in their order."""
    return [list(asset_ids[first : first + size]) for first in range(0, len(asset_ids), size)]


def _end(panel: CandlePanel, bars: int) -> CandlePanel:
    """The newest candles of a panel, in memory of their own: the rest of it can go."""
    values = (getattr(panel, name)[-bars:].copy() for name in FIELDS)
    return CandlePanel(panel.timeframe, panel.asset_ids, panel.times[-bars:].copy(), *values)


def _joined(panels: Sequence[CandlePanel], asset_ids: Collection[int]) -> CandlePanel:
    """Panels of the same candles side by side, with these assets in this order."""
    ids = np.concatenate([panel.asset_ids for panel in panels])
    place = {asset_id: column for column, asset_id in enumerate(ids.tolist())}
    columns = np.array([place[asset_id] for asset_id in asset_ids])
    values = (np.hstack([getattr(panel, name) for panel in panels])[:, columns] for name in FIELDS)
    return CandlePanel(panels[0].timeframe, ids[columns], panels[0].times, *values)

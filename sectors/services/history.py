"""Rows of ``sector_history``: the point of the newest candle in each sector's series."""

from typing import Any

import numpy as np

from assets.compute.indicators import Slices, nested, on_slices
from sectors.models import SectorHistory
from sectors.services.figures import DAY, Figures
from sectors.services.rows import NO_VOLUME, TOO_LONG, few_caps
from system.services import complete

INDICATORS = (
    "RSI_14", "MACD", "MACD_signal", "MACD_histogram", "SMA_20", "SMA_50", "SMA_200", "EMA_20", "EMA_50", "EMA_200",
)  # fmt: skip


def points(figures: Figures) -> list[dict[str, Any]]:
    """The rows of all sectors."""
    return [_point(figures, k, values) for k, values in enumerate(_indicators(figures))]


def _point(figures: Figures, k: int, indicators: dict[str, Any]) -> dict[str, Any]:
    market, view = figures.market, figures.market.view
    values, absent = complete(
        SectorHistory,
        {
            "sector": market.members[k].sector,
            "timeframe": view.timeframe,
            "candle_time": view.candle_time,
            "market_cap": float(figures.cap[k]),
            "volume_24h": float(figures.volume[k]),
        },
        {"market_cap": few_caps(figures, k), "volume_24h": NO_VOLUME if view.resolves(DAY) else TOO_LONG},
        by_people=("technical_indicators",),
    )
    level = figures.level[:, k]
    index = {
        "return_pct": 100 * float(level[-1] / level[-2] - 1) if len(level) > 1 else None,
        "weighted_by": "market_cap" if market.indexes[k].by_cap[-1] else "equal",
    }
    return values | {"technical_indicators": indicators | {"index": index, "missing": absent}}


def _indicators(figures: Figures) -> list[dict[str, Any]]:
    """Of each index, with the present level as 100, so that they do not hang on where the index began."""
    levels = [column[np.isfinite(column)] for column in figures.level.T]
    scaled = [100 * level / level[-1] if len(level) else level for level in levels]
    flat = np.concatenate(scaled)
    offsets = np.append(0, np.cumsum([len(level) for level in scaled])).astype(np.int64)
    found = on_slices(Slices(offsets, flat, flat, flat, np.zeros(len(flat))), INDICATORS, bars=1)
    places = np.cumsum([len(level) > 0 for level in scaled]) - 1
    return [
        nested({name: float(values[place]) for name, values in found.items()}) if len(level) else {}
        for place, level in zip(places.tolist(), scaled, strict=True)
    ]

"""The columns of ``sectors`` that say how a sector stands at present: kept by live runs only."""

from typing import Any

import numpy as np

from assets.compute.series import percentile_rank
from assets.selectors import moment
from sectors.models import AISectorAnalysis, Sector
from sectors.services.figures import DAY, Figures
from system.choices import LIVE
from system.services import land

DAYS, COINS = 7, 3


def keep_current(figures: Figures) -> int:
    """Write the present figures into ``sectors``, unless a live run of a later moment has done so, or candles are
    longer than a day.

    Returns:
        How many sectors changed.
    """
    view = figures.market.view
    if not view.resolves(DAY) or AISectorAnalysis.objects.filter(series=LIVE, analysis_time__gt=view.as_of).exists():
        return 0
    before = figures.cap_of(1 + figures.bars(DAY))
    largest = percentile_rank(figures.market.cap[-1]), percentile_rank(_turnover(figures))
    rows = []
    for k, members in enumerate(figures.market.members):
        by_cap = np.isfinite(figures.cap[k])
        rows.append(
            {
                "id": members.sector.pk,
                "market_cap": float(figures.cap[k]),
                "market_cap_change_24h": float(figures.cap[k] - before[k]),
                "volume_24h": float(figures.volume[k]),
                "top_3_coins_id": _largest(figures, k, largest[0] if by_cap else largest[1]),
                "metrics_details": {
                    "days": _days(figures, k),
                    "largest_by": "market_cap" if by_cap else "volume_24h",
                    "as_of": f"{view.as_of:%Y-%m-%dT%H:%M:%SZ}",
                },
            }
        )
    return land(Sector, rows, key=("id",)).changed


def _turnover(figures: Figures) -> Any:
    last = figures.market.volume[-figures.bars(DAY) :]
    known = np.isfinite(last)
    return np.where(known.any(axis=0), np.where(known, last, 0.0).sum(axis=0), np.nan)


def _largest(figures: Figures, k: int, size: Any) -> list[int]:
    """The present members of known size, the largest first."""
    members = np.flatnonzero(figures.present[k] & np.isfinite(size))
    best = members[np.argsort(-size[members], kind="stable")][:COINS]
    return [int(asset_id) for asset_id in figures.market.asset_ids[best]]


def _days(figures: Figures, k: int) -> list[dict[str, Any]]:
    """Close of the index (100 when the oldest of them ended) and volume of the last seven spans of 24 hours."""
    step, view = figures.bars(DAY), figures.market.view
    share, level = figures.market.share[k], figures.level[:, k]
    rows = [row for row in range(len(level) - 1 - (DAYS - 1) * step, len(level), step) if row >= step - 1]
    rows = [row for row in rows if np.isfinite(level[row])]
    found = []
    for row in rows:
        volume = figures.market.volume[row + 1 - step : row + 1]
        known = np.isfinite(volume)
        traded = float(share @ np.where(known, volume, 0.0).sum(axis=0)) if known[:, share > 0].any() else None
        end = moment(view.panel.times[row] + int((view.closed_at - view.candle_time).total_seconds()))
        found.append(
            {"until": f"{end:%Y-%m-%dT%H:%M:%SZ}", "level": 100 * float(level[row] / level[rows[0]]), "volume": traded}
        )
    return found

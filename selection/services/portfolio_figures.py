"""Figures that the rules look at, see ``selection.compute.portfolio_rules``."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from selection.choices import HoldingType
from selection.selectors.holdings import NO_SECTOR, Holdings
from selection.selectors.performance import Performance
from selection.selectors.valued import Valued

SELLABLE = 0.1
"""Share of a day's volume that can be sold without moving the price much."""
Figures = dict[str, float | None]


def unpriced_figures(valued: Sequence[Valued]) -> Figures:
    """What is known of a portfolio whose worth is not."""
    return {"missing_data": float(sum(one.value is None for one in valued))}


def rule_figures(
    held: Holdings, past: Performance, risks: Mapping[str, Any], known: Mapping[str, Any], totals: Mapping[str, Any]
) -> Figures:
    """Every figure that can be known, by the code of its rule.

    Args:
        held: the holdings.
        past: the portfolio's own last year.
        risks: columns about risk.
        known: what they rest on.
        totals: worth of the whole.
    """
    sizes = np.abs(held.weights)
    is_dollar = np.array([one.position.asset_type == HoldingType.STABLECOIN for one in held.valued])
    has_sector = np.array([name != NO_SECTOR for name in held.sectors])
    last = past.period.days[-1] if past.period.days else None
    worst = known["losses"]["historical"]["95"]
    value = float(totals["total_portfolio_value_usd"])
    gross = sum((one.holding.quantity * (one.price or Decimal(0)) for one in held.valued), Decimal(0))
    return {
        "single_asset": _largest(sizes, held.symbols, ~is_dollar),
        "sector_cluster": _largest(sizes, held.sectors, has_sector & ~is_dollar),
        "correlated_cluster": 100 * float(sizes[known["correlated"]].sum()),
        "spread": known["effective_positions"],
        "currency_cluster": 100 * float(sizes[is_dollar].sum()),
        "fees": risks["total_fees_impact_pct"],
        "stale_prices": None if last is None else float(len(last.carried)),
        "missing_data": 0.0,
        "assumed": 100 * float(sizes[[one.is_assumed or bool(one.marks) for one in held.valued]].sum()),
        "liquidity": _days_to_sell(held, float(gross), is_dollar),
        "loss": None if worst is None else 100 * worst["var"],
        "drawdown": risks["max_drawdown_pct"],
        "leverage": float(gross) / value if value > 0 else None,
        "unclassified": 100 * float(sizes[~has_sector & ~is_dollar].sum()),
    }


def _largest(sizes: np.ndarray, names: Sequence[str], counts: np.ndarray) -> float:
    """Percent of the largest group among those that count; 0 where none does."""
    totals: dict[str, float] = {}
    for size, name, does in zip(sizes, names, counts, strict=True):
        if does:
            totals[name] = totals.get(name, 0.0) + float(size)
    return 100 * max(totals.values(), default=0.0)


def _days_to_sell(held: Holdings, gross: float, is_dollar: np.ndarray) -> float | None:
    """Days until the least liquid position is sold at a tenth of its usual volume; None where a volume is unknown."""
    moving = ~is_dollar
    if not moving.any():
        return 0.0
    amounts, volume = np.abs(held.weights[moving]) * gross, held.volume[moving]
    if not (np.isfinite(volume) & (volume > 0)).all():
        return None
    return float((amounts / (SELLABLE * volume)).max())

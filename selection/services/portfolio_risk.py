"""Columns of a portfolio analysis about risk: concentration, market, losses, and the portfolio's own past."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import numpy as np

from assets.selectors import MarketView
from selection.compute import risk, statistics
from selection.compute.performance import average_invested
from selection.models import Portfolio
from selection.selectors.performance import Performance, performance
from selection.services.daily_values import count_days
from selection.services.holdings import Holdings

Columns = dict[str, Any]
Reasons = dict[str, str]
TOO_FEW = f"fewer than {risk.LEAST} returns in common with Bitcoin"
NO_RETURNS = f"fewer than {risk.LEAST} days with returns of all positions"
NO_PAST = f"the portfolio has fewer than {statistics.LEAST} days of its own with a known return"
QUARTER, YEAR, ONE_DAY = timedelta(days=90), timedelta(days=365), timedelta(days=1)
LEVELS = (0.95, 0.99)
WORST_DAY = 0.10
"""A loss of so much on one day in twenty counts as full risk."""


def own_past(portfolio: Portfolio, view: MarketView) -> Performance:
    """The portfolio's last year as it was at the view's moment, by its daily values."""
    count_days(portfolio, as_of=view.as_of)
    last = (view.as_of - ONE_DAY).date()
    return performance(portfolio, last - YEAR + ONE_DAY, last, as_of=view.as_of)


def risk_columns(
    held: Holdings, view: MarketView, past: Performance, limits: Mapping[str, Any]
) -> tuple[Columns, Reasons]:
    """What the present holdings risk, and what the portfolio has been through."""
    mixed = risk.mixed_returns(held.returns, held.weights)
    hhi = risk.herfindahl(held.weights)
    volatility = statistics.volatility(mixed) if view.timeframe == "1d" else past.volatility
    losses = {level: risk.historical_loss(mixed, level) for level in LEVELS}
    filtered = {level: risk.filtered_loss(mixed, level) for level in LEVELS}
    pairs = risk.correlated_pairs(held.returns, held.signs, limits["max_correlation"])
    ratio = risk.diversification_ratio(held.returns, held.weights)
    symbols = held.symbols
    worst = losses[0.95]
    parts = [hhi, *([min(1.0, volatility)] if volatility is not None else []),
             *([min(1.0, max(worst.var, 0) / WORST_DAY)] if worst else [])]  # fmt: skip
    columns = {
        "concentration_risk": hhi,
        "diversification_score": 1 - hhi,
        "portfolio_beta": risk.beta(mixed[-view.bars(QUARTER) :], held.bitcoin[-view.bars(QUARTER) :]),
        "portfolio_volatility": None if volatility is None else min(1.0, volatility),
        "portfolio_risk_score": float(np.mean(parts)) if len(parts) == 3 else None,
        "correlation_matrix": {
            "high_correlation_pairs": [
                {"asset1": symbols[pair.first], "asset2": symbols[pair.second], "correlation": pair.correlation}
                for pair in pairs
            ],
            "diversification_benefits": ratio,
        },
        "sharpe_ratio": past.sharpe,
        "max_drawdown_pct": None if past.drawdown is None else 100 * past.drawdown.depth,
        "total_fees_impact_pct": fees_impact_pct(past),
    }
    known = {
        "losses": {
            name: {f"{100 * level:g}": None if one is None else asdict(one) for level, one in found.items()}
            for name, found in (("historical", losses), ("filtered", filtered))
        },
        "weights": [
            {"asset": symbol, "weight": float(weight)} for symbol, weight in zip(symbols, held.weights, strict=True)
        ],
        "annual_volatility": volatility,
        "effective_positions": risk.effective_positions(held.weights),
        "risk_parts": parts,
        "correlated": sorted({place for pair in pairs for place in (pair.first, pair.second)}),
    }
    return columns | {"risk": known}, {
        "portfolio_beta": TOO_FEW,
        "portfolio_volatility": NO_RETURNS,
        "portfolio_risk_score": NO_RETURNS,
        "sharpe_ratio": NO_PAST,
        "max_drawdown_pct": "the portfolio has no day of its own with a known return",
        "total_fees_impact_pct": "nothing was invested on the days that are over",
    }


def fees_impact_pct(past: Performance) -> float | None:
    """Fees of the period by what was invested on average, percent."""
    invested, days = average_invested(past.period), past.period.days
    if invested is None or not days or days[-1].fees is None or past.period.fees_before is None:
        return None
    paid = days[-1].fees - past.period.fees_before
    return float(100 * paid / invested)

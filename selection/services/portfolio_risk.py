"""Columns of a portfolio analysis about risk: concentration, market, losses, and the portfolio's own past."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from assets.selectors import MarketView
from selection.compute import risk, statistics
from selection.models import Portfolio
from selection.selectors.analysed import LEVELS, QUARTER, fees_impact_pct, past_year
from selection.selectors.holdings import Holdings
from selection.selectors.performance import Performance
from selection.services.daily_values import count_days

Columns = dict[str, Any]
Reasons = dict[str, str]
TOO_FEW = f"fewer than {risk.LEAST} returns in common with Bitcoin"
NO_RETURNS = f"fewer than {risk.LEAST} days with returns of all positions"
NO_PAST = f"the portfolio has fewer than {statistics.LEAST} days of its own with a known return"


def own_past(portfolio: Portfolio, view: MarketView) -> Performance:
    """The portfolio's last year as it was at the view's moment, by its daily values."""
    count_days(portfolio, as_of=view.as_of)
    return past_year(portfolio, view)


def risk_columns(held: Holdings, past: Performance, limits: Mapping[str, Any]) -> tuple[Columns, Reasons]:
    """What the present holdings risk, and what the portfolio has been through."""
    mixed = risk.mixed_returns(held.returns, held.weights)
    hhi = risk.herfindahl(held.weights)
    volatility = statistics.volatility(mixed)
    losses = {level: risk.historical_loss(mixed, level) for level in LEVELS}
    filtered = {level: risk.filtered_loss(mixed, level) for level in LEVELS}
    pairs = risk.correlated_pairs(held.returns, held.signs, limits["max_correlation"])
    ratio = risk.diversification_ratio(held.returns, held.weights)
    symbols = held.symbols
    parts = risk.risk_parts(hhi, volatility, losses[0.95])
    columns = {
        "concentration_risk": hhi,
        "diversification_score": 1 - hhi,
        "portfolio_beta": risk.beta(mixed[-QUARTER.days :], held.bitcoin[-QUARTER.days :]),
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

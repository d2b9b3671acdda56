"""The part of a snapshot that comes from outside: sentiment, macro, derivatives, and what happened on the chains."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from macro.compute.funding import annualised, per_eight_hours
from macro.compute.quality import median
from macro.selectors.histories import History
from macro.services.snapshot_inputs import DAY, MONTH, NO_SOURCE, WEEK, Inputs, Part

SOURCES = {
    "fear_greed_index": "FNG",
    "sp500": "SP500",
    "gold": "GOLD",
    "dxy": "DXY",
    "vix_index": "VIX",
    "us_10y_yield": "US10Y",
}
"""Columns that are one value of one series."""
UNSOURCED = ("google_trends_score", "whale_netflow_24h", "liquidations_long", "liquidations_short", "liquidation_zones")
"""Columns that no source known to the product gives away freely."""
UNSOURCED_FIGURES = {
    "sentiment_metrics": ("social_sentiment_score", "social_sentiment", "twitter_volume", "reddit_volume"),
    "derivatives_metrics": ("liquidations_long_24h", "liquidations_short_24h"),
    "onchain_metrics": (
        "exchange_netflow_btc", "exchange_netflow_eth", "whale_to_exchange_volume_btc",
        "whale_from_exchange_volume_btc", "supply_on_exchanges_btc", "supply_on_exchanges_eth", "tx_volume_btc",
        "tx_volume_eth", "miner_outflow", "miner_balance_change",
    ),
}  # fmt: skip
MACRO = ("SP500", "GOLD", "DXY", "VIX", "US10Y", "OIL", "BRENT")
IN_POINTS = ("US10Y",)
"""Series whose change is told in points: a percentage of percent misleads."""
HALF_GREEDY = 0.0005
"""A rate of funding per 8 hours at which the mood is three quarters greedy: five times the usual 0.01 %."""
STEADY = 5.0
"""Points of Fear & Greed within which a week counts as unchanged."""


def outside(inputs: Inputs) -> Part:
    """Everything that is known from outside and fresh enough to stand for the present."""
    part = Part(reasons=dict.fromkeys(UNSOURCED, NO_SOURCE))
    for name, code in SOURCES.items():
        _column(part, inputs, name, code)
    codes = inputs.codes
    _column(part, inputs, "open_interest_btc", f"OPEN_INTEREST:{codes.bitcoin_perpetual}")
    _column(part, inputs, "active_addresses_btc", f"ACTIVE_ADDRESSES:{codes.bitcoin}")
    for group, names in UNSOURCED_FIGURES.items():
        part.group(group, dict.fromkeys(names), NO_SOURCE)
    _macro(part, inputs)
    _derivatives(part, inputs)
    _chains(part, inputs)
    return part


def _column(part: Part, inputs: Inputs, name: str, code: str) -> None:
    series = inputs.fresh(code)
    if series is None:
        part.reasons[name] = inputs.why_not(code)
    else:
        part.values[name] = float(series.values[-1])


def _figure(part: Part, inputs: Inputs, group: str, name: str, code: str) -> None:
    series = inputs.fresh(code)
    part.group(group, {name: None if series is None else float(series.values[-1])}, inputs.why_not(code))


def _macro(part: Part, inputs: Inputs) -> None:
    """Each macro series with its change since its value before, a week and a month ago, and from when it is."""
    for code in MACRO:
        series = inputs.fresh(code)
        part.group("macro_metrics", {code: None if series is None else _described(series)}, inputs.why_not(code))


def _described(series: History) -> dict[str, Any]:
    now = float(series.values[-1])
    before = float(series.values[-2]) if len(series.values) > 1 else float("nan")
    changed = {"change": before, "change_7d": series.back(WEEK), "change_30d": series.back(MONTH)}
    in_points = series.code in IN_POINTS
    unit = "points" if in_points else "pct"
    moves = {
        f"{name}_{unit}": now - then if in_points else (100 * (now / then - 1) if then else float("nan"))
        for name, then in changed.items()
    }
    told = {"source": series.source, "unit": series.unit, "caveat": series.caveat}
    observed = datetime.fromtimestamp(int(series.observed[-1]), UTC)
    return {"value": now, "observed_at": observed.isoformat(), **moves, **{k: v for k, v in told.items() if v}}


def funding(inputs: Inputs) -> dict[str, History]:
    """Charges of each perpetual that still charges, by symbol."""
    return {
        code.removeprefix("FUNDING:"): series
        for code, series in inputs.series.items()
        if series.kind == "funding" and not series.is_stale(inputs.as_of)
    }


def _derivatives(part: Part, inputs: Inputs) -> None:
    """Perpetuals: rates per 8 hours and a year by the interval at which they are really charged, and positions."""
    charges, codes = funding(inputs), inputs.codes
    rates = {symbol: float(per_eight_hours(paid.values, paid.observed)[-1]) for symbol, paid in charges.items()}
    annual = {symbol: float(annualised(paid.values, paid.observed)[-1]) for symbol, paid in charges.items()}
    bitcoin, ether = codes.bitcoin_perpetual, codes.ether_perpetual
    part.values["funding_rate_btc"] = rates.get(bitcoin)
    part.reasons["funding_rate_btc"] = inputs.why_not(f"FUNDING:{bitcoin}")
    all_rates = np.array([rates[symbol] for symbol in sorted(rates)])
    part.group(
        "derivatives_metrics",
        {
            "funding_rates": rates or None,
            "funding_annual_pct": annual or None,
            "funding_rate_median": float(median(all_rates[:, None])[0]) if rates else None,
        },
        NO_SOURCE,
    )
    part.group("derivatives_metrics", {"funding_rate_eth": rates.get(ether)}, inputs.why_not(f"FUNDING:{ether}"))
    trend = _rate_trend(charges[bitcoin], inputs.as_of) if bitcoin in charges else None
    part.group("derivatives_metrics", {"funding_rate_trend": trend}, inputs.why_not(f"FUNDING:{bitcoin}"))
    _figure(part, inputs, "derivatives_metrics", "open_interest_eth", f"OPEN_INTEREST:{ether}")
    positions = inputs.fresh(f"OPEN_INTEREST:{bitcoin}")
    change = None if positions is None else 100 * (float(positions.values[-1]) / positions.back(DAY) - 1)
    part.group("derivatives_metrics", {"oi_change_24h": change}, inputs.why_not(f"OPEN_INTEREST:{bitcoin}"))
    _figure(part, inputs, "derivatives_metrics", "taker_buy_volume_btc", f"TAKER_VOLUME:{bitcoin}")
    _figure(part, inputs, "derivatives_metrics", "taker_buy_volume_eth", f"TAKER_VOLUME:{ether}")


def _rate_trend(paid: History, as_of: datetime) -> float:
    """Mean rate of the last 7 days less that of the last 30, per 8 hours; NaN without a charge in one of them."""
    rates, now = per_eight_hours(paid.values, paid.observed), int(as_of.timestamp())

    def mean(span: timedelta) -> float:
        recent = rates[paid.observed > now - int(span.total_seconds())]
        return float(recent.mean()) if len(recent) else float("nan")

    return mean(WEEK) - mean(MONTH)


def _chains(part: Part, inputs: Inputs) -> None:
    codes = inputs.codes
    for name, code in (
        ("hashrate", "HASHRATE"),
        ("active_addresses_eth", f"ACTIVE_ADDRESSES:{codes.ether}"),
        ("transactions_btc", f"TRANSACTIONS:{codes.bitcoin}"),
        ("transactions_eth", f"TRANSACTIONS:{codes.ether}"),
    ):
        _figure(part, inputs, "onchain_metrics", name, code)
    power = inputs.fresh("HASHRATE")
    change = None if power is None else 100 * (float(power.values[-1]) / power.back(MONTH) - 1)
    part.group("onchain_metrics", {"hashrate_change_30d_pct": change}, inputs.why_not("HASHRATE"))


def sentiment(inputs: Inputs, rate: float | None) -> Part:
    """Mean of the moods that are known, each from -1 (fear) to 1 (greed): the index, funding, and the news.

    Args:
        inputs: what was known.
        rate: Bitcoin's funding per 8 hours.
    """
    moods: dict[str, float] = {}
    index, news = inputs.fresh("FNG"), inputs.news
    if index is not None:
        moods["fear_greed"] = float(index.values[-1]) / 50 - 1
    if rate is not None:
        moods["funding"] = float(np.tanh(rate / HALF_GREEDY))
    if news is not None:
        moods["news"] = news.mean
    part = Part(
        {"composite_sentiment": sum(moods.values()) / len(moods) if moods else None},
        {"composite_sentiment": "neither Fear & Greed, funding nor news are known"},
    )
    names = ("fear_greed", "funding", "news")
    part.group("sentiment_metrics", {"sources": sorted(moods)}, NO_SOURCE)
    part.group("sentiment_metrics", {name: moods.get(name) for name in names}, NO_SOURCE)
    told = None if news is None else {"score": news.mean, "articles": news.count, "dispersion": news.dispersion}
    part.group("sentiment_metrics", {"news_sentiment": told}, "no news of the last 24 hours are known")
    part.reasons["sentiment_metrics.news"] = "no news of the last 24 hours are known"
    moved = float("nan") if index is None else float(index.values[-1]) - index.back(WEEK)
    direction = None
    if np.isfinite(moved):
        direction = "steady" if abs(moved) <= STEADY else ("rising" if moved > 0 else "falling")
    figures = {"fear_greed_change_7d": moved, "sentiment_direction": direction}
    part.group("sentiment_metrics", figures, "no Fear & Greed of a week ago is known")
    return part

"""The parts of a snapshot: each gives some columns, or the reasons why they stay empty."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from assets.choices import AssetType, Market
from assets.compute.indicators import WARM_UP, indicators, nested
from assets.compute.series import correlation, drawdown, log_returns, simple_return
from assets.models import Asset
from assets.selectors import MarketView, candle_panel
from macro.compute import cycle
from macro.compute.funding import annualised, per_eight_hours
from macro.compute.snapshot import (
    BREADTH_LEAST,
    BREADTH_PERIOD,
    TOP,
    breadth,
    dominance,
    momentum_index,
    most_liquid,
    new_extremes,
)
from macro.selectors.funding import Charges
from macro.selectors.series import Known, daily_history

DAY, WEEK, MONTH = timedelta(days=1), timedelta(days=7), timedelta(days=30)
CAPS_LEAST = 20
"""With market caps of fewer assets than this a total would be no total."""
OILS: tuple[str, ...] = ("OIL", "BRENT")
SOURCES = {
    "fear_greed_index": "FNG",
    "sp500": "SP500",
    "gold": "GOLD",
    "dxy": "DXY",
    "vix_index": "VIX",
    "us_10y_yield": "US10Y",
}
"""Columns that are one value of one series."""
COUNTS = {"open_interest_btc": "OPEN_INTEREST:BTCUSDT-PERP", "active_addresses_btc": "ACTIVE_ADDRESSES:BTC"}
"""The same; without the series their reason is that there is no source."""


@dataclass
class Part:
    """Some columns of the snapshot: their values, reasons for those without one, and further figures by group."""

    values: dict[str, Any]
    reasons: dict[str, str]
    extended: dict[str, dict[str, Any]]


def bitcoin(view: MarketView) -> Part:
    """Price, averages and returns of Bitcoin, and where it stands in its cycle."""
    column = view.panel.column(view.universe.bitcoin or 0)
    long = candle_panel([view.universe.bitcoin or 0], view.timeframe, view.as_of, WARM_UP)
    present = np.isfinite(long.close[:, 0])
    high, low, close, volume = (values[present, 0] for values in (long.high, long.low, long.close, long.volume))
    latest = {name: float(series[-1]) for name, series in indicators(high, low, close, volume).items()}
    whole = view.panel.close[:, column]
    weekly = 100 * float(simple_return(whole, view.bars(WEEK)))
    monthly = 100 * float(simple_return(whole, view.bars(MONTH)))
    history = f"too little history ({len(close)} candles)"
    return Part(
        {
            "btc_price_usd": float(close[-1]),
            "rsi_14": latest["RSI_14"],
            "sma_200": latest["SMA_200"],
            "ema_200": latest["EMA_200"],
            "weekly_return": weekly,
            "monthly_return": monthly,
            "halving_countdown_days": cycle.halving_countdown(view.as_of),
        },
        dict.fromkeys(("rsi_14", "sma_200", "ema_200", "weekly_return", "monthly_return"), history),
        {
            "technical_indicators": nested(latest),
            "cycle_metrics": {"drawdown_from_high": float(drawdown(close)[-1]), "candles_of_high": len(close)},
        },
    )


def breadth_and_momentum(view: MarketView) -> Part:
    """How many assets take part in a move."""
    columns = [view.panel.column(asset_id) for asset_id in view.universe.free]
    close, volume = view.panel.close[:, columns], view.panel.volume[:, columns]
    top = most_liquid(close, volume, TOP, days=view.bars(MONTH))
    share = breadth(close[:, top])
    hourly = view.bars(DAY) > 1
    day = new_extremes(close, view.bars(DAY))
    month = new_extremes(close, view.bars(timedelta(days=20)))
    momentum = momentum_index(close[:, top], view.bars(MONTH))
    few = f"needs {BREADTH_LEAST} assets with {BREADTH_PERIOD} candles"
    return Part(
        {
            "crypto_market_breadth": float(share[-1]),
            "new_highs_24h": day.highs if day.counted and hourly else None,
            "new_lows_24h": day.lows if day.counted and hourly else None,
            "momentum_index": momentum,
        },
        {
            "crypto_market_breadth": few,
            "momentum_index": "too little history",
        }
        | dict.fromkeys(
            ("new_highs_24h", "new_lows_24h"),
            "no asset with closes of 24 hours" if hourly else "one candle of 24 hours has no extreme of its span",
        ),
        {
            "trend_metrics": {
                "assets": len(columns),
                "ranked_by": "dollar volume, 30 days",
                "new_highs_20d": month.highs,
                "new_lows_20d": month.lows,
                "extremes_counted": month.counted,
                "universe_volume": float(np.nansum(volume[-1])),
            }
        },
    )


def outside(known: dict[str, Known], charges: dict[str, Charges], as_of: datetime) -> Part:
    """Values from outside, as long as they are fresh. Rates of funding count per 8 hours, whatever the interval."""
    values: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    for name, code in SOURCES.items():
        value = known.get(code)
        if value is None:
            reasons[name] = "no source"
        elif value.is_stale(as_of):
            reasons[name] = f"stale: last value of {value.observed_at:%Y-%m-%d}"
        else:
            values[name] = value.value
    for name, code in COUNTS.items():
        if code in known and not known[code].is_stale(as_of):
            values[name] = known[code].value
    rates = {symbol: float(per_eight_hours(paid.rates, paid.times)[-1]) for symbol, paid in charges.items()}
    annual = {symbol: float(annualised(paid.rates, paid.times)[-1]) for symbol, paid in charges.items()}
    values["funding_rate_btc"] = next((rates[c] for c in ("BTCUSDT-PERP", "BTC-DEMO-PERP") if c in rates), None)
    reasons["funding_rate_btc"] = "no source"
    others = {code: known[code].value for code in OILS if code in known and not known[code].is_stale(as_of)}
    chain = (
        {"hashrate": known["HASHRATE"].value} if "HASHRATE" in known and not known["HASHRATE"].is_stale(as_of) else {}
    )
    metrics: dict[str, dict[str, Any]] = {
        "derivatives_metrics": {"funding_rates": rates, "funding_annual_pct": annual},
        "macro_metrics": others,
        "onchain_metrics": chain,
    }
    return Part(values, reasons, metrics)


def market_caps(view: MarketView, known: dict[str, Known], as_of: datetime) -> Part:
    """Totals and shares, where market caps are known."""
    fresh = {
        kind: {v.asset_id: v.value for v in known.values() if v.kind == kind and v.asset_id and not v.is_stale(as_of)}
        for kind in ("market_cap", "volume")
    }
    names = ("total_market_cap", "btc_dominance", "eth_dominance", "usdt_dominance", "stablecoin_dominance",
             "altcoin_dominance", "liquidity_score", "total_volume_24h")  # fmt: skip
    caps = {asset_id: value for asset_id, value in fresh["market_cap"].items() if value > 0}
    if view.universe.bitcoin not in caps or len(caps) < CAPS_LEAST:
        return Part({}, dict.fromkeys(names, f"market caps of {len(caps)} assets are known"), {})
    symbols = dict(Asset.objects.filter(pk__in=caps).values_list("pk", "symbol"))
    stable = set(Asset.objects.filter(pk__in=caps, asset_type=AssetType.STABLECOIN).values_list("symbol", flat=True))
    suffix = "-DEMO" if view.market == Market.DEMO else ""
    shares = dominance(
        {symbols[asset_id]: value for asset_id, value in caps.items()},
        stable,
        bitcoin=f"BTC{suffix}",
        ether=f"ETH{suffix}",
        tether=f"USDT{suffix}",
    )
    volume = sum(fresh["volume"][asset_id] for asset_id in sorted(fresh["volume"]))
    return Part(
        {
            "total_market_cap": shares.total,
            "btc_dominance": shares.bitcoin,
            "eth_dominance": shares.ether,
            "usdt_dominance": shares.tether,
            "stablecoin_dominance": shares.stablecoins,
            "altcoin_dominance": shares.altcoins,
            "total_volume_24h": volume or None,
            "liquidity_score": volume / shares.total if volume else None,
        },
        dict.fromkeys(("total_volume_24h", "liquidity_score"), "no source"),
        {"composite_metrics": {"assets_with_market_cap": len(caps)}},
    )


def correlations(view: MarketView) -> Part:
    """Pearson correlation of log returns over 30 days; with stocks on the days that both traded."""
    bitcoin = view.panel.close[:, view.panel.column(view.universe.bitcoin or 0)]
    values: dict[str, Any] = {}
    if view.universe.ether is not None:
        ether = view.panel.close[:, view.panel.column(view.universe.ether)]
        span = view.bars(MONTH)
        values["btc_eth_correlation_30d"] = correlation(log_returns(bitcoin)[-span:], log_returns(ether)[-span:])
    values["btc_sp500_correlation_30d"] = _stock_correlation(view, bitcoin)
    return Part(
        values,
        {
            "btc_eth_correlation_30d": "Ether has fewer than 20 returns in 30 days",
            "btc_sp500_correlation_30d": "fewer than 15 common trading days in 30 days",
        },
        {},
    )


def _stock_correlation(view: MarketView, bitcoin: np.ndarray) -> float:
    """Both series on the days on which stocks traded, by the price at the end of the day."""
    days, index = daily_history("SP500", view.market, view.as_of, 31)
    step = int((view.panel.times[1] - view.panel.times[0]) if len(view.panel.times) > 1 else 86400)
    ends = view.panel.times + step
    place = {int(end) // 86400 - 1: i for i, end in enumerate(ends) if end % 86400 == 0}
    common = [(value, bitcoin[place[int(day)]]) for day, value in zip(days, index, strict=True) if int(day) in place]
    if not common:
        return float("nan")
    stocks, coin = np.array(common).T
    return correlation(log_returns(stocks), log_returns(coin), at_least=15)


def sentiment(values: dict[str, Any], extended: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Mean of the moods that are known, each from -1 (fear) to 1 (greed)."""
    moods = {}
    if values.get("fear_greed_index") is not None:
        moods["fear_greed"] = values["fear_greed_index"] / 50 - 1
    if values.get("funding_rate_btc") is not None:
        moods["funding"] = float(np.tanh(values["funding_rate_btc"] / 0.0005))
    extended["sentiment_metrics"] = {"sources": sorted(moods), **moods}
    return {"composite_sentiment": sum(moods.values()) / len(moods) if moods else None}

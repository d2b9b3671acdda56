"""The part of a snapshot that rests on the candles of all assets: breadth, momentum, volatility, co-movement."""

from datetime import timedelta

import numpy as np

from assets.compute import periods
from assets.compute.series import correlation, log_returns
from assets.selectors import CandlePanel
from macro.compute.quality import median
from macro.compute.snapshot import (
    BREADTH_LEAST,
    BREADTH_PERIOD,
    TOP,
    advances,
    breadth,
    largest,
    momentum_index,
    new_extremes,
)
from macro.compute.snapshot_trend import (
    annual_volatility,
    common_day_correlation,
    is_weekday,
    mean_correlation,
    weighted_returns,
)
from macro.services.snapshot_caps import fresh_caps
from macro.services.snapshot_inputs import DAY, HOUR, MONTH, WEEK, Floats, Inputs, Part

TRADING_MONTH = timedelta(days=20)
LEAST_STOCK_DAYS = 15
NO_EXTREME = "no extreme of 24 hours is known: there are no closes of its hours"
TOO_LITTLE = "too little history"
CAPS_SHARE = 0.5
"""With market caps of a smaller share of the assets, dollar volume ranks them all: half a ranking is none."""


def breadth_and_momentum(inputs: Inputs) -> Part:
    """How many assets take part in a move. Stablecoins, fiat and wrapped coins are none of them."""
    view = inputs.view
    panel = view.panel.take(view.universe.free)
    top, ranking = _top(inputs, panel)
    close = panel.close[:, top]
    share = breadth(close)
    momentum = momentum_index(close, max(2, view.bars(MONTH)))
    part = Part(
        {"crypto_market_breadth": float(share[-1]), "momentum_index": momentum},
        {
            "crypto_market_breadth": f"needs {BREADTH_LEAST} assets with {BREADTH_PERIOD} candles",
            "momentum_index": TOO_LITTLE,
        },
        basis={"crypto_market_breadth": f"{len(top)} assets ranked by {ranking}"},
    )
    part.add(_extremes(inputs))
    month = new_extremes(panel.close, view.bars(TRADING_MONTH))
    week_ago = float(share[-1 - view.bars(WEEK)]) if len(share) > view.bars(WEEK) else float("nan")
    figures = {
        "assets": len(view.universe.free),
        "new_highs_20d": month.highs if month.counted else None,
        "new_lows_20d": month.lows if month.counted else None,
        "extremes_counted": month.counted,
        "breadth_change_7d": float(share[-1]) - week_ago,
    }
    part.group("trend_metrics", figures, TOO_LITTLE)
    hours = periods.LENGTHS[inputs.spans.timeframe] / HOUR
    spans = inputs.spans.take(view.universe.free).close[:, top]
    volatility = median(annual_volatility(spans, inputs.month(), hours)[:, None])
    part.group("composite_metrics", {"volatility_index": float(volatility[0])}, TOO_LITTLE)
    return part


def _top(inputs: Inputs, panel: CandlePanel) -> tuple[np.ndarray, str]:
    """The 100 largest assets, and by what they are ranked."""
    days = inputs.view.bars(MONTH)
    caps = _known_caps(inputs, panel)
    if np.isfinite(caps).mean() >= CAPS_SHARE:
        return largest(caps, panel.close, panel.volume, TOP, days=days), "market cap"
    unknown = np.full(len(caps), np.nan)
    return largest(unknown, panel.close, panel.volume, TOP, days=days), "dollar volume of 30 days"


def _known_caps(inputs: Inputs, panel: CandlePanel) -> Floats:
    caps = fresh_caps(inputs)
    return np.array([caps.get(asset_id, np.nan) for asset_id in panel.asset_ids.tolist()], dtype=np.float64)


def _extremes(inputs: Inputs) -> Part:
    """Assets at the highest or lowest close of 24 hours, and those that rose and fell."""
    panel = inputs.hours.take(inputs.view.universe.free)
    day = new_extremes(panel.close, periods.bars(DAY, panel.timeframe))
    extremes = day.highs + day.lows
    part = Part(
        {"new_highs_24h": day.highs if day.counted else None, "new_lows_24h": day.lows if day.counted else None},
        dict.fromkeys(("new_highs_24h", "new_lows_24h"), NO_EXTREME),
        basis={"new_highs_24h": f"closes of {panel.timeframe}, {day.counted} assets"} if day.counted else {},
    )
    spans = inputs.spans.take(inputs.view.universe.free)
    moved = advances(spans.close, periods.bars(DAY, spans.timeframe))
    ratio = day.highs / extremes if extremes else None
    part.group("composite_metrics", {"breadth_advancers_ratio": moved.ratio}, "no asset with two closes")
    reason = "no asset is at an extreme of 24 hours" if day.counted else NO_EXTREME
    part.group("composite_metrics", {"breadth_new_highs_lows_ratio": ratio}, reason)
    return part


def correlations(inputs: Inputs) -> Part:
    """Pearson correlation of log returns over 30 days; with what trades on exchanges, on the days that both traded."""
    universe, span = inputs.view.universe, inputs.month()
    returns = log_returns(inputs.spans.close[-span - 1 :])[-span:]
    bitcoin = returns[:, inputs.spans.column(universe.bitcoin or 0)]
    ether = float("nan")
    if universe.ether is not None:
        ether = correlation(bitcoin, returns[:, inputs.spans.column(universe.ether)])
    stocks = _by_day(inputs, "SP500")
    part = Part(
        {"btc_eth_correlation_30d": ether, "btc_sp500_correlation_30d": stocks},
        {
            "btc_eth_correlation_30d": "Ether has fewer than 20 returns in 30 days",
            "btc_sp500_correlation_30d": f"fewer than {LEAST_STOCK_DAYS} common trading days in 30 days",
        },
    )
    others = [asset_id for asset_id in universe.free if asset_id != universe.bitcoin]
    places = [inputs.spans.column(asset_id) for asset_id in others]
    weights, by = _weights(inputs, others)
    total = correlation(bitcoin, weighted_returns(returns[:, places], weights)) if others else float("nan")
    free = [inputs.spans.column(asset_id) for asset_id in universe.free]
    part.group(
        "correlation_metrics",
        {
            "corr_eth_btc_30d": ether,
            "corr_total2_btc_30d": total,
            "mean_pairwise_30d": mean_correlation(returns[:, free]),
        },
        "fewer than 20 returns in 30 days",
    )
    markets = {"corr_gold_btc_30d": _by_day(inputs, "GOLD"), "corr_dxy_btc_30d": _by_day(inputs, "DXY")}
    part.group("correlation_metrics", markets, f"fewer than {LEAST_STOCK_DAYS} common trading days in 30 days")
    part.basis["correlation_metrics.corr_total2_btc_30d"] = f"{len(others)} assets weighted {by}"
    return part


def _weights(inputs: Inputs, asset_ids: list[int]) -> tuple[Floats, str]:
    """Weights of the altcoins in their basket: market caps where most are known, else equal ones."""
    caps = fresh_caps(inputs)
    known = np.array([caps.get(asset_id, np.nan) for asset_id in asset_ids], dtype=np.float64)
    if len(known) and np.isfinite(known).mean() >= CAPS_SHARE:
        return known, "by market cap"
    return np.ones(len(asset_ids)), "equally"


def _by_day(inputs: Inputs, code: str) -> float:
    """Correlation of Bitcoin's daily closes with a series that is known by day, over the last 30 days."""
    series = inputs.fresh(code)
    if series is None:
        return float("nan")
    oldest = int((inputs.as_of - MONTH - 2 * DAY).timestamp()) // 86400
    recent = (series.days >= oldest) & is_weekday(series.days) & (series.values > 0)
    days = inputs.days
    return common_day_correlation(
        days.times // 86400, days.close, series.days[recent], series.values[recent], at_least=LEAST_STOCK_DAYS
    )

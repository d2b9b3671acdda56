"""Bitcoin's part of a snapshot: price, averages, returns, and where it stands in its cycle."""

from typing import Any

import numpy as np

from assets.compute.indicators import indicators
from assets.compute.series import simple_return
from macro.compute import cycle
from macro.compute.snapshot_trend import consolidation, momentum, volatility_rank
from macro.services.snapshot_inputs import MONTH, WEEK, Inputs, Part

INDICATORS = {
    "rsi_7": "RSI_7",
    "rsi_21": "RSI_21",
    "stochastic_k": "STOCH_k",
    "stochastic_d": "STOCH_d",
    "macd_value": "MACD",
    "macd_signal": "MACD_signal",
    "macd_histogram": "MACD_histogram",
    "sma_20": "SMA_20",
    "sma_50": "SMA_50",
    "sma_100": "SMA_100",
    "ema_12": "EMA_12",
    "ema_20": "EMA_20",
    "ema_26": "EMA_26",
    "ema_50": "EMA_50",
    "ema_100": "EMA_100",
    "bollinger_upper": "BB_upper",
    "bollinger_middle": "BB_middle",
    "bollinger_lower": "BB_lower",
    "bollinger_bandwidth": "BB_bandwidth",
    "atr_14": "ATR_14",
    "adx": "ADX_14",
    "di_plus": "PLUS_DI_14",
    "di_minus": "MINUS_DI_14",
    "vwap_20": "VWAP_20",
    "volume_sma_20": "volume_sma_20",
}
"""Figures of ``technical_indicators`` and the output that each is."""
SHORT = 20
MAYER_DAYS, LONG_DAYS = 200, 1400
"""Days of the average that the price is compared with: the usual one, and that of 200 weeks."""


def bitcoin(inputs: Inputs) -> Part:
    """Price, averages and returns of Bitcoin."""
    own, view = inputs.bitcoin, inputs.view
    latest = {name: float(series[-1]) for name, series in indicators(own.high, own.low, own.close, own.volume).items()}
    column = view.panel.column(view.universe.bitcoin or 0)
    spans = inputs.spans.close[:, inputs.spans.column(view.universe.bitcoin or 0)]
    history = f"too little history ({len(own.close)} candles)"
    part = Part(
        {
            "btc_price_usd": float(own.close[-1]),
            "rsi_14": latest["RSI_14"],
            "sma_200": latest["SMA_200"],
            "ema_200": latest["EMA_200"],
            "weekly_return": 100 * float(simple_return(view.panel.close[:, column], view.bars(WEEK))),
            "monthly_return": 100 * float(simple_return(spans, inputs.month())),
        },
        dict.fromkeys(("rsi_14", "sma_200", "ema_200", "weekly_return", "monthly_return"), history),
    )
    part.group("technical_indicators", {key: latest[name] for key, name in INDICATORS.items()}, history)
    trend = {
        "momentum_score": momentum(own.close, view.bars(MONTH) if view.bars(MONTH) > 1 else SHORT),
        "consolidation_score": consolidation(own.close, SHORT),
    }
    part.group("trend_metrics", trend, history)
    part.group("ai_metrics", {"regime_volatility_score": volatility_rank(own.close, SHORT)}, history)
    return part


def cycles(inputs: Inputs) -> Part:
    """Halvings, distance from the highest close, and the calendar. All but the halvings rest on daily candles."""
    days, as_of = inputs.days, inputs.as_of
    part = Part(reasons={"halving_countdown_days": "before the first halving"})
    figures: dict[str, Any] = {"btc_epoch_phase": None, "days_since_halving": None}
    if as_of >= cycle.HALVINGS[0]:
        part.values["halving_countdown_days"] = cycle.halving_countdown(as_of)
        figures = {
            "btc_epoch_phase": cycle.epoch_phase(as_of),
            "days_since_halving": (as_of - cycle.last_halving(as_of)).days,
        }
    part.group("cycle_metrics", figures, "before the first halving")
    names = ("drawdown_from_high", "days_since_high", "days_known", "seasonality_score", "seasonality_months",
             "price_to_sma_200d", "price_to_sma_1400d")  # fmt: skip
    figures = dict.fromkeys(names)
    if len(days.close):
        peak, season = cycle.below_peak(days.close), cycle.season(days.times, days.close, as_of)
        found = (peak.drawdown, peak.periods_since, peak.counted, season.score, season.months,
                 _above_mean(days.close, MAYER_DAYS), _above_mean(days.close, LONG_DAYS))  # fmt: skip
        figures = dict(zip(names, found, strict=True))
    part.group("cycle_metrics", figures, f"too little history ({len(days.close)} daily candles)")
    return part


def _above_mean(close: np.ndarray, count: int) -> float:
    """Price over the mean of its last closes; NaN with fewer of them."""
    return float(close[-1] / close[-count:].mean()) if len(close) >= count else float("nan")
